"""Sequence statistics on series that can be computed by hand."""

import math

import numpy as np
import pytest

from ictcli.stats.sequences import (
    longest_losing_streak,
    max_drawdown,
    mean,
    profit_factor,
    sharpe_annualised_252,
    total,
)

pytestmark = pytest.mark.jit_off


def series(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


def test_mean_and_total() -> None:
    assert mean(series(1, 2, 6)) == 3
    assert total(series(1, 2, 6)) == 9
    assert math.isnan(mean(series()))
    assert total(series()) == 0


def test_profit_factor_is_gains_over_losses() -> None:
    assert profit_factor(series(3, -1, 0, -1)) == 1.5
    assert profit_factor(series(3, 1)) == math.inf
    assert math.isnan(profit_factor(series(0, 0)))
    assert profit_factor(series(-1)) == 0


def test_drawdown_is_measured_from_the_peak() -> None:
    # 100, 120, 90, 130, 117: the deepest fall is 30 of 120.
    assert max_drawdown(series(20, -30, 40, -13), np.zeros(4), 100.0) == 0.25


def test_an_open_loss_is_a_trough_even_when_the_trade_recovers() -> None:
    assert max_drawdown(series(10, 5), series(0, -55), 100.0) == 0.5


def test_losing_more_than_everything_is_shown_as_it_is() -> None:
    assert max_drawdown(series(-500), series(-500), 100.0) == 5.0
    assert max_drawdown(series(), series(), 100.0) == 0.0


def test_sharpe_is_mean_over_sample_deviation_times_root_252() -> None:
    # mean 1, sample deviation 1
    assert sharpe_annualised_252(series(0, 1, 2)) == pytest.approx(math.sqrt(252))


@pytest.mark.parametrize("values", [(), (1.0,), (0.1, 0.1, 0.1), (0.0, 0.0)])
def test_sharpe_without_variance_is_undefined(values: tuple[float, ...]) -> None:
    assert math.isnan(sharpe_annualised_252(series(*values)))


def test_streaks_are_runs_of_one_sign_and_zero_is_a_loss() -> None:
    gains = series(1, 2, -1, 0, -3, 4, 5, 6, -1)
    assert longest_losing_streak(gains) == 3
    assert longest_losing_streak(series(1, 1)) == 0
    assert longest_losing_streak(series()) == 0
