"""Fees of the operator: exact, and booked once."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ictcli.config.trading import OperatorFee
from ictcli.ledger.bodies import AnyBody
from ictcli.trading.closed_trades import closed_trades
from ictcli.trading.fees import fee_of, fees_due, fees_of
from tests.trading.journals import entries, round_trip, start

FEES = {
    "desk": OperatorFee(per_trade=Decimal("0.25"), per_lot=Decimal("1.50"), profit_share=0.1),
    "data": OperatorFee(per_trade=Decimal("0.10")),
}


def test_a_winner_pays_what_is_fixed_and_a_share_of_what_is_left_after_the_brokers_costs() -> None:
    (trade,) = closed_trades(entries([start(), *round_trip(1, "52.00")]))
    assert trade.net == Decimal("50.00")
    assert fee_of(trade, FEES["desk"], "USD") == Decimal("0.25") + Decimal("0.30") + Decimal("5.00")


def test_a_loser_pays_only_what_is_fixed() -> None:
    (trade,) = closed_trades(entries([start(), *round_trip(1, "-52.00")]))
    assert fee_of(trade, FEES["desk"], "USD") == Decimal("0.55")


def test_fees_are_rounded_half_to_even_in_the_accounts_smallest_unit() -> None:
    (trade,) = closed_trades(entries([start(), *round_trip(1, "2.25")]))
    share = OperatorFee(profit_share=0.1)
    assert fee_of(trade, share, "USD") == Decimal("0.02")
    assert fee_of(trade, OperatorFee(per_trade=Decimal("12.5")), "JPY") == Decimal(12)


def test_a_schedule_holds_from_its_first_instant_on() -> None:
    (trade,) = closed_trades(entries([start(), *round_trip(1, "1")]))  # closed 2023-11-14T22:13:22Z
    at = OperatorFee(per_trade=Decimal(1), since="2023-11-14T22:13:22Z")
    after = OperatorFee(per_trade=Decimal(1), since="2023-11-14T22:13:23Z")
    assert (fee_of(trade, at, "USD"), fee_of(trade, after, "USD")) == (Decimal(1), Decimal(0))


def test_events_take_money_and_say_that_no_broker_knows_of_them() -> None:
    (trade,) = closed_trades(entries([start(), *round_trip(1, "52.00")]))
    events = fees_of(trade, FEES, "USD")
    assert [(one.key, one.amount, one.operator, one.ts) for one in events] == [
        ("operator-data-3", Decimal("-0.10"), True, trade.closed),
        ("operator-desk-3", Decimal("-5.55"), True, trade.closed),
    ]
    assert fees_of(trade, {"free": OperatorFee()}, "USD") == []


@given(st.lists(st.integers(-9999, 9999), max_size=8), st.data())
def test_however_often_a_journal_is_gone_through_each_fee_is_booked_once(
    profits: list[int], data: st.DataObject
) -> None:
    bodies: list[AnyBody] = [start()]
    for number, profit in enumerate(profits, 1):
        bodies += round_trip(number, str(Decimal(profit) / 100))
    whole = fees_due(entries(bodies), FEES, "USD")
    cut = data.draw(st.integers(0, len(bodies)))
    early = fees_due(entries(bodies[:cut]), FEES, "USD")
    late = fees_due(entries([*bodies[:cut], *early, *bodies[cut:]]), FEES, "USD")
    assert sorted(early + late, key=str) == sorted(whole, key=str)
    assert fees_due(entries([*bodies, *early, *late]), FEES, "USD") == []


def test_trades_of_a_dry_run_pay_nothing() -> None:
    assert fees_due(entries([start("dry"), *round_trip(1, "5")]), FEES, "USD") == []
