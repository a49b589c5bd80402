"""A trader that is killed at drawn moments of a replay and goes on from its checkpoint and the journal."""

from collections.abc import Sequence
from random import Random
from typing import Any

from ictcli.trading.account import Closed
from ictcli.trading.catching_up import catch_up
from ictcli.trading.checkpoints import TraderState, restore, state_of
from ictcli.trading.trader import Trader
from ictcli.trading.unfinished import ask_again
from tests.trading.paper_worlds import Stage, limits


class Killed(BaseException):
    """The process is gone."""


class Phoenix:
    """Plays a world as its trader, which dies and is made anew on the way.

    Args:
        stage: the world; its server lives on.
        random: draws the moments.
        chance: of dying at a crash point.
        checkpoints: chance of a checkpoint after an instant.
    """

    def __init__(self, stage: Stage, random: Random, chance: float, checkpoints: float) -> None:
        self._stage, self._random = stage, random
        self._chance, self._checkpoints = chance, checkpoints
        self._at = 0
        self._state: TraderState | None = None
        self.deaths: list[str] = []
        stage.crashpoint = self._pass
        self.trader = stage.engage()
        self._alive(stage.begin)
        self._keep()

    def look(self) -> None:
        """Read the broker's records."""

        def act() -> None:
            self.trader.look()

        self._live(act)

    def opened(self, series: int, ts: int) -> None:
        """A bar has opened."""
        self._live(lambda: self.trader.opened(series, ts))

    def traded(self, series: int, ts: int, high: int, low: int, spread: int) -> None:
        """Prices were traded."""
        self._live(lambda: self.trader.traded(series, ts, high, low, spread))

    def closed(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> None:
        """Bars have closed: unless the journal has them, they are decided on."""

        def act() -> None:
            if self._at < now:
                self.trader.closed(now, closed, names)
                self.trader.flush()

        self._live(act)
        self._at = now
        if self._random.random() < self._checkpoints:
            self._keep()

    def _keep(self) -> None:
        self._alive(self.trader.flush)
        self.trader.bookings.settle()
        self._state = state_of(self.trader, self._stage.log.last, self._at, self._stage.start, "world")

    def _pass(self, point: str) -> None:
        if self._random.random() < self._chance:
            raise Killed(point)

    def _alive(self, act: Any) -> None:
        chance, self._chance = self._chance, 0.0
        act()
        self._chance = chance

    def _live(self, act: Any) -> None:
        """Do something, again and again where the trader dies of it."""
        while True:
            try:
                act()
            except Killed as death:
                self.deaths.append(str(death))
                self._alive(self._rise)
            else:
                return

    def _rise(self) -> None:
        """A new process: nothing is known but checkpoint, journal and broker."""
        trader: Trader = self._stage.engage()
        assert self._state is not None
        restore(trader, self._state)
        stand = catch_up(
            trader, self._stage.log.read(), self._state.seq, self._state.at, self._stage.timeframes
        )
        self.trader, self._at = trader, stand.at
        manager = self._stage.manager
        self._stage.begin(ask_again(manager.book, self._stage.broker(), limits()))
        for wish in stand.unsent:
            trader.quote(wish.series)
            trader.submit([wish])
