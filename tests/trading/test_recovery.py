"""A start on a journal that somebody else's end left behind."""

from collections.abc import Sequence

import pytest

from ictcli.ledger.bodies import AnyBody, Cash, Denied, Filled, ModeSet, Opened, Start, Synced, Unresolved
from ictcli.trading.messages import Restrict, Seen
from tests.trading.order_model import (
    SECOND,
    D,
    Desk,
    Fate,
    MemoryLog,
    ModelBroker,
    desk,
    intent,
    refold,
    state,
)


class Ended(Exception):
    """The process is gone."""


class DyingLog(MemoryLog):
    """Ends the process behind the append that a test named."""

    def __init__(self) -> None:
        super().__init__()
        self.last_append = -1

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        last = super().append(bodies, now)
        if len(self.batches) == self.last_append:
            raise Ended
        return last


def mode(trader: Desk) -> str:
    return trader.book.mode


def test_the_first_start_takes_the_balance_as_the_opening_and_what_was_before_as_not_ours() -> None:
    broker = ModelBroker()
    broker.book(50, 50, 3, 1, "in", D("0.20"), "client")
    trader = desk(broker)
    kinds = [type(body) for body in trader.log.bodies()]
    assert kinds[:3] == [Start, Opened, Cash]
    assert trader.book.cash == broker.balance
    assert trader.book.deals == {}
    assert mode(trader) == "active"
    assert trader.book.exposure("EURUSD")[0] == D("0.20")


def test_every_start_is_a_later_epoch() -> None:
    broker, log = ModelBroker(), MemoryLog()
    for epoch in (1, 2, 3):
        trader = desk(broker, log)
        assert trader.book.epoch == trader.manager.epoch == epoch


@pytest.mark.parametrize("executed", [True, False])
def test_an_order_recorded_as_sent_is_unknown_until_the_broker_shows_or_lacks_it(executed: bool) -> None:
    broker, log = ModelBroker(), DyingLog()
    trader = desk(broker, log)
    log.last_append = len(log.batches) + 1
    with pytest.raises(Ended):
        trader.submit(intent())
    (order,) = trader.book.orders.values()
    if executed:
        broker.book(200, 200, order.intent.magic, 1, "in", D("0.10"), "expert")
    again = desk(broker, log)
    assert [body.message for body in log.bodies() if isinstance(body, Unresolved)] == [
        "sent before a restart"
    ]
    assert mode(again) == ("active" if executed else "reducing")
    again.wait(140)
    assert mode(again) == "active"
    assert str(again.book.orders[order.id].status) == ("filled" if executed else "absent")
    assert broker.asked == []


@pytest.mark.parametrize("policy", ["reducing", "halted"])
def test_a_start_with_an_unknown_outcome_ends_in_the_configured_mode(policy: str) -> None:
    broker, log = ModelBroker(), MemoryLog()
    trader = desk(broker, log)
    broker.fates = [Fate(executed=False, answer="unknown")]
    trader.submit(intent())
    again = desk(broker, log, unresolved=policy)
    assert mode(again) == policy
    again.wait(140)
    assert mode(again) == ("active" if policy == "reducing" else "halted")
    assert desk(broker, log).book.mode == "active"


def test_what_was_decided_and_not_sent_is_stale() -> None:
    broker, log = ModelBroker(), MemoryLog()
    trader = desk(broker, log)
    trader.submit(intent())
    (position,) = trader.book.positions
    broker.fates = [Fate(executed=False, answer="retryable")] * 3
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    assert trader.status(close) == "intent"
    again = desk(broker, log)
    assert again.status(close) == "denied"
    assert [(body.id, body.code) for body in log.bodies() if isinstance(body, Denied)] == [
        (close.id, "stale")
    ]
    again.wait(120)
    assert len(broker.asked) == 4


def test_deciding_again_on_the_same_bar_is_the_same_decision() -> None:
    broker, log = ModelBroker(), MemoryLog()
    desk(broker, log).submit(intent())
    again = desk(broker, log)
    again.submit(intent(config="edited", volume=D("0.30")))
    assert len(broker.asked) == 1
    assert len(again.book.orders) == 1


def test_a_fill_that_happened_while_nobody_ran_is_booked_once_and_marked() -> None:
    broker, log = ModelBroker(), MemoryLog()
    trader = desk(broker, log)
    order = trader.submit(intent(order="limit", price=D("1.09")))
    broker.now += 3 * 86_400 * SECOND
    broker.fill(trader.book.orders[order.id].ticket)
    for _ in range(3):
        trader = desk(broker, log)
    fills = [body for body in log.bodies() if isinstance(body, Filled)]
    assert [(fill.id, fill.recovered) for fill in fills] == [(order.id, True)]
    assert trader.book.cash == broker.balance
    assert mode(trader) == "active"


