"""Automatic block lengths follow how long a series remembers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.block_lengths import automatic_block_lengths

Series = np.ndarray[tuple[int], np.dtype[np.float64]]


def remembering(n: int, rho: float, seed: int) -> Series:
    shocks = np.random.default_rng(seed).normal(size=n)
    for i in range(1, n):
        shocks[i] += rho * shocks[i - 1]
    return shocks


def test_an_autoregression_is_near_its_optimum() -> None:
    """For autocorrelations r^k the sum of |k|·R(k) is 2r/(1 - r²) of the sum of R(k).

    The optimal mean block of the stationary bootstrap is the cube root of that squared, times n.
    """
    n, rho = 4000, 0.6
    optimum = (4 * rho**2 / (1 - rho**2) ** 2 * n) ** (1 / 3)
    found = [automatic_block_lengths(remembering(n, rho, seed)).stationary for seed in range(20)]
    assert np.median(found) == pytest.approx(optimum, rel=0.25)


def test_noise_needs_no_blocks() -> None:
    found = [automatic_block_lengths(remembering(1000, 0.0, seed)).stationary for seed in range(20)]
    assert np.median(found) < 4


def test_longer_memory_needs_longer_blocks() -> None:
    short, long = (automatic_block_lengths(remembering(2000, rho, 1)) for rho in (0.2, 0.8))
    assert long.stationary > 2 * short.stationary


def test_circular_blocks_are_longer_by_a_fixed_factor() -> None:
    found = automatic_block_lengths(remembering(2000, 0.5, 2))
    assert found.circular / found.stationary == pytest.approx(1.5 ** (1 / 3))


def test_scale_and_level_do_not_matter() -> None:
    series = remembering(300, 0.5, 3)
    assert automatic_block_lengths(series * 7 + 3).stationary == pytest.approx(
        automatic_block_lengths(series).stationary, rel=1e-6
    )


@pytest.mark.parametrize("values", [[], [0.1] * 50, [0.0] * 50, [1.0, 2.0, 3.0]])
def test_a_series_without_memory_to_see_has_blocks_of_one(values: list[float]) -> None:
    found = automatic_block_lengths(np.array(values, np.float64))
    assert (found.stationary, found.circular) == (1.0, 1.0)


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=120))
def test_lengths_stay_within_their_bounds(values: list[float]) -> None:
    n = len(values)
    found = automatic_block_lengths(np.array(values))
    for length in (found.stationary, found.circular):
        assert 1 <= length <= math.ceil(min(3 * math.sqrt(n), n / 3))
