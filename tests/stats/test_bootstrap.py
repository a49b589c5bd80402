"""The block bootstrap: reproducible, blocks stay whole, intervals cover what they claim to."""

import numpy as np
import pytest

from ictcli.stats import bootstrap
from ictcli.stats.bootstrap import block_length, gather
from ictcli.stats.intervals import percentile_interval


@pytest.mark.jit_off
def test_blocks_are_consecutive_and_wrap_round_the_end() -> None:
    into = np.empty(5)
    gather(np.arange(5.0), np.array([3, 0], np.int64), 3, into)
    assert into.tolist() == [3, 4, 0, 0, 1]


def test_block_length_is_the_cube_root() -> None:
    assert [block_length(n) for n in (1, 8, 100, 1000)] == [1, 2, 5, 10]


@pytest.mark.jit_off
def test_the_same_seed_gives_the_same_resamples_and_another_seed_others() -> None:
    values = np.linspace(-1, 2, 20)
    first, again, other = (bootstrap.bootstrap_mean(values, 70, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_more_resamples_begin_with_the_same_ones() -> None:
    values = np.linspace(-1, 2, 37)
    assert (
        bootstrap.bootstrap_mean(values, 64, 5).tolist()
        == bootstrap.bootstrap_mean(values, 128, 5)[:64].tolist()
    )


@pytest.mark.jit_off
def test_a_constant_series_has_no_spread() -> None:
    values = np.full(10, 0.5)
    assert set(bootstrap.bootstrap_mean(values, 50, 1)) == {0.5}
    assert set(bootstrap.bootstrap_total(values, 50, 1)) == {5.0}
    assert set(bootstrap.bootstrap_profit_factor(values, 50, 1)) == {np.inf}
    assert set(bootstrap.bootstrap_drawdown(values, np.zeros(10), 100.0, 50, 1)) == {0.0}
    assert np.isnan(bootstrap.bootstrap_sharpe_annualised_252(values, 50, 1)).all()


def test_no_values_give_undefined_resamples() -> None:
    assert np.isnan(bootstrap.bootstrap_mean(np.empty(0), 10, 1)).all()


def test_the_spread_of_resampled_means_is_the_standard_error() -> None:
    values = np.random.default_rng(3).normal(0.0, 1.0, 2000)
    resamples = bootstrap.bootstrap_mean(values, 2000, 1)
    assert resamples.std() == pytest.approx(1 / np.sqrt(2000), rel=0.15)
    assert resamples.mean() == pytest.approx(values.mean(), abs=0.003)


def test_blocks_widen_the_interval_of_a_series_that_trends() -> None:
    shocks = np.random.default_rng(4).normal(0.0, 1.0, 1000)
    smooth = np.convolve(shocks, np.ones(10) / 10, "same")
    alone = smooth.std() / np.sqrt(1000)
    assert bootstrap.bootstrap_mean(smooth, 1000, 1).std() > 2 * alone


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for trial in range(200):
        draws = bootstrap.bootstrap_mean(rng.normal(0.2, 1.0, 150), 400, trial)
        interval = percentile_interval(draws, 0.90)
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= 0.2 <= interval.high
    assert 165 <= covered <= 196  # 180 expected, 4.2 is a standard deviation


def remembering(
    generator: np.random.Generator, n: int, rho: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A series around 0.2 whose neighbours correlate by ``rho``, without its start."""
    shocks = generator.normal(0.0, 1.0, n + 50)
    for i in range(1, n + 50):
        shocks[i] += rho * shocks[i - 1]
    return 0.2 + shocks[50:]


@pytest.mark.proof
def test_coverage_on_independent_and_on_correlated_series(proof_facts: dict[str, object]) -> None:
    """Two thousand series each; blocks of the cube root repair most, not all, of what correlation breaks."""
    rng = np.random.default_rng(12)
    for rho, least in ((0.0, 0.88), (0.3, 0.82)):
        covered = 0
        for trial in range(2000):
            draws = bootstrap.bootstrap_mean(remembering(rng, 300, rho), 400, trial)
            interval = percentile_interval(draws, 0.90)
            covered += (interval.low or 0.0) <= 0.2 <= (interval.high or 0.0)
        proof_facts[f"coverage_of_90_at_{rho}"] = covered / 2000
        assert least <= covered / 2000 <= 0.92
