"""One clock rule held against the weekends and daily breaks of a file, and what its errors cost.

Each edge of a session costs the rule

    nothing  when it is on time, up to 16 minutes late to open or early to close
    1        for an open up to 75 minutes late: servers that wait for their own midnight
    3        for a close up to 75 minutes early: trading never stops early for a server's sake
    4        otherwise, above all for trading while the market is closed
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar
from ictcli.market.clocks import ClockRule, parse_rule, to_utc
from ictcli.market.sessions import Sessions, closing_error, opening_error
from ictcli.market.zones import NEW_YORK, to_local

ON_TIME = 16
SLIGHTLY = 5
NEAR = 75
LATE_OPEN, EARLY_CLOSE, OFF = 1, 3, 4

_FAMILIAR = ("utc", "ny+7", "eet", "ny")
_ZONES = ("Europe/London", "Europe/Berlin", "Atlantic/Azores", "Australia/Sydney", "Asia/Kathmandu")
SHIFTED = 2 * (len(_FAMILIAR) + len(_ZONES))
"""``familiarity`` from which rules are shifts and offsets that no market or server is named after."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How well a rule explains the sessions of a file.

    Attributes:
        rule: the rule.
        opening: minutes from the regular open to each first bar.
        closing: minutes from the regular close to the end of each last bar.
        cost: what the errors cost together.
        weekend_cost: what the errors at weekends cost, but for those that are usual under the rule.
    """

    rule: ClockRule
    opening: Int64
    closing: Int64
    cost: float
    weekend_cost: float

    @property
    def on_time(self) -> NDArray[np.bool_]:
        """Whether each session both begins and ends on time."""
        return open_on_time(self.opening) & close_on_time(self.closing)

    @property
    def off(self) -> NDArray[np.bool_]:
        """Whether each session begins or ends at a wrong time."""
        return np.equal(np.maximum(_open_cost(self.opening), _close_cost(self.closing)), OFF)


def try_rule(rule: ClockRule, seen: Sessions, bar_ns: int, cal: Calendar) -> Trial:
    """The errors of one rule."""
    opened = to_local(NEW_YORK, to_utc(rule, seen.first, bar_ns))
    closed = to_local(NEW_YORK, to_utc(rule, seen.last, bar_ns)) + bar_ns
    opening = opening_error(opened, seen.weekly, cal)
    closing = closing_error(closed, seen.weekly)
    opens, closes = _open_cost(opening), _close_cost(closing)
    week = seen.weekly
    weekends = _unusual(opening[week], opens[week]) + _unusual(closing[week], closes[week])
    return Trial(rule, opening, closing, float(opens.sum() + closes.sum()), weekends)


@cache
def familiar_rules() -> tuple[ClockRule, ...]:
    """The rules that markets and servers usually keep."""
    return tuple(parse_rule(name) for name in _FAMILIAR)


@cache
def known_rules() -> tuple[ClockRule, ...]:
    """The open-stamped rules that inference considers."""
    shifted = [f"ny{hours:+d}" for hours in range(-5, 15) if hours not in (0, 7)]
    fixed = []
    for half_hours in range(-24, 29):
        hours, half = divmod(abs(half_hours), 2)
        sign = "-" if half_hours < 0 else "+"
        fixed.append(f"utc{sign}{hours:02d}:{30 * half:02d}")
    fixed.remove("utc+00:00")
    return tuple(parse_rule(name) for name in (*_FAMILIAR, *_ZONES, *shifted, *fixed))


def familiarity(rule: ClockRule) -> int:
    """Rank of a known rule, the most familiar first; close-stamped rules come after open-stamped ones."""
    names = [known.name for known in known_rules()]
    if rule.stamp == "open" or rule.name not in _FAMILIAR:
        return names.index(rule.name) * 2 + (rule.stamp == "close")
    return len(_FAMILIAR) * 2 - 1


def open_on_time(error: Int64) -> NDArray[np.bool_]:
    """Whether an open is at most ``ON_TIME`` minutes late."""
    return (error >= 0) & (error <= ON_TIME)


def close_on_time(error: Int64) -> NDArray[np.bool_]:
    """Whether a close is at most ``ON_TIME`` minutes early."""
    return (error <= 0) & (error >= -ON_TIME)


def _unusual(error: Int64, cost: Int64) -> float:
    """The cost of the errors that lie away from the median: an hour early every Friday is a habit."""
    if len(error) == 0:
        return 0.0
    usual = np.argsort(error, kind="stable")[len(error) // 2]
    habit = (np.abs(error - error[usual]) <= ON_TIME) & (cost[usual] < OFF)
    return float(cost[~habit].sum())


def _open_cost(error: Int64) -> Int64:
    late = (error >= -SLIGHTLY) & (error <= NEAR)
    return np.where(open_on_time(error), 0, np.where(late, LATE_OPEN, OFF))


def _close_cost(error: Int64) -> Int64:
    early = (error < 0) & (error >= -NEAR)
    barely = (error > 0) & (error <= SLIGHTLY)
    return np.where(close_on_time(error), 0, np.where(early, EARLY_CLOSE, np.where(barely, LATE_OPEN, OFF)))
