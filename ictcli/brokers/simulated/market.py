"""What a symbol's market has shown so far: bars with the forming one, ticks, the last prices."""

from dataclasses import dataclass, field

import numpy as np

from ictcli.brokers.simulated.records import ServerTick
from ictcli.clock import NS_PER_HOUR
from ictcli.engine.world import Quote
from ictcli.market.bars import UNKNOWN, Bars, Int64
from ictcli.market.buckets import bucket_closes, bucket_starts
from ictcli.market.calendars import Calendar
from ictcli.market.resample import resample
from ictcli.market.timeframes import Timeframe

NS_PER_MS = 1_000_000
_FIRST_ROOM = 256
_BAR, _TICK = 9, 3
KEPT_BARS = 100_000
"""What charts of a terminal keep unless they are told otherwise."""
NONE = -(2**62)
"""An instant of nothing."""
Row = tuple[int, ...]


class Columns:
    """Rows of integers that grow, kept by column so that each is one stretch of memory."""

    def __init__(self, width: int) -> None:
        self._room = np.empty((width, _FIRST_ROOM), np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, row: Row) -> None:
        """Add a row."""
        self.draft(row)
        self._count += 1

    def draft(self, row: Row) -> None:
        """Write the row after the last one without adding it."""
        if self._count == self._room.shape[1]:
            self._room = np.concatenate([self._room, np.empty_like(self._room)], axis=1)
        self._room[:, self._count] = row

    def drop(self, count: int) -> None:
        """Take the oldest rows away."""
        left = self._count - count
        room = np.empty((len(self._room), left + _FIRST_ROOM), np.int64)
        room[:, :left] = self._room[:, count : self._count]
        self._room, self._count = room, left

    def view(self, first: int = 0, drafts: int = 0) -> Int64:
        """Columns from a row on, sharing memory; the draft too where ``drafts`` is 1."""
        return self._room[:, first : self._count + drafts]

    def save(self) -> bytes:
        """The rows as bytes."""
        return np.ascontiguousarray(self.view()).tobytes()

    def load(self, saved: bytes) -> None:
        """Take the rows that were saved."""
        width = len(self._room)
        rows = np.frombuffer(saved, np.int64).reshape(width, -1)
        self._room = np.concatenate([rows, np.empty((width, _FIRST_ROOM), np.int64)], axis=1)
        self._count = rows.shape[1]


def as_bars(columns: Int64, digits: int) -> Bars:
    """Bars from rows of ``ts, ts_close, open, high, low, close, tick volume, real volume, spread``."""
    ts, ts_close, first, high, low, last, ticks, real, spread = columns
    return Bars(digits, ts, ts_close, first, high, low, last, ticks, real, spread.astype(np.int32))


@dataclass(slots=True)
class Longer:
    """Bars of a longer timeframe that are over, and the row from which the rest are made."""

    over: Columns = field(default_factory=lambda: Columns(_BAR))
    first: int = 0


