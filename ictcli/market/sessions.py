"""The edges of trading sessions that naive stamps show: weekends and daily breaks, whatever the clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.market.bars import Int64
from ictcli.market.calendars import FRIDAY_CLOSE, ROLL_MINUTE, WEEK_MINUTES, Calendar, day_minute, week_minute

LONG_GAP = 25 * NS_PER_MINUTE
BREAK_GAP = 100 * NS_PER_MINUTE
WEEKEND_GAP = (40 * NS_PER_HOUR, 56 * NS_PER_HOUR)
"""Weekends with a holiday beside them are longer and prove nothing."""
MOST_RUNS = 100_000


class Runs:
    """Stretches of stamps without a long gap between them: all that is kept of a file's clock.

    Args:
        bar_ns: length of a bar in nanoseconds; 0 for ticks.
    """

    def __init__(self, bar_ns: int) -> None:
        self._reach = bar_ns + LONG_GAP
        self._starts = np.zeros(0, np.int64)
        self._ends = np.zeros(0, np.int64)

    def add(self, wall: Int64) -> None:
        """Take in stamps in any order; memory grows with the number of gaps, not of stamps."""
        if len(wall) == 0:
            return
        ordered = wall if bool(np.all(wall[1:] >= wall[:-1])) else np.sort(wall)
        breaks = np.flatnonzero(ordered[1:] - ordered[:-1] >= self._reach)
        self._starts = np.concatenate([self._starts, ordered[:1], ordered[breaks + 1]])
        self._ends = np.concatenate([self._ends, ordered[breaks], ordered[-1:]])
        self._merge(self._reach)
        if len(self._starts) > MOST_RUNS:
            self._merge(WEEKEND_GAP[0] // 2)

    def _merge(self, reach: int) -> None:
        order = np.argsort(self._starts, kind="stable")
        starts, ends = self._starts[order], np.maximum.accumulate(self._ends[order])
        fresh = starts[1:] - ends[:-1] >= reach
        self._starts = starts[np.append(True, fresh)]
        self._ends = ends[np.append(fresh, True)]

    @property
    def starts(self) -> Int64:
        """First stamp of each run, oldest first."""
        return self._starts

    @property
    def ends(self) -> Int64:
        """Last stamp of each run."""
        return self._ends

    def samples(self) -> Int64:
        """Stamps on which two rules must agree to read these data alike: edges and days between."""
        days = [
            np.arange(start, end, NS_PER_DAY // 2, dtype=np.int64)
            for start, end in zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        ]
        return np.unique(np.concatenate([self._starts, self._ends, *days]))


@dataclass(frozen=True, slots=True)
class Sessions:
    """Gaps that look like a weekend or a daily break, oldest first.

    Attributes:
        last: the last stamp before each gap, as the file shows it.
        first: the first stamp after it.
        weekly: whether the gap is as long as a weekend.
    """

    last: Int64
    first: Int64
    weekly: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.last)


def sessions(runs: Runs, bar_ns: int, cal: Calendar) -> Sessions:
    """The gaps between runs that a market with the hours of ``cal`` should show."""
    last, first = runs.ends[:-1], runs.starts[1:]
    gap = first - last - bar_ns
    weekly = (gap >= WEEKEND_GAP[0]) & (gap <= WEEKEND_GAP[1])
    daily = (gap <= BREAK_GAP) & (cal.break_minutes > 0)
    kept = weekly | daily
    return Sessions(last[kept], first[kept], weekly[kept])


def opening_error(wall: Int64, weekly: NDArray[np.bool_], cal: Calendar) -> Int64:
    """Minutes from the regular open to each New York wall time; negative is early."""
    week_open = cal.week_open or 0
    after_break = _distance(day_minute(wall) - ROLL_MINUTE - cal.break_minutes, 1440)
    return np.where(weekly, _distance(week_minute(wall) - week_open, WEEK_MINUTES), after_break)


def closing_error(wall: Int64, weekly: NDArray[np.bool_]) -> Int64:
    """Minutes from the regular close to each New York wall time; positive is late."""
    at_roll = _distance(day_minute(wall) - ROLL_MINUTE, 1440)
    return np.where(weekly, _distance(week_minute(wall) - FRIDAY_CLOSE, WEEK_MINUTES), at_roll)


def _distance(minutes: Int64, period: int) -> Int64:
    return (minutes + period // 2) % period - period // 2
