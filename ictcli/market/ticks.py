"""The tick: a change of bid or ask, in arrays, and the bars that ticks make."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

import numpy as np

from ictcli.errors import UsageError
from ictcli.market.bars import Bars, Int64, make_bars
from ictcli.market.buckets import bucket_closes, bucket_starts
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class Ticks:
    """Quotes of one instrument, oldest first, as arrays of equal length n.

    Attributes:
        digits: decimal digits of the prices; one point is ``10**-digits``.
        ts: nanoseconds UTC, never decreasing (several ticks may share an instant).
        bid, ask: prices in points.
    """

    digits: int
    ts: Int64
    bid: Int64
    ask: Int64

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def point(self) -> Decimal:
        """The price of one point."""
        return Decimal(1).scaleb(-self.digits)

    def slice(self, start: int, stop: int) -> Self:
        """Ticks ``start`` up to but without ``stop``, sharing memory."""
        return replace(self, ts=self.ts[start:stop], bid=self.bid[start:stop], ask=self.ask[start:stop])

    def rescaled(self, digits: int) -> Self:
        """The same prices in finer points; ``digits`` may not be smaller than today's."""
        if digits < self.digits:
            raise ValueError(f"cannot drop price digits: {self.digits} -> {digits}")
        factor = 10 ** (digits - self.digits)
        return (
            self
            if factor == 1
            else replace(self, digits=digits, bid=self.bid * factor, ask=self.ask * factor)
        )


def ticks_to_bars(ticks: Ticks, timeframe: Timeframe, cal: Calendar) -> Bars:
    """Bid bars of the buckets in which there were ticks.

    ``tick_volume`` counts the ticks. ``spread`` is ask minus bid at the bar's first tick: what a market
    order at the bar's open pays (0 when the quotes are crossed). The last bar may be unfinished.

    Raises:
        UsageError: the timeframe is TICK.
    """
    if timeframe.ns == 0:
        raise UsageError("ticks cannot be resampled to TICK", hint="Choose a bar timeframe such as M1.")
    if len(ticks) == 0:
        none = np.zeros(0, np.int64)
        return make_bars(ticks.digits, none, none, (none, none, none, none))
    starts = bucket_starts(ticks.ts, timeframe, cal)
    first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    last = np.append(first[1:], len(ticks)) - 1
    ts = starts[first]
    return make_bars(
        ticks.digits,
        ts,
        np.maximum(bucket_closes(ts, timeframe, cal), ticks.ts[last] + 1),
        (
            ticks.bid[first],
            np.maximum.reduceat(ticks.bid, first),
            np.minimum.reduceat(ticks.bid, first),
            ticks.bid[last],
        ),
        tick_volume=last - first + 1,
        spread=np.maximum(ticks.ask[first] - ticks.bid[first], 0).astype(np.int32),
    )


def ticks_as_bars(days: Sequence[Ticks]) -> Bars:
    """Every tick as a bar of its own, whose four prices are the bid; for resolving what came first.

    Args:
        days: consecutive stretches of ticks; may be empty.
    """
    digits = max((one.digits for one in days), default=0)
    same = [one.rescaled(digits) for one in days]
    none = np.zeros(0, np.int64)
    ts, bid, ask = (
        np.concatenate([none, *(getattr(one, name) for one in same)]) for name in ("ts", "bid", "ask")
    )
    spread = np.maximum(ask - bid, 0).astype(np.int32)
    return make_bars(digits, ts, ts + 1, (bid, bid, bid, bid), spread=spread)
