"""A journal that was set back to an older state, beside a broker that remembers what happened since."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ictcli.trading.identity import magic_of, strategy_number
from ictcli.trading.messages import BREAKER_REASON, Begin, Restrict
from tests.trading.order_model import D, Desk, Fate, MemoryLog, ModelBroker, desk, intent, start

Happened = Callable[[Desk], None]


def bought(trader: Desk) -> None:
    """An order that was filled and is open."""
    trader.submit(intent(bar=2))
    trader.wait(5)


def bought_and_stopped(trader: Desk) -> None:
    """One whose stop was hit."""
    one = trader.submit(intent(bar=2))
    trader.wait(5)
    trader.broker.stop_hit(trader.book.orders[one.id].ticket)
    trader.wait(5)


def resting(trader: Desk) -> None:
    """One that waits at the broker."""
    trader.submit(intent(bar=2, order="limit", price=D("1.08"), target=None, expected=None))
    trader.wait(5)


def set_back(happened: Happened) -> Desk:
    """A start on the journal as it was before something happened that the broker knows of."""
    broker = ModelBroker()
    trader = desk(broker)
    trader.submit(intent(bar=1))
    trader.wait(5)
    log = MemoryLog()
    log.lines = list(trader.log.lines)
    trader.wait(60)
    happened(trader)
    return desk(broker, log)


@pytest.mark.parametrize("happened", [bought, bought_and_stopped, resting])
def test_what_was_decided_before_is_not_sent_once_more(happened: Happened) -> None:
    again = set_back(happened)
    sent = len(again.broker.asked)
    again.wait(30)
    assert again.book.mode == "reducing"
    assert again.book.mode_reason.startswith(f"{BREAKER_REASON}the broker shows orders of ours (1)")
    assert [alert.code for alert in again.alerts] == ["ledger_set_back"]
    assert again.status(again.submit(intent(bar=2))) == "denied"
    assert len(again.broker.asked) == sent
    assert again.book.cash == again.broker.balance


@pytest.mark.parametrize("happened", [bought, bought_and_stopped, resting])
def test_a_person_lifts_it_once_and_no_number_is_given_out_twice(happened: Happened) -> None:
    again = set_back(happened)
    again.wait(30)
    lost = {one.magic for one in again.broker.record().orders} - {m for m, _ in again.book.by_magic.items()}
    assert len(lost) == 1
    again.do(Restrict("active", "resumed by anna: looked at the broker"))
    new = again.submit(
        intent(bar=3, order="limit", price=D("1.05"), stop=D("1.04"), target=None, expected=None)
    )
    again.wait(90)
    assert again.status(new) == "open"
    assert again.book.orders[new.id].intent.magic not in lost
    later = desk(again.broker, again.log)
    later.wait(30)
    assert (later.book.mode, later.alerts) == ("active", [])


def test_an_unknown_order_is_not_taken_for_one_that_the_broker_did_before() -> None:
    again = set_back(resting)
    again.wait(30)
    again.do(Restrict("active", "resumed"))
    again.broker.fates = [Fate(executed=False, answer="unknown")]
    new = again.submit(
        intent(bar=3, order="limit", price=D("1.05"), stop=D("1.04"), target=None, expected=None)
    )
    again.wait(300)
    assert again.status(new) == "absent"


@pytest.mark.parametrize(
    "magic", [0, 20_260_101, magic_of(strategy_number("another"), 5)], ids=["by hand", "a date", "another"]
)
def test_what_others_did_restricts_nothing(magic: int) -> None:
    def others(trader: Desk) -> None:
        trader.broker.book(900, 900, magic, 1, "in", D("0.10"), "client")

    again = set_back(others)
    again.wait(30)
    assert (again.book.mode, again.alerts) == ("active", [])


def test_a_strategy_is_known_by_its_orders_and_by_its_start_whatever_its_version() -> None:
    for strategies, traded in ((("s@2:000859ea634e",), False), (("another@1:7",), True)):
        broker = ModelBroker()
        trader = Desk(broker, MemoryLog())
        trader.do(Begin(replace(start(), strategies=strategies)))
        if traded:
            trader.submit(intent(bar=1))
        log = MemoryLog()
        log.lines = list(trader.log.lines)
        trader.wait(60)
        bought(trader)
        again = Desk(broker, log)
        again.do(Begin(replace(start(), strategies=strategies)))
        again.wait(30)
        assert again.book.mode == "reducing"


def test_a_stricter_restriction_stays() -> None:
    broker = ModelBroker()
    trader = desk(broker)
    trader.do(Restrict("halted", "invariants: I1"))
    log = MemoryLog()
    log.lines = list(trader.log.lines)
    trader.do(Restrict("active", "resumed"))
    bought(trader)
    again = desk(broker, log)
    again.wait(30)
    assert (again.book.mode, again.book.mode_reason) == ("halted", "invariants: I1")
