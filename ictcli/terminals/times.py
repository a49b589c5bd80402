"""The wall clock of a trade server and UTC, and whether a clock rule is seen to hold.

Every time that MetaTrader 5 tells is the server's wall clock written as if it were UTC (MT5.md 4.1), so a
single offset is right for a season at most. A named rule (``market.clocks``) is right for all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.bars import Int64
from ictcli.market.clocks import ClockReader, ClockRule, from_utc, meaning, parse_rule
from ictcli.market.zones import showings

NS_PER_MS = 1_000_000
MOST_RESIDUAL = 2 * NS_PER_MINUTE
"""A fresh quote lies no further from our clock than this."""
_STEP = 30 * NS_PER_MINUTE
"""Time zones differ by multiples of half an hour; a quarter in two small countries without brokers."""

ClockState = Literal["confirmed", "contradicted", "unknown"]


class ServerClock:
    """A trade server's wall clock.

    Args:
        rule: name of its clock rule, such as ``ny+7`` (``market.clocks``).

    Raises:
        UsageError: there is no such rule.
    """

    def __init__(self, rule: str) -> None:
        self.rule: ClockRule = parse_rule(rule)
        self._zone, self._shift = meaning(self.rule.name)

    def shown(self, instant: int) -> int:
        """What the server's clock shows at an instant: both nanoseconds, the reading as if it were UTC."""
        return int(from_utc(ClockRule(self.rule.name), np.array([instant], np.int64))[0])

    def shown_s(self, instant: int) -> int:
        """The same in whole seconds, rounded down, which is what the terminal's functions take."""
        return self.shown(instant) // NS_PER_SECOND

    def instant(self, wall: int, near: int | None = None) -> int:
        """The instant (ns UTC) of a reading (ns) of the server's clock.

        An hour that the clock shows twice means its first showing, or the one nearer to ``near``. A reading
        that the clock skips means the instant as far behind the jump.
        """
        first, second = (
            int(each[0]) for each in showings(self._zone, np.array([wall - self._shift], np.int64))
        )
        if near is None or abs(first - near) <= abs(second - near):
            return first
        return second

    def instant_ms(self, milliseconds: int, near: int | None = None) -> int:
        """``instant`` of a reading in milliseconds."""
        return self.instant(int(milliseconds) * NS_PER_MS, near)

    def twice(self, wall: int) -> bool:
        """Whether the server's clock shows a reading (ns) twice."""
        first, second = showings(self._zone, np.array([wall - self._shift], np.int64))
        return bool(first[0] != second[0])

    def instants(self, walls: Int64, step: int = 0) -> Int64:
        """Instants of consecutive readings (ns), oldest first.

        Where the readings jump back inside an hour that the clock shows twice, the second showing begins.

        Args:
            walls: readings, nanoseconds.
            step: length of a bar in nanoseconds; 0 for ticks.
        """
        return ClockReader(ClockRule(self.rule.name), step).to_utc(walls)


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """Whether a quote supports the clock rule.

    Attributes:
        state: confirmed: the quote, read by the rule, is of now. contradicted: it would lie in the future, or
            quotes come in and are all off by the same half hours. unknown: no quote is fresh, so an old quote
            and a wrong rule look alike.
        residual: the newest quote, read by the rule, less our clock, ns; None without a quote.
        detail: one line about it; empty when confirmed.
    """

    state: ClockState
    residual: int | None
    detail: str = ""

    @property
    def confirmed(self) -> bool:
        """The rule was seen to hold."""
        return self.state == "confirmed"


class ClockWatch:
    """Judges a clock rule by quotes as they come.

    Args:
        clock: the server's clock by its rule.
    """

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock
        self._newest = 0

    def look(self, quotes_msc: Iterable[int], now: int) -> ClockCheck:
        """Judge the last quotes of one or more symbols.

        Args:
            quotes_msc: their times as the terminal tells them, milliseconds; 0 where there was none yet.
            now: our clock, nanoseconds UTC.
        """
        newest = max((int(each) for each in quotes_msc), default=0)
        if newest <= 0:
            return ClockCheck("unknown", None, "no symbol has a quote")
        moving = 0 < self._newest < newest
        self._newest = max(self._newest, newest)
        residual = self._clock.instant_ms(newest, near=now) - now
        if abs(residual) <= MOST_RESIDUAL:
            return ClockCheck("confirmed", residual)
        if residual > 0 or moving:
            return ClockCheck("contradicted", residual, self._contradiction(residual))
        ago = -residual // NS_PER_MINUTE
        return ClockCheck("unknown", residual, f"the last quote is {ago} minutes old by {self._clock.rule}")

    def _contradiction(self, residual: int) -> str:
        off = round(residual / _STEP) * _STEP
        side = "ahead of" if residual > 0 else "behind"
        if off and abs(residual - off) <= MOST_RESIDUAL:
            return f"quotes are {abs(off) / (2 * _STEP):g} hours {side} our clock by {self._clock.rule}"
        return (
            f"quotes are {abs(residual) / NS_PER_MINUTE:.0f} minutes {side} our clock by {self._clock.rule}: "
            "the clock of this machine or the rule is wrong"
        )
