"""How long and how deep a sequence of results falls."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.research.metrics.runs import (
    FALL,
    FALL_SHARE,
    GAIN,
    LONGEST_BELOW,
    LOSING_STREAK,
    STEPS_BELOW,
    Path,
    resampled_walks,
    walked,
)
from ictcli.research.metrics.values import Resampling
from ictcli.stats.bootstrap import bootstrap_drawdown
from ictcli.stats.sequences import longest_losing_streak, max_drawdown

HOW = Resampling(100, 3, 0.95)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("gains", "longest", "steps", "streak"),
    [
        ([1, 1, 1], 0, 0, 0),
        ([-1, -1, 3], 2, 2, 2),
        ([5, -3, 1, 2, -1, 1], 2, 3, 1),  # back at the peak is no longer below it
        ([5, 0, 0, -1], 1, 1, 3),  # a result of nothing is no gain, but no fall either
        ([-5, 1, 1, 1], 4, 4, 1),  # never recovered
    ],
)
def test_runs_by_hand(gains: list[float], longest: int, steps: int, streak: int) -> None:
    steps_taken = np.array(gains, np.float64)
    found = walked(Path(steps_taken, steps_taken, 100.0))
    assert found[[LONGEST_BELOW, STEPS_BELOW, LOSING_STREAK]].tolist() == [longest, steps, streak]


@pytest.mark.jit_off
def test_the_deepest_fall_counts_what_was_open() -> None:
    gains, worst = np.array([20.0, -10.0, 30.0]), np.array([-5.0, -5.0, -7.0])
    found = walked(Path(gains, worst, 100.0))
    assert found[FALL] == 17.0  # from 20 to 10 less 7
    assert found[FALL_SHARE] == pytest.approx(17 / 120)
    assert walked(Path(gains, np.zeros(3), 100.0))[FALL] == 10.0


def test_the_deepest_share_may_be_another_fall_than_the_deepest() -> None:
    gains = np.array([-30.0, 930.0, -50.0])
    found = walked(Path(gains, gains, 100.0))
    assert (found[FALL], found[FALL_SHARE]) == (50.0, 0.3)


STEPS = st.lists(st.tuples(st.integers(-50, 60), st.integers(-80, 0)), min_size=1, max_size=40)


@given(STEPS)
def test_a_walk_finds_what_the_statistics_define(steps: list[tuple[int, int]]) -> None:
    gains, worst = (np.array(column, np.float64) for column in zip(*steps, strict=True))
    found = walked(Path(gains, worst, 5000.0))
    assert found[FALL_SHARE] == pytest.approx(max_drawdown(gains, worst, 5000.0), rel=1e-12)
    assert found[LOSING_STREAK] == longest_losing_streak(gains)
    balance = 5000.0 + np.cumsum(gains)
    below = balance < np.maximum.accumulate(np.append(5000.0, balance))[1:]
    runs = [len(list(group)) for is_below, group in groupby(below.tolist()) if is_below]
    assert found[LONGEST_BELOW] == max(runs, default=0)
    assert found[STEPS_BELOW] == sum(runs)


def test_the_resamples_are_those_of_the_bootstrap() -> None:
    gains = np.random.default_rng(8).normal(size=80)
    worst = np.minimum(gains, 0) - 0.5
    draws = resampled_walks(Path(gains, worst, 50.0), HOW)
    expected = bootstrap_drawdown(gains, worst, 50.0, HOW.resamples, HOW.seed)
    assert draws[FALL_SHARE] == pytest.approx(expected, rel=1e-12)
    assert np.all(draws[LONGEST_BELOW] <= draws[STEPS_BELOW])
    assert len(np.unique(draws[STEPS_BELOW])) > 10


@pytest.mark.jit_off
def test_compounding_draws_fractions_of_the_balance() -> None:
    doubling = np.array([100.0 * 2**i for i in range(12)])  # each step doubles the balance
    draws = resampled_walks(Path(doubling, doubling, 100.0), HOW, compound=True)
    assert draws[GAIN] == pytest.approx(100 * (2.0**12 - 1))
    halves = np.array([-50.0, 50.0, -50.0, 50.0])
    drawn = resampled_walks(Path(halves, halves, 100.0), HOW, compound=True)
    assert np.all(drawn[FALL_SHARE] >= 0)
    assert np.all(drawn[FALL_SHARE] < 1)
    assert np.all(drawn[GAIN] > -100)


@pytest.mark.jit_off
def test_an_account_that_is_gone_stays_where_it_is() -> None:
    gains = np.array([-150.0, 30.0, -20.0])
    draws = resampled_walks(Path(gains, gains, 100.0), HOW, compound=True)
    assert draws[GAIN].min() == pytest.approx(-150)  # once gone, nothing more is lost or won
    assert np.isfinite(draws).all()


def test_without_steps_there_is_nothing_to_walk() -> None:
    nowhere = Path(np.zeros(0), np.zeros(0), 1.0)
    assert np.isnan(walked(nowhere)).all()
    assert np.isnan(resampled_walks(nowhere, HOW, compound=True)).all()
