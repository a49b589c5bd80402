"""Shifts are told from chance, also in columns that follow themselves."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.learning.shifts import memory_of, reach, shift_of

Floats = NDArray[np.float64]


def following(n: int, share: float, seed: int) -> Floats:
    """A column of which each value is a share of the one before plus noise."""
    noise = np.random.default_rng(seed).normal(size=n)
    values = np.zeros(n)
    for at in range(1, n):
        values[at] = share * values[at - 1] + noise[at]
    return values


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_the_memory_of_a_column_that_follows_itself_is_what_its_correlations_add_up_to(share: float) -> None:
    expected = (1 + share) / (1 - share)
    assert memory_of(following(60_000, share, 3)) == pytest.approx(expected, rel=0.2)


def test_a_column_of_one_value_and_one_of_two_remember_nothing() -> None:
    assert memory_of(np.ones(50)) == 1.0
    assert memory_of(np.array([1.0, 2.0])) == 1.0


def test_a_trend_is_worth_few_values_however_long() -> None:
    values = np.arange(2_000.0)
    assert 2_000 / memory_of(values) < 10


def test_slow_columns_do_not_shift_by_themselves_and_independent_ones_hardly_ever() -> None:
    for share in (0.0, 0.97):
        states = []
        for seed in range(40):
            values = following(8_000, share, seed)
            states.append(shift_of("x", values[:6_000], values[6_000:], 20).state)
        assert set(states) == {"ok"}


def test_a_shift_by_one_deviation_is_bad_once_there_are_enough_values() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(size=5_000)
    moved = shift_of("x", before, rng.normal(1.0, 1.0, 1_000), 20)
    assert (moved.state, moved.name) == ("bad", "x")
    assert moved.psi > 0.7 > 0.1 > moved.chance
    assert shift_of("x", before, rng.normal(0.45, 1.0, 1_000), 20).state == "warn"
    few = shift_of("x", before, rng.normal(1.0, 1.0, 10), 20)
    assert (math.isnan(few.psi), few.state) == (True, "ok")  # ten values prove little


def test_few_values_are_not_taken_for_a_shift() -> None:
    found = []
    for seed in range(200):
        values = np.random.default_rng(seed).normal(size=3_020 + seed % 60)
        found.append(shift_of("x", values[:3_000], values[3_000:], 26).state)
    assert found.count("bad") <= 1


def test_what_cannot_be_compared_is_no_shift() -> None:
    nothing = shift_of("x", np.arange(50.0), np.zeros(0), 1)
    assert (math.isnan(nothing.psi), nothing.state) == (True, "ok")
    assert shift_of("x", np.ones(50), np.ones(20), 1).psi == 0.0


def test_the_reach_of_chance_is_the_tables_quantile() -> None:
    assert reach(9, 1) == pytest.approx(16.919, rel=0.005)  # 95 % of chi-squared with 9 degrees
    assert reach(9, 20) == pytest.approx(25.462, rel=0.01)  # 99.75 %
    assert reach(0, 20) == 0.0
