"""How the columns of a text file are to be read, and the first lines a format judges by."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ictcli.sources.files.records import ASK_PRICES, BAR_PRICES, TICK_PRICES, FileFormat

Style = Literal["calendar", "epoch", "millis"]
DateOrder = Literal["ymd", "dmy", "mdy"]

PRICE_ROLES = (*BAR_PRICES, *TICK_PRICES, *ASK_PRICES)
VOLUME_ROLES = ("tick_volume", "real_volume", "spread")
PLACE_ROLES = ("stamp", "date", "time", "symbol")
SEPARATORS = ("\t", ";", "|", ",")

_DATE = re.compile(r"\d{4}([-./])\d{1,2}\1\d{1,2}|\d{8}|\d{1,2}([-./])\d{1,2}\2\d{4}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?|\d{4}|\d{6}(\d{1,9})?")
_OFFSET = re.compile(r"(.*[\d:]) ?([Zz]|UTC|GMT|(GMT)?[+-]\d{2}(:?\d{2})?)")
_EPOCH = re.compile(r"-?\d{9,19}(\.\d*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


@dataclass(frozen=True, slots=True)
class TextLayout:
    """Reading plan of one delimited text file.

    Attributes:
        separator: one character.
        fields: role of every column, None for a column that is skipped.
        header_lines: physical lines before the first row.
        style: how the stamp column is written.
        order: order of day, month and year.
        offset: stamps carry a zone offset and are converted to UTC; a stamp without one is then refused.
        decimal: ``.`` or ``,``.
        quoted: whole lines stand in double quotes.
        base_ns: added to every stamp (the day, where rows give the time of day only).
        symbol: what a ``symbol`` column must hold.
        carry_quotes: an empty bid or ask repeats the one before (MetaTrader 5 writes only what changed).
    """

    separator: str
    fields: tuple[str | None, ...]
    header_lines: int = 0
    style: Style = "calendar"
    order: DateOrder = "ymd"
    offset: bool = False
    decimal: str = "."
    quoted: bool = False
    base_ns: int = 0
    symbol: str = ""
    carry_quotes: bool = False


@dataclass(frozen=True, slots=True)
class JsonLayout:
    """Reading plan of a JSON list of flat objects: names of the unix stamp and of each value."""

    stamp: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """The first complete lines of a text file, without line ends, blank lines or whole-line quotes.

    Attributes:
        name: file name, or member name inside an archive.
        lines: the lines.
        numbers: 1-based physical line of each.
        quoted: whole lines stood in double quotes.
    """

    name: str
    lines: tuple[str, ...]
    numbers: tuple[int, ...]
    quoted: bool = False

    def cells(self, separator: str, *, skip: int = 0) -> list[list[str]]:
        """Fields of every line after the first ``skip``, stripped of blanks and quotes."""
        return [[unquote(cell) for cell in line.split(separator)] for line in self.lines[skip:]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A format's statement that it can read a file.

    Attributes:
        confidence: 0 to 1; the highest claim wins when no format is named.
        layout: how to read it.
        reason: what was recognised, one line.
        clock: clock rule fixed by this file's content, overriding the format's.
        symbol: symbol named by the content.
        kind: overrides the format's kind.
    """

    confidence: float
    layout: TextLayout | JsonLayout
    reason: str
    clock: str | None = None
    symbol: str | None = None
    kind: Literal["bars", "ticks"] | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """A file format and the function that recognises it.

    ``claim(head, columns)`` returns None when the file does not fit; ``columns`` maps our column names to
    the file's and is empty unless the user gave it.
    """

    format: FileFormat
    claim: Callable[[Head, Mapping[str, str]], Claim | None]


def unquote(cell: str) -> str:
    """A field without surrounding blanks and double quotes."""
    cell = cell.strip()
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1]
    return cell


def separator_of(head: Head) -> str | None:
    """The separator that splits most lines into the same number (≥ 2) of fields."""
    best: tuple[int, int, str] | None = None
    for rank, separator in enumerate(SEPARATORS):
        counts = Counter(line.count(separator) for line in head.lines)
        counts.pop(0, None)
        if not counts:
            continue
        lines = counts.most_common(1)[0][1]
        if best is None or (lines, -rank) > best[:2]:
            best = (lines, -rank, separator)
    return best[2] if best else None


def is_date(text: str) -> bool:
    """A calendar date and nothing else."""
    return _DATE.fullmatch(text) is not None


def is_clock(text: str) -> bool:
    """A time of day and nothing else."""
    return _CLOCK.fullmatch(text) is not None


def is_epoch(text: str) -> bool:
    """A unix time in any unit."""
    return _EPOCH.fullmatch(text) is not None and not is_date(text)


def is_number(text: str, decimal: str = ".") -> bool:
    """A number as people write it, ``nan`` and ``inf`` excluded."""
    return _NUMBER.fullmatch(text.replace(decimal, ".") if decimal != "." else text) is not None


def split_offset(text: str) -> tuple[str, str]:
    """A stamp and the zone offset at its end (empty when there is none)."""
    date, _, rest = re.sub(r"(?<=\d)T(?=\d)", " ", text, count=1).partition(" ")
    found = _OFFSET.fullmatch(rest)
    return (f"{date} {found[1]}", found[2]) if found else (f"{date} {rest}".rstrip(), "")


def is_stamp(text: str) -> bool:
    """A date with an optional time of day and zone offset."""
    date, _, clock = split_offset(text)[0].partition(" ")
    return is_date(date) and (not clock or is_clock(clock.strip()))


def most(texts: list[str], test: Callable[[str], bool]) -> bool:
    """Whether at least nine in ten (and at least one) of the texts pass."""
    return bool(texts) and sum(map(test, texts)) * 10 >= len(texts) * 9


def date_order(texts: list[str]) -> DateOrder | None:
    """Order of day, month and year in these dates or stamps; None when day and month cannot be told apart."""
    split = [re.split(r"[-./ T]", text) for text in texts if is_stamp(text)]
    if not any(len(parts[0]) <= 2 for parts in split):
        return "ymd"
    short = [parts for parts in split if len(parts) >= 3 and len(parts[0]) <= 2]
    day_first = any(int(parts[0]) > 12 for parts in short)
    month_first = any(int(parts[1]) > 12 for parts in short)
    if day_first == month_first:
        return None
    return "dmy" if day_first else "mdy"
