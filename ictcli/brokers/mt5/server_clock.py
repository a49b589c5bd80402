"""The trade server's stamps, read by the thousand: one look at the time zone for each quarter of an hour."""

from collections.abc import Callable

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.terminals.times import NS_PER_MS, ServerClock

_SPELL = 15 * NS_PER_MINUTE
"""No clock changes its offset within a quarter of an hour that begins at a full one."""
_MOST_KEPT = 100_000


class Stamps:
    """What the terminal stamps its records with, and instants.

    In the hour that a clock shows twice a stamp means the showing that is nearer to the present.

    Args:
        clock: the server's.
        now: the instant, ns UTC.
    """

    def __init__(self, clock: ServerClock, now: Callable[[], int]) -> None:
        self.clock = clock
        self._now = now
        self._offsets: dict[int, int] = {}
        self._ahead: dict[int, int] = {}

    def to_utc(self, milliseconds: int) -> int:
        """The instant, ns UTC, at which the server's clock shows so many milliseconds."""
        wall = milliseconds * NS_PER_MS
        spell = wall // _SPELL
        offset = self._offsets.get(spell)
        if offset is None:
            start = spell * _SPELL
            first = self.clock.instant(start, near=start - 2 * NS_PER_DAY)
            if first != self.clock.instant(start, near=start + 2 * NS_PER_DAY):
                return self.clock.instant(wall, near=self._now())
            offset = _keep(self._offsets, spell, start - first)
        return wall - offset

    def to_server(self, instant: int) -> int:
        """Whole seconds that the server's clock shows at an instant, ns UTC."""
        spell = instant // _SPELL
        ahead = self._ahead.get(spell)
        if ahead is None:
            start = spell * _SPELL
            ahead = _keep(self._ahead, spell, self.clock.shown(start) - start)
        return (instant + ahead) // NS_PER_SECOND


def _keep(kept: dict[int, int], spell: int, offset: int) -> int:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[spell] = offset
    return offset
