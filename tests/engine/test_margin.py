"""Margin, equity and stop-out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.margin import margin_for, share_of, stop_out_due, used_margin
from tests.engine.ledger import Ledger


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("symbol", "currency", "close", "steps", "price", "minor"),
    [
        ("EURUSD", "USD", 0, 100, 110_000, 3_663_00),  # 110,000.00 times .0333
        ("EURUSD", "USD", 0, 1, 110_000, 36_63),
        ("EURUSD", "USD", 0, 1, 110_001, 36_64),  # 36.630333, rounded up
        ("EURUSD", "EUR", 0, 100, 110_000, 3_330_00),  # 100,000 EUR at any price
        ("USDJPY", "JPY", 0, 100, 150_000, 499_500),  # 15,000,000 JPY
        ("EURGBP", "USD", 125_000, 100, 86_000, 3_579_75),  # 86,000 GBP are 107,500 USD
        ("XAUUSD", "USD", 0, 100, 200_000, 10_000_00),  # 200,000.00 times .05
    ],
)
def test_margin_is_a_share_of_the_notional_value_rounded_up(
    symbol: str, currency: str, close: int, steps: int, price: int, minor: int
) -> None:
    desk = Ledger((symbol, "GBPUSD"), currency)
    assert margin_for(desk.series[0], close or 1, steps, price) == minor


@pytest.mark.jit_off
def test_every_position_binds_its_own_margin() -> None:
    desk = Ledger(("EURUSD", "GBPUSD"))
    desk.open(0, 1, 100, 110_000)
    desk.open(0, -1, 100, 110_000)  # opposite positions are not set off
    desk.open(1, 1, 10, 130_000)
    assert used_margin(desk.series, desk.states, desk.positions) == 2 * 3_663_00 + 432_90


@pytest.mark.jit_off
def test_equity_is_the_balance_and_what_positions_would_bring() -> None:
    desk = Ledger(("EURUSD", "EURGBP", "GBPUSD"))
    desk.quote(0, 110_100, 12)
    desk.quote(2, 125_000)
    desk.quote(1, 86_050)
    desk.open(0, 1, 100, 110_000)  # 100 points: 100.00
    desk.open(0, -1, 100, 110_000)  # left at the ask, 112 points against it
    desk.open(1, 1, 100, 86_000)  # 50 GBP are 62.50
    assert desk.equity() == 1_000_000 + 100_00 - 112_00 + 62_50


@pytest.mark.jit_off
def test_the_stop_out_comes_below_its_level() -> None:
    desk = Ledger()
    desk.rules["stop_out"] = 500_000
    desk.open(0, 1, 400, 110_000)  # binds 14,652.00; the level is at 7,326.00
    args = (desk.rules[0], desk.account[0], desk.series, desk.states, desk.positions)
    desk.quote(0, 110_000)
    assert not stop_out_due(*args)
    desk.account["balance"] = 7_326_00
    assert not stop_out_due(*args)
    desk.account["balance"] = 7_325_99
    assert stop_out_due(*args)
    desk.rules["stop_out"] = 0
    assert not stop_out_due(*args)


def test_without_positions_nothing_is_stopped_out() -> None:
    desk = Ledger()
    desk.rules["stop_out"], desk.account["balance"] = 1_000_000, -5
    assert not stop_out_due(desk.rules[0], desk.account[0], desk.series, desk.states, desk.positions)


@given(st.integers(-(10**17), 10**17), st.integers(0, 10**6))
def test_shares_are_exact_and_rounded_down(money: int, millionths: int) -> None:
    assert share_of(money, millionths) == money * millionths // 10**6


@given(steps=st.integers(1, 10_000), price=st.integers(1, 10**6), share=st.integers(1, 1_000_000))
def test_margin_never_falls_short_of_its_share(steps: int, price: int, share: int) -> None:
    desk = Ledger(changes={"margin": Decimal(share) / 1_000_000})
    bound = margin_for(desk.series[0], 1, steps, price)
    exact = Decimal(steps * price) * share / 1_000_000
    assert exact <= bound < exact + 1
    assert margin_for(desk.series[0], 1, steps + 1, price) >= bound
