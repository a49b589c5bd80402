"""Decimal digits of prices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.market.validation.grid import DOUBLE, DigitCounter, fewest_digits, off_grid


@given(st.integers(0, 8), st.integers(1, 10**9))
def test_prices_written_with_some_digits_lie_on_their_grid(digits: int, points: int) -> None:
    price = float(f"{points / 10**digits:.{digits}f}")

    assert not off_grid((np.array([price]),), digits, DOUBLE).any()


def test_the_digits_of_the_instrument_hold_although_prices_need_fewer() -> None:
    counter = DigitCounter(5)
    counter.add((np.array([1.1, 1.2, 1.35]),))

    assert (counter.digits, counter.written, counter.beyond) == (5, 2, 0)


def test_a_finer_feed_raises_the_digits() -> None:
    counter = DigitCounter(2)
    counter.add((np.array([2650.12, 2650.123]),))

    assert (counter.digits, counter.beyond) == (3, 0)


def test_decimals_no_feed_of_the_instrument_has_are_beyond() -> None:
    counter = DigitCounter(5)
    counter.add((np.array([1.0501977931849036, 1.05014]),))

    assert (counter.digits, counter.beyond) == (5, 1)
    assert counter.error == DOUBLE


def test_prices_that_passed_through_single_precision_are_understood() -> None:
    counter = DigitCounter(5)
    single = np.array([1.0873, 1.08731, 1.08729], np.float32).astype(np.float64)
    counter.add((single,))

    assert not off_grid((single,), counter.digits, counter.error).any()
    assert off_grid((single,), counter.digits, DOUBLE).all()


@pytest.mark.parametrize(("prices", "digits"), [([1.5, 1.25], 2), ([3.0, 4.0], 0), ([0.00002853], 8)])
def test_an_unknown_instrument_has_the_digits_that_are_written(prices: list[float], digits: int) -> None:
    counter = DigitCounter(None)
    counter.add((np.array(prices),))

    assert counter.digits == fewest_digits((np.array(prices),)) == digits


def test_a_price_too_large_for_whole_points_is_off_the_grid() -> None:
    assert off_grid((np.array([1e300, 9e15, 1.0]),), 5, DOUBLE).tolist() == [True, True, False]


def test_prices_beyond_all_numbers_are_off_the_grid_without_a_warning() -> None:
    assert off_grid((np.array([1e308, 1.08]),), 5, DOUBLE).tolist() == [True, False]
