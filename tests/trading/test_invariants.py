"""Each invariant on a sound run, and on that run with one thing broken."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec.structs
import pytest

from ictcli.brokers.reports import DealReport
from ictcli.ledger.bodies import Filled, Intent, Latched, Sent, Unresolved
from ictcli.ledger.log import Entry
from ictcli.trading.invariants import BrokerRecord, Wire, broker_faults, journal_faults
from ictcli.trading.orderbook import OrderBook
from tests.trading.order_model import D, desk, intent

Story = tuple[list[Entry], BrokerRecord]


def story() -> Story:
    """A position opened and half closed, a limit order cancelled, one filled by the broker."""
    trader = desk()
    trader.submit(intent())
    (position,) = trader.book.positions
    trader.submit(intent("close", bar=2, side=-1, volume=D("0.04"), position=position))
    limit = trader.submit(intent(bar=3, order="limit", price=D("1.09")))
    trader.submit(intent("cancel", bar=4, target_id=limit.id))
    return list(trader.log.read()), trader.broker.record()


def book_of(entries: list[Entry]) -> OrderBook:
    book = OrderBook()
    book.apply_all(entries)
    return book


def at(entries: list[Entry], kind: type[Any], which: int = 0) -> int:
    return [number for number, entry in enumerate(entries) if isinstance(entry.body, kind)][which]


def first_intent(entries: list[Entry]) -> Intent:
    return next(entry.body for entry in entries if isinstance(entry.body, Intent))


def changed(entries: list[Entry], place: int, **changes: Any) -> list[Entry]:
    entry = entries[place]
    fresh = replace(entry, body=msgspec.structs.replace(entry.body, **changes))
    return [*entries[:place], fresh, *entries[place + 1 :]]


def renumbered(entries: list[Entry]) -> list[Entry]:
    return [replace(entry, seq=number) for number, entry in enumerate(entries, start=1)]


def with_body(entries: list[Entry], place: int, body: Any) -> list[Entry]:
    entry = Entry(0, entries[min(place, len(entries) - 1)].ts, body)
    return renumbered([*entries[:place], entry, *entries[place:]])


def test_a_sound_run_breaks_nothing() -> None:
    entries, record = story()
    assert journal_faults(book_of(entries), entries) == []
    assert broker_faults(book_of(entries), entries, record) == []


JOURNAL: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "I7": lambda entries: [*entries[:3], *entries[4:]],
    "I1": lambda entries: changed(entries, at(entries, Filled), volume=D("0.11")),
    "I8": lambda entries: with_body(
        entries, at(entries, Intent), Latched(epoch=1, reason="panic", by="me")
    ),
    "I9: ": lambda entries: with_body(
        entries, at(entries, Sent, 2) - 1, Unresolved(id=first_intent(entries).id, attempt=1, code=0)
    ),
    "I5": lambda entries: with_body(entries, at(entries, Sent) + 1, entries[at(entries, Sent)].body),
    "I6": lambda entries: renumbered([*entries[: at(entries, Intent)], *entries[at(entries, Intent) + 1 :]]),
    "I14: magic": lambda entries: changed(
        entries, at(entries, Intent, 1), magic=first_intent(entries).magic
    ),
    "I14: the name": lambda entries: changed(entries, at(entries, Intent), bar=77),
}  # fmt: skip


@pytest.mark.parametrize("fault", JOURNAL)
def test_a_broken_journal_is_told(fault: str) -> None:
    entries, _ = story()
    broken = JOURNAL[fault](entries)
    assert any(one.startswith(fault) for one in journal_faults(book_of(broken), broken)), fault


def test_a_book_that_is_not_the_fold_of_its_journal_is_told() -> None:
    entries, _ = story()
    book = book_of(entries)
    book.rejects += 1
    assert journal_faults(book, entries) == ["I10: rejects is 1, the journal says 0"]
    book = book_of(entries)
    book.cash += 1
    assert {one[:2] for one in journal_faults(book, entries)} == {"I1", "I3"}
    book = book_of(entries)
    next(iter(book.positions.values())).volume += 1
    assert any(one.startswith("I2") for one in journal_faults(book, entries))


def last_deal(record: BrokerRecord) -> DealReport:
    return record.deals[-1]


def with_order(record: BrokerRecord, **changes: Any) -> BrokerRecord:
    fresh = replace(record.orders[0], **changes)
    return replace(record, orders=(fresh, *record.orders[1:]))


BROKER: dict[str, Callable[[BrokerRecord], BrokerRecord]] = {
    "I2": lambda record: replace(record, positions=()),
    "I3": lambda record: replace(record, balance=record.balance + 1),
    "I4: deal LAST is booked and not": lambda record: replace(record, deals=record.deals[:-1]),
    "I4: deal 999": lambda record: replace(
        record, deals=(*record.deals, replace(last_deal(record), ticket=999))
    ),
    "I4: deal FIRST is booked as": lambda record: replace(
        record, deals=(replace(record.deals[0], price=D("1.2")), *record.deals[1:])
    ),
    "I13": lambda record: replace(
        record, deals=(replace(record.deals[0], commission=D("-0.36")), *record.deals[1:])
    ),
    "I5": lambda record: replace(
        record, orders=(*record.orders, replace(record.orders[0], ticket=998, volume=D(0), remaining=D(0)))
    ),
    "I6": lambda record: replace(record, requests=(*record.requests, Wire(0, "another"))),
    "I11": lambda record: with_order(record, remaining=D("0.01")),
    "I12": lambda record: replace(
        record, positions=tuple(replace(one, stop=None) for one in record.positions)
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKER)
def test_a_difference_from_the_broker_is_told(fault: str) -> None:
    entries, record = story()
    book = book_of(entries)
    first, last = record.deals[0].ticket, record.deals[-1].ticket
    name = fault.replace("FIRST", str(first)).replace("LAST", str(last))
    assert any(one.startswith(name) for one in broker_faults(book, entries, BROKER[fault](record))), fault


def test_a_request_that_left_before_its_record_is_told() -> None:
    entries, record = story()
    early = replace(record.requests[0], ts=record.requests[0].ts - 1)
    broken = replace(record, requests=(early, *record.requests[1:]))
    (fault,) = broker_faults(book_of(entries), entries, broken)
    assert fault.startswith("I6")
