"""What the trial of a clock rule found, in sentences for people."""

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR
from ictcli.market.bars import Int64
from ictcli.market.calendars import FRIDAY_CLOSE, ROLL_MINUTE, Calendar
from ictcli.market.clock_trials import Trial, close_on_time, open_on_time
from ictcli.market.clocks import to_utc
from ictcli.market.sessions import Sessions
from ictcli.market.zones import NEW_YORK, offsets

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SEASONS = ("winter", "summer", "only the US on summer time")
US_SUMMER_ONLY = 2
_ATHENS = ZoneInfo("Europe/Athens")


def seasons(when: Int64) -> Int64:
    """0 in winter, 1 in summer, 2 while only the US (or only the EU) is on summer time."""
    us = offsets(NEW_YORK, when) == -4 * NS_PER_HOUR
    eu = offsets(_ATHENS, when) == 3 * NS_PER_HOUR
    return np.where(us == eu, us.astype(np.int64), US_SUMMER_ONLY)


def describe(trial: Trial, seen: Sessions, bar_ns: int, cal: Calendar) -> list[str]:
    """How many weeks (and daily breaks) begin and end on time under the rule, by season."""
    return [line for _, line in _findings(trial, seen, bar_ns, cal)]


def compare(given: Trial, best: Trial, seen: Sessions, bar_ns: int, cal: Calendar) -> list[str]:
    """Where the ``given`` rule puts fewer sessions on time than the ``best``."""
    pairs = zip(_findings(given, seen, bar_ns, cal), _findings(best, seen, bar_ns, cal), strict=True)
    return [f"{worse}; {better}" for (kept, worse), (more, better) in pairs if kept < more]


def _findings(trial: Trial, seen: Sessions, bar_ns: int, cal: Calendar) -> list[tuple[int, str]]:
    opened = to_utc(trial.rule, seen.first, bar_ns)
    week = seen.weekly
    week_open = cal.week_open or 0
    found = [
        _line("week opens", week_open, trial.opening[week], open_on_time(trial.opening[week]), opened[week]),
        _line(
            "week closes", FRIDAY_CLOSE, trial.closing[week], close_on_time(trial.closing[week]), opened[week]
        ),
    ]
    days = int((~week).sum())
    if days:
        kept = int(trial.on_time[~week].sum())
        span = f"{clock_time(ROLL_MINUTE)} to {clock_time(ROLL_MINUTE + cal.break_minutes)}"
        found.append((kept, f"daily break lies at {span} New York on {kept} of {days} days"))
    return [(kept, f"{line} under {trial.rule}") for kept, line in found]


def rivalry(rival: Trial, best: Trial) -> str:
    """Why two rules cannot be told apart."""
    edges = int((rival.opening != best.opening).sum() + (rival.closing != best.closing).sum())
    return (
        f"{rival.rule} reads the file differently from {best.rule}, and {edges} session edges do not decide"
    )


def clock_time(minute: int) -> str:
    """``17:05`` of minutes since midnight."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _line(what: str, target: int, errors: Int64, on_time: NDArray[np.bool_], when: Int64) -> tuple[int, str]:
    kept, n = int(on_time.sum()), len(errors)
    line = f"{what} {_week_time(target)} New York in {kept} of {n} weeks"
    if 2 * kept >= n:
        return kept, f"{line} ({_by_season(when[on_time])})"
    values, counts = np.unique(errors, return_counts=True)
    return kept, f"{line} (mostly {_week_time(target + int(values[counts.argmax()]))})"


def _week_time(minute: int) -> str:
    return f"{_DAYS[minute // 1440 % 7]} {clock_time(minute)}"


def _by_season(when: Int64) -> str:
    season = seasons(when)
    return ", ".join(
        f"{name} {int((season == n).sum())}" for n, name in enumerate(_SEASONS) if (season == n).any()
    )
