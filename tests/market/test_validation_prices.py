"""Rules about the prices of a bar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.market.validation.prices import (
    Prices,
    decimal_shift,
    implausible_jump,
    not_finite,
    not_positive,
    ohlc_violation,
)


def calm(n: int, price: float = 1.1, seed: int = 1) -> Prices:
    rng = np.random.default_rng(seed)
    close = price + np.cumsum(rng.normal(0, price * 1e-4, n))
    opens = np.concatenate([[price], close[:-1]])
    spare = np.abs(rng.normal(0, price * 5e-5, n))
    return Prices(opens, np.maximum(opens, close) + spare, np.minimum(opens, close) - spare, close)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_price_that_is_no_number_is_found(value: float) -> None:
    prices = calm(5)
    prices.low[3] = value

    assert np.flatnonzero(not_finite(prices.all)).tolist() == [3]


@pytest.mark.parametrize("value", [0.0, -1.1])
def test_a_price_of_nothing_or_less_is_found(value: float) -> None:
    prices = calm(5)
    prices.open[2] = value

    assert np.flatnonzero(not_positive(prices.all)).tolist() == [2]


def test_a_high_below_the_close_and_a_low_above_the_open_are_violations() -> None:
    ones = np.full(4, 1.0)
    prices = Prices(
        ones.copy(),
        np.array([1.2, 1.2, 1.2, 1.0]),
        np.array([0.9, 1.1, 0.9, 1.0]),
        np.array([1.0, 1.0, 1.3, 1.0]),
    )

    assert ohlc_violation(prices).tolist() == [False, True, True, False]


@given(st.integers(0, 299), st.sampled_from([10.0, 100.0, 1000.0, 0.001]), st.integers(0, 3))
def test_a_lost_decimal_point_is_found_wherever_it_is(row: int, factor: float, column: int) -> None:
    prices = calm(300)
    prices.all[column][row] *= factor

    assert np.flatnonzero(decimal_shift(prices.all)).tolist() == [row]


def test_a_market_that_halves_or_doubles_is_not_a_decimal_shift() -> None:
    prices = calm(300)
    for column in prices.all:
        column[150:] *= 2.0

    assert not decimal_shift(prices.all).any()


@given(st.integers(4, 295), st.booleans())
def test_a_bad_tick_between_resting_neighbours_is_implausible(row: int, up: bool) -> None:
    prices = calm(300)
    if up:
        prices.high[row] *= 1.05
    else:
        prices.low[row] *= 0.95

    assert np.flatnonzero(implausible_jump(prices, 50.0)).tolist() == [row]


def test_a_shock_that_leaves_its_neighbours_moving_stays() -> None:
    prices = calm(300)
    prices.low[150] *= 0.91
    prices.low[151] *= 0.97
    prices.high[151] *= 1.01

    assert not implausible_jump(prices, 50.0).any()


def test_a_step_that_does_not_come_back_stays() -> None:
    prices = calm(300)
    for column in prices.all:
        column[150:] *= 1.1

    assert not implausible_jump(prices, 50.0).any()


def test_a_spike_with_the_volume_of_a_sweep_stays() -> None:
    prices = calm(300)
    prices.low[150] *= 0.94
    volume = np.full(300, 0.1)
    assert implausible_jump(prices, 50.0, volume).any()

    volume[150] = 36.9
    assert not implausible_jump(prices, 50.0, volume).any()


def test_a_column_of_zero_volumes_excuses_nothing() -> None:
    prices = calm(300)
    prices.low[150] *= 0.94

    assert implausible_jump(prices, 50.0, np.zeros(300)).any()


@given(st.integers(0, 40))
def test_few_bars_are_never_judged_wrongly(n: int) -> None:
    prices = calm(n)

    assert not decimal_shift(prices.all).any()
    assert not implausible_jump(prices, 50.0).any()
