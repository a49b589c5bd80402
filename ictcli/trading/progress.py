"""How far a simulated market has gone within its bars: one that was interrupted goes on there, not before.

A bar goes by in steps (its open is announced, its open is matched, its inside is; piece by piece). What a
step changed is written down before the trader hears of it, with the number of the step. After a crash the
steps that were done are not done again, and the trader hears of the last one once more, for it may not have.
"""

from collections.abc import Callable

_LAST = 1 << 40
"""Number of the step that ends a bar, however many pieces it has."""


class Progress:
    """The steps done of every series.

    Args:
        done: series = (number of its bar, number of the step), as ``done`` of an earlier one.
    """

    def __init__(self, done: dict[int, tuple[int, int]] | None = None) -> None:
        self.done = dict(done or {})
        self._bar: dict[int, int] = {}
        self._step: dict[int, int] = {}

    def begin(self, series: int, bar: int) -> None:
        """A bar of a series goes by from its beginning."""
        self._bar[series], self._step[series] = bar, 0

    def step(self, series: int, act: Callable[[], None]) -> bool:
        """Do the next step unless it was done; whether whoever watches may not have heard of it."""
        self._step[series] += 1
        return self._do(series, self._step[series], act)

    def end(self, series: int, act: Callable[[], None]) -> bool:
        """Do the step that ends the bar, as ``step``."""
        return self._do(series, _LAST, act)

    def _do(self, series: int, number: int, act: Callable[[], None]) -> bool:
        here, done = (self._bar[series], number), self.done.get(series, (-1, 0))
        if here > done:
            act()
            self.done[series] = here
        return here >= done
