"""Rows and cells of a report in HTML, by the standard library's parser, strictly.

A browser forgives; this does not: a row or cell that is not closed, a table within a table and text beside
the cells are what a damaged file looks like.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from ictcli.errors import DataError

MOST_DEPTH = 32
MOST_CELLS = 64
MOST_TEXT = 4096
MOST_TAG = 2000
_TAG = re.compile(
    r"""/?[a-z][a-z0-9]*(?:\s+[a-z-]+(?:=(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*\s*/?>|!--.*?-->|!doctype[^>]*>""",
    re.IGNORECASE | re.DOTALL,
)
"""What may stand behind a ``<``. The library's parser takes time that grows with the square of a text in
which tags are left open, so none of these reaches it."""
_VOID = frozenset({"meta", "link", "br", "img", "hr", "col", "base", "input"})
_CELLS = frozenset({"td", "th"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text with single spaces, how many columns it spans, whether it is shown and a heading."""

    text: str
    span: int
    hidden: bool
    head: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line of the file it begins on, its background colour, its cells."""

    line: int
    shade: str
    cells: tuple[Cell, ...]

    @property
    def shown(self) -> tuple[Cell, ...]:
        """Cells that a reader sees."""
        return tuple(cell for cell in self.cells if not cell.hidden)

    @property
    def spans(self) -> tuple[int, ...]:
        """How many columns each shown cell spans."""
        return tuple(cell.span for cell in self.shown)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the shown cells say."""
        return tuple(cell.text for cell in self.shown)

    @property
    def blank(self) -> bool:
        """Whether no cell says anything."""
        return not any(cell.text for cell in self.cells)


@dataclass(slots=True)
class Page:
    """A report: its title, what generated it, the text above its first table, the rows of its tables."""

    title: str = ""
    generator: str = ""
    lead: str = ""
    rows: list[Row] = field(default_factory=list)


def read_page(text: str) -> Page:
    """The rows of a report.

    Raises:
        DataError: it is not what a terminal writes, or ends before its end.
    """
    _see_tags(text)
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if not text.rstrip().lower().endswith("</html>") or reader.depth:
        raise DataError(f"the file is truncated: {reader.where()} and does not end with </html>")
    return reader.page


def _see_tags(text: str) -> None:
    """Refuse a text in which a ``<`` begins no whole tag."""
    start, *parts = text.split("<")
    line = start.count("\n") + 1
    for number, part in enumerate(parts, start=1):
        if not _TAG.match(part[:MOST_TAG]):
            if number == len(parts) and ">" not in part:
                raise DataError(f"the file is truncated: it ends within a tag in line {line}")
            raise DataError(f"line {line}: <{part[:20].strip()!s}: not a tag that a terminal writes")
        line += part.count("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.depth = 0
        self._open: list[str] = []
        self._row: list[Cell] | None = None
        self._row_start = (0, "")
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._tables = 0

    def where(self) -> str:
        """How far the file goes, in words."""
        row = len(self.page.rows)
        last = next((each.texts[0] for each in reversed(self.page.rows) if each.texts and each.texts[0]), "")
        return f"it ends behind row {row} ({last[:40]!r})" if row else "it ends before its tables"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            if tag == "meta" and given.get("name") == "generator":
                self.page.generator = given.get("content", "")
            return
        self.depth += 1
        self._open.append(tag)
        if self.depth > MOST_DEPTH:
            raise self._wrong(f"tags are nested deeper than {MOST_DEPTH}")
        if tag == "table":
            self._begin_table()
        elif tag == "tr":
            self._begin_row(given)
        elif tag in _CELLS:
            self._begin_cell(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open[-1] != tag:
            raise self._wrong(f"</{tag}> closes what is not open")
        self._open.pop()
        self.depth -= 1
        if tag in _CELLS:
            self._end_cell(tag)
        elif tag == "tr" and self._row is not None:
            self.page.rows.append(Row(self._row_start[0], self._row_start[1], tuple(self._row)))
            self._row = None
        elif tag == "title":
            self.page.title = self._taken()

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if self._cell is not None or inside == "title":
            self._text.append(data)
            if sum(map(len, self._text)) > MOST_TEXT:
                raise self._wrong(f"a text is longer than {MOST_TEXT} characters")
        elif "table" in self._open:
            if data.strip():
                raise self._wrong(f"text beside the cells: {data.strip()[:40]!r}")
        elif not self._tables and "body" in self._open and data.strip():
            self.page.lead = f"{self.page.lead} {data.strip()}".strip()[:MOST_TEXT]

    def _begin_table(self) -> None:
        if "table" in self._open[:-1]:
            raise self._wrong("a table within a table")
        self._tables += 1

    def _begin_row(self, given: dict[str, str]) -> None:
        if self._row is not None or "table" not in self._open:
            raise self._wrong("a row begins where none can")
        self._row = []
        self._row_start = (self.getpos()[0], given.get("bgcolor", "").upper())

    def _begin_cell(self, tag: str, given: dict[str, str]) -> None:
        if self._row is None or self._cell is not None:
            raise self._wrong("a cell begins where none can")
        if len(self._row) >= MOST_CELLS:
            raise self._wrong(f"a row of more than {MOST_CELLS} cells")
        self._cell = {"tag": tag, **given}

    def _end_cell(self, tag: str) -> None:
        given, self._cell = self._cell or {}, None
        span = given.get("colspan", "1")
        if not (span.isascii() and span.isdigit() and 1 <= int(span) <= MOST_CELLS):
            raise self._wrong(f"a cell that spans {span[:10]!r} columns")
        cell = Cell(self._taken(), int(span), given.get("class", "") == "hidden", tag == "th")
        if self._row is not None:
            self._row.append(cell)

    def _taken(self) -> str:
        text = " ".join("".join(self._text).split())
        self._text = []
        return text

    def _wrong(self, what: str) -> DataError:
        return DataError(f"line {self.getpos()[0]}: {what}", hint="export the report again from the terminal")
