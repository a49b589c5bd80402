"""The trade history report of MetaTrader 5."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from ictcli.errors import DataError
from ictcli.reconcile.statements import mt5_rows, values
from ictcli.reconcile.statements.markup import Page, Row
from ictcli.reconcile.statements.record import Mode, Statement
from ictcli.reconcile.statements.tables import Table, tables
from ictcli.reconcile.statements.words import RESULTS, SUMMARY, Language, agree, language_of

_ACCOUNT = re.compile(
    r"(\d{1,19}) \(([A-Z][A-Za-z0-9]{1,15}), (\S.{0,80}), (demo|real|contest), (Hedge|Netting)\)", re.ASCII
)
_READ: dict[str, Callable[[int, Row], Any]] = {
    "positions": mt5_rows.closed_position,
    "orders": mt5_rows.order,
    "deals": mt5_rows.deal,
    "open": mt5_rows.open_position,
    "working": mt5_rows.working_order,
}
_MODES: dict[str, Mode] = {"Hedge": "hedge", "Netting": "netting"}
_HEAD_ROWS = 6


def read_report(page: Page) -> Statement:
    """A report of a page.

    Raises:
        DataError: something in it is not what a terminal writes; names table, row, line.
    """
    if len(page.rows) <= _HEAD_ROWS:
        raise DataError("the report has no tables")
    found, rest = tables(page.rows[_HEAD_ROWS:])
    language = _language(page, found)
    account = _head(page, language)
    kinds = {table.kind: table for table in found}
    if "deals" not in kinds:
        raise DataError("the report has no table of deals", hint="export the whole history, not a selection")
    rows: dict[str, tuple[Any, ...]] = {}
    for kind, read in _READ.items():
        rows[kind] = tuple(mt5_rows.records(kinds[kind], read)) if kind in kinds else ()
        _once(kind, rows[kind])
    stated = {**_totals(kinds), **_summary(rest, language)}
    return Statement(
        "mt5", account["login"], account["server"], page.rows[3].texts[1], account["currency"],
        _MODES[account["mode"]], values.wall(page.rows[4].texts[1]), _minor(kinds["deals"]), language.name,
        rows["deals"], rows["orders"], rows["positions"], rows["open"], rows["working"], stated,
    )  # fmt: skip


def _language(page: Page, found: list[Table]) -> Language:
    titles = (page.rows[0].texts[0] if page.rows[0].texts else "", *(table.title for table in found))
    language = language_of(titles)
    if language.report:
        agree("the report's title", titles[:1], (language.report,))
    for table in found:
        if table.kind in language.titles:
            agree(f"table of {table.kind}", (table.title,), (language.titles[table.kind],))
        agree(f"table {table.title!r}", table.header.texts, language.columns.get(table.kind, ()))
    return language


def _head(page: Page, language: Language) -> dict[str, str]:
    rows = page.rows[1:5]
    if any(len(row.cells) != 2 or not all(cell.head for cell in row.cells) for row in rows):
        raise DataError("the report does not begin with name, account, company and date")
    if not page.rows[5].blank:
        raise DataError(f"line {page.rows[5].line}: an unknown row above the tables")
    agree("the report's head", tuple(row.texts[0] for row in rows), language.head)
    found = _ACCOUNT.fullmatch(rows[1].texts[1])
    if not found:
        raise DataError(
            f"line {rows[1].line}: {rows[1].texts[1][:60]!r} is not an account with currency and server"
        )
    if page.title.partition(":")[0] != found[1]:
        raise DataError("title and head of the report name two accounts")
    return {"login": found[1], "currency": found[2], "server": found[3], "mode": found[5]}


def _once(kind: str, rows: Iterable[Any]) -> None:
    """Refuse two rows of one ticket."""
    seen: dict[int, int] = {}
    for row in rows:
        number = getattr(row, {"deals": "deal", "orders": "order", "working": "order"}.get(kind, "position"))
        if number in seen:
            raise DataError(f"table of {kind}: {number} stands twice, in rows {seen[number]} and {row.row}")
        seen[number] = row.row


def _minor(deals: Table) -> int:
    found = {values.digits(text) for row in deals.rows for text in row.texts[8:13]}
    if len(found) != 1:
        raise DataError(f"table {deals.title!r}: amounts have {sorted(found)} digits behind the point")
    return found.pop()


def _totals(kinds: dict[str, Table]) -> dict[str, Decimal]:
    names = {"deals": ("commission", "fee", "swap", "profit", "balance"), "open": ("swap", "profit")}
    stated: dict[str, Decimal] = {}
    for kind, columns in names.items():
        totals = kinds[kind].totals if kind in kinds else None
        if totals is None:
            continue
        texts = totals.texts[1 : 1 + len(columns)]
        try:
            stated |= {
                f"{kind}.{name}": values.number(text) for name, text in zip(columns, texts, strict=True)
            }
        except DataError as error:
            raise DataError(f"totals of {kind} (line {totals.line}): {error.message}") from error
    return stated


def _summary(rows: list[Row], language: Language) -> dict[str, Decimal]:
    pairs = [pair for row in rows for pair in _pairs(row, language)]
    expected = (*((name, "one") for name in SUMMARY), *RESULTS)
    if len(pairs) != len(expected):
        raise DataError(
            f"summary and results have {len(pairs)} values where a report has {len(expected)}",
            hint="export the report again from the terminal",
        )
    agree("summary and results", tuple(label for label, _, _ in pairs), language.labels)
    stated: dict[str, Decimal] = {}
    for (label, text, line), (name, kind) in zip(pairs, expected, strict=True):
        try:
            stated |= _stated(name, kind, text)
        except DataError as error:
            raise DataError(f"{label!r} (line {line}): {error.message}") from error
    return stated


def _pairs(row: Row, language: Language) -> Iterable[tuple[str, str, int]]:
    """Labels and values of a row: a label spans three columns and has its value behind it."""
    cells = row.shown
    if len(cells) == 1 and cells[0].text and cells[0].span >= 13:
        if language.titles.get("results", cells[0].text) != cells[0].text:
            raise DataError(f"line {row.line}: {cells[0].text[:40]!r} is no part of a report")
        return
    at = 0
    while at < len(cells):
        if cells[at].span == 3 and cells[at].text:
            value = cells[at + 1].text if at + 1 < len(cells) else ""
            yield cells[at].text, value, row.line
            at += 2
        elif cells[at].text:
            raise DataError(f"line {row.line}: {cells[at].text[:40]!r} is no part of a report")
        else:
            at += 1


def _stated(name: str, kind: str, text: str) -> dict[str, Decimal]:
    if kind == "heading":
        if text:
            raise DataError(f"{text[:40]!r} stands where nothing does in a report")
        return {}
    if name == "margin_level":
        return {name: values.pair(text, "share")[0]} if text else {}
    if kind == "one":
        return {name: values.number(text)}
    if kind == "two_share":
        count, share = values.pair(text, "money_share")
        return {name: count, f"{name}.share": share}
    first, second = values.pair(text, kind)
    if kind == "share_money":
        return {f"{name}.share": first, name: second}
    return {name: first, f"{name}.{'share' if kind == 'money_share' else 'other'}": second}
