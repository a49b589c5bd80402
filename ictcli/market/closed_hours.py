"""Trading while the market is certainly closed: what a wrong clock rule shows even in a short file.

Under the right rule no bars lie between Friday 17:00 New York and the weekly open, nor (for metals, indices
and futures) in the daily break. Under a wrong one they do, for an hour or more at a time.
"""

from dataclasses import dataclass

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, iso
from ictcli.market.bars import Int64
from ictcli.market.calendars import FRIDAY_CLOSE, ROLL_MINUTE, WEEK_MINUTES, Calendar
from ictcli.market.clock_trials import known_rules
from ictcli.market.clocks import ClockRule, to_utc
from ictcli.market.sessions import Runs
from ictcli.market.zones import NEW_YORK, to_local

INTRUSION = 50 * NS_PER_MINUTE
"""Less trading than this in one closure is a late close, an early open or a freak bar."""
LONGEST_BAR = NS_PER_HOUR
EXPLAINED = 4
"""A rule explains closed hours if it leaves at most one closure in so many with trading in it."""
FEWEST_WEEKENDS = 2
SHORT_FILE = 4
"""One weekend with trading is enough in a file of so many weeks, if it holds two bars or more."""
MOST_BREAKS = 0.6
"""Share of the daily breaks with trading from which they count: some brokers move theirs for weeks."""
_MONDAY = 4 * NS_PER_DAY
"""1970-01-05 was the first Monday."""


@dataclass(frozen=True, slots=True)
class Intrusions:
    """Trading in closed hours under one rule.

    Attributes:
        weekends: New York wall times of the weekly closes after which trading went on or began early.
        breaks: the same for daily breaks.
        days: daily breaks that the file covers.
        weeks: weekends that the file covers, at least in part.
        share: time traded in each of the weekends, nanoseconds.
        bar_ns: length of a bar, nanoseconds.
    """

    weekends: Int64
    breaks: Int64
    days: int
    weeks: int
    share: Int64
    bar_ns: int

    @property
    def many_weekends(self) -> int:
        """Weekends with trading; none where it is a single one of many, such as one freak bar."""
        found = len(self.weekends)
        if found >= FEWEST_WEEKENDS:
            return found
        enough = found > 0 and SHORT_FILE * found >= self.weeks and int(self.share.max()) >= 2 * self.bar_ns
        return found if enough else 0

    @property
    def many_breaks(self) -> int:
        """Daily breaks with trading, where most of them have it; else none."""
        return len(self.breaks) if len(self.breaks) > MOST_BREAKS * self.days else 0


def intrusions(rule: ClockRule, runs: Runs, bar_ns: int, cal: Calendar) -> Intrusions:
    """Where the stretches of trading reach into closed hours under ``rule``."""
    starts = to_local(NEW_YORK, to_utc(rule, runs.starts, bar_ns))
    ends = to_local(NEW_YORK, to_utc(rule, runs.ends, bar_ns)) + bar_ns
    none = np.zeros(0, np.int64)
    if cal.week_open is None or len(starts) == 0:
        return Intrusions(none, none, 0, 0, none, bar_ns)
    week = WEEK_MINUTES * NS_PER_MINUTE
    first, last = int(starts[0]), int(ends[-1])
    closes = np.arange((first - _MONDAY) // week - 1, (last - _MONDAY) // week + 1, dtype=np.int64) * week
    closes += _MONDAY + FRIDAY_CLOSE * NS_PER_MINUTE
    traded = _traded(starts, ends, closes, (cal.week_open - FRIDAY_CLOSE) * NS_PER_MINUTE)
    weekends = traded >= INTRUSION
    rolls = np.arange(first // NS_PER_DAY, last // NS_PER_DAY + 1, dtype=np.int64) * NS_PER_DAY
    rolls += ROLL_MINUTE * NS_PER_MINUTE
    length = cal.break_minutes * NS_PER_MINUTE
    weekday = (rolls - _MONDAY) % week < 4 * NS_PER_DAY
    rolls = rolls[weekday & (rolls >= first) & (rolls + length <= last)] if length else none
    broken = _traded(starts, ends, rolls, length) >= INTRUSION
    return Intrusions(
        closes[weekends], rolls[broken], len(rolls), max((last - first) // week, 1), traded[weekends], bar_ns
    )


def contradicted(rule: ClockRule, runs: Runs, bar_ns: int, cal: Calendar) -> list[str]:
    """Why ``rule`` is wrong: closed hours with trading that another known rule explains; else empty."""
    if cal.always_open or bar_ns > LONGEST_BAR:
        return []
    given = intrusions(rule, runs, bar_ns, cal)
    weekends, breaks = given.many_weekends, given.many_breaks
    if weekends + breaks == 0:
        return []
    better = [(other, intrusions(other, runs, bar_ns, cal)) for other in known_rules()]
    other, found = min(better, key=lambda pair: (len(pair[1].weekends), pair[1].many_breaks))
    if EXPLAINED * len(found.weekends) > weekends or EXPLAINED * found.many_breaks > breaks:
        return []
    lines = []
    if weekends:
        hours = float(given.share.max()) / NS_PER_HOUR
        lines.append(
            f"under {rule}, bars lie in closed hours at {weekends} weekends (up to {hours:.1f} hours, "
            f"first at that of {iso(int(given.weekends[0]))[:10]}); under {other} at {len(found.weekends)}"
        )
    if breaks:
        lines.append(
            f"under {rule}, bars lie in {breaks} of {given.days} daily breaks; under {other} in "
            f"{len(found.breaks)} of {found.days}"
        )
    return lines


def weekends_explained(runs: Runs, bar_ns: int, cal: Calendar) -> bool:
    """Whether under some known rule no weekend has trading, so that the clock is to blame, not the data."""
    return any(len(intrusions(rule, runs, bar_ns, cal).weekends) == 0 for rule in known_rules())


def _traded(starts: Int64, ends: Int64, closures: Int64, length: int) -> Int64:
    """Time within the disjoint stretches that lies in each closure."""
    before = np.append(0, np.cumsum(ends - starts))

    def until(moment: Int64) -> Int64:
        at = np.searchsorted(starts, moment, side="right") - 1
        inside = np.clip(moment - starts[at], 0, ends[at] - starts[at])
        return np.where(at >= 0, before[at] + inside, 0)

    traded: Int64 = until(closures + length) - until(closures)
    return traded
