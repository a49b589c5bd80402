"""What a trader's account asks of its broker where it is not what a backtest does by itself."""

from typing import Any

import numpy as np

from ictcli.engine.external import Deal, ExternalDesk
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.strategies.decisions import LIMIT
from ictcli.trading.account import Account, Closed
from ictcli.trading.reckoning import Seat
from ictcli.trading.wishes import Units, Wish
from tests.brokers.simulated.serving import CENT
from tests.engine.worlds import MINUTE, Ask, World, buy, minutes, sell, withdraw
from tests.trading.paper_worlds import script

CALM = (1000, 1001, 999, 1000)


class Trading:
    """An account of one strategy on one series of calm bars."""

    def __init__(self, *asks: Ask, **rules: Any) -> None:
        self.bars = minutes(*[CALM] * 8)
        world = World([self.bars])
        for name, value in rules.items():
            world.rules[name] = value
        desk = ExternalDesk.of(world.desk(), 0)
        self.account = Account(desk, [Seat(0, 0, script(asks, 0, 0))], [Units("ONE", 0, CENT, 2)], ("first",))
        self.bar = 0

    def close(self) -> list[Wish]:
        """The next bar closes."""
        self.bar += 1
        bar = self.bars.slice(self.bar - 1, self.bar)
        return self.account.close(self.bar * MINUTE, [Closed(0, bar)])[0]

    def fill(self, order: int, price: int, steps: int) -> list[Wish]:
        """The broker fills an order."""
        return self.account.fill(order, Deal(0, self.bar * MINUTE, price, steps))

    def open(self) -> list[tuple[int, int]]:
        """Side and steps of open positions."""
        return [(int(one["side"]), int(one["steps"])) for one in self.account.desk.live_positions(0)]

    def told(self) -> list[OrderEvent]:
        """What became of orders."""
        return [OrderEvent(int(one)) for one in self.account.written.together().events["event"]]


def test_an_order_that_a_decision_withdrew_may_still_be_filled() -> None:
    """Its cancel is under way when the deal comes: the deal counts."""
    trading = Trading(buy(0, order=LIMIT, price=990), withdraw(1))
    assert [wish.action for wish in trading.close()] == ["place"]
    assert [wish.action for wish in trading.close()] == ["cancel"]
    trading.fill(1, 990, 10)
    assert trading.open() == [(1, 10)]


def test_both_orders_of_a_group_are_booked_where_the_broker_filled_both() -> None:
    trading = Trading(buy(0, order=LIMIT, price=990, group=1), sell(0, order=LIMIT, price=1010, group=1))
    assert [wish.action for wish in trading.close()] == ["place", "place"]
    assert [(wish.action, wish.number) for wish in trading.fill(1, 990, 10)] == [("cancel", 2)]
    trading.fill(2, 1010, 10)
    assert trading.open() == [(1, 10), (-1, 10)]


def test_an_order_that_may_only_shrink_is_sent_as_closes_of_the_oldest() -> None:
    trading = Trading(buy(0), buy(0), sell(1, reduce_only=1, steps=13))
    trading.close()
    trading.fill(1, 1000, 10)
    trading.fill(2, 1000, 10)
    wishes = trading.close()
    assert [(one.action, one.number, one.side, one.steps) for one in wishes] == [
        ("close", 1, -1, 10), ("close", 2, -1, 3),
    ]  # fmt: skip
    for number, steps in ((1, 10), (2, 3)):
        deal = Deal(0, trading.bar * MINUTE, 1000, steps)
        trading.account.leave(number, deal, int(ExitReason.REVERSED))
    assert trading.open() == [(1, 7)]
    assert trading.close() == []


def test_a_resting_order_that_may_only_shrink_is_refused() -> None:
    trading = Trading(buy(0), sell(1, order=LIMIT, price=1010, reduce_only=1))
    trading.close()
    trading.fill(1, 1000, 10)
    assert trading.close() == []
    assert trading.told()[-1] == OrderEvent.REFUSED
    assert not np.any(trading.account.desk.world.orders["live"])


def test_a_close_that_was_refused_is_asked_for_again_under_another_name() -> None:
    trading = Trading(buy(0, max_bars=1))
    trading.close()
    trading.fill(1, 1000, 10)
    first = trading.close() or trading.close()
    assert [one.action for one in first] == ["close"]
    assert trading.close() == []
    trading.account.failed(1)
    again = trading.close()
    assert [one.action for one in again] == ["close"]
    assert again[0].leg != first[0].leg


def test_a_partial_exit_is_taken_once_though_its_price_slipped() -> None:
    """Its deal is short of the level; asking for it again would be the same request, which is never sent."""
    trading = Trading(buy(0, partial_at=(1010, 1020), partial_share=(400_000, 300_000)))
    trading.close()
    trading.fill(1, 1000, 10)
    at = trading.bar * MINUTE
    (first,) = trading.account.watch(0, at, 1010, 1010, 0)
    trading.account.leave(1, Deal(0, at, 1008, 4), first.reason, first.leg)
    assert trading.account.watch(0, at, 1010, 1010, 0) == []
    (second,) = trading.account.watch(0, at, 1020, 1020, 0)
    assert second.leg != first.leg
    trading.account.leave(1, Deal(0, at, 1019, 3), second.reason, second.leg)
    assert (trading.account.watch(0, at, 1030, 1030, 0), trading.open()) == ([], [(1, 3)])


def test_a_partial_exit_that_was_refused_is_asked_for_again_under_another_name() -> None:
    trading = Trading(buy(0, partial_at=(1010, 0), partial_share=(400_000, 0)))
    trading.close()
    trading.fill(1, 1000, 10)
    at = trading.bar * MINUTE
    (first,) = trading.account.watch(0, at, 1010, 1010, 0)
    trading.account.failed(1)
    (again,) = trading.account.watch(0, at, 1010, 1010, 0)
    assert (again.steps, again.reason) == (first.steps, first.reason)
    assert again.leg != first.leg
    trading.account.leave(1, Deal(0, at, 1010, 4), again.reason, again.leg)
    assert trading.account.watch(0, at, 1010, 1010, 0) == []
