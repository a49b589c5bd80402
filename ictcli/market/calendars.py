"""Trading hours: when a market is regularly open, in New York time.

    fx      Sunday 17:00 to Friday 17:00
    metal   Sunday 18:00 to Friday 17:00, with a daily break 17:00 to 18:00
    index   the same (CFDs on indices)
    cme     the same (CME Globex futures)
    crypto  always

Holidays come from ``market.holidays``. Brokers differ from these hours by minutes, and on holidays by
hours; whoever judges gaps must allow for that (``market.gaps`` does).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.market.holidays import Closure, Group, closures
from ictcli.market.zones import NEW_YORK, to_local

ROLL_MINUTE = 17 * 60
"""The trading day ends at 17:00 New York."""
WEEK_MINUTES = 7 * 1440
FRIDAY_CLOSE = 4 * 1440 + ROLL_MINUTE
"""Minutes from Monday 00:00 to Friday 17:00."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Regular trading hours of one kind of market.

    Attributes:
        name: the ``calendar`` key of a symbol.
        week_open: minutes from Monday 00:00 New York to the weekly open; None when trading never stops.
        break_minutes: length of the daily break that starts at 17:00 New York; 0 for none.
        holiday_group: which holiday rules apply; None for no holidays.
    """

    name: str
    week_open: int | None
    break_minutes: int
    holiday_group: Group | None

    @property
    def always_open(self) -> bool:
        """Trading never stops."""
        return self.week_open is None

    def is_open(self, ts: Int64) -> NDArray[np.bool_]:
        """Whether trading is regularly open at each UTC instant (a full minute counts by its start)."""
        if self.week_open is None:
            return np.ones(len(ts), np.bool_)
        wall = to_local(NEW_YORK, ts)
        return ~(self.weekend(wall) | self.daily_break(wall) | self.holiday(wall))

    def weekend(self, wall: Int64) -> NDArray[np.bool_]:
        """Whether each New York wall time lies between the weekly close and the weekly open."""
        if self.week_open is None:
            return np.zeros(len(wall), np.bool_)
        minute = week_minute(wall)
        return (minute >= FRIDAY_CLOSE) & (minute < self.week_open)

    def daily_break(self, wall: Int64) -> NDArray[np.bool_]:
        """Whether each New York wall time lies in the daily break."""
        minute = day_minute(wall)
        return (minute >= ROLL_MINUTE) & (minute < ROLL_MINUTE + self.break_minutes)

    def holiday(self, wall: Int64) -> NDArray[np.bool_]:
        """Whether each New York wall time lies in a holiday closure."""
        if self.holiday_group is None or len(wall) == 0:
            return np.zeros(len(wall), np.bool_)
        starts, ends = holiday_spans(self.holiday_group, int(wall.min()), int(wall.max()))
        at = np.searchsorted(starts, wall, side="right") - 1
        return (at >= 0) & (wall < ends[at])


_CALENDARS = {
    cal.name: cal
    for cal in (
        Calendar("fx", 6 * 1440 + ROLL_MINUTE, 0, "fx"),
        Calendar("metal", 6 * 1440 + ROLL_MINUTE + 60, 60, "exchange"),
        Calendar("index", 6 * 1440 + ROLL_MINUTE + 60, 60, "exchange"),
        Calendar("cme", 6 * 1440 + ROLL_MINUTE + 60, 60, "exchange"),
        Calendar("crypto", None, 0, None),
    )
}


def calendar(name: str) -> Calendar:
    """The calendar called ``name``.

    Raises:
        UsageError: there is no such calendar.
    """
    found = _CALENDARS.get(name)
    if found is None:
        raise UsageError(f"unknown calendar {name!r}", hint="Use one of " + ", ".join(_CALENDARS) + ".")
    return found


def day_minute(wall: Int64) -> Int64:
    """Minutes since midnight of each wall time."""
    return wall // NS_PER_MINUTE % 1440


def week_minute(wall: Int64) -> Int64:
    """Minutes since Monday 00:00 of each wall time; 1970-01-01 was a Thursday."""
    return (wall // NS_PER_MINUTE + 3 * 1440) % WEEK_MINUTES


def holiday_spans(group: Group, first: int, last: int) -> tuple[Int64, Int64]:
    """Starts and ends of the holiday closures around the New York wall times ``first`` to ``last``.

    Overlapping closures are merged; there is always at least one.
    """
    year = np.array([first - NS_PER_DAY, last + NS_PER_DAY]).astype("datetime64[ns]").astype("datetime64[Y]")
    low, high = (int(value) + 1970 for value in year.astype(np.int64))
    return _spans(group, low - 1, high + 1)


@lru_cache(maxsize=64)
def _spans(group: Group, first_year: int, last_year: int) -> tuple[Int64, Int64]:
    merged: list[tuple[int, int]] = []
    for year in range(first_year, last_year + 1):
        for closure in closures(group, year):
            start, end = _wall_span(closure)
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
    table = np.array(merged, np.int64)
    table.flags.writeable = False
    return table[:, 0], table[:, 1]


def _wall_span(closure: Closure) -> tuple[int, int]:
    epoch = 719_163  # proleptic ordinal of 1970-01-01
    start = (closure.start_day.toordinal() - epoch) * NS_PER_DAY + closure.start * NS_PER_MINUTE
    return start, (closure.end_day.toordinal() - epoch) * NS_PER_DAY + closure.end * NS_PER_MINUTE
