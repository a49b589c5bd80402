"""Holes in a series, and whether the market's hours explain them.

Brokers do not keep regular hours to the minute: they open at 17:05 or 18:01, pause metals a little longer
than the exchange, close early before Christmas. So a hole is explained when it overlaps a regular closure
and stays within that closure widened by a tolerance: 65 minutes on both sides of weekends, daily breaks
and short holiday sessions, 8 hours around full holidays. A short hole around 17:00 New York, when servers
roll the day, is a rollover. Everything else is missing.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.market.bars import Int64
from ictcli.market.calendars import FRIDAY_CLOSE, ROLL_MINUTE, Calendar, holiday_spans
from ictcli.market.timeframes import Timeframe
from ictcli.market.zones import NEW_YORK, from_local

GapKind = Literal["weekend", "holiday", "daily_break", "rollover", "missing"]
Spans = tuple[Int64, Int64]

TOLERANCE = 65 * NS_PER_MINUTE
FULL_HOLIDAY = 20 * NS_PER_HOUR
HOLIDAY_TOLERANCE = 8 * NS_PER_HOUR
PAUSE_TOLERANCE = 5 * NS_PER_MINUTE
ROLLOVER_BEFORE = 10 * NS_PER_MINUTE
ROLLOVER_AFTER = 20 * NS_PER_MINUTE
PAUSE = (16 * 60 + 15, 16 * 60 + 30)
"""Equity index trading paused at this time of the New York day until 2021; some brokers still pause."""
QUIET_TICKS = 15 * NS_PER_MINUTE
"""Silence of this length is a hole in a series of ticks."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Bars that a series does not have.

    Attributes:
        start: where the first absent bar would open (nanoseconds UTC).
        end: open of the next bar that exists.
        kind: what explains the gap; ``missing`` when nothing does.
        bars: how many bars of regular trading hours the gap leaves out (minutes, for ticks).
    """

    start: int
    end: int
    kind: GapKind
    bars: int


def find_gaps(ts: Int64, ts_close: Int64, timeframe: Timeframe, cal: Calendar) -> list[Gap]:
    """All gaps between the first and the last bar, oldest first.

    Args:
        ts: bar opens (nanoseconds UTC), increasing.
        ts_close: bar ends; for ticks the same array as ``ts``.
        timeframe: the series' timeframe.
        cal: the trading hours of the symbol.
    """
    quiet = QUIET_TICKS if timeframe.ns == 0 else 0
    before = np.flatnonzero(ts[1:] - ts_close[:-1] > quiet)
    if len(before) == 0:
        return []
    starts, ends = ts_close[before], ts[before + 1]
    kinds = classify(starts, ends, cal, timeframe)
    closed = _merged(list(_closures(cal, int(starts[0]), int(ends[-1])).values()), 0, 0)
    lost = (ends - starts) - (_time_in(closed, ends) - _time_in(closed, starts))
    bars = -(-lost // (timeframe.ns or NS_PER_MINUTE))
    rows = zip(starts.tolist(), ends.tolist(), kinds, bars.tolist(), strict=True)
    return [Gap(start, end, kind, count) for start, end, kind, count in rows]


def classify(starts: Int64, ends: Int64, cal: Calendar, timeframe: Timeframe) -> list[GapKind]:
    """What explains each span without bars."""
    first, last = int(starts.min()), int(ends.max())
    closures = _closures(cal, first, last)
    explained = _within(_explained(closures), starts, ends)
    roll = _daily(first, last, ROLL_MINUTE, ROLL_MINUTE)
    reach = max(ROLLOVER_AFTER, timeframe.ns)
    rollover = _within(_merged([roll], ROLLOVER_BEFORE, reach), starts, ends)
    if timeframe.ns > NS_PER_HOUR or cal.always_open:
        rollover[:] = False
    kinds: list[tuple[GapKind, NDArray[np.bool_]]] = [
        ("holiday", explained & _overlaps(closures["holiday"], starts, ends)),
        ("weekend", explained & _overlaps(closures["weekend"], starts, ends)),
        ("daily_break", explained & _overlaps(closures["daily_break"], starts, ends)),
        ("daily_break", explained & _overlaps(closures["pause"], starts, ends)),
        ("rollover", rollover),
    ]
    chosen = np.select([mask for _, mask in kinds], list(range(len(kinds))), default=-1)
    return [kinds[at][0] if at >= 0 else "missing" for at in chosen.tolist()]


def _closures(cal: Calendar, first: int, last: int) -> dict[str, Spans]:
    """Regular closures (UTC) that may touch the instants ``first`` to ``last``, oldest first, by reason."""
    none = np.zeros(0, np.int64)
    found = dict.fromkeys(("holiday", "weekend", "daily_break", "pause"), (none, none))
    if cal.week_open is None:
        return found
    if cal.holiday_group is not None:
        starts, ends = holiday_spans(cal.holiday_group, first, last)
        found["holiday"] = from_local(NEW_YORK, starts), from_local(NEW_YORK, ends)
    week = 7 * NS_PER_DAY
    mondays = np.arange((first - 4 * NS_PER_DAY) // week - 1, last // week + 2, dtype=np.int64) * week
    mondays += 4 * NS_PER_DAY  # 1970-01-05 was the first Monday
    found["weekend"] = (
        from_local(NEW_YORK, mondays + FRIDAY_CLOSE * NS_PER_MINUTE),
        from_local(NEW_YORK, mondays + cal.week_open * NS_PER_MINUTE),
    )
    if cal.break_minutes:
        found["daily_break"] = _daily(first, last, ROLL_MINUTE, ROLL_MINUTE + cal.break_minutes)
    if cal.name in ("index", "cme"):
        found["pause"] = _daily(first, last, *PAUSE)
    return found


def _daily(first: int, last: int, start_minute: int, end_minute: int) -> Spans:
    days = np.arange(first // NS_PER_DAY - 2, last // NS_PER_DAY + 3, dtype=np.int64) * NS_PER_DAY
    starts = from_local(NEW_YORK, days + start_minute * NS_PER_MINUTE)
    return starts, starts + (end_minute - start_minute) * NS_PER_MINUTE


def _explained(closures: dict[str, Spans]) -> Spans:
    starts, ends = closures["holiday"]
    widened = [
        _widened((starts, ends), np.where(ends - starts >= FULL_HOLIDAY, HOLIDAY_TOLERANCE, TOLERANCE)),
        _widened(closures["weekend"], TOLERANCE),
        _widened(closures["daily_break"], TOLERANCE),
        _widened(closures["pause"], PAUSE_TOLERANCE),
    ]
    return _merged(widened, 0, 0)


def _widened(spans: Spans, by: int | Int64) -> Spans:
    return spans[0] - by, spans[1] + by


def _merged(several: list[Spans], before: int, after: int) -> Spans:
    """The union of spans, each stretched by ``before`` and ``after``: sorted and disjoint."""
    starts = np.concatenate([spans[0] for spans in several]) - before
    ends = np.concatenate([spans[1] for spans in several]) + after
    if len(starts) == 0:
        return starts, ends
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    fresh = np.append(True, starts[1:] > ends[:-1])
    return starts[fresh], ends[np.append(fresh[1:], True)]


def _within(spans: Spans, starts: Int64, ends: Int64) -> NDArray[np.bool_]:
    """Whether one of the disjoint ``spans`` holds all of each gap."""
    if len(spans[0]) == 0:
        return np.zeros(len(starts), np.bool_)
    at = np.searchsorted(spans[0], starts, side="right") - 1
    return (at >= 0) & (ends <= spans[1][at])


def _overlaps(spans: Spans, starts: Int64, ends: Int64) -> NDArray[np.bool_]:
    """Whether each gap shares time with one of the sorted, disjoint ``spans``."""
    if len(spans[0]) == 0:
        return np.zeros(len(starts), np.bool_)
    at = np.searchsorted(spans[1], starts, side="right")
    return (at < len(spans[0])) & (spans[0][np.minimum(at, len(spans[0]) - 1)] < ends)


def _time_in(spans: Spans, ts: Int64) -> Int64:
    """Nanoseconds of the disjoint ``spans`` that lie before each instant."""
    starts, ends = spans
    if len(starts) == 0:
        return np.zeros(len(ts), np.int64)
    before = np.append(0, np.cumsum(ends - starts))
    at = np.searchsorted(starts, ts, side="right") - 1
    inside = np.minimum(ts, ends[at]) - starts[at]
    return np.where(at >= 0, before[at] + inside, 0)
