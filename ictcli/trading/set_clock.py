"""This machine's clock under a running session, held against one that only goes on: was it set?

A clock that was set ahead, or a machine that slept, shows an instant that nothing has confirmed yet. A bar
that forms looks over by it, so none is taken until a price is as new as the clock.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ictcli.clock import NS_PER_SECOND

_MOST_DRIFT = 2 * NS_PER_SECOND
"""Between two turns; a clock that is adjusted gradually stays far below it."""


@dataclass(slots=True)
class SetClock:
    """What is known of the clock.

    Attributes:
        elapsed: seconds from an arbitrary origin, by a clock that nobody sets.
        by: how far the clock was set since the last turn, ns; 0 for not.
        unproven: how far it was set in all and no price has confirmed yet, ns; below 0 for back.
    """

    elapsed: Callable[[], float]
    by: int = 0
    unproven: int = 0
    _last: tuple[int, float] | None = None

    def turn(self, now: int) -> int:
        """Compare both clocks; how far this machine's was set since the last turn, ns."""
        elapsed = self.elapsed()
        off = 0
        if self._last is not None:
            before, since = self._last
            off = now - before - round((elapsed - since) * NS_PER_SECOND)
        self._last = now, elapsed
        self.by = off if abs(off) > _MOST_DRIFT else 0
        self.unproven += self.by
        if abs(self.unproven) <= _MOST_DRIFT:
            self.unproven = 0
        return self.by

    def confirm(self, now: int, quoted: int) -> bool:
        """Whether the clock is right, by the instant of a price, ns UTC.

        A price younger than half of what the clock was set by cannot have been stamped before.
        """
        if self.unproven and abs(now - quoted) < abs(self.unproven) // 2:
            self.unproven = 0
        return not self.unproven

    def told(self) -> str:
        """What happened, for people."""
        seconds = f"{abs(self.by) / NS_PER_SECOND:.0f} s"
        if self.by > 0:
            return f"this machine's clock was set {seconds} ahead, or the machine slept"
        return f"this machine's clock was set back by {seconds}"
