"""What a price file yields: chunks of raw rows, and the rows that do not parse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["bars", "ticks"]
StampAt = Literal["open", "close"]
Rule = Literal["unparseable_time", "unparseable_number", "wrong_columns", "other_symbol"]

BAR_PRICES = ("open", "high", "low", "close")
TICK_PRICES = ("bid", "ask")
ASK_PRICES = ("ask_open", "ask_high", "ask_low", "ask_close")
RAW_LIMIT = 200  # characters of a rejected row that are kept


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One layout of price files.

    Attributes:
        name: what ``--format`` takes.
        kind: whether rows are bars or ticks.
        stamp: which end of the bar the time stamp marks.
        clock: name of the clock rule when the file itself fixes it (``utc`` for unix times and stamps
            with an offset), else None: the clock must be given or inferred.
        summary: one line for listings.
        any_stamp: the layout is anybody's, so only the stamps show which end they mark.
    """

    name: str
    kind: Kind
    stamp: StampAt = "open"
    clock: str | None = None
    summary: str = ""
    any_stamp: bool = False


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that does not parse: 1-based physical line (else row number), rule, first characters."""

    line: int
    rule: Rule
    raw: str


@dataclass(frozen=True, slots=True)
class RawChunk:
    """Consecutive rows of one file as found, nothing validated or converted.

    Attributes:
        line: 1-based physical line (row number in Parquet and JSON), increasing.
        wall: the clock as written, in nanoseconds; true UTC when the format's clock is ``utc``.
        prices: float64 arrays named open, high, low, close or bid, ask, and ask_open, ask_high, ask_low,
            ask_close where the file has them; inf and nan stay as written.
        tick_volume: number of ticks, nan where unknown; None when the file has no such column.
        real_volume: traded volume in the file's unit, likewise.
        spread: as written (MetaTrader: points), likewise.
        rejected: rows of this stretch that do not parse, by line.
    """

    line: NDArray[np.int64]
    wall: NDArray[np.int64]
    prices: Mapping[str, NDArray[np.float64]]
    tick_volume: NDArray[np.float64] | None
    real_volume: NDArray[np.float64] | None
    spread: NDArray[np.float64] | None
    rejected: tuple[RejectedRow, ...]

    def __len__(self) -> int:
        return len(self.wall)