def test_a_balance_that_nothing_explains_restricts_until_it_is_explained() -> None:
    broker, log = ModelBroker(), MemoryLog()
    desk(broker, log)
    broker.balance += D("0.01")
    trader = desk(broker, log)
    assert [type(body) for body in log.bodies()].count(Synced) == 1
    trader.wait(20)
    assert [type(body) for body in log.bodies()].count(Synced) == 2
    assert mode(trader) == "reducing"
    assert [body.difference for body in log.bodies() if isinstance(body, Synced)][-1] == D("0.01")
    assert trader.alerts[-1].code == "account_unexplained"
    broker.balance -= D("0.01")
    trader.do(Seen(broker.evidence(0)))
    assert mode(trader) == "active"


def test_a_position_that_differs_restricts_and_says_both_volumes() -> None:
    broker, log = ModelBroker(), MemoryLog()
    desk(broker, log).submit(intent())
    broker.positions.clear()
    trader = desk(broker, log)
    trader.wait(20)
    assert mode(trader) == "reducing"
    assert "is 0.10 here and 0 at the broker" in trader.book.mode_reason


def test_what_a_person_or_a_breaker_restricted_stays_so_over_a_start() -> None:
    broker, log = ModelBroker(), MemoryLog()
    desk(broker, log).do(Restrict("reducing", "money: daily loss"))
    trader = desk(broker, log)
    assert (mode(trader), trader.book.mode_reason) == ("reducing", "money: daily loss")
    trader.do(Restrict("active", "by hand"))
    assert desk(broker, log).book.mode == "active"


def test_nothing_is_sent_before_the_account_was_compared() -> None:
    broker, log = ModelBroker(), MemoryLog()
    broker.reachable = False
    trader = desk(broker, log)
    order = trader.submit(intent())
    assert trader.status(order) == "denied"
    broker.reachable = True
    trader.wait(3)
    assert mode(trader) == "active"
    assert trader.status(trader.submit(intent(bar=2))) == "filled"
    assert [body.mode for body in log.bodies() if isinstance(body, ModeSet)] == ["active"]


def test_a_book_is_the_fold_of_its_journal_over_many_starts() -> None:
    broker, log = ModelBroker(), MemoryLog()
    for bar in range(1, 6):
        trader = desk(broker, log)
        broker.fates = [Fate(answer="unknown")] if bar % 2 else []
        trader.submit(intent(bar=bar, volume=D(bar) / 10))
        assert state(trader.book) == state(refold(log))


def test_refusals_in_a_row_are_counted_on_over_restarts() -> None:
    broker, log = ModelBroker(), MemoryLog()
    broker.fates = [Fate(executed=False)] * 3
    for bar in (1, 2, 3):
        trader = Desk(broker, log, most_rejects=3).begin()
        assert (trader.book.rejects, trader.book.mode) == (bar - 1, "active")
        trader.submit(intent(bar=bar, volume=D(bar) / 10))
    assert (trader.book.mode, trader.alerts[-1].code) == ("reducing", "too_many_rejects")
    again = Desk(broker, log, most_rejects=3).begin()
    assert again.status(again.submit(intent(bar=4))) == "denied"
    again.do(Restrict("active", "looked at it"))
    assert again.status(again.submit(intent(bar=5))) == "filled"
    assert Desk(broker, log, most_rejects=3).begin().book.rejects == 0


def test_an_account_that_is_explained_again_forgets_no_refusal() -> None:
    trader = desk(most_rejects=3)
    trader.broker.fates = [Fate(executed=False)] * 2
    for bar in (1, 2):
        trader.submit(intent(bar=bar, volume=D(bar) / 10))
    trader.do(Restrict("reducing", "clock: it contradicts its rule"))
    trader.do(Restrict("active", "clock: it keeps its rule"))
    trader.broker.fates = [Fate(executed=False)]
    trader.submit(intent(bar=3, volume=D("0.3")))
    assert trader.book.mode == "reducing"


def test_numbers_of_a_later_journal_do_not_meet_those_of_an_earlier_one() -> None:
    broker = ModelBroker()
    first = desk(broker)
    for bar in range(1, 10):
        first.submit(intent(bar=bar, volume=D(bar) / 10))
    broker.now += 3600 * SECOND
    second = Desk(broker, MemoryLog()).begin()
    order = second.submit(intent(bar=1))
    assert second.book.orders[order.id].intent.magic not in first.book.by_magic