class SymbolMarket:
    """The market of one symbol.

    Attributes:
        tick: last prices.
        heard: instant of the server at which they came.
        range: points between high and low of the last bar.
        announced: open of the bar or piece that is quoted and not matched yet; ``NONE`` for none.

    Args:
        timeframe: of the bars that it is fed with.
        digits: decimals of the prices.
        cal: when it trades.
        kept: bars and their ticks that are kept at least, as charts keep so many; up to twice as many are.
    """

    def __init__(self, timeframe: Timeframe, digits: int, cal: Calendar, kept: int = KEPT_BARS) -> None:
        self.timeframe, self.digits, self.calendar = timeframe, digits, cal
        self._kept, self._cut = kept, False
        self.tick = ServerTick(0, 0, 0)
        self.heard = 0
        self.range = 0
        self.announced = NONE
        self._bars, self._ticks = Columns(_BAR), Columns(_TICK)
        self._forming: Row = ()
        self._longer: dict[Timeframe, Longer] = {}

    def opens(self, quote: Quote) -> None:
        """The open of a bar, or of a piece of one, is quoted."""
        self._say(quote.ts, quote.open, quote.spread)
        price = quote.open
        if not self._forming:
            start, end = self._span(quote.ts)
            self._forming = (start, end, price, price, price, price, 0, UNKNOWN, quote.spread)
        else:
            self._extend(price, price, price, 0)

    def moves(self, quote: Quote, ends: int) -> None:
        """The inside of a bar, or of a piece of one, was traded; its close is quoted before ``ends``."""
        step = max(1, (ends - quote.ts) // 3)
        turns = (quote.low, quote.high) if quote.close >= quote.open else (quote.high, quote.low)
        for number, price in enumerate(turns, 1):
            if price not in (quote.open, quote.close):
                self._ticks.append((quote.ts + number * step, price, price + quote.spread))
        self._say(max(quote.ts, ends - NS_PER_MS), quote.close, quote.spread)
        self._extend(quote.high, quote.low, quote.close, max(0, quote.volume))

    def closes(self, quote: Quote, ends: int) -> None:
        """A whole bar is over; from now on its close is quoted with its own spread, as it is decided on."""
        prices = quote.open, quote.high, quote.low, quote.close
        self._bars.append((quote.ts, ends, *prices, quote.volume, UNKNOWN, quote.spread))
        self._forming = ()
        self.tick = ServerTick(self.tick.ts, quote.close, quote.close + quote.spread)
        self.range = quote.high - quote.low
        if len(self._bars) >= 2 * self._kept:
            self._forget(len(self._bars) - self._kept)

    def is_open(self, now: int) -> bool:
        """Whether it trades at ``now``: prices came just now, or the calendar says so."""
        if now - self.heard <= NS_PER_MS:
            return True
        return bool(self.calendar.is_open(np.array([now], np.int64))[0])

    def bars(self, timeframe: Timeframe) -> Bars:
        """Bars so far, the forming one last; none of timeframes that its own bars do not make up."""
        if timeframe == self.timeframe:
            return as_bars(self._columns(0), self.digits)
        own = self.timeframe.ns
        if timeframe.ns < own or (timeframe.intraday and timeframe.ns % own != 0):
            return as_bars(self._bars.view(len(self._bars)), self.digits)
        longer = self._longer.setdefault(timeframe, Longer())
        rest = as_bars(self._columns(longer.first), self.digits)
        made = resample(rest, timeframe, self.calendar, complete_only=False)
        if self._cut and longer.first == 0:
            made = made.slice(min(1, len(made)), len(made))  # of the first one a part is gone
        for at in range(len(made) - 1):
            longer.over.append(_row(made, at))
        if len(made):
            longer.over.draft(_row(made, len(made) - 1))
            longer.first += int(np.searchsorted(rest.ts, made.ts[-1]))
        return as_bars(longer.over.view(0, min(1, len(made))), self.digits)

    def ticks(self, start: int, end: int) -> list[ServerTick]:
        """Ticks from ``start`` to ``end``, both included."""
        rows = self._ticks.view()
        first, last = np.searchsorted(rows[0], [start, end + 1])
        return [ServerTick(*(int(value) for value in row)) for row in rows[:, first:last].T]

    def save(self) -> tuple[bytes, bytes, Row]:
        """Bars, ticks, and what was last known."""
        tick = self.tick
        last = (tick.ts, tick.bid, tick.ask, self.heard, self.range, self.announced)
        return self._bars.save(), self._ticks.save(), last + self._forming

    def load(self, bars: bytes, ticks: bytes, last: Row) -> None:
        """Go on from what was saved."""
        self._bars.load(bars)
        self._ticks.load(ticks)
        self.tick = ServerTick(*last[:3])
        self.heard, self.range, self.announced = last[3:6]
        self._forming = last[6:]
        self._longer, self._cut = {}, len(self._bars) >= self._kept

    def _forget(self, count: int) -> None:
        """Let go of the oldest bars and of their ticks."""
        self._bars.drop(count)
        self._ticks.drop(int(np.searchsorted(self._ticks.view()[0], self._bars.view()[0, 0])))
        self._longer, self._cut = {}, True

    def _say(self, ts: int, bid: int, spread: int) -> None:
        self._ticks.append((ts, bid, bid + spread))
        self.tick = ServerTick(ts, bid, bid + spread)

    def _extend(self, high: int, low: int, close: int, volume: int) -> None:
        ts, end, first, highest, lowest, _, so_far, real, spread = self._forming
        highest, lowest = max(highest, high), min(lowest, low)
        self._forming = (ts, end, first, highest, lowest, close, so_far + volume, real, spread)

    def _span(self, ts: int) -> tuple[int, int]:
        """First instant of the bar that an instant belongs to, and the first one after it."""
        length = self.timeframe.ns
        if NS_PER_HOUR % length == 0:
            start = ts - ts % length
            return start, start + length
        starts = bucket_starts(np.array([ts], np.int64), self.timeframe, self.calendar)
        return int(starts[0]), int(bucket_closes(starts, self.timeframe, self.calendar)[0])

    def _columns(self, first: int) -> Int64:
        if self._forming:
            self._bars.draft(self._forming)
        return self._bars.view(first, 1 if self._forming else 0)


def _row(bars: Bars, at: int) -> Row:
    names = ("ts", "ts_close", "open", "high", "low", "close", "tick_volume", "real_volume", "spread")
    return tuple(int(getattr(bars, name)[at]) for name in names)
