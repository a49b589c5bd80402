"""What orders, fills, positions and cash say about events, in exact decimals."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ictcli.errors import EventRefused
from ictcli.ledger import bodies
from ictcli.ledger.bodies import AnyBody
from ictcli.ledger.log import Entry
from ictcli.ledger.projections import Fold, total
from ictcli.ledger.rows import AlertRow, CashRow, FillRow, MemoryRows, OrderRow, PositionRow
from tests.ledger.stories import NOW, D, acked, filled, intent, sent, start, trade

ACCOUNT = "Sim-1/7"
UNRESOLVED = bodies.Unresolved(id="a", attempt=1, code=10012)


def folded(given: Sequence[AnyBody]) -> MemoryRows:
    rows = MemoryRows()
    fold = Fold(rows)
    for seq, body in enumerate(given, 1):
        fold.apply(Entry(seq, NOW + seq, body))
    return rows


def order_after(*events: AnyBody, name: str = "a") -> OrderRow:
    row = folded([start(), intent(), *events]).get(OrderRow, ACCOUNT, name)
    assert row is not None
    return row


def position(rows: MemoryRows, number: int = 11) -> PositionRow:
    row = rows.get(PositionRow, ACCOUNT, number)
    assert row is not None
    return row


def test_a_trade_is_booked_to_the_last_cent() -> None:
    rows = folded([start(), *(body for batch in trade(3) for body in batch)])
    closed = position(rows, 1003)
    assert (closed.volume, closed.price, closed.realised) == (D(0), D("1.10000"), D("25.00"))
    assert (closed.commission, closed.swap, closed.closed) == (D("-0.70"), D("-1.17"), NOW + 3)
    assert closed.stop == D("1.09")
    assert [row.amount for row in rows.all(CashRow)] == [D("-0.35"), D("23.48")]
    assert {row.id: row.status for row in rows.all(OrderRow)} == {"in3": "filled", "out3": "filled"}


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), "intent"),
        ((bodies.Denied(id="a", code="stale_quote"),), "denied"),
        ((sent(),), "sent"),
        ((sent(), bodies.Withheld(id="a", attempt=1, code="halted")), "intent"),
        ((sent(), acked()), "open"),
        ((sent(), bodies.Rejected(id="a", attempt=1, code=10019)), "rejected"),
        ((sent(), bodies.Rejected(id="a", attempt=1, code=10004, again=True)), "intent"),
        ((sent(), UNRESOLVED), "unknown"),
        ((sent(), UNRESOLVED, bodies.Missing(id="a", asked=1)), "unknown"),
        ((sent(), bodies.Adopted(id="a", order=11, status="open")), "open"),
        ((sent(), acked(), filled(1, volume=D("0.04"))), "partial"),
        ((sent(), acked(), filled(1, volume=D("0.04")), filled(2, volume=D("0.06"))), "filled"),
        ((sent(), filled(1), acked()), "filled"),
        ((sent(), filled(1, volume=D("0.04")), acked()), "partial"),
        ((sent(), acked(), bodies.Ended(id="a", status="cancelled")), "cancelled"),
        ((sent(), bodies.Ended(id="a", status="cancelled"), filled(1, volume=D("0.04"))), "cancelled"),
        ((sent(), bodies.Ended(id="a", status="absent"), filled(1)), "filled"),
        ((sent(), filled(1), bodies.Ended(id="a", status="cancelled")), "filled"),
        ((sent(), filled(1), bodies.Voided(deal=1, reason="bust")), "filled"),
        ((bodies.Done(id="a"),), "done"),
    ],
)  # fmt: skip
def test_the_status_of_an_order_follows_its_events(events: tuple[AnyBody, ...], status: str) -> None:
    assert order_after(*events).status == status


def test_asking_to_cancel_is_a_flag_that_the_end_clears() -> None:
    asked = order_after(sent(), acked(), bodies.CancelAsked(id="a"))
    assert (asked.status, asked.cancelling) == ("open", 1)
    over = order_after(sent(), bodies.CancelAsked(id="a"), bodies.Ended(id="a", status="cancelled"))
    assert over.cancelling == 0


def test_an_amended_order_has_the_new_prices_once_it_is_done() -> None:
    amend = intent("b", action="amend", target_id="a", price=D("1.08"), stop=D("1.07"), volume="1")
    before = order_after(amend)
    after = order_after(amend, bodies.Done(id="b"))
    assert (before.price, before.stop) == (None, D("1.09"))
    assert (after.price, after.stop, after.volume) == (D("1.08"), D("1.07"), D("0.10"))


def test_adding_moves_the_average_reducing_keeps_it_and_crossing_sets_it() -> None:
    adds: list[AnyBody] = [start(), filled(1, ""), filled(2, "", volume=D("0.20"), price=D("1.10300"))]
    assert (position(folded(adds)).volume, position(folded(adds)).price) == (D("0.30"), D("1.102"))
    reduced: list[AnyBody] = [*adds, filled(3, "", side=-1, volume=D("0.10"), price=D("1.2"), entry="out")]
    assert (position(folded(reduced)).volume, position(folded(reduced)).price) == (D("0.20"), D("1.102"))
    crossed: list[AnyBody] = [*adds, filled(3, "", side=-1, volume=D("0.50"), price=D("1.2"), entry="inout")]
    assert (position(folded(crossed)).volume, position(folded(crossed)).price) == (D("-0.20"), D("1.2"))


def test_an_average_that_never_ends_is_rounded_once_to_18_digits() -> None:
    thirds: list[AnyBody] = [
        start(),
        filled(1, "", volume=D(1), price=D(1)),
        filled(2, "", volume=D(2), price=D(2)),
    ]
    assert position(folded(thirds)).price == D("1.66666666666666667")


def test_a_deal_the_broker_took_back_leaves_no_trace_in_sums_but_stays_in_the_books() -> None:
    before: list[AnyBody] = [
        start(),
        intent(),
        filled(1, volume=D("0.04")),
        filled(2, volume=D("0.06"), price=D("1.2")),
    ]
    rows = folded([*before, bodies.Voided(deal=2, reason="bust"), bodies.Voided(deal=2, reason="bust")])
    assert (position(rows).volume, position(rows).price) == (D("0.04"), D("1.10000"))
    assert position(rows).commission == D("-0.35")
    assert [fill.voided for fill in rows.all(FillRow)] == [0, 1]
    assert total(list(rows.all(CashRow))) == D("-0.35")
    (order,) = rows.all(OrderRow)
    assert (order.filled, order.status) == (D("0.04"), "filled")


@pytest.mark.parametrize(
    "again",
    [intent(), filled(1), bodies.Cash(key="c1", what="deposit", amount=D(1), ts=NOW)],
    ids=["intent", "deal", "cash"],
)
def test_nothing_is_booked_twice(again: AnyBody) -> None:
    first: list[AnyBody] = [
        start(),
        intent(),
        filled(1),
        bodies.Cash(key="c1", what="deposit", amount=D(1), ts=NOW),
    ]
    with pytest.raises(EventRefused, match="already"):
        folded([*first, again])


def test_tickets_of_two_accounts_are_two_tickets() -> None:
    rows = folded([start(account=7), filled(1, ""), start(account=8), filled(1, "", volume=D("0.50"))])
    other = rows.get(PositionRow, "Sim-1/8", 11)
    assert position(rows).volume == D("0.10")
    assert other is not None
    assert other.volume == D("0.50")


def test_what_a_protect_intent_asked_for_stands_once_it_is_done() -> None:
    moved: AnyBody = replace(intent("b"), action="protect", position=11, stop=D("1.1"), target=None)
    asked: list[AnyBody] = [start(), intent(), sent(), filled(1), moved]
    assert position(folded(asked)).stop is None
    assert position(folded([*asked, bodies.Done(id="b")])).stop == D("1.1")


def test_protection_is_kept_even_when_it_is_known_before_the_deal() -> None:
    protected = bodies.Protected(position=11, symbol="EURUSD", stop=D("1.0"), target=D("1.3"))
    row = position(folded([start(), protected, filled(1, "")]))
    assert (row.stop, row.target, row.volume, row.magic) == (D("1.0"), D("1.3"), D("0.10"), 65537)


def test_a_deal_of_the_position_is_no_volume_of_the_order_that_opened_it() -> None:
    hit = filled(2, side=-1, entry="out", volume=D("0.10"), of_position=True, reason="stop")
    partly = filled(1, volume=D("0.10"))
    rows = folded([start(), intent(volume="0.30"), sent(), acked(), partly, hit])
    (order,) = rows.all(OrderRow)
    assert (order.filled, order.status) == (D("0.10"), "partial")
    assert position(rows).volume == 0


def test_an_operator_fee_is_no_money_of_the_broker() -> None:
    fee = bodies.Cash(key="f", what="fee", amount=D("-2"), ts=NOW, operator=True)
    rows = folded([start(), bodies.Cash(key="d", what="deposit", amount=D("1000"), ts=NOW), fee])
    assert total(list(rows.all(CashRow))) == D("1000")


def test_an_alert_is_a_row_for_the_notifier() -> None:
    rows = folded([start(), bodies.Alerted(severity="critical", code="overfill", text="more than asked")])
    assert [(row.seq, row.severity, row.code) for row in rows.all(AlertRow)] == [(2, "critical", "overfill")]


def test_events_about_intents_that_are_not_there_change_nothing() -> None:
    rows = folded(
        [start(), sent("x"), acked("x"), bodies.Ended(id="x", status="filled"), bodies.Done(id="x")]
    )
    assert list(rows.all(OrderRow)) == []


MONEY = st.decimals(-(10**9), 10**9, places=2)
VOLUME = st.decimals(D("0.01"), 1000, places=2)
DEALS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([1, -1]), VOLUME, MONEY, MONEY, st.booleans()), max_size=12
)


@given(DEALS)
def test_cash_and_volume_are_the_exact_sums_of_deals(
    deals: list[tuple[int, int, Decimal, Decimal, Decimal, bool]],
) -> None:
    story: list[AnyBody] = [start()]
    volume = dict.fromkeys((1, 2, 3), D(0))
    money = D(0)
    for number, (ticket, side, size, profit, swap, void) in enumerate(deals, 1):
        facts = {"position": ticket, "side": side, "volume": size, "profit": profit, "swap": swap}
        story.append(filled(number, "", commission=D(0), **facts))
        if void:
            story.append(bodies.Voided(deal=number, reason="bust"))
        else:
            volume[ticket] += side * size
            money += profit + swap
    rows = folded(story)
    assert total(list(rows.all(CashRow))) == money
    assert {row.position: row.volume for row in rows.all(PositionRow)} == {
        ticket: volume[ticket] for ticket in {deal[0] for deal in deals}
    }
    assert sum((row.realised + row.swap for row in rows.all(PositionRow)), D(0)) == money
