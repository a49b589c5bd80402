"""The worked example of the paper of 2026, and what must hold for any track record."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.sharpe import TrackRecord, track_record
from ictcli.stats.sharpe_2012 import expected_max_factor, psr_2012
from ictcli.stats.sharpe_2026 import (
    dsr_2026,
    max_of_normals_sd,
    min_trl_2026,
    psr_2026,
    sharpe_sd_2026,
)

WORKED = TrackRecord(0.036 / 0.079, 24, skew=-2.448, kurtosis=10.164, autocorrelation=0.2)
"""Lopez de Prado, Lipton and Zoonekynd 2026: mean 3.6 %, deviation 7.9 % of 24 months."""
UNCORRELATED = TrackRecord(0.036 / 0.079, 24, skew=-2.448, kurtosis=10.164)

UNDEFINED = track_record(np.zeros(10))


def test_the_worked_example() -> None:
    assert WORKED.sharpe == pytest.approx(0.456, abs=5e-4)
    assert sharpe_sd_2026(WORKED, WORKED.sharpe) == pytest.approx(0.3794899975)
    assert psr_2026(WORKED) == pytest.approx(0.9658320054)
    assert psr_2026(WORKED, 0.1) == pytest.approx(0.9004759174)
    assert min_trl_2026(WORKED) == pytest.approx(19.5431674736)
    assert min_trl_2026(WORKED, 0.1) == pytest.approx(39.3689984347)
    assert dsr_2026(WORKED, 10, 0.1) == pytest.approx(0.4099767274)


def test_the_worked_example_without_autocorrelation() -> None:
    normal = TrackRecord(WORKED.sharpe, 24)
    assert sharpe_sd_2026(normal, normal.sharpe) == pytest.approx(0.214, abs=5e-4)
    assert sharpe_sd_2026(UNCORRELATED, WORKED.sharpe) == pytest.approx(0.329, abs=5e-4)
    assert psr_2026(UNCORRELATED) == pytest.approx(0.987, abs=5e-4)
    assert psr_2026(UNCORRELATED, 0.1) == pytest.approx(0.939, abs=5e-4)
    assert min_trl_2026(UNCORRELATED) == pytest.approx(13.029, abs=5e-4)


def test_the_parts_of_the_deflated_ratio() -> None:
    factor = expected_max_factor(10)
    assert factor is not None
    assert math.sqrt(0.1) * factor == pytest.approx(0.4979317032)
    assert math.sqrt(0.1) * max_of_normals_sd(10) == pytest.approx(0.1855650353)


@pytest.mark.parametrize(("trials", "deviation"), [(1, 1.0), (2, math.sqrt(1 - 1 / math.pi)), (10, 0.586808)])
def test_deviation_of_the_best_of_normal_draws(trials: int, deviation: float) -> None:
    assert max_of_normals_sd(trials) == pytest.approx(deviation, abs=5e-7)


def test_deviation_of_the_best_of_three_is_the_closed_form() -> None:
    # Mean 3/(2√π) and second moment 1 + √3/(2π) of the largest of three normal draws.
    exact = math.sqrt(1 + math.sqrt(3) / (2 * math.pi) - 9 / (4 * math.pi))
    assert max_of_normals_sd(3) == pytest.approx(exact, rel=1e-12)


@given(st.floats(1, 1e6), st.floats(1.01, 10))
def test_the_best_of_more_draws_scatters_less(trials: float, factor: float) -> None:
    assert max_of_normals_sd(trials * factor) < max_of_normals_sd(trials)


def test_on_one_record_the_two_generations_disagree() -> None:
    """.913 of 2012 is .987 of 2026 without autocorrelation: they must not be mixed."""
    assert psr_2012(UNCORRELATED) == pytest.approx(0.9127, abs=5e-5)
    assert psr_2026(UNCORRELATED) == pytest.approx(0.987, abs=5e-4)


def test_one_trial_was_not_selected() -> None:
    assert dsr_2026(WORKED, 1, 0.1) == psr_2026(WORKED)
    assert dsr_2026(WORKED, 0.7, math.nan) == psr_2026(WORKED)
    assert dsr_2026(WORKED, 1.5, math.nan) is None  # more than one, so the variance is needed


def test_what_is_undefined_is_none_and_never_zero() -> None:
    assert psr_2026(UNDEFINED) is None
    assert min_trl_2026(UNDEFINED) is None
    assert sharpe_sd_2026(UNDEFINED, 0.0) is None
    assert dsr_2026(UNDEFINED, 10, 0.1) is None
    assert dsr_2026(WORKED, 10, 0.0) is None
    assert dsr_2026(WORKED, 10, math.nan) is None
    assert dsr_2026(WORKED, math.inf, 0.1) is None
    assert psr_2026(TrackRecord(0.1, 24, autocorrelation=1.0)) is None
    assert sharpe_sd_2026(TrackRecord(1.0, 24, skew=3.0, kurtosis=3.0), 1.0) is None


def test_a_ratio_at_the_benchmark_needs_for_ever() -> None:
    assert min_trl_2026(WORKED, WORKED.sharpe) == math.inf
    assert min_trl_2026(WORKED, 1.0) == math.inf


@given(st.floats(-1, 1), st.integers(2, 5000), st.integers(1, 5000), st.floats(-0.9, 0.9))
def test_more_periods_move_the_probability_away_from_a_half(
    sharpe: float, periods: int, more: int, rho: float
) -> None:
    short = psr_2026(TrackRecord(sharpe, periods, -1.0, 6.0, rho))
    longer = psr_2026(TrackRecord(sharpe, periods + more, -1.0, 6.0, rho))
    assert short is not None
    assert longer is not None
    assert longer >= short if sharpe >= 0 else longer <= short


@given(st.floats(-0.9, 0.85), st.floats(0.01, 0.04))
def test_autocorrelation_lowers_what_a_gain_proves(rho: float, more: float) -> None:
    low, high = (psr_2026(TrackRecord(0.2, 50, autocorrelation=one)) for one in (rho, rho + more))
    assert low is not None
    assert high is not None
    assert high < low


def test_the_spread_of_estimated_ratios_is_the_formula() -> None:
    """5,000 series with lag-1 autocorrelation 0.3 and skewed shocks scatter as the formula says."""
    generator = np.random.default_rng(8)
    shocks = generator.exponential(1.0, (5000, 520)) - 1
    series = np.empty_like(shocks)
    series[:, 0] = shocks[:, 0]
    for i in range(1, shocks.shape[1]):
        series[:, i] = 0.3 * series[:, i - 1] + shocks[:, i]
    returns = series[:, 20:]
    ratios = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
    pooled = track_record(returns.ravel())
    record = TrackRecord(0.0, 500, pooled.skew, pooled.kurtosis, 0.3)
    assert sharpe_sd_2026(record, 0.0) == pytest.approx(ratios.std(), rel=0.05)
