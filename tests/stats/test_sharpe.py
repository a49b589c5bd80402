"""Moments of a track record by hand, and the Sharpe ratio of plain bets as published."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.stats.sharpe import (
    TrackRecord,
    bets_for_sharpe,
    precision_for_sharpe,
    sharpe_of_bets,
    track_record,
)


def test_moments_of_a_series_computed_by_hand() -> None:
    # mean 2; deviations -2, -1, 0, 3: squares 14, cubes 18, fourths 98; products of neighbours 2 + 0 + 0.
    record = track_record(np.array([0.0, 1.0, 2.0, 5.0]))
    variance = 14 / 4
    assert record.sharpe == pytest.approx(2 / math.sqrt(14 / 3))
    assert record.periods == 4
    assert record.skew == pytest.approx(18 / 4 / variance**1.5)
    assert record.kurtosis == pytest.approx(98 / 4 / variance**2)
    assert record.autocorrelation == pytest.approx(2 / 14)


def test_a_large_normal_sample_has_no_skew_and_a_kurtosis_of_three() -> None:
    record = track_record(np.random.default_rng(1).normal(0.1, 2.0, 200_000))
    assert record.sharpe == pytest.approx(0.05, abs=0.01)
    assert record.skew == pytest.approx(0, abs=0.03)
    assert record.kurtosis == pytest.approx(3, abs=0.06)
    assert record.autocorrelation == pytest.approx(0, abs=0.01)


def test_autocorrelation_is_clipped() -> None:
    assert track_record(np.arange(1000.0)).autocorrelation == 0.9
    assert track_record(np.tile([1.0, -1.5], 500)).autocorrelation == -0.9


@pytest.mark.parametrize(
    "returns", [[], [0.1], [0.1, 0.1, 0.1], [0.0, 0.0], [0.1, math.nan, 0.2], [0.1, math.inf, 0.2]]
)
def test_without_variance_nothing_is_defined_and_nothing_is_zero(returns: list[float]) -> None:
    record = track_record(np.array(returns, np.float64))
    assert not record.defined
    assert all(map(math.isnan, (record.sharpe, record.skew, record.kurtosis, record.autocorrelation)))
    assert record.periods == len(returns)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=40), st.floats(0.01, 100))
def test_scaling_returns_changes_no_moment(values: list[float], scale: float) -> None:
    returns = np.array(values)
    record, scaled = track_record(returns), track_record(returns * scale)
    if record.defined and scaled.defined and returns.std() > 1e-6:
        assert scaled.sharpe == pytest.approx(record.sharpe, rel=1e-6, abs=1e-9)
        assert scaled.skew == pytest.approx(record.skew, rel=1e-5, abs=1e-6)
        assert scaled.kurtosis == pytest.approx(record.kurtosis, rel=1e-5)
        assert scaled.kurtosis >= 1 + scaled.skew**2 - 1e-6


def test_two_returns_are_the_least_that_have_moments() -> None:
    record = track_record(np.array([1.0, 3.0]))
    assert record.sharpe == pytest.approx(2 / math.sqrt(2))
    assert (record.skew, record.kurtosis, record.autocorrelation) == (0.0, 1.0, -0.5)


def test_a_record_is_normal_and_independent_unless_said_otherwise() -> None:
    assert TrackRecord(0.1, 9) == TrackRecord(0.1, 9, skew=0.0, kurtosis=3.0, autocorrelation=0.0)


def test_a_record_of_one_period_is_not_defined() -> None:
    assert not TrackRecord(0.1, 1).defined
    assert TrackRecord(0.1, 2).defined


def test_sharpe_of_bets_as_published() -> None:
    """Lopez de Prado 2018, ch. 15: even bets at p = .55, and p = .7 with +0.5 % / -1 % 260 times a year."""
    edge = sharpe_of_bets(0.55, 1.0, 1.0)
    assert edge == pytest.approx(0.10050378152592)
    assert bets_for_sharpe(0.55, 1.0, 1.0, 2.0) == 396
    afml = sharpe_of_bets(0.7, 0.005, 0.01)
    assert afml is not None
    assert afml * math.sqrt(260) == pytest.approx(1.1728859175816582)
    assert precision_for_sharpe(260, 0.005, 0.01, 2.0) == pytest.approx(13 / 18, abs=1e-9)


@given(st.floats(0.05, 0.95), st.floats(0.1, 3), st.floats(0.1, 3), st.integers(10, 1000))
def test_precision_inverts_the_sharpe_ratio(p: float, gain: float, loss: float, bets: int) -> None:
    edge = sharpe_of_bets(p, gain, loss)
    assert edge is not None
    assert precision_for_sharpe(bets, gain, loss, edge * math.sqrt(bets)) == pytest.approx(p, rel=1e-6)


def test_bets_without_an_edge_need_for_ever_and_certain_ones_have_no_ratio() -> None:
    assert bets_for_sharpe(0.5, 1.0, 1.0, 2.0) == math.inf
    assert sharpe_of_bets(1.0, 1.0, 1.0) is None
    assert bets_for_sharpe(1.0, 1.0, 1.0, 2.0) == math.inf
    with pytest.raises(UsageError, match="0 bets"):
        precision_for_sharpe(0, 1.0, 1.0, 2.0)
