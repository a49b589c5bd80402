"""Rows of a delimited text file: blocks of bytes through the scan kernel, odd rows through Python."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.sources.files.containers import ByteSource
from ictcli.sources.files.layout import PRICE_ROLES, VOLUME_ROLES, TextLayout, is_number
from ictcli.sources.files.records import RAW_LIMIT, TICK_PRICES, RawChunk, RejectedRow, Rule
from ictcli.sources.files.scan import (
    BAD_COLUMNS,
    BAD_NUMBER,
    BAD_TIME,
    OK,
    OTHER_SYMBOL,
    calendar_column,
    date_and_clock_columns,
    number_column,
    number_stamp_column,
    split_rows,
    symbol_column,
)
from ictcli.sources.files.stamp_text import DMY, EPOCH, MDY, MILLIS, YMD

BLOCK = 4 << 20
MAX_LINE = 1 << 20
"""A line longer than this is not a row of prices: the file is refused."""

_RULES: dict[int, Rule] = {
    BAD_TIME: "unparseable_time",
    BAD_NUMBER: "unparseable_number",
    BAD_COLUMNS: "wrong_columns",
    OTHER_SYMBOL: "other_symbol",
}
_ORDERS = {"ymd": YMD, "dmy": DMY, "mdy": MDY}
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


class _Slots:
    """Arrays that one chunk fills up."""

    def __init__(self, rows: int, values: int) -> None:
        self.lines = np.empty(rows, dtype=np.int64)
        self.wall = np.empty(rows, dtype=np.int64)
        self.values = np.empty((values, rows), dtype=np.float64)
        self.status = np.empty(rows, dtype=np.int8)
        self.used = 0
        self.rejected: list[RejectedRow] = []


@dataclass(frozen=True, slots=True)
class _Fields:
    """Field bounds of the rows found in one stretch of text: column x row, and of whole rows."""

    begins: NDArray[np.int32]
    ends: NDArray[np.int32]
    bounds: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TextRows:
    """All rows of one text, in file order."""

    source: ByteSource
    layout: TextLayout
    block: int = BLOCK

    @property
    def value_names(self) -> tuple[str, ...]:
        """Roles of the number columns: prices, then volumes."""
        return tuple(role for role in (*PRICE_ROLES, *VOLUME_ROLES) if role in self.layout.fields)

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """Consecutive chunks; each covers ``rows`` non-blank lines except the last.

        Raises:
            DataError: the file is damaged, or a line is longer than ``MAX_LINE`` bytes.
        """
        quotes = dict.fromkeys(TICK_PRICES, float("nan"))
        for chunk in self._plain_chunks(rows):
            yield carried(chunk, quotes) if self.layout.carry_quotes else chunk

    def _plain_chunks(self, rows: int) -> Iterator[RawChunk]:
        names = self.value_names
        slots = _Slots(rows, len(names))
        line = 1
        for text in self._complete_lines():
            start, line = _skip_header(text, line, self.layout.header_lines)
            while start < len(text):
                start, line = self._fill(text, start, line, slots)
                if slots.used == rows:
                    yield _chunk(slots, names)
                    slots = _Slots(rows, len(names))
        if slots.used:
            yield _chunk(slots, names)

    def _fill(self, text: bytes, start: int, line: int, slots: _Slots) -> tuple[int, int]:
        room = min(len(slots.lines) - slots.used, text.count(b"\n", start))
        columns = len(self.layout.fields)
        here = slice(slots.used, slots.used + room)
        fields = _Fields(*(np.empty((n, room), dtype=np.int32) for n in (columns, columns, 2)))
        start, line, found = split_rows(
            np.frombuffer(text, dtype=np.uint8),
            start,
            len(text),
            line,
            ord(self.layout.separator),
            int(self.layout.quoted),
            fields.begins,
            fields.ends,
            fields.bounds,
            slots.lines[here],
            slots.status[here],
        )
        here = slice(slots.used, slots.used + found)
        self._read_stamps(text, fields, slots.wall[here], slots.status[here])
        self._read_numbers(text, fields, slots.values[:, here], slots.status[here])
        self._settle_odd_rows(text, fields, slots, here)
        slots.used += found
        return start, line

    def _read_stamps(
        self, text: bytes, fields: _Fields, wall: NDArray[np.int64], status: NDArray[np.int8]
    ) -> None:
        layout = self.layout
        buffer = np.frombuffer(text, dtype=np.uint8)
        order = _ORDERS[layout.order]
        if "date" in layout.fields:
            date, clock = layout.fields.index("date"), layout.fields.index("time")
            date_and_clock_columns(
                buffer,
                fields.begins[date],
                fields.ends[date],
                fields.begins[clock],
                fields.ends[clock],
                order,
                wall,
                status,
            )
        else:
            stamp = layout.fields.index("stamp")
            begins, ends = fields.begins[stamp], fields.ends[stamp]
            if layout.style == "calendar":
                calendar_column(buffer, begins, ends, order, int(layout.offset), wall, status)
            else:
                style = EPOCH if layout.style == "epoch" else MILLIS
                number_stamp_column(buffer, begins, ends, style, layout.base_ns, wall, status)
        if "symbol" in layout.fields:
            column = layout.fields.index("symbol")
            wanted = np.frombuffer(layout.symbol.encode(), dtype=np.uint8)
            symbol_column(buffer, fields.begins[column], fields.ends[column], wanted, status)

    def _read_numbers(
        self, text: bytes, fields: _Fields, values: NDArray[np.float64], status: NDArray[np.int8]
    ) -> None:
        buffer = np.frombuffer(text, dtype=np.uint8)
        for index, name in enumerate(self.value_names):
            column = self.layout.fields.index(name)
            number_column(
                buffer,
                fields.begins[column],
                fields.ends[column],
                ord(self.layout.decimal),
                int(name in VOLUME_ROLES or self.layout.carry_quotes),
                values[index],
                status,
            )

    def _complete_lines(self) -> Iterator[bytes]:
        carry = b""
        for block in self.source.blocks(self.block):
            cut = block.rfind(b"\n") + 1
            if cut:
                yield carry + block[:cut]
                carry = block[cut:]
            else:
                carry += block
            if len(carry) > MAX_LINE:
                raise DataError(
                    f"{self.source.path} has a line longer than {MAX_LINE >> 20} MiB: not rows of prices",
                    hint="Check that the file is what its name says.",
                )
        if carry:
            yield carry + b"\n"

    def _settle_odd_rows(self, text: bytes, fields: _Fields, slots: _Slots, here: slice) -> None:
        status, lines = slots.status[here], slots.lines[here]
        for row in np.flatnonzero(status).tolist():
            raw = text[fields.bounds[0, row] : fields.bounds[1, row]].decode("utf-8", "replace")
            if status[row] == BAD_NUMBER and self._numbers_as_text(text, fields, row, slots.values[:, here]):
                status[row] = OK
                continue
            slots.rejected.append(RejectedRow(int(lines[row]), _RULES[int(status[row])], raw[:RAW_LIMIT]))

    def _numbers_as_text(self, text: bytes, fields: _Fields, row: int, values: NDArray[np.float64]) -> bool:
        for index, name in enumerate(self.value_names):
            column = self.layout.fields.index(name)
            cell = text[fields.begins[column, row] : fields.ends[column, row]].decode("utf-8", "replace")
            number = number_of(cell, self.layout.decimal)
            if number is None and not cell and name in VOLUME_ROLES:
                number = float("nan")
            if number is None:
                return False
            values[index, row] = number
        return True


def carried(chunk: RawChunk, quotes: dict[str, float]) -> RawChunk:
    """The chunk with every unknown bid or ask replaced by the one before; ``quotes`` carries them on."""
    filled = {}
    for name, prices in chunk.prices.items():
        known = np.concatenate(([quotes[name]], prices))
        last = np.maximum.accumulate(np.where(np.isnan(known), 0, np.arange(len(known))))
        filled[name] = known[last][1:]
        quotes[name] = float(known[last[-1]])
    return replace(chunk, prices=filled)


def number_of(text: str, decimal: str) -> float | None:
    """The number written as ``text`` (``nan`` and ``inf`` included), None when it is none."""
    text = text.strip()
    if is_number(text, decimal):
        return float(text.replace(decimal, "."))
    return float(text) if _NOT_FINITE.fullmatch(text) else None


def _skip_header(text: bytes, line: int, header_lines: int) -> tuple[int, int]:
    start = 0
    while line <= header_lines and start < len(text):
        start = text.index(b"\n", start) + 1
        line += 1
    return start, line


def _chunk(slots: _Slots, names: tuple[str, ...]) -> RawChunk:
    keep: slice | NDArray[np.intp] = slice(0, slots.used)
    if slots.rejected:
        keep = np.flatnonzero(slots.status[: slots.used] == OK)
    columns = {name: slots.values[index][keep] for index, name in enumerate(names)}
    return RawChunk(
        line=slots.lines[keep],
        wall=slots.wall[keep],
        prices={name: column for name, column in columns.items() if name not in VOLUME_ROLES},
        tick_volume=columns.get("tick_volume"),
        real_volume=columns.get("real_volume"),
        spread=columns.get("spread"),
        rejected=tuple(slots.rejected),
    )
