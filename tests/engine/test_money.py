"""Rounding is exact: half to even, in one division, without overflow on the way."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ictcli.engine.money import half_even, minor_digits, rate_of, scaled_half_even
from tests.engine.ledger import Ledger


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


def test_yen_accounts_have_no_decimals() -> None:
    assert (minor_digits("JPY"), minor_digits("USD")) == (0, 2)


def test_a_rate_is_the_last_close_of_the_converting_series() -> None:
    desk = Ledger(("EURGBP", "GBPUSD", "EURUSD"))
    assert rate_of(desk.series, desk.states, 0) == 0  # no bar yet
    desk.quote(1, 125_000)
    assert rate_of(desk.series, desk.states, 0) == 125_000
    assert rate_of(desk.series, desk.states, 1) == 1  # nothing to convert
