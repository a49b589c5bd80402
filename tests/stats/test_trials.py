"""How many trials a search was worth, on matrices whose answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.sharpe import track_record
from ictcli.stats.trials import sharpe_by_trial, trial_set


def noise(rows: int, columns: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0.01, 1.0, (rows, columns))


def test_the_ratio_of_each_column_is_the_one_of_its_track_record() -> None:
    returns = noise(30, 4, 1)
    returns[:, 2] = 0.5
    ratios = sharpe_by_trial(returns)
    assert math.isnan(ratios[2])
    for column in (0, 1, 3):
        assert ratios[column] == pytest.approx(track_record(returns[:, column]).sharpe)
    assert np.isnan(sharpe_by_trial(returns[:1])).all()


def test_copies_of_one_trial_are_worth_one() -> None:
    one = noise(200, 1, 2)
    trials = trial_set(np.hstack([one, one * 2, one * 0.5]))
    assert trials.trials == 3
    assert trials.average_correlation == pytest.approx(1)
    assert trials.effective_trials == pytest.approx(1)


def test_unrelated_trials_are_worth_their_number_even_when_they_outnumber_the_periods() -> None:
    trials = trial_set(noise(50, 400, 3))
    assert trials.trials == 400
    assert trials.effective_trials == pytest.approx(400, rel=0.01)


def test_the_average_correlation_is_that_of_the_pairs() -> None:
    returns = noise(60, 5, 4)
    returns[:, 1] += returns[:, 0]
    returns[:, 3] += 2 * returns[:, 0]
    pairs = np.asarray(np.corrcoef(returns, rowvar=False))[np.triu_indices(5, 1)]
    trials = trial_set(returns)
    assert trials.average_correlation == pytest.approx(pairs.mean())
    assert trials.effective_trials == pytest.approx(pairs.mean() + (1 - pairs.mean()) * 5)


def test_trials_that_hedge_each_other_are_not_worth_more_than_their_number() -> None:
    one = noise(100, 1, 5)
    trials = trial_set(np.hstack([one, -one]))
    assert trials.average_correlation == pytest.approx(-1)
    assert trials.effective_trials == 2


def test_a_trial_that_never_moved_counts_but_has_no_ratio() -> None:
    returns = noise(40, 3, 6)
    returns[:, 0] = 0.0
    trials = trial_set(returns)
    assert (trials.trials, trials.defined) == (3, 2)
    assert trials.sharpe_variance == pytest.approx(np.nanvar(sharpe_by_trial(returns), ddof=1))
    assert trials.best == int(np.nanargmax(sharpe_by_trial(returns)))


def test_the_lowest_of_equal_trials_is_the_best() -> None:
    one = noise(40, 1, 7)
    assert trial_set(np.hstack([-one * np.sign(one.mean()), one * np.sign(one.mean())] * 2)).best == 1


@pytest.mark.parametrize("returns", [np.empty((0, 0)), np.zeros((10, 3)), np.zeros((1, 2))])
def test_without_a_ratio_there_is_no_best_trial_and_no_variance(
    returns: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    trials = trial_set(returns)
    assert trials.best == -1
    assert trials.defined == 0
    assert math.isnan(trials.sharpe_variance)
    assert trials.effective_trials == returns.shape[1]


@given(st.integers(2, 30), st.integers(3, 40), st.integers(0, 2**32 - 1), st.floats(0, 3))
def test_the_effective_number_lies_between_one_and_all(
    columns: int, rows: int, seed: int, common: float
) -> None:
    returns = noise(rows, columns, seed) + common * noise(rows, 1, seed + 1)
    trials = trial_set(returns)
    assert 1 - 1e-9 <= trials.effective_trials <= columns + 1e-9
