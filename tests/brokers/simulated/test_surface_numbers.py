"""Floats stand for exact units both ways, and what stands for none is told apart."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.simulated.surface_numbers import Units, money, multiple, units_of
from tests.brokers.simulated.plain_server import EURUSD, GOLD

DIGITS = st.integers(0, 8)
STEPS = st.sampled_from([Decimal(text) for text in ("0.01", "0.001", "0.1", "1", "0.02", "0.25", "0.00001")])


@given(st.integers(-(10**11), 10**11), DIGITS)
def test_points_become_the_nearest_double_and_come_back(points: int, digits: int) -> None:
    units = Units(digits, 1, Decimal("0.01"))
    price = units.price(points)
    assert price == float(Decimal(points).scaleb(-digits))
    assert units.points(price) == (points, True)


@given(st.integers(0, 10**8), STEPS)
def test_steps_become_the_nearest_double_and_come_back(steps: int, step: Decimal) -> None:
    units = Units(5, 1, step)
    assert units.steps(units.lots(steps)) == (steps, True)
    assert units.lots(steps) == float(steps * step)


@given(st.integers(-(10**13), 10**13), st.integers(0, 2))
def test_minor_units_become_the_nearest_double(amount: int, digits: int) -> None:
    assert money(amount, digits) == float(Decimal(amount).scaleb(-digits))


@given(st.integers(1, 10**9), DIGITS, st.sampled_from((math.inf, -math.inf)))
def test_the_next_double_stands_for_nothing(points: int, digits: int, towards: float) -> None:
    units = Units(digits, 1, Decimal(1))
    beside = math.nextafter(units.price(points), towards)
    assert units.points(beside) == (points, False)


@given(st.floats(allow_nan=True, allow_infinity=True), STEPS)
def test_every_double_is_answered(value: float, step: Decimal) -> None:
    count, exact = multiple(value, *step.as_integer_ratio())
    if exact:
        assert float(count * step) == value


@given(st.integers(1, 9), st.integers(10**4, 10**6))
def test_an_average_price_is_rounded_once(parts: int, total: int) -> None:
    average = total / parts
    assert Units(5, 1, Decimal(1)).price(average) == float(Fraction(average) / 10**5)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_number_is_no_multiple(value: float) -> None:
    assert multiple(value, 1, 100) == (0, False)


def test_prices_must_be_multiples_of_the_tick() -> None:
    units = units_of(GOLD, 2)
    assert units.tick == 5
    assert units.points(2000.05) == (200_005, True)
    assert units.points(2000.04) == (200_004, False)


def test_the_digits_of_the_prices_may_be_finer_than_those_of_the_specification() -> None:
    units = units_of(EURUSD, 6)
    assert (units.tick, units.price(1_100_010)) == (10, 1.10001)


def test_sums_of_decimals_that_floats_miss_are_off_the_grid() -> None:
    assert multiple(0.1 + 0.2, 1, 100) == (30, False)
    assert multiple(0.3, 1, 100) == (30, True)


@pytest.mark.proof
def test_every_price_and_volume_of_a_lifetime_comes_back(proof_facts: dict[str, object]) -> None:
    """All prices from 0 to 20 at five digits and the same points at all others; all volumes to 1000 lots."""
    checked = 0
    for digits in range(9):
        units = Units(digits, 1, Decimal("0.01"))
        for points in range(0, 2_000_000, 1 if digits == 5 else 7):
            assert units.points(units.price(points)) == (points, True)
            checked += 1
    for step in (Decimal("0.01"), Decimal("0.001"), Decimal("0.1"), Decimal("0.25")):
        units = Units(5, 1, step)
        for steps in range(int(1000 / step) + 1):
            assert units.steps(units.lots(steps)) == (steps, True)
            checked += 1
    proof_facts["conversions"] = checked
    assert checked > 4_000_000
