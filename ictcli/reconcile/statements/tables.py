"""A report's rows cut into its tables, each recognised by the shape of its headings."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from ictcli.errors import DataError
from ictcli.reconcile.statements.markup import Row

SHAPES: dict[tuple[int, ...], str] = {
    (1,) * 12 + (2,): "positions",
    (1,) * 9 + (2, 3): "orders",
    (1,) * 14: "deals",
    (1,) * 11 + (3,): "open",
    (1,) * 10 + (3,): "working",
    (1,) * 10 + (4,): "working",
}
"""Tables of a report of MetaTrader 5 by how many columns each heading spans."""
TOTALS: dict[str, tuple[int, ...]] = {"deals": (8, 1, 1, 1, 1, 1, 1), "open": (9, 1, 1, 1)}
"""Tables that end with totals, and the shape of that row."""
HIDDEN = {"positions": 4, "deals": 8}
"""Place of the one cell that a table hides: a comment without a heading, the cost."""
FIRST_SHADE = "#FFFFFF"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what it is, its title, its headings, its rows, its totals."""

    kind: str
    title: str
    header: Row
    rows: tuple[Row, ...]
    totals: Row | None


def is_title(row: Row) -> bool:
    """Whether a row is the title of a table: one heading cell over all columns."""
    return len(row.cells) == 1 and row.cells[0].head and row.cells[0].span >= 13 and bool(row.cells[0].text)


def tables(rows: list[Row]) -> tuple[list[Table], list[Row]]:
    """Tables, and the rows behind the last.

    Raises:
        DataError: a table has no headings, unknown ones, a row of another shape, or lacks its totals.
    """
    found: list[Table] = []
    at = 0
    while at < len(rows):
        if rows[at].blank:
            at += 1
        elif is_title(rows[at]):
            table, at = _table(rows, at)
            if any(each.kind == table.kind for each in found):
                raise DataError(f"line {table.header.line}: a second table of {table.kind}")
            found.append(table)
        else:
            break
    return found, rows[at:]


def _table(rows: list[Row], at: int) -> tuple[Table, int]:
    title = rows[at].cells[0].text
    header = rows[at + 1] if at + 1 < len(rows) else None
    kind = SHAPES.get(header.spans, "") if header else ""
    if header is None or not kind:
        raise DataError(
            f"table {title!r}: its headings are of no known table",
            hint="export the history as a report (HTML) from the terminal's History tab, not the tester's",
        )
    end = at + 2
    while end < len(rows) and rows[end].spans == header.spans and not rows[end].blank:
        end += 1
    totals = None
    if kind in TOTALS:
        totals = rows[end] if end < len(rows) and rows[end].spans == TOTALS[kind] else None
        if totals is None:
            raise DataError(_broken(title, rows, end, at + 1, "its totals are missing"))
        end += 1
    elif end < len(rows) and not rows[end].blank and not is_title(rows[end]):
        raise DataError(_broken(title, rows, end, at + 1, "a row has other columns than the headings"))
    table = Table(kind, title, header, tuple(rows[at + 2 : at + 2 + _count(at, end, totals)]), totals)
    _hiding(table)
    shaded(f"table {title!r}", table.rows, FIRST_SHADE)
    return table, end


def _hiding(table: Table) -> None:
    for number, row in enumerate((table.header, *table.rows)):
        for place, cell in enumerate(row.cells):
            if cell.hidden and place != HIDDEN.get(table.kind):
                raise DataError(
                    f"table {table.title!r}, row {number} (line {row.line}): cell {place + 1} is hidden"
                )


def _count(at: int, end: int, totals: Row | None) -> int:
    return end - at - 2 - (totals is not None)


def _broken(title: str, rows: list[Row], end: int, header: int, what: str) -> str:
    line = rows[end].line if end < len(rows) else rows[-1].line
    return f"table {title!r}, row {end - header} (line {line}): {what}"


def shaded(where: str, rows: Iterable[Row], first: str) -> None:
    """See that the background changes with every row, as a terminal writes it.

    Two neighbours of one colour are the seam of a row that was taken out or put in. A file in which no row
    has a colour says nothing about it.

    Args:
        where: the table, in words.
        rows: its rows.
        first: colour of the first.

    Raises:
        DataError: two neighbours have one colour, or the first has another.
    """
    shades = [(row.line, row.shade) for row in rows]
    if len({shade for _, shade in shades}) == 1 and not shades[0][1]:
        return
    if shades and shades[0][1] != first:
        raise DataError(f"{where}, row 1 (line {shades[0][0]}): a row is missing before it")
    for number, ((_, before), (line, shade)) in enumerate(pairwise(shades), start=2):
        if before == shade:
            raise DataError(
                f"{where}, row {number} (line {line}): a row is missing or one too many before it"
            )
