"""MetaTrader's records as reports."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.mt5.records import (
    account_report,
    cash_report,
    deal_report,
    instrument_of,
    is_trade,
    order_report,
    position_report,
)
from ictcli.terminals import structs
from tests.brokers.mt5.scripted_terminal import account, record, symbol

TO_NS = 1_000_000


def ns(milliseconds: int) -> int:
    return milliseconds * TO_NS


def order(**values: Any) -> Any:
    given_ = {"ticket": 6, "symbol": "EURUSD", "volume_initial": 0.1, "time_setup_msc": 1000}
    return record(structs.TradeOrder, **given_ | values)


def deal(**values: Any) -> Any:
    given_ = {"ticket": 5, "order": 6, "position_id": 6, "symbol": "EURUSD", "volume": 0.1, "price": 1.1}
    return record(structs.TradeDeal, **given_ | values)


def test_the_state_of_an_order_is_what_it_says() -> None:
    states = ["pending", "open", "cancelled", "partial", "filled", "rejected", "expired"]
    states += ["pending", "pending", "pending"]
    assert [order_report(order(state=n), ns, over=False).status for n in range(10)] == states


def test_what_is_over_and_was_not_filled_is_cancelled() -> None:
    assert order_report(order(state=3, volume_current=0.04), ns, over=True).status == "cancelled"
    assert order_report(order(state=4), ns, over=True).status == "filled"


def test_an_order_keeps_its_prices_times_and_position() -> None:
    report = order_report(
        order(
            type=7,
            price_open=1.2,
            price_stoplimit=1.21,
            sl=1.3,
            magic=2**48 + 9,
            time_done=7,
            time_expiration=9,
            position_id=55,
            volume_current=0.04,
            state=1,
        ),
        ns,
        over=False,
    )
    assert (report.kind, report.side, report.price, report.limit) == (
        "stop_limit",
        -1,
        Decimal("1.2"),
        Decimal("1.21"),
    )
    assert (report.stop, report.target, report.position) == (Decimal("1.3"), None, 55)
    assert (report.placed, report.done, report.expires) == (ns(1000), ns(7000), ns(9000))
    assert (report.volume, report.remaining, report.magic) == (Decimal("0.1"), Decimal("0.04"), 2**48 + 9)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_values_that_nobody_lists_are_kept_and_never_raise(kind: int, state: int, reason: int) -> None:
    report = order_report(order(type=kind, state=state, symbol="NEW.x", reason=reason), ns, over=False)
    assert report.symbol == "NEW.x"
    if state > 9:
        assert report.status == "pending"
    one = deal(type=kind, reason=reason, entry=state)
    if is_trade(one):
        assert deal_report(one, ns).ticket == 5
    else:
        assert cash_report(one, ns).ticket == 5


def test_a_deal_has_its_money_signed_as_the_broker_books_it() -> None:
    report = deal_report(
        deal(type=1, entry=1, profit=12.3, commission=-0.7, swap=-0.11, fee=-0.02, reason=4, time_msc=5),
        ns,
    )
    assert (report.side, report.entry, report.reason) == (-1, "out", "stop")
    money = (report.profit, report.commission, report.swap, report.fee)
    assert money == (Decimal("12.3"), Decimal("-0.7"), Decimal("-0.11"), Decimal("-0.02"))
    assert report.ts == ns(5)


def test_reasons_of_deals_are_told_apart() -> None:
    reasons = [deal_report(deal(reason=n), ns).reason for n in range(10)]
    assert reasons[3:] == ["expert", "stop", "target", "stop_out", "rollover", "other", "other"]


def test_an_unlisted_entry_is_read_from_whether_it_realised_anything() -> None:
    assert deal_report(deal(entry=9), ns).entry == "in"
    assert deal_report(deal(entry=9, profit=-3.0), ns).entry == "out"


def test_what_neither_bought_nor_sold_moved_cash() -> None:
    assert not is_trade(deal(type=2))
    report = cash_report(deal(type=2, profit=1000.0, symbol="", comment="deposit"), ns)
    assert (report.kind, report.amount, report.comment) == ("balance", Decimal(1000), "deposit")
    assert cash_report(deal(type=17, commission=-1.5), ns).kind == "tax"
    assert cash_report(deal(type=14), ns).kind == "sell_canceled"
    assert cash_report(deal(type=99, profit=1.0, fee=-0.25), ns) == cash_report(
        deal(type=99, profit=0.75), ns
    )
    assert cash_report(deal(type=99), ns).kind == "type_99"


def test_a_position_is_known_by_its_identifier_whatever_its_ticket() -> None:
    report = position_report(
        record(
            structs.TradePosition,
            ticket=91,
            identifier=6,
            type=1,
            volume=0.1,
            price_open=1.1000333333,
            sl=1.2,
            symbol="EURUSD",
        ),
        ns,
    )
    assert (report.ticket, report.identifier, report.side) == (91, 6, -1)
    assert (report.price, report.stop, report.target) == (Decimal("1.10003333"), Decimal("1.2"), None)


def test_the_account_says_how_it_keeps_positions_and_whether_it_is_a_demo() -> None:
    report = account_report(account(balance=1000.55))
    assert (report.mode, report.demo, report.trade_allowed) == ("hedging", True, True)
    assert report.balance == Decimal("1000.55")
    assert account_report(account(margin_mode=0)).mode == "netting"
    assert account_report(account(margin_mode=1)).mode == "netting"
    assert not account_report(account(trade_mode=2)).demo
    assert not account_report(account(trade_expert=False)).trade_allowed


def test_an_instrument_is_tradable_unless_it_is_closed_or_may_only_be_closed() -> None:
    assert [instrument_of(symbol(trade_mode=n)).tradable for n in range(5)] == [
        False,
        True,
        True,
        False,
        True,
    ]
    assert instrument_of(symbol(trade_tick_size=0.0)).tick_size == Decimal("0.00001")
