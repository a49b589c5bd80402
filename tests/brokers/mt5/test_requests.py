"""Requests as the dictionaries that MetaTrader takes."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.mt5.fitness import Unfit, check
from ictcli.brokers.mt5.requests import wire
from ictcli.brokers.requests import Amend, Cancel, Close, Place, Protect, Request
from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from tests.brokers.mt5.scripted_terminal import WINTER, symbol

MARKET = Place(
    "EURUSD", 1, "market", Decimal("0.1"), 77, stop=Decimal("1.09"), target=Decimal("1.12"), deviation=20
)
FLOATS = ("volume", "price", "stoplimit", "sl", "tp")


def made(request: Request, *, netting: bool = False, **info: Any) -> dict[str, Any]:
    return wire(request, symbol(**info), lambda ns: ns // NS_PER_SECOND + 7200, netting=netting)


def refused(request: Request, **info: Any) -> int:
    with pytest.raises(Unfit) as caught:
        check(request, symbol(**info))
    return caught.value.retcode


def test_a_market_order_carries_the_quote_its_protection_and_its_mark() -> None:
    assert made(replace(MARKET, comment="idea")) == {
        "action": 1,
        "symbol": "EURUSD",
        "volume": 0.1,
        "type": 0,
        "price": 1.1001,
        "sl": 1.09,
        "tp": 1.12,
        "magic": 77,
        "deviation": 20,
        "type_time": 0,
        "comment": "idea",
    }
    assert made(replace(MARKET, side=-1))["price"] == 1.1


def test_without_a_quote_no_market_order_is_made() -> None:
    with pytest.raises(Unfit) as caught:
        made(MARKET, ask=0.0)
    assert caught.value.retcode == 10021


def test_a_close_names_its_position_and_goes_the_other_way() -> None:
    closing = made(Close("EURUSD", 55, -1, Decimal("0.04"), 78))
    assert (closing["action"], closing["position"], closing["type"]) == (1, 55, 1)
    assert (closing["volume"], closing["price"]) == (0.04, 1.1)


@pytest.mark.parametrize(
    ("kind", "side", "number"),
    [
        ("limit", 1, 2),
        ("limit", -1, 3),
        ("stop", 1, 4),
        ("stop", -1, 5),
        ("stop_limit", 1, 6),
        ("stop_limit", -1, 7),
    ],
)
def test_resting_orders_have_their_own_action_and_types(kind: Any, side: int, number: int) -> None:
    order = Place("EURUSD", side, kind, Decimal(1), 9, price=Decimal("1.2"), limit=Decimal("1.21"))
    pending = made(order)
    assert (pending["action"], pending["type"], pending["price"]) == (5, number, 1.2)
    assert pending.get("stoplimit") == (1.21 if kind == "stop_limit" else None)
    assert "deviation" not in pending


def test_an_expiry_is_told_in_the_servers_seconds() -> None:
    order = Place("EURUSD", 1, "limit", Decimal(1), 9, price=Decimal("1.05"), expires=WINTER)
    pending = made(order)
    assert (pending["type_time"], pending["expiration"]) == (2, (WINTER + 2 * NS_PER_HOUR) // NS_PER_SECOND)
    assert made(replace(order, expires=None))["type_time"] == 0


def test_new_protection_always_names_both_prices_for_what_is_missing_is_removed() -> None:
    assert made(Protect("EURUSD", 55, Decimal("1.09"), None)) == {
        "action": 6,
        "symbol": "EURUSD",
        "position": 55,
        "sl": 1.09,
        "tp": 0.0,
    }


def test_cancel_and_amend_name_the_order() -> None:
    assert made(Cancel("EURUSD", 6)) == {"action": 8, "order": 6}
    amended = made(Amend("EURUSD", 6, Decimal("1.07"), stop=Decimal("1.06")))
    assert (amended["action"], amended["order"], amended["price"]) == (7, 6, 1.07)
    assert (amended["sl"], amended["tp"], amended["type_time"]) == (1.06, 0.0, 0)


def test_a_position_is_named_in_a_new_order_of_netting_accounts_only() -> None:
    order = replace(MARKET, position=55)
    assert made(order, netting=True)["position"] == 55
    assert "position" not in made(order, netting=False)


@given(st.integers(1, 5000), st.integers(50_000, 200_000), st.text(max_size=60))
def test_every_value_has_the_type_that_the_module_insists_on(lots: int, points: int, comment: str) -> None:
    price = Decimal(points).scaleb(-5)
    order = Place("EURUSD", 1, "limit", Decimal(lots) / 100, 9, price=price, stop=price, comment=comment)
    for key, value in made(order).items():
        assert type(value) is (float if key in FLOATS else str if key in ("symbol", "comment") else int)
    assert made(order)["price"] == points / 1e5
    assert len(made(order).get("comment", "").encode("utf-16-le", "surrogatepass")) <= 58


def test_prices_are_put_on_the_tick_size_or_the_point_without_one() -> None:
    order = Place("US500", 1, "limit", Decimal(1), 9, price=Decimal("4500.13"))
    assert made(order, trade_tick_size=0.25, point=0.01)["price"] == 4500.25
    assert made(order, trade_tick_size=0.0, point=0.01)["price"] == 4500.13


@pytest.mark.parametrize("volume", ["0.005", "0.015", "51", "0"])
def test_a_volume_that_the_symbol_does_not_take_is_refused_not_changed(volume: str) -> None:
    assert refused(replace(MARKET, volume=Decimal(volume))) == 10014


def test_more_than_the_symbols_limit_is_refused_for_entries_only() -> None:
    assert refused(replace(MARKET, volume=Decimal(3)), volume_limit=2.0) == 10034


def test_what_is_left_of_a_position_can_be_closed_whatever_the_grid_is() -> None:
    check(Close("EURUSD", 5, -1, Decimal(3), 78), symbol(volume_limit=2.0))
    check(Close("EURUSD", 5, -1, Decimal("0.2"), 78), symbol(volume_min=0.15, volume_step=0.1))
    assert refused(Close("EURUSD", 5, -1, Decimal(0), 78)) == 10014


@pytest.mark.parametrize(
    ("mode", "side", "code"), [(0, 1, 10017), (0, -1, 10017), (1, -1, 10042), (2, 1, 10043)]
)
def test_a_side_that_may_not_be_traded_is_refused(mode: int, side: int, code: int) -> None:
    order = Place("EURUSD", side, "market", Decimal("0.1"), 77)
    assert refused(order, trade_mode=mode) == code


def test_a_symbol_that_may_only_be_closed_takes_no_new_position_but_its_reduction() -> None:
    assert refused(MARKET, trade_mode=3) == 10044
    check(replace(MARKET, position=5), symbol(trade_mode=3))
    check(Close("EURUSD", 5, -1, Decimal("0.1"), 78), symbol(trade_mode=3))


def test_kinds_protection_and_expiry_that_the_symbol_does_not_take_are_refused() -> None:
    limit = Place("EURUSD", 1, "limit", Decimal(1), 9, price=Decimal("1.05"), expires=WINTER)
    assert refused(limit, order_mode=1) == 10035
    assert refused(MARKET, order_mode=1 + 32) == 10016
    assert refused(limit, expiration_mode=1) == 10022
    assert refused(Amend("EURUSD", 6, Decimal("1.05"), expires=WINTER), expiration_mode=3) == 10022


def test_stops_are_kept_from_the_side_that_closes() -> None:
    near = replace(MARKET, stop=Decimal("1.0991"), target=None)
    assert refused(near, trade_stops_level=100) == 10016
    check(near, symbol(trade_stops_level=90))
    short = replace(MARKET, side=-1, stop=Decimal("1.1010"), target=None)
    assert refused(short, trade_stops_level=100) == 10016
    check(short, symbol(trade_stops_level=90))


def test_a_resting_order_keeps_from_the_market_and_its_protection_from_its_price() -> None:
    order = Place("EURUSD", 1, "limit", Decimal(1), 9, price=Decimal("1.0995"), stop=Decimal("1.0950"))
    assert refused(order, trade_stops_level=61) == 10015
    check(order, symbol(trade_stops_level=60))
    close_by = replace(order, stop=Decimal("1.0993"))
    assert refused(close_by, trade_stops_level=60) == 10016
    check(replace(close_by, kind="stop"), symbol(trade_stops_level=60))
    crossed = replace(close_by, kind="stop_limit", limit=Decimal("1.1000"))
    check(crossed, symbol(trade_stops_level=60))
    assert refused(crossed, trade_stops_level=71) == 10015


def test_the_refusal_says_the_numbers() -> None:
    with pytest.raises(Unfit, match=r"takes 0\.01 to 50 lots in steps of 0\.01, not 0\.015"):
        check(replace(MARKET, volume=Decimal("0.015")), symbol())
