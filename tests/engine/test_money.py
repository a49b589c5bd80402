"""Money is exact: worth of a point, conversion, rounding, and refusals where it cannot be known."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ictcli.engine.money import amount, half_even, minor_digits, scaled_half_even, terms
from ictcli.engine.sizing import allowed_risk, volume_steps
from ictcli.errors import ConfigError
from tests.engine import samples

SAME_AS = {"USDT": "USD", "USDC": "USD"}


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (6, 2, 3), (0, 7, 0)],
)
def test_halves_go_to_the_even_neighbour(numerator: int, denominator: int, rounded: int) -> None:
    assert half_even(numerator, denominator) == rounded


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_rounding_equals_decimal_half_even(numerator: int, denominator: int) -> None:
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert half_even(numerator, denominator) == int(exact)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("numerator", "times", "denominator", "rounded"),
    [
        (1, 5, 2, 2),
        (3, 5, 2, 8),
        (-1, 5, 2, -2),
        (3, 3, 2, 4),
        (5, 3, 2, 8),
        (2**60, 3, 2**60, 3),
        (7, 0, 3, 0),
    ],
)
def test_scaled_halves_go_to_the_even_neighbour(
    numerator: int, times: int, denominator: int, rounded: int
) -> None:
    assert scaled_half_even(numerator, times, denominator) == rounded


@given(st.integers(-(2**61), 2**61), st.integers(0, 10**6), st.integers(10**5, 10**9))
def test_scaled_rounding_equals_exact_fractions_beyond_64_bits(
    numerator: int, times: int, denominator: int
) -> None:
    exact = Fraction(numerator * times, denominator)
    assume(abs(exact) < 2**62)
    assert scaled_half_even(numerator, times, denominator) == round(exact)


@pytest.mark.parametrize(
    ("symbol", "digits", "points", "lots", "cents"),
    [
        ("EURUSD", 5, 100, "1", 100_00),  # 100 points are 10 pips: 100 USD on a lot
        ("XAUUSD", 2, 100, "1", 100_00),  # 1.00 USD an ounce, 100 ounces
        ("BTCUSDT", 2, 100_00, "1", 100_00),  # USDT counts as USD
    ],
)
def test_points_are_worth_what_the_contract_says(
    symbol: str, digits: int, points: int, lots: str, cents: int
) -> None:
    spec = samples.spec(symbol)
    money = terms(spec, digits, "USD", SAME_AS)
    steps = int(Decimal(lots) / spec.volume_step)
    assert amount(points * steps * money.point_value, money.denominator, 0, 1) == cents


def test_profit_in_another_currency_is_divided_by_the_price_of_the_deal() -> None:
    money = terms(samples.spec("USDJPY"), 3, "USD", SAME_AS)
    assert money.by_price
    # 1000 points (1 yen) on one lot are 100000 JPY; at 150.000 that is 666.67 USD.
    assert amount(1000 * 100 * money.point_value, money.denominator, 1, 150_000) == 666_67


def test_a_missing_conversion_is_named() -> None:
    with pytest.raises(ConfigError, match="no conversion GBP to USD") as caught:
        terms(samples.spec("EURGBP"), 5, "USD", SAME_AS)
    assert "account.currency" in caught.value.hint


def test_yen_accounts_have_no_decimals() -> None:
    assert (minor_digits("JPY"), minor_digits("USD")) == (0, 2)


def test_a_contract_too_large_for_exact_arithmetic_is_refused_before_the_run() -> None:
    spec = msgspec.structs.replace(samples.spec(), contract_size=Decimal(10) ** 12)
    with pytest.raises(ConfigError, match="64 bits"):
        terms(spec, 5, "USD", SAME_AS).check_range(2_000_000_000, 10_000)


@pytest.mark.parametrize("balance", ["0", "-5", "0.001", "NaN", "1e15"])
def test_a_balance_that_cannot_be_traded_is_refused(balance: str) -> None:
    with pytest.raises(ConfigError, match=r"account\.balance"):
        samples.on_account(balance)


def test_a_volume_minimum_off_the_step_is_refused() -> None:
    from ictcli.engine.simulate import simulate

    spec = samples.spec(volume_min=Decimal("0.015"))
    bars = samples.bars([(100, 100, 100, 100)] * 2, [0, 0])
    with pytest.raises(ConfigError, match="not a multiple of volume_step"):
        simulate(bars, samples.signals(), spec, samples.on_account())


@pytest.mark.jit_off
def test_risk_is_rounded_down_without_overflow() -> None:
    assert allowed_risk(1_000_000, 5_000) == 5_000
    assert allowed_risk(999_999, 5_000) == 4_999
    assert allowed_risk(10**15, 1_000_000) == 10**15


@given(
    risk=st.integers(0, 10**12),
    distance=st.integers(1, 10**6),
    fee=st.integers(0, 10**4),
    by_price=st.booleans(),
    price=st.integers(1, 10**6),
)
def test_size_is_the_largest_volume_within_the_risk(
    risk: int, distance: int, fee: int, by_price: bool, price: int
) -> None:
    steps = volume_steps(risk, distance, price, 3, fee, 7, int(by_price))
    loss = distance * 3 + 2 * fee
    scale = 7 * (price if by_price else 1)
    assert steps * loss <= risk * scale < (steps + 1) * loss
