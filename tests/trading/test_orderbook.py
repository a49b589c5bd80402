"""The book as a fold: exposure, averages, and events that contradict what is known."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ictcli.ledger.bodies import (
    Acked,
    Cash,
    Ended,
    Filled,
    Foreign,
    Intent,
    ModeSet,
    Opened,
    Sent,
    Unresolved,
    Voided,
)
from ictcli.ledger.log import Entry
from ictcli.trading.messages import EndNotice, FillNotice
from ictcli.trading.orderbook import OrderBook
from tests.trading.order_model import SECOND, T0, D, intent


def filled(deal: int, volume: str, **changes: Any) -> Filled:
    values: dict[str, Any] = {
        "order": 1, "position": 1, "symbol": "EURUSD", "side": 1, "entry": "in", "price": D("1.1"),
        "profit": D(0), "commission": D("-0.35"), "swap": D(0), "fee": D(0), "reason": "expert", "ts": T0,
    }  # fmt: skip
    return Filled(deal=deal, volume=D(volume), **(values | changes))


def sent(one: Intent, attempt: int = 1) -> Sent:
    return Sent(id=one.id, attempt=attempt, request={}, digest="")


def book_with(*bodies: Any) -> OrderBook:
    book = OrderBook()
    for body in bodies:
        book.apply(body, T0)
    return book


def test_the_average_price_moves_with_what_is_added_and_stays_with_what_is_taken() -> None:
    one = intent(magic=5, volume=D(1))
    book = book_with(one, sent(one))
    book.apply(filled(1, "0.3", id=one.id), T0)
    book.apply(filled(2, "0.1", id=one.id, price=D("1.3")), T0)
    assert book.positions[1].price == D("1.15")
    book.apply(filled(3, "0.2", id=one.id, side=-1, entry="out", of_position=True), T0)
    assert (book.positions[1].price, book.positions[1].volume) == (D("1.15"), D("0.2"))
    book.apply(filled(4, "0.5", id=one.id, side=-1, entry="inout", price=D("1.4"), of_position=True), T0)
    assert (book.positions[1].price, book.positions[1].volume) == (D("1.4"), D("-0.3"))


def test_exposure_counts_what_works_what_is_unknown_and_what_is_not_ours_in_full() -> None:
    buy, sell, idle = (
        intent(magic=5),
        intent(bar=2, magic=6, side=-1, volume=D("0.3")),
        intent(bar=3, magic=7),
    )
    book = book_with(buy, sent(buy), sell, sent(sell), idle)
    assert book.exposure("EURUSD") == (D("0.10"), D("-0.3"))
    book.apply(Unresolved(id=buy.id, attempt=1, code=0), T0)
    assert book.exposure("EURUSD") == (D("0.10"), D("-0.3"))
    book.apply(filled(1, "0.04", id=buy.id), T0)
    assert book.exposure("EURUSD") == (D("0.10"), D("-0.26"))
    book.apply(Ended(id=sell.id, status="cancelled"), T0)
    book.apply(Foreign(what="position", ticket=9, symbol="EURUSD", side=-1, volume=D(1)), T0)
    book.apply(Foreign(what="order", ticket=10, symbol="EURUSD", side=1, volume=D(2)), T0)
    assert book.exposure("EURUSD") == (D("1.10"), D("-0.96"))
    book.apply(Foreign(what="position", ticket=9, symbol="EURUSD", side=-1, volume=D(0)), T0)
    assert book.exposure("EURUSD") == (D("2.10"), D("0.04"))
    assert book.exposure("GBPUSD") == (D(0), D(0))


def test_events_that_contradict_what_is_known_change_nothing_but_a_count() -> None:
    one = intent(magic=5)
    book = book_with(one, sent(one), filled(1, "0.10", id=one.id))
    was = (book.cash, dict(book.positions), book.orders[one.id].status)
    for body in (
        one,
        sent(one, 2),
        filled(1, "9", id=one.id),
        Ended(id=one.id, status="absent"),
        Ended(id="never heard of", status="filled"),
        Acked(id="never heard of", attempt=1, code=0),
        Voided(deal=77, reason="?"),
    ):
        assert book.apply(body, T0) == ()
    assert (book.cash, dict(book.positions), book.orders[one.id].status) == was
    assert book.illegal == 4


def test_fees_of_an_operator_are_kept_apart_from_the_brokers_books() -> None:
    book = book_with(
        Cash(key="opening", what="opening", amount=D(100), ts=T0),
        Cash(key="fee.1", what="desk", amount=D("-0.50"), ts=T0, operator=True),
        Cash(key="fee.1", what="desk", amount=D("-0.50"), ts=T0, operator=True),
    )
    assert (book.cash, book.fees, book.illegal) == (D(100), D("-0.50"), 1)


def test_a_deal_taken_back_twice_is_undone_once() -> None:
    one = intent(magic=5)
    book = book_with(one, sent(one), filled(1, "0.10", id=one.id))
    for _ in range(2):
        book.apply(Voided(deal=1, reason="bust"), T0)
    assert (book.cash, book.positions, book.orders[one.id].filled) == (D("0.00"), {}, D("0.00"))


def test_the_fold_says_what_is_to_be_told() -> None:
    one = intent(magic=5)
    book = book_with(one, sent(one))
    (part,) = book.apply(filled(1, "0.04", id=one.id), T0)
    assert isinstance(part, FillNotice)
    rest = book.apply(filled(2, "0.06", id=one.id), T0)
    assert rest[1:] == (EndNotice(one.id, "filled", D("0.10")),)
    late = book.apply(filled(3, "0.01", id=one.id, late=True), T0)
    assert [type(notice) for notice in late] == [FillNotice]


def test_a_journal_of_today_numbers_its_orders_from_the_seconds_since_2000() -> None:
    book = book_with(Opened(balance=D(1)))
    assert book.sequence == T0 // SECOND - 946_684_800
    assert book_with(ModeSet(mode="active", reason="")).sequence == 0


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 30), st.sampled_from([1, -1])), max_size=30))
def test_positions_and_money_are_sums_whatever_the_order_of_deals(deals: list[tuple[int, int, int]]) -> None:
    one = intent(magic=5, volume=D(10_000))
    fills = {
        number: filled(
            number, str(Decimal(steps) / 100), id=one.id, side=side, position=position, profit=D(steps)
        )
        for number, (position, steps, side) in enumerate(deals, start=1)
    }
    forward, backward = book_with(one, sent(one)), book_with(one, sent(one))
    forward.apply_all(Entry(0, T0, fill) for fill in fills.values())
    backward.apply_all(Entry(0, T0, fill) for fill in reversed(fills.values()))
    sums: dict[int, Decimal] = {}
    for fill in fills.values():
        sums[fill.position] = sums.get(fill.position, D(0)) + fill.side * fill.volume
    expected = {position: volume for position, volume in sums.items() if volume}
    assert {key: one.volume for key, one in forward.positions.items()} == expected
    assert {key: one.volume for key, one in backward.positions.items()} == expected
    assert forward.cash == backward.cash == sum((fill.profit - D("0.35") for fill in fills.values()), D(0))
