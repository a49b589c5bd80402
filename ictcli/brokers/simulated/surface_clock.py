"""The trade server's wall clock, which MetaTrader writes as if it were UTC (MT5.md 4.1)."""

from functools import lru_cache

import numpy as np

from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from ictcli.market.bars import Int64
from ictcli.market.clocks import ClockRule, from_utc, to_utc

_NS_PER_MS = NS_PER_SECOND // 1000
_QUARTER = NS_PER_HOUR // 4
REPEATED = 2 * NS_PER_HOUR
"""Longer than any hour that a clock shows twice."""


class WallClock:
    """What the server's clock shows, and when it shows that.

    Args:
        rule: the clock; its stamp does not matter.
    """

    def __init__(self, rule: ClockRule) -> None:
        self._rule = ClockRule(rule.name)
        self._ahead = lru_cache(4096)(self._offset)

    def shown(self, ts: Int64) -> Int64:
        """Readings (ns, naive) of instants, ns UTC."""
        return from_utc(self._rule, ts)

    def seconds(self, ts: int) -> int:
        """The reading at an instant, whole seconds; 0 stays 0, which means none."""
        return self._reading(ts) // NS_PER_SECOND if ts else 0

    def milliseconds(self, ts: int) -> int:
        """The same in milliseconds."""
        return self._reading(ts) // _NS_PER_MS if ts else 0

    def instant(self, seconds: int) -> int:
        """The first instant, ns UTC, at which the clock shows a reading of whole seconds; 0 stays 0."""
        if not seconds:
            return 0
        return int(to_utc(self._rule, np.array([seconds * NS_PER_SECOND], np.int64), 0)[0])

    def around(self, first: int, last: int) -> tuple[int, int]:
        """Instants between which the clock shows every reading from ``first`` to ``last`` seconds."""
        return self.instant(first) - REPEATED, self.instant(last) + REPEATED + NS_PER_SECOND

    def _reading(self, ts: int) -> int:
        return ts + self._ahead(ts // _QUARTER)

    def _offset(self, quarter: int) -> int:
        """How far the clock is ahead of UTC; clocks change at whole quarters of an hour."""
        ts = quarter * _QUARTER
        return int(from_utc(self._rule, np.array([ts], np.int64))[0]) - ts
