"""What a trader makes of what others do to its positions, and of prices it cannot read."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.brokers.reports import PositionReport, Quote
from ictcli.brokers.requests import Close
from ictcli.errors import SourceUnavailable
from ictcli.trading.account import Closed
from tests.trading.paper_worlds import Stage
from tests.trading.test_parity_worlds import staged


class Meddled:
    """Plays a world as its trader; now and then somebody at the terminal closes one of its positions.

    Args:
        stage: the world.
        random: draws the moments.
        parts: whether a close may be of a part.
    """

    def __init__(self, stage: Stage, random: Random, *, parts: bool) -> None:
        self._stage, self._random, self._parts = stage, random, parts
        self.trader = stage.engage()
        stage.begin()
        self.broker = stage.broker()
        self.closes = 0

    def look(self) -> None:
        self.trader.look()

    def opened(self, series: int, ts: int) -> None:
        self.trader.opened(series, ts)

    def traded(self, series: int, ts: int, high: int, low: int, spread: int) -> None:
        self.trader.traded(series, ts, high, low, spread)

    def closed(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> None:
        self.trader.closed(now, closed, names)
        self.trader.flush()
        positions = self.broker.evidence(0).positions
        if positions and self._random.random() < 0.1:
            self._close(self._random.choice(positions))

    def _close(self, position: PositionReport) -> None:
        volume = position.volume
        if self._parts and volume > Decimal("0.02"):
            volume = Decimal("0.01")
        outcome = self.broker.send(
            Close(position.symbol, position.ticket, -position.side, volume, magic=0, comment="by hand")
        )
        self.closes += outcome.kind in ("done", "placed")


@settings(max_examples=6)
@given(st.integers(0, 2**31), st.booleans())
def test_positions_that_another_hand_closes_are_booked_as_closed(seed: int, parts: bool) -> None:
    stage = staged(seed)
    player = Meddled(stage, Random(seed), parts=parts)
    stage.play(player)
    desk = player.trader.account.desk
    server = stage.server.scene.world
    assert desk.balance == int(server.account[0]["balance"])
    for s in range(len(stage.world.bars)):
        ours = sum(int(one["side"]) * int(one["steps"]) for one in desk.live_positions(s))
        end = int(server.states[s]["position_end"])
        theirs = sum(
            int(one["side"]) * int(one["steps"]) for one in server.positions[s, :end] if one["live"] == 1
        )
        assert ours == theirs


def test_other_hands_do_close_positions() -> None:
    closes = 0
    for seed in range(6):
        stage = staged(seed)
        player = Meddled(stage, Random(seed), parts=False)
        stage.play(player)
        closes += player.closes
    assert closes > 0


class Unquoted(Meddled):
    """A trader whose broker gives no quote at the close of a bar, as long as ``silent``."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, Random(0), parts=False)
        self.silent = False
        given = self.trader._broker.quote  # the adapter of this trader

        def quote(symbol: str) -> Quote:
            if self.silent:
                raise SourceUnavailable("no quote")
            return given(symbol)

        self.trader._broker.quote = quote  # type: ignore[method-assign]

    def closed(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> None:
        self.silent = True
        before = [int(state["bar"]) for state in self.trader.account.desk.world.states]
        self.trader.closed(now, closed, names)
        self.trader.flush()
        self.silent = False
        after = [int(state["bar"]) for state in self.trader.account.desk.world.states]
        for one in closed:
            assert after[one.series] == before[one.series] + 1


def test_a_bar_without_a_quote_is_decided_once_and_leaves_no_order_behind() -> None:
    for seed in range(4):
        stage = staged(seed)
        player = Unquoted(stage)
        stage.play(player)
        account = player.trader.account
        resting = {
            (s, int(one["number"])) for s in range(len(account.units)) for one in account.desk.live_orders(s)
        }
        working = {one.id for one in stage.manager.book.working_orders()}
        known = {player.trader.bookings.links.intents.get(key, "") for key in resting}
        assert known <= working
