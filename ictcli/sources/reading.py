"""First pass over a price file: park its rows and take stock of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.market.validation.grid import DigitCounter
from ictcli.market.validation.signs import deep_weekend
from ictcli.market.validation.stamps import StampStatistics
from ictcli.sources.files.reader import Reader
from ictcli.sources.files.records import RawChunk, RejectedRow
from ictcli.sources.judging import PRICES, QUOTES
from ictcli.sources.staging import Staging, period_for
from ictcli.telemetry import Progress

_FEW_REJECTED = 1000
AMOUNTS = ("tick_volume", "real_volume", "spread")
"""Columns in which zero throughout means that the source does not know."""


@dataclass(slots=True)
class Stock:
    """What a file holds.

    Attributes:
        names: the staged columns.
        zeros: of volumes and spread, the columns that held nothing but zeros so far.
        stamps: what its stamps look like.
        digits: what its prices look like.
        ordered: the same for the stamps in time order; ``stamps`` itself unless the file is in disorder.
        rejected: rows that do not parse.
        weekend: rows stamped deep in the weekend, whatever the clock.
    """

    names: tuple[str, ...]
    stamps: StampStatistics
    digits: DigitCounter
    ordered: StampStatistics
    rejected: list[RejectedRow] = field(default_factory=list)
    weekend: int = 0
    zeros: set[str] = field(default_factory=set)

    @property
    def given(self) -> tuple[str, ...]:
        """The staged columns that say something: a volume or spread that is zero throughout does not."""
        return tuple(name for name in self.names if name not in self.zeros)

    @property
    def sub_second(self) -> int:
        """Bars stamped with a fraction of a second."""
        return self.stamps.sub_second if "open" in self.names else 0

    @property
    def rows(self) -> int:
        """All rows, parsed or not."""
        return self.stamps.rows + len(self.rejected)


def read_file(
    reader: Reader, folder: Path, specified: int | None, chunk_rows: int, progress: Progress
) -> tuple[Staging, Stock]:
    """Park all rows of a file; the caller closes the staging.

    Args:
        reader: the opened file.
        folder: where the staging lives.
        specified: price digits of the instrument, None when it is unknown.
        chunk_rows: rows in memory at a time.
        progress: told the rows read.

    Raises:
        DataError: the file has no rows, or most of them do not parse.
    """
    chunks = reader.chunks(chunk_rows)
    first = next(chunks, None)
    if first is None:
        raise DataError(f"{reader.name} has no rows", hint="Export it again.")
    stamps = StampStatistics()
    stamps.add(first.wall)
    seen = StampStatistics()
    stock = Stock(_columns(first, reader.format.kind == "bars"), seen, DigitCounter(specified), seen)
    stock.zeros = {name for name in AMOUNTS if name in stock.names}
    dtypes = {name: "i8" if name in ("line", "wall") else "f8" for name in stock.names}
    staging = Staging(folder, dtypes, period_for(stamps.usual_step))
    expected = reader.expected_rows()
    try:
        for chunk in _all(first, chunks):
            _take_in(chunk, staging, stock, reader.name)
            progress(f"reading {reader.name}", stock.rows, expected)
    except BaseException:
        staging.close()
        raise
    if stock.stamps.rows == 0:
        staging.close()
        raise DataError(f"no row of {reader.name} can be read: {_example(stock)}")
    if stock.stamps.disorder:
        stock.ordered = StampStatistics()
        for columns in staging.blocks(("wall",)):
            stock.ordered.add(np.sort(columns["wall"]))
    return staging, stock


def _all(first: RawChunk, rest: Iterator[RawChunk]) -> Iterator[RawChunk]:
    yield first
    yield from rest


def _take_in(chunk: RawChunk, staging: Staging, stock: Stock, name: str) -> None:
    columns = _values(chunk)
    staging.add({name: columns[name] for name in stock.names})
    stock.stamps.add(chunk.wall)
    stock.digits.add(tuple(columns[name] for name in (PRICES if "open" in columns else QUOTES)))
    stock.zeros -= {name for name in stock.zeros if np.any(columns[name] != 0)}
    stock.weekend += int(np.count_nonzero(deep_weekend(chunk.wall)))
    stock.rejected += chunk.rejected
    if len(stock.rejected) > max(_FEW_REJECTED, stock.stamps.rows):
        raise DataError(
            f"most rows of {name} do not parse, first {_example(stock)}",
            hint="Check --format and --column, or look at the file.",
        )


def _values(chunk: RawChunk) -> dict[str, NDArray[Any]]:
    values: dict[str, NDArray[Any]] = {"line": chunk.line, "wall": chunk.wall, **chunk.prices}
    optional = {
        "tick_volume": chunk.tick_volume,
        "real_volume": chunk.real_volume,
        "spread": chunk.spread,
    }
    return values | {name: column for name, column in optional.items() if column is not None}


def _columns(chunk: RawChunk, bars: bool) -> tuple[str, ...]:  # noqa: FBT001 - private
    wanted = (*PRICES, "ask_open", *AMOUNTS) if bars else QUOTES
    have = _values(chunk)
    return ("line", "wall", *(name for name in wanted if name in have))


def _example(stock: Stock) -> str:
    row = min(stock.rejected, key=lambda row: row.line)
    return f"line {row.line} ({row.rule}): {row.raw[:80]!r}"
