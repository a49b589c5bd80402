"""The simulated market as a source: bars and ticks of any symbol, in bounded memory."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.bars import Bars, Int64, concat, make_bars
from ictcli.market.calendars import Calendar
from ictcli.market.resample import resample
from ictcli.market.symbols import SymbolBook
from ictcli.market.ticks import Ticks
from ictcli.market.timeframes import TIMEFRAMES, Timeframe
from ictcli.market.zones import NEW_YORK, to_local
from ictcli.sources.sim.process import MAX_TICKS
from ictcli.sources.sim.recording import EPISODE, record_bars, record_ticks
from ictcli.sources.sim.setting import Setting, initial_state, setting

_GRID = 1 << 16
"""Minutes between remembered states: about 45 days."""
_TICK_BLOCK = 60
_M1 = TIMEFRAMES["M1"]
_LATEST = 2200 * 366 * NS_PER_DAY


class SimMarket:
    """A deterministic market of correlated symbols; see docs/simulated-market.md.

    A symbol's prices depend on ``seed``, ``edge``, ``start`` and its specification, never on which other
    symbols, ranges or timeframes are asked for, nor in which order.

    Args:
        book: specifications of the symbols.
        symbols: what trades in this market.
        seed: same seed, same market, bit for bit, on every machine.
        edge: strength of the planted edge; 0 plants nothing and the bid is a martingale.
        start: the market's first instant, nanoseconds UTC; rounded down to a minute.

    Raises:
        ConfigError: a symbol has no specification.
        UsageError: ``edge`` is negative or not a number.
    """

    def __init__(
        self, book: SymbolBook, symbols: tuple[str, ...], seed: int, edge: float, start: int
    ) -> None:
        if not (math.isfinite(edge) and edge >= 0):
            raise UsageError(f"edge {edge!r} must be a number of at least 0", hint="Use 0 for no edge.")
        self.symbols = symbols
        self.start = start - start % NS_PER_MINUTE
        self._settings = {symbol: setting(book.require(symbol), seed, edge) for symbol in symbols}
        self._remembered: dict[tuple[str, int], NDArray[np.void]] = {}

    def bars(
        self, symbol: str, timeframe: Timeframe, start: int, end: int, chunk_rows: int = _GRID
    ) -> Iterator[Bars]:
        """Complete bars that open at or after ``start`` and close by ``end``, oldest first.

        Args:
            symbol: one of ``symbols``.
            timeframe: any bar length.
            start: nanoseconds UTC.
            end: nanoseconds UTC.
            chunk_rows: at most this many bars are yielded at once and minutes simulated at once.

        Raises:
            UsageError: the symbol is not in this market, or ``chunk_rows`` is below 1.
        """
        chosen = self._setting(symbol)
        if chunk_rows < 1:
            raise UsageError(f"chunk_rows {chunk_rows} must be at least 1")
        if timeframe.ns == _M1.ns:
            return self._minutes(chosen, start, end, chunk_rows)
        return self._resampled(chosen, timeframe, start, end, chunk_rows)

    def live(self, symbol: str, timeframe: Timeframe, start: int) -> Iterator[Bars]:
        """One closed bar at a time from ``start`` on, without end; the same bars as ``bars``.

        Raises:
            UsageError: the symbol is not in this market.
        """
        for part in self.bars(symbol, timeframe, start, _LATEST, 1440):
            for i in range(len(part)):
                yield part.slice(i, i + 1)

    def ticks(self, symbol: str, start: int, end: int) -> Iterator[Ticks]:
        """Quotes from ``start`` up to but without ``end``, an hour at a time; they make the M1 bars.

        Raises:
            UsageError: the symbol is not in this market.
        """
        chosen = self._setting(symbol)
        first = max(start, self.start)
        quotes = np.empty((_TICK_BLOCK * MAX_TICKS, 3), np.int64)
        for minute, walls, opens, state in self._blocks(chosen, first, end, _TICK_BLOCK):
            with np.errstate(over="ignore"):
                n = record_ticks(
                    state[0], chosen.params[0], chosen.day, chosen.news, minute, walls, opens, quotes
                )
            ts = quotes[:n, 0]
            inside = quotes[:n][(ts >= first) & (ts < end)]
            if len(inside):
                columns = (np.ascontiguousarray(inside[:, k]) for k in range(3))
                yield Ticks(chosen.digits, *columns)

    def episodes(self, symbol: str, start: int, end: int) -> NDArray[np.void]:
        """The planted episodes that begin in ``[start, end)``, as ``recording.EPISODE`` rows.

        ``start`` is in nanoseconds UTC; ``impulse``, ``retrace`` and ``drift`` are minutes; ``unit`` is
        the standard deviation of a 15-minute return (a fraction of the price) when the episode began.

        Raises:
            UsageError: the symbol is not in this market.
        """
        chosen = self._setting(symbol)
        found = [rows for _, rows in self._recorded(chosen, max(start, self.start), end, _GRID)]
        every = np.concatenate(found) if found else np.empty(0, EPISODE)
        chosen_rows: NDArray[np.void] = every[(every["start"] >= start) & (every["start"] < end)]
        return chosen_rows

    def _setting(self, symbol: str) -> Setting:
        found = self._settings.get(symbol)
        if found is None:
            raise UsageError(
                f"symbol {symbol!r} is not in this simulated market",
                hint="Choose one of " + ", ".join(self.symbols) + ".",
            )
        return found

    def _minutes(self, chosen: Setting, start: int, end: int, rows: int) -> Iterator[Bars]:
        first = max(start, self.start)
        for bars, _ in self._recorded(chosen, first, end, rows):
            low = int(np.searchsorted(bars.ts, first))
            high = int(np.searchsorted(bars.ts_close, end, side="right"))
            if high > low:
                yield bars.slice(low, high)

    def _resampled(
        self, chosen: Setting, timeframe: Timeframe, start: int, end: int, rows: int
    ) -> Iterator[Bars]:
        lead = NS_PER_DAY if timeframe.intraday else 2 * timeframe.ns
        held: Bars | None = None
        for minutes in self._minutes(chosen, start - lead, end, rows):
            held = minutes if held is None else concat([held, minutes])
            made = resample(held, timeframe, chosen.calendar, complete_only=False)
            yield from _between(made.slice(0, len(made) - 1), start, end)
            last = int(np.searchsorted(held.ts, made.ts[-1]))
            held = held.slice(last, len(held))
        if held is not None:
            yield from _between(resample(held, timeframe, chosen.calendar, complete_only=False), start, end)

    def _recorded(
        self, chosen: Setting, start: int, end: int, rows: int
    ) -> Iterator[tuple[Bars, NDArray[np.void]]]:
        for minute, walls, opens, state in self._blocks(chosen, start, end, rows):
            ohlc = np.empty((len(walls), 6), np.int64)
            spread = np.empty(len(walls), np.int32)
            episodes = np.zeros(len(walls) // 15 + 2, EPISODE)
            with np.errstate(over="ignore"):
                n, found = record_bars(
                    state[0],
                    chosen.params[0],
                    chosen.day,
                    chosen.news,
                    minute,
                    walls,
                    opens,
                    ohlc,
                    spread,
                    episodes,
                )
            columns = [np.ascontiguousarray(ohlc[:n, k]) for k in range(6)]
            ts, opened, high, low, close, ticks = columns
            bars = make_bars(
                chosen.digits,
                ts,
                ts + NS_PER_MINUTE,
                (opened, high, low, close),
                tick_volume=ticks,
                spread=spread[:n],
            )
            yield bars, episodes[:found]

    def _blocks(
        self, chosen: Setting, start: int, end: int, rows: int
    ) -> Iterator[tuple[int, Int64, NDArray[np.bool_], NDArray[np.void]]]:
        """Blocks of minutes that cover ``[start, end)``: first minute, wall minutes, open flags, state.

        Whoever takes a block must advance the state through it before taking the next.
        """
        minute = start // NS_PER_MINUTE
        stop = -(-end // NS_PER_MINUTE)
        if minute >= stop:
            return
        state = self._state_at(chosen, minute)
        while minute < stop:
            upto = min(minute + rows, stop, minute - minute % _GRID + _GRID)
            yield minute, *_clockwork(chosen.calendar, minute, upto), state
            minute = upto
            self._remember(chosen, minute, state)

    def _state_at(self, chosen: Setting, minute: int) -> NDArray[np.void]:
        """The state before ``minute``, from the latest one remembered."""
        begin = self.start // NS_PER_MINUTE
        at = max(minute - minute % _GRID, begin)
        while at > begin and (chosen.symbol, at) not in self._remembered:
            at = max(at - _GRID, begin)
            at = at if at == begin else at - at % _GRID
        remembered = self._remembered.get((chosen.symbol, at))
        state = initial_state(chosen) if remembered is None else remembered.copy()
        scratch = (
            np.empty((_GRID, 6), np.int64),
            np.empty(_GRID, np.int32),
            np.zeros(_GRID // 15 + 2, EPISODE),
        )
        while at < minute:
            upto = min(minute, at - at % _GRID + _GRID)
            walls, opens = _clockwork(chosen.calendar, at, upto)
            with np.errstate(over="ignore"):
                record_bars(state[0], chosen.params[0], chosen.day, chosen.news, at, walls, opens, *scratch)
            at = upto
            self._remember(chosen, at, state)
        return state

    def _remember(self, chosen: Setting, minute: int, state: NDArray[np.void]) -> None:
        if minute % _GRID == 0:
            self._remembered[chosen.symbol, minute] = state.copy()


def _clockwork(cal: Calendar, first: int, stop: int) -> tuple[Int64, NDArray[np.bool_]]:
    """New York wall minutes and open flags of the minutes ``first`` to ``stop``."""
    ts = np.arange(first, stop, dtype=np.int64) * NS_PER_MINUTE
    return to_local(NEW_YORK, ts) // NS_PER_MINUTE, cal.is_open(ts)


def _between(bars: Bars, start: int, end: int) -> Iterator[Bars]:
    low = int(np.searchsorted(bars.ts, start))
    high = int(np.searchsorted(bars.ts_close, end, side="right"))
    if high > low:
        yield bars.slice(low, high)
