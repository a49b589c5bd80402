"""How long and how deep a sequence of results falls."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.research.metric_runs import deepest_fall, lengths, resampled_falls, resampled_lengths
from ictcli.research.metric_values import Resampling
from ictcli.stats.drawdowns import closed_drawdowns

HOW = Resampling(100, 3, 0.95)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("gains", "longest", "steps", "streak"),
    [
        ([], 0, 0, 0),
        ([1, 1, 1], 0, 0, 0),
        ([-1, -1, 3], 2, 2, 2),
        ([5, -3, 1, 2, -1, 1], 2, 3, 1),  # back at the peak is no longer below it
        ([5, 0, 0, -1], 1, 1, 3),  # a result of nothing is no gain, but no fall either
        ([-5, 1, 1, 1], 4, 4, 1),  # never recovered
    ],
)
def test_runs_by_hand(gains: list[float], longest: int, steps: int, streak: int) -> None:
    assert lengths(np.array(gains, np.float64)).tolist() == [longest, steps, streak]


@pytest.mark.jit_off
def test_the_deepest_fall_counts_what_was_open() -> None:
    gains, worst = np.array([20.0, -10.0, 30.0]), np.array([-5.0, -5.0, -7.0])
    assert deepest_fall(gains, worst) == 17.0  # from 20 to 10 less 7
    assert deepest_fall(gains, np.zeros(3)) == 10.0


@given(st.lists(st.integers(-5, 5), max_size=40))
def test_runs_are_those_of_the_running_balance(gains: list[int]) -> None:
    balance = np.cumsum([0, *gains])
    below = (balance < np.maximum.accumulate(balance))[1:]
    longest, steps, _ = lengths(np.array(gains, np.float64))
    assert steps == below.sum()
    assert longest == max(map(len, "".join("x" if one else " " for one in below).split()), default=0)


@given(st.lists(st.integers(-5, 5), max_size=40))
def test_runs_are_as_long_as_the_drawdowns(gains: list[int]) -> None:
    times = np.arange(1, len(gains) + 1)
    falls = closed_drawdowns(np.array(gains, np.float64), times, 1000.0, 0, len(gains) + 1)
    longest, steps, _ = lengths(np.array(gains, np.float64))
    assert longest == max((one.trades for one in falls), default=0)
    assert steps == sum(one.trades for one in falls)


def test_resamples_stay_within_what_a_sequence_can_do() -> None:
    gains = np.random.default_rng(8).normal(size=80)
    longest, steps, streak = resampled_lengths(gains, HOW)
    assert np.all(longest <= steps)
    assert np.all(steps <= 80)
    assert np.all(streak >= 1)
    assert len(np.unique(steps)) > 10
    assert np.all(resampled_falls(gains, np.minimum(gains, 0), HOW) > 0)


def test_without_values_there_is_nothing_to_resample() -> None:
    assert np.isnan(resampled_lengths(np.zeros(0), HOW)).all()
    assert np.isnan(resampled_falls(np.zeros(0), np.zeros(0), HOW)).all()
