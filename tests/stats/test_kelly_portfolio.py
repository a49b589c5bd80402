"""Kelly over several assets, limits, a shrunk covariance, and the heat of open trades."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.stats.kelly import correlation_factor
from ictcli.stats.kelly_portfolio import (
    covariance_ledoit_wolf_2004,
    kelly_multivariate,
    limited_fractions,
)


def test_two_correlated_assets() -> None:
    covariance = np.array([[0.04, 0.009], [0.009, 0.0225]])
    excess = np.array([0.05, 0.04])
    assert kelly_multivariate(covariance, excess) == pytest.approx([0.93406593406, 1.40415140415])
    alone = kelly_multivariate(np.diag(np.diag(covariance)), excess)
    assert alone == pytest.approx([1.25, 1.7777777778])


@given(st.integers(1, 12), st.floats(0, 0.95))
def test_equal_assets_give_the_scalar_factor(n: int, rho: float) -> None:
    covariance = 0.04 * (rho * np.ones((n, n)) + (1 - rho) * np.eye(n))
    fractions = kelly_multivariate(covariance, np.full(n, 0.05))
    assert fractions == pytest.approx(1.25 * correlation_factor(n, rho), rel=1e-9)


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([[1.0, 1.0], [1.0, 1.0]], "positive definite"),
        ([[1.0, 0.5], [0.4, 1.0]], "symmetric"),
        ([[1.0, np.nan], [np.nan, 1.0]], "finite"),
    ],
)
def test_a_covariance_that_is_none_is_refused(covariance: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        kelly_multivariate(np.array(covariance), np.array([0.1, 0.1]))


def test_fractions_are_clipped_and_then_scaled() -> None:
    fractions = np.array([3.0, -1.0, 0.5])
    assert limited_fractions(fractions, 2.0, 10.0).tolist() == [2.0, -1.0, 0.5]
    assert limited_fractions(fractions, 2.0, 1.75).tolist() == [1.0, -0.5, 0.25]
    assert limited_fractions(fractions, 2.0, 1.25, long_only=True).tolist() == [1.0, 0.0, 0.25]
    assert limited_fractions(fractions, 0.0, 1.0).tolist() == [0.0, 0.0, 0.0]


def test_shrinkage_keeps_the_total_variance_and_vanishes_with_data() -> None:
    generator = np.random.default_rng(1)
    root = generator.normal(size=(6, 6))
    few, many = (generator.normal(size=(n, 6)) @ root for n in (10, 20_000))
    for returns in (few, many):
        sample = np.cov(returns, rowvar=False, ddof=0)
        shrunk = covariance_ledoit_wolf_2004(returns)
        assert np.trace(shrunk) == pytest.approx(np.trace(sample))
        assert np.linalg.cond(shrunk) < np.linalg.cond(sample)
    assert covariance_ledoit_wolf_2004(many) == pytest.approx(
        np.asarray(np.cov(many, rowvar=False)), abs=0.05
    )


def test_shrinkage_makes_more_assets_than_returns_invertible() -> None:
    returns = np.random.default_rng(2).normal(size=(10, 30))
    assert np.linalg.eigvalsh(covariance_ledoit_wolf_2004(returns))[0] > 0


def test_uncorrelated_noise_shrinks_nearly_to_the_target() -> None:
    shrunk = covariance_ledoit_wolf_2004(np.random.default_rng(3).normal(size=(50, 40)))
    apart = shrunk - np.diag(np.diag(shrunk))
    assert np.abs(apart).max() < 0.05


def test_shrinkage_of_one_asset_is_its_variance() -> None:
    assert covariance_ledoit_wolf_2004(np.array([[1.0], [3.0]])).tolist() == [[1.0]]


@pytest.mark.parametrize("returns", [np.empty((0, 2)), np.array([[1.0, np.nan]])])
def test_shrinkage_without_returns_is_refused(
    returns: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    with pytest.raises(DataError, match="finite returns"):
        covariance_ledoit_wolf_2004(returns)
