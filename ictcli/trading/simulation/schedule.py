"""Virtual time: one heap of what happens when, one thread."""

import heapq
from collections.abc import Callable


class Schedule:
    """A clock that only moves when told, carrying out what was planned on its way.

    Actions at one instant run in the order in which they were planned, so a run is a function of its seed.
    """

    def __init__(self, start: int) -> None:
        self.now = start
        self._planned: list[tuple[int, int, Callable[[], object]]] = []
        self._count = 0

    def plan(self, delay: int, action: Callable[[], object]) -> None:
        """Carry ``action`` out ``delay`` ns from now, 0 or more."""
        self._count += 1
        heapq.heappush(self._planned, (self.now + delay, self._count, action))

    def wait(self, duration: int) -> None:
        """Let ``duration`` ns pass."""
        until = self.now + duration
        planned = self._planned
        while planned and planned[0][0] <= until:
            self.now, _, action = heapq.heappop(planned)
            action()
        self.now = until
