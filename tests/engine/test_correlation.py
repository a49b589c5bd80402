"""Volatility and correlation of daily returns from rings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.correlation import correlation, daily_deviation, mean_correlation
from ictcli.engine.records import DAYS
from tests.engine.ledger import Ledger


def rings(*columns: list[float]) -> Ledger:
    desk = Ledger(("EURUSD", "GBPUSD", "XAUUSD")[: len(columns)])
    for s, column in enumerate(columns):
        desk.remember(s, column)
    return desk


@pytest.mark.jit_off
def test_the_published_step_of_the_exponential_average() -> None:
    desk = rings([0.01] * 20 + [0.02])
    assert daily_deviation(21, desk.states[0]) == pytest.approx(0.0108628, abs=5e-8)


def test_below_twenty_returns_nothing_is_known() -> None:
    assert math.isnan(daily_deviation(19, rings([0.01] * 19).states[0]))
    column = [0.01, -0.01] * 9 + [0.01]
    assert math.isnan(correlation(19, rings(column, column).states[0], rings(column, column).states[1]))


def test_days_without_trading_are_left_out() -> None:
    full = [0.01, -0.02, 0.015, 0.005, -0.01] * 5
    gaps = [value for one in full for value in (one, math.nan)]
    assert daily_deviation(50, rings(gaps).states[0]) == daily_deviation(25, rings(full).states[0])


def test_only_rows_that_were_written_count() -> None:
    desk = rings([0.01, -0.01] * 15)
    desk.states["days"][0] = 19
    assert math.isnan(daily_deviation(30, desk.states[0]))


@given(st.lists(st.floats(-0.1, 0.1), min_size=20, max_size=150), st.integers(0, 2**32 - 1))
def test_correlation_equals_numpy_on_the_last_days(column: list[float], seed: int) -> None:
    other = list(np.random.default_rng(seed).normal(0, 0.02, len(column)))
    desk = rings(column, other)
    found = correlation(len(column), desk.states[0], desk.states[1])
    x, y = np.array(column[-DAYS:]), np.array(other[-DAYS:])
    if np.ptp(x) < 1e-6:
        return
    assert found == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)
    assert correlation(len(column), desk.states[1], desk.states[0]) == pytest.approx(found, abs=1e-12)


def test_constant_returns_have_no_correlation() -> None:
    desk = rings([0.01] * 30, [0.01, -0.01] * 15)
    assert math.isnan(correlation(30, desk.states[0], desk.states[1]))


def test_the_mean_counts_every_open_position_with_its_side() -> None:
    column = [0.01, -0.01] * 15
    desk = rings(column, column)
    desk.open(0, 1, 1, 100)
    assert mean_correlation(30, desk.states, desk.positions, 0, 1) == 1.0
    assert mean_correlation(30, desk.states, desk.positions, 0, -1) == -1.0
    desk.open(1, -1, 1, 100)
    assert mean_correlation(30, desk.states, desk.positions, 0, 1) == pytest.approx(0.0)
    assert mean_correlation(30, rings(column).states, desk.positions, 0, 1) == 0.0
