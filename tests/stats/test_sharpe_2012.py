"""The published numbers of the papers of 2012 and 2014, and what must hold for any track record."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.sharpe import TrackRecord, track_record
from ictcli.stats.sharpe_2012 import dsr_2014, expected_max_factor, min_btl, min_trl_2012, psr_2012

HEDGE_FUND = TrackRecord(0.458, 24, skew=-2.448, kurtosis=10.164)
"""Bailey and Lopez de Prado 2012: 24 months of a hedge fund; the paper prints .913 and, if normal, .982."""

UNDEFINED = track_record(np.full(10, 0.25))


def test_probabilistic_sharpe_ratio_as_published() -> None:
    assert psr_2012(HEDGE_FUND) == pytest.approx(0.913361083860933)
    assert psr_2012(TrackRecord(0.458, 24)) == pytest.approx(0.9816749190910771)


@pytest.mark.parametrize(
    ("per_year", "skew", "kurtosis", "periods", "years"),
    [
        (252, 0.0, 3.0, 688.2080373402351, 2.7309842751596634),
        (52, 0.0, 3.0, 147.0993465211523, 2.828833586945237),
        (12, 0.0, 3.0, 38.87760835733577, 3.239800696444647),
        (12, -0.72, 5.78, 59.89509868650752, 4.991258223875627),
    ],
)
def test_minimum_track_record_as_published(
    per_year: int, skew: float, kurtosis: float, periods: float, years: float
) -> None:
    """Bailey and Lopez de Prado 2012: annual ratio 2 against 1 at 95 %: 2.73, 2.83, 3.24 and 4.99 years."""
    root = math.sqrt(per_year)
    needed = min_trl_2012(TrackRecord(2 / root, 100, skew, kurtosis), 1 / root)
    assert needed == pytest.approx(periods)
    assert periods / per_year == pytest.approx(years)


@pytest.mark.parametrize(
    ("trials", "factor"),
    [
        (2, 0.5197553442805939),
        (3, 0.8528044961506949),
        (5, 1.1925940010147893),
        (10, 1.57459830134575),
        (45, 2.2356401777664052),
        (46, 2.2441708308410093),
        (88, 2.485294787590927),
        (100, 2.5306028932016846),
        (1000, 3.255121513652723),
    ],
)
def test_expected_maximum_factor(trials: int, factor: float) -> None:
    assert expected_max_factor(trials) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("trials", "skew", "kurtosis", "benchmark", "dsr"),
    [
        (100, -3.0, 10.0, 0.11317200186513214, 0.9003968344493903),
        (46, -3.0, 10.0, 0.10036237061765357, 0.9505017068755787),
        (88, 0.0, 3.0, 0.11114576178358426, 0.9504908166760139),
        (100, 0.0, 3.0, 0.11317200186513214, 0.9427705859565294),
    ],
)
def test_deflated_sharpe_ratio_as_published(
    trials: int, skew: float, kurtosis: float, benchmark: float, dsr: float
) -> None:
    """Bailey and Lopez de Prado 2014: 1,250 days, annual ratio 2.5, variance of the trials ½ a year."""
    record = TrackRecord(2.5 / math.sqrt(250), 1250, skew, kurtosis)
    factor = expected_max_factor(trials)
    assert factor is not None
    assert math.sqrt(0.5 / 250) * factor == pytest.approx(benchmark)
    assert dsr_2014(record, trials, 0.5 / 250) == pytest.approx(dsr)


def test_minimum_backtest_length_as_published() -> None:
    """Bailey, Borwein, Lopez de Prado and Zhu 2014: five years carry at most 45 trials."""
    assert min_btl(45, 1.0) == pytest.approx(4.998087004443404)
    assert min_btl(46, 1.0) == pytest.approx(5.036302717997626)
    assert min_btl(45, 2.0) == pytest.approx(4.998087004443404 / 4)
    assert min_btl(45, 0.0) == math.inf


def test_the_factor_is_near_the_mean_of_the_best_of_many_draws() -> None:
    best = np.random.default_rng(5).normal(size=(20_000, 50)).max(axis=1).mean()
    assert expected_max_factor(50) == pytest.approx(best, abs=0.05)


def test_one_trial_was_not_selected() -> None:
    assert expected_max_factor(1) is None
    assert expected_max_factor(math.nan) is None
    assert expected_max_factor(math.inf) is None
    assert min_btl(1, 1.0) is None
    assert dsr_2014(HEDGE_FUND, 1, 0.1) == psr_2012(HEDGE_FUND)
    assert dsr_2014(HEDGE_FUND, 1, math.nan) == psr_2012(HEDGE_FUND)
    assert expected_max_factor(1.05) == 0
    assert dsr_2014(HEDGE_FUND, 1.5, math.nan) is None  # more than one, so the variance is needed


def test_what_is_undefined_is_none_and_never_zero() -> None:
    assert psr_2012(UNDEFINED) is None
    assert min_trl_2012(UNDEFINED) is None
    assert dsr_2014(UNDEFINED, 10, 0.1) is None
    assert dsr_2014(HEDGE_FUND, 10, math.nan) is None
    assert psr_2012(TrackRecord(1.0, 24, skew=3.0, kurtosis=3.0)) is None  # no distribution has these


def test_a_ratio_at_the_benchmark_needs_for_ever() -> None:
    assert min_trl_2012(HEDGE_FUND, 0.458) == math.inf
    assert min_trl_2012(HEDGE_FUND, 0.5) == math.inf


@given(st.floats(-1, 1), st.integers(2, 5000), st.integers(1, 5000), st.floats(-1.5, 1.5), st.floats(0, 5))
def test_more_periods_move_the_probability_away_from_a_half(
    sharpe: float, periods: int, more: int, skew: float, above: float
) -> None:
    kurtosis = 1.5 + skew * skew + above
    short = psr_2012(TrackRecord(sharpe, periods, skew, kurtosis))
    longer = psr_2012(TrackRecord(sharpe, periods + more, skew, kurtosis))
    assert short is not None
    assert longer is not None
    assert 0 <= short <= 1
    assert longer >= short if sharpe >= 0 else longer <= short


@given(st.floats(0.05, 1), st.floats(-0.04, 0.04), st.floats(0.6, 0.99))
def test_a_record_as_long_as_needed_reaches_the_confidence(
    sharpe: float, benchmark: float, confidence: float
) -> None:
    needed = min_trl_2012(TrackRecord(sharpe, 2, -1.0, 6.0), benchmark, confidence)
    assert needed is not None
    reached = psr_2012(TrackRecord(sharpe, max(2, math.ceil(needed)), -1.0, 6.0), benchmark)
    assert reached is not None
    assert reached >= confidence - 1e-12


@given(st.floats(1, 500), st.floats(0.1, 500), st.floats(0, 0.2))
def test_more_trials_never_help(trials: float, more: float, variance: float) -> None:
    few, many = (dsr_2014(HEDGE_FUND, count, variance) for count in (trials, trials + more))
    assert few is not None
    assert many is not None
    assert many <= few
