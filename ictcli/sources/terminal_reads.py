"""Rows read from a terminal: asked again when it does not deliver, in chunks, closed bars only."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.errors import DataError, SourceUnavailable
from ictcli.market.timeframes import TICK, Timeframe
from ictcli.sources.files.records import BAR_PRICES, TICK_PRICES, FileFormat, RawChunk
from ictcli.terminals.constants import CopyTicks, ErrorCode, TimeframeCode
from ictcli.terminals.structs import RATES_DTYPE, TICKS_DTYPE
from ictcli.terminals.terminal import Terminal, TerminalSilent
from ictcli.terminals.times import MOST_RESIDUAL, NS_PER_MS, ServerClock

Rows = NDArray[Any]

BARS = FileFormat("mt5-bars", "bars", summary="bars of a MetaTrader 5 terminal")
TICKS = FileFormat("mt5-ticks", "ticks", summary="ticks of a MetaTrader 5 terminal")

_BARS_AT_ONCE = 20_000
_FIRST_S = 86_400
_LAST_S = 2**31 - 1
"""The module holds dates in 32 bits and mistakes 0 for nothing (MT5.md 1.0)."""
_MONTH_NS = 31 * NS_PER_DAY
_TWICE = 3 * NS_PER_HOUR
"""Longer than any hour that a clock shows twice."""
_LOST = (ErrorCode.E_INTERNAL_FAIL_CONNECT, ErrorCode.E_INTERNAL_FAIL_SEND, ErrorCode.E_INTERNAL_FAIL_RECEIVE)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a read is tried, and how long to wait between: at random up to a bound that doubles.

    Attributes:
        attempts: at most.
        first: bound of the first wait, seconds.
        longest: bound of every wait, seconds.
        looks: at the last quotes, to confirm the clock.
        look: seconds between two of them.
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 8.0
    looks: int = 3
    look: float = 1.0


class PatientReads:
    """Reads of a terminal that are tried again.

    Args:
        terminal: connected.
        connect: connects again after the line was lost.
        patience: how often and how long.
        random: where the waits come from.
    """

    def __init__(
        self,
        terminal: Terminal,
        connect: Callable[[], None],
        patience: Patience,
        random: np.random.Generator,
    ) -> None:
        self.terminal = terminal
        self.patience = patience
        self._connect = connect
        self._random = random
        self._lost = False

    def read(
        self, what: str, ask: Callable[[Terminal], Any], absent: Callable[[], bool] | None = None
    ) -> Any:
        """What ``ask`` returns, once it is not None.

        Args:
            what: named in the error.
            ask: one call of the terminal; None is a failure, nothing found is an empty answer.
            absent: for a span of rows, which some builds answer with None when there are none in it. Asked
                when the terminal says for the second time that it found nothing: whether that is so.

        Returns:
            The answer; None for a span without rows.

        Raises:
            SourceUnavailable: it failed every time.
            DataError: the terminal does not take the question.
        """
        why = ""
        for attempt in range(self.patience.attempts):
            if attempt:
                bound = min(self.patience.first * 2 ** (attempt - 1), self.patience.longest)
                time.sleep(float(self._random.uniform(0, bound)))
            found, why, code = self._tried(what, ask)
            if found is not None:
                return found
            if absent is not None and _nothing(code, attempt) and absent():
                return None
        raise SourceUnavailable(
            f"{what}: the terminal failed {self.patience.attempts} times, last with: {why}",
            hint="Look whether the terminal is connected to its server, then try again.",
        )

    def _tried(self, what: str, ask: Callable[[Terminal], Any]) -> tuple[Any, str, int]:
        try:
            if self._lost:
                self._connect()
                self._lost = False
            found = ask(self.terminal)
        except SourceUnavailable as error:
            self._lost = self._lost or isinstance(error, TerminalSilent)
            return None, error.message, int(ErrorCode.E_FAIL)
        except (SystemError, TypeError, ValueError) as error:
            raise DataError(f"{what}: the terminal does not take the question: {error}") from error
        if found is not None:
            return found, "", int(ErrorCode.S_OK)
        code, text = self.terminal.last_error()
        if code == ErrorCode.E_INVALID_PARAMS:
            raise DataError(f"{what}: the terminal does not take the question: {text}")
        self._lost = code in _LOST
        return None, f"{text} ({code})", code


class TerminalRows:
    """Bars or ticks of one symbol, oldest first; they can be gone through once.

    Args:
        reads: the terminal.
        symbol: the broker's name.
        frame: bar length, or ``TICK``.
        start, end: readings of the server's clock, nanoseconds; ``end`` excluded. Neither lies in an hour
            that the clock shows twice.
        clock: the server's.

    Attributes:
        start: as given.
        first: reading of the first row delivered; None before there is one.
    """

    def __init__(
        self,
        reads: PatientReads,
        symbol: str,
        frame: Timeframe,
        start: int,
        end: int,
        clock: ServerClock,
    ) -> None:
        self._clock = clock
        self.start = start
        self._reads = reads
        self._symbol = symbol
        self._frame = frame
        self._arrays = self._read(start, end)
        self._ahead: list[Rows] = []
        self._line = 0
        self.first: int | None = None

    def beyond(self, wall: int) -> bool:
        """Whether any row is later than a reading of the server's clock."""
        for rows in self._arrays:
            self._ahead.append(rows)
            if int(self._walls(rows)[-1]) > wall:
                return True
        return False

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """All rows, in chunks of at most ``rows`` rows."""
        while self._ahead:
            yield from self._cut(self._ahead.pop(0), rows)
        for each in self._arrays:
            yield from self._cut(each, rows)

    def _cut(self, rows: Rows, most: int) -> Iterator[RawChunk]:
        for at in range(0, len(rows), most):
            yield self._chunk(rows[at : at + most])

    def _read(self, start: int, end: int) -> Iterator[Rows]:
        step = NS_PER_DAY if self._frame == TICK else max(self._frame.ns * _BARS_AT_ONCE, NS_PER_DAY)
        at = start
        while at < end:
            stop = at + step
            stop = min(stop + _TWICE if self._clock.twice(stop) else stop, end)
            rows = self._between(at, stop)
            if len(rows):
                self.first = int(self._walls(rows)[0]) if self.first is None else self.first
                yield rows
            at = stop

    def _between(self, start: int, stop: int) -> Rows:
        first = min(max(start // NS_PER_SECOND, _FIRST_S), _LAST_S)
        last = min(max(-(-stop // NS_PER_SECOND), _FIRST_S), _LAST_S)

        def ask(terminal: Terminal) -> Any:
            if self._frame == TICK:
                return terminal.copy_ticks_range(self._symbol, first, last, int(CopyTicks.INFO))
            return terminal.copy_rates_range(self._symbol, code_of(self._frame), first, last)

        def absent() -> bool:
            return self._absent(first, last)

        rows: Rows | None = self._reads.read(f"{self._symbol} {self._frame}", ask, absent)
        if rows is None:
            return np.zeros(0, TICKS_DTYPE if self._frame == TICK else RATES_DTYPE)
        walls = self._walls(rows)
        return rows[(walls >= start) & (walls < stop)]

    def _absent(self, first: int, last: int) -> bool:
        """Whether there really are no rows in a span, in seconds.

        Bars may be missing before the first one only; ticks where there is no bar of a minute either.
        """
        if self._frame != TICK:
            return self.first is None
        minutes = self._reads.terminal.copy_rates_range(self._symbol, int(TimeframeCode.M1), first, last)
        return minutes is None or len(minutes) == 0

    def _walls(self, rows: Rows) -> NDArray[np.int64]:
        if self._frame == TICK:
            return rows["time_msc"].astype(np.int64) * NS_PER_MS
        return rows["time"].astype(np.int64) * NS_PER_SECOND

    def _chunk(self, rows: Rows) -> RawChunk:
        lines = np.arange(self._line + 1, self._line + 1 + len(rows), dtype=np.int64)
        self._line += len(rows)
        names = TICK_PRICES if self._frame == TICK else BAR_PRICES
        prices = {name: np.ascontiguousarray(rows[name], np.float64) for name in names}
        return RawChunk(
            lines,
            self._walls(rows),
            prices,
            tick_volume=self._amounts(rows, "tick_volume"),
            real_volume=self._amounts(rows, "real_volume"),
            spread=self._amounts(rows, "spread"),
            rejected=(),
        )

    def _amounts(self, rows: Rows, name: str) -> NDArray[np.float64] | None:
        return None if self._frame == TICK else rows[name].astype(np.float64)


@dataclass(frozen=True, slots=True)
class TerminalReader:
    """The rows of a terminal as a delivery.

    Attributes:
        name: what reports and the quarantine call it.
        format: bars or ticks.
        source: the rows.
    """

    name: str
    format: FileFormat
    source: TerminalRows

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """The rows, in chunks of at most ``rows`` rows."""
        return self.source.chunks(rows)

    def expected_rows(self) -> int | None:
        """Nothing tells."""
        return None


def _nothing(code: int, attempt: int) -> bool:
    """Whether a None may mean that there is nothing: no error, or nothing found for the second time."""
    return code == ErrorCode.S_OK or (code == ErrorCode.E_NOT_FOUND and attempt > 0)


def code_of(frame: Timeframe) -> int:
    """The terminal's number of a bar length."""
    return int(TimeframeCode[frame.name])


def told_apart(clock: ServerClock, instant: int) -> int:
    """What the server's clock shows at an instant, or before the hour around it that it shows twice.

    Rows of such an hour are taken whole or not at all: a part of them does not tell its showing.
    """
    while clock.twice(clock.shown(instant)):
        instant = (instant - 1) // NS_PER_MINUTE * NS_PER_MINUTE
    return clock.shown(instant)


def closed_before(reads: PatientReads, symbol: str, frame: Timeframe, shown: int) -> int:
    """Reading of the server's clock (ns) from which on no bar is closed yet.

    The newest bar is the forming one, unless it ended a while ago because the market is closed.

    Args:
        reads: the terminal.
        symbol: the broker's name.
        frame: bar length, or ``TICK``.
        shown: what the server's clock shows now.
    """
    code = int(TimeframeCode.M1) if frame == TICK else code_of(frame)
    newest = reads.read(
        f"{symbol} {frame}", lambda terminal: terminal.copy_rates_from_pos(symbol, code, 0, 1)
    )
    if frame == TICK:
        return shown + MOST_RESIDUAL
    if len(newest) == 0:
        return shown
    opened = int(newest["time"][-1]) * NS_PER_SECOND
    length = _MONTH_NS if frame.name == "MN1" else frame.ns
    return opened + 1 if opened + length + MOST_RESIDUAL <= shown else opened
