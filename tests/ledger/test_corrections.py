"""A correction puts the broker's value in place of ours, and only where ours is what it says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import EventRefused
from ictcli.ledger.address import Place
from ictcli.ledger.bodies import AnyBody, Cash, Corrected, Filled, Voided
from ictcli.ledger.corrections import corrected, money_of
from ictcli.ledger.journal import open_journal
from ictcli.ledger.log import Entry
from ictcli.ledger.opening import reading
from ictcli.ledger.projections import Fold, total
from ictcli.ledger.rows import CashRow, FillRow, MemoryRows, OrderRow, PositionRow
from ictcli.trading.orderbook import OrderBook
from tests.ledger.stories import NOW, D, acked, filled, intent, sent, start

ACCOUNT = "Sim-1/7"
MONEY = ("profit", "commission", "swap", "fee")


def right(what: str, ours: str, theirs: str, deal: int = 1, key: str = "k", name: str = "a") -> Corrected:
    return Corrected(key=key, what=what, ours=ours, theirs=theirs, deal=deal, id=name)


def folded(*given: AnyBody) -> MemoryRows:
    rows = MemoryRows()
    fold = Fold(rows)
    for seq, body in enumerate([start(), intent(), sent(), acked(), *given], 1):
        fold.apply(Entry(seq, NOW + seq, body))
    return rows


def booked(*given: AnyBody) -> OrderBook:
    book = OrderBook()
    for seq, body in enumerate([start(), intent(), sent(), acked(), *given], 1):
        book.apply(body, NOW + seq)
    return book


@pytest.mark.parametrize(
    ("what", "ours", "theirs", "value"),
    [
        ("price", "1.1", "1.10003", D("1.10003")),
        ("commission", "-0.350", "-0.70", D("-0.70")),
        ("swap", "0", "-1.17", D("-1.17")),
        ("fee", "0.00", "-0.05", D("-0.05")),
        ("profit", "0", "12.5", D("12.5")),
        ("late", "false", "true", True),
        ("over", "false", "true", True),
    ],
)
def test_a_field_of_a_deal_becomes_the_brokers(
    what: str, ours: str, theirs: str, value: Decimal | bool
) -> None:
    fill = corrected(filled(1), right(what, ours, theirs))
    assert fill is not None
    assert getattr(fill, what) == value
    rows = folded(filled(1), right(what, ours, theirs))
    row = rows.get(FillRow, ACCOUNT, 1)
    assert row is not None
    assert getattr(row, what) == value
    assert type(getattr(row, what)) is (int if isinstance(value, bool) else Decimal)


@pytest.mark.parametrize(
    ("what", "ours", "theirs"),
    [
        ("price", "1.2", "1.3"),
        ("price", "1.1", "1.1000"),
        ("price", "1.1", "nan"),
        ("price", "1.1", "soon"),
        ("volume", "0.10", "0.20"),
        ("late", "false", "maybe"),
        ("late", "true", "false"),
    ],
)
def test_what_the_ledger_does_not_say_is_not_corrected(what: str, ours: str, theirs: str) -> None:
    body = right(what, ours, theirs)
    assert corrected(filled(1), body) is None
    assert list(folded(filled(1), body).all(FillRow)) == list(folded(filled(1)).all(FillRow))
    assert booked(filled(1), body).deals == {1: filled(1)}


def test_what_the_balance_gains_is_a_movement_of_its_own() -> None:
    rows = folded(filled(1), right("commission", "-0.35", "-0.50"))
    assert [(row.name, row.what, row.amount) for row in rows.all(CashRow)] == [
        ("deal.1", "deal", D("-0.35")),
        ("corrected.k", "correction", D("-0.15")),
    ]
    position = rows.get(PositionRow, ACCOUNT, 11)
    assert position is not None
    assert position.commission == D("-0.50")


def test_another_price_moves_the_average_and_no_money() -> None:
    adds = [filled(1), filled(2, "", volume=D("0.30"), price=D("1.2"))]
    rows = folded(*adds, right("price", "1.1", "1.14"))
    position = rows.get(PositionRow, ACCOUNT, 11)
    assert position is not None
    assert (position.volume, position.price) == (D("0.40"), D("1.185"))
    assert len(list(rows.all(CashRow))) == 2
    book = booked(filled(1), filled(2, "a", volume=D("0.30"), price=D("1.2")), right("price", "1.1", "1.14"))
    assert (book.positions[11].volume, book.positions[11].price) == (D("0.40"), D("1.185"))


def test_the_same_correction_twice_is_one() -> None:
    body = right("commission", "-0.35", "-0.50")
    once, twice = booked(filled(1), body), booked(filled(1), body, body)
    assert (once.cash, twice.cash) == (D("-0.50"), D("-0.50"))
    assert (once.illegal, twice.illegal) == (0, 1)
    again = right("commission", "-0.35", "-0.50", key="another")
    assert booked(filled(1), body, again).cash == D("-0.50")
    assert total(list(folded(filled(1), body, again).all(CashRow))) == D("-0.50")


def test_a_deal_that_was_taken_back_has_nothing_to_correct() -> None:
    gone = Voided(deal=1, reason="bust")
    body = right("commission", "-0.35", "-0.50")
    assert booked(filled(1), gone, body).cash == 0
    assert total(list(folded(filled(1), gone, body).all(CashRow))) == 0


def test_taking_back_a_corrected_deal_leaves_nothing_of_it() -> None:
    correction = right("commission", "-0.35", "-0.50")
    given: list[AnyBody] = [filled(1), correction, Voided(deal=1, reason="bust")]
    assert booked(*given).cash == 0
    assert total(list(folded(*given).all(CashRow))) == 0


@pytest.mark.parametrize(
    ("theirs", "over"), [("cancelled", True), ("expired", True), ("filled", True), ("partial", False)]
)
def test_an_order_takes_the_brokers_status(theirs: str, *, over: bool) -> None:
    body = right("status", "open", theirs, deal=0)
    order = folded(body).get(OrderRow, ACCOUNT, "a")
    assert order is not None
    assert order.status == theirs
    book = booked(body)
    assert (book.orders["a"].status, list(book.working)) == (theirs, [] if over else ["a"])


def test_an_order_that_is_over_here_works_again() -> None:
    ended = right("status", "open", "cancelled", deal=0)
    back = right("status", "cancelled", "open", deal=0, key="back")
    book = booked(ended, back)
    assert (book.orders["a"].status, list(book.working)) == ("open", ["a"])
    order = folded(ended, back).get(OrderRow, ACCOUNT, "a")
    assert order is not None
    assert order.status == "open"


@pytest.mark.parametrize("body", [right("status", "sent", "cancelled"), right("status", "open", "gone")])
def test_another_status_than_said_or_none_at_all_changes_nothing(body: Corrected) -> None:
    assert booked(body).orders["a"].status == "open"
    order = folded(body).get(OrderRow, ACCOUNT, "a")
    assert order is not None
    assert order.status == "open"


cents = st.integers(-10_000, 10_000).map(lambda value: Decimal(value).scaleb(-2))


@st.composite
def corrections(draw: st.DrawFn) -> tuple[list[Filled], list[Corrected], dict[int, Decimal]]:
    """Deals, corrections of their money one after another, and what each deal is worth in the end."""
    deals = [filled(number, "", profit=draw(cents), swap=draw(cents)) for number in (1, 2, 3)]
    now = {(deal.deal, name): getattr(deal, name) for deal in deals for name in MONEY}
    made = []
    for number in range(draw(st.integers(0, 8))):
        deal, name = draw(st.sampled_from((1, 2, 3))), draw(st.sampled_from(MONEY))
        value = draw(cents)
        made.append(right(name, str(now[deal, name]), str(value), deal, f"k{number}", ""))
        now[deal, name] = value
    worth = {deal: sum((now[deal, name] for name in MONEY), Decimal(0)) for deal in (1, 2, 3)}
    return deals, made, worth


@given(corrections())
def test_the_sum_of_all_movements_is_what_the_broker_says(
    drawn: tuple[list[Filled], list[Corrected], dict[int, Decimal]],
) -> None:
    deals, made, worth = drawn
    rows = folded(*deals, *made)
    assert total(list(rows.all(CashRow))) == sum(worth.values())
    assert {row.deal: money_of(row) for row in rows.all(FillRow)} == worth
    book = booked(*deals, *made, Cash(key="x", what="deposit", amount=D(5), ts=NOW))
    assert book.cash == sum(worth.values()) + 5
    assert {deal.deal: money_of(deal) for deal in book.deals.values()} == worth


def test_what_is_stored_is_what_a_rebuild_gives_in_either_database(either: Place) -> None:
    story: list[AnyBody] = [
        start(), intent(), sent(), acked(), filled(1), filled(2, "", volume=D("0.30"), price=D("1.2")),
        right("commission", "-0.35", "-0.50"), right("price", "1.1", "1.14", key="p"),
        right("late", "false", "true", key="l"), right("status", "filled", "open", deal=0, key="s"),
    ]  # fmt: skip
    with open_journal(either, now=NOW, durable=False) as journal:
        journal.append(story, NOW)
    with open_journal(either, now=NOW, full=True) as journal:
        assert journal.last == len(story)
        with pytest.raises(EventRefused, match=r"corrected\.k is in the ledger already"):
            journal.append([right("commission", "-0.50", "-0.60")], NOW)
        journal.append([right("commission", "-0.50", "-0.60", key="again")], NOW)
    with reading(either.address) as stored:
        rows = {row.deal: row for row in stored.rows.every(FillRow)}
        assert (rows[1].commission, rows[1].price, rows[1].late) == (D("-0.60"), D("1.14"), 1)
        assert total(stored.rows.every(CashRow)) == D("-0.95")
        (position,) = stored.rows.every(PositionRow)
        assert (position.price, position.commission) == (D("1.185"), D("-0.95"))
