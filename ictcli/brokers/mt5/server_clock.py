"""The wall clock of a trade server, by which MetaTrader stamps everything (MT5.md 4.1)."""

from collections.abc import Callable

import numpy as np

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.bars import Int64
from ictcli.market.clocks import ClockReader, ClockRule, from_utc, meaning
from ictcli.market.zones import showings

_MILLISECOND = 1_000_000
_SPELL = 15 * NS_PER_MINUTE
"""No clock changes its offset within a quarter of an hour that begins at a full one."""
_AHEAD = 5 * NS_PER_MINUTE


class ServerClock:
    """Conversions under one rule.

    In the hour that a clock shows twice when it is set back, a stamp means its second showing as soon as
    that can have come; bars are read in their order instead.

    Args:
        rule: what the server's clock shows.
        now: the instant, ns UTC.
    """

    def __init__(self, rule: ClockRule, now: Callable[[], int]) -> None:
        self._rule = ClockRule(rule.name)
        self._zone, self._shift = meaning(rule.name)
        self._now = now
        self._from_wall: dict[int, tuple[int, int]] = {}
        self._to_wall: dict[int, int] = {}

    def to_utc(self, milliseconds: int) -> int:
        """The instant, ns UTC, at which the server's clock shows so many milliseconds."""
        wall = milliseconds * _MILLISECOND
        spell = wall // _SPELL
        offsets = self._from_wall.get(spell)
        if offsets is None:
            local = np.array([spell * _SPELL - self._shift], np.int64)
            first, second = showings(self._zone, local)
            offsets = spell * _SPELL - int(first[0]), spell * _SPELL - int(second[0])
            self._from_wall[spell] = offsets
        first_offset, second_offset = offsets
        if first_offset != second_offset and wall - second_offset <= self._now() + _AHEAD:
            return wall - second_offset
        return wall - first_offset

    def to_server(self, instant: int) -> int:
        """Whole seconds that the server's clock shows at an instant, ns UTC."""
        spell = instant // _SPELL
        offset = self._to_wall.get(spell)
        if offset is None:
            at = np.array([spell * _SPELL], np.int64)
            offset = int(from_utc(self._rule, at)[0] - at[0])
            self._to_wall[spell] = offset
        return (instant + offset) // NS_PER_SECOND

    def bars_to_utc(self, seconds: Int64, bar_ns: int) -> Int64:
        """Instants, ns UTC, at which bars open that the server stamped with so many seconds, in order."""
        return ClockReader(self._rule, bar_ns).to_utc(seconds * NS_PER_SECOND)
