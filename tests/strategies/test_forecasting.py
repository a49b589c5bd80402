"""Probabilities become decisions with the exits of the labels, bar by bar."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.market.bars import Bars
from ictcli.strategies.decisions import ENTER
from ictcli.strategies.forecast import ForecastParams
from ictcli.strategies.forecasting import decide_forecast, deviations
from tests.research.conftest import random_walk

Floats = NDArray[np.float64]

PARAMS = ForecastParams(target=2.0, stop=1.0, horizon=12, volatility_bars=4)


def flat(closes: list[int], spread: int = 3) -> Bars:
    """Bars of which only closes and spread matter."""
    bars = random_walk(1, len(closes), 100_000, 5)
    values = np.array(closes, np.int64)
    kept = np.full(len(closes), spread, np.int32)
    return Bars(**{**{name: getattr(bars, name) for name in bars.__slots__}, "close": values, "spread": kept})


def decided(params: ForecastParams, bars: Bars, rise: Floats) -> NDArray[np.void]:
    """What is decided with thresholds of 0.4 and 0.6."""
    return decide_forecast(params, bars, rise, deviations(bars.close, params.volatility_bars), 0.4, 0.6)


def test_a_long_lies_around_the_close_and_a_short_at_the_ask() -> None:
    bars = flat([100_000, 101_000, 100_000, 101_000, 100_000, 101_000])
    unit = math.log(1.01) * 100_000
    rise = np.array([0.9, 0.9, 0.9, 0.9, 0.6, 0.3])
    long, short = decided(PARAMS, bars, rise)  # nothing before the deviation is known
    assert [long[name] for name in ("kind", "bar", "side", "max_bars")] == [ENTER, 4, 1, 12]
    assert (long["stop"], long["target"]) == (round(100_000 - unit), round(100_000 + 2 * unit))
    unit = math.log(1.01) * 101_000
    assert (short["stop"], short["target"]) == (round(101_003 + unit), round(101_003 - 2 * unit))
    assert (short["side"], short["probability"], long["probability"]) == (-1, 0.7, 0.6)


def test_without_a_target_there_is_none_and_a_stop_never_reaches_zero() -> None:
    bars = flat([100, 300, 100, 300, 100, 300], spread=-1)
    rise = np.full(6, 0.9)
    wide = ForecastParams(target=0.0, stop=9.0, horizon=3, volatility_bars=4)
    found = decided(wide, bars, rise)
    assert found["stop"].tolist() == [1, 1]
    assert found["target"].tolist() == [0, 0]
    assert not len(decided(wide, bars, np.full(6, math.nan)))
    assert not len(decided(wide, flat([100] * 6), rise))  # nothing moves


@given(st.integers(10, 59), st.integers(0, 2**16))
def test_a_longer_run_starts_with_the_same_decisions(cut: int, seed: int) -> None:
    bars, rise = random_walk(seed, 60, 100_000, 5), np.random.default_rng(seed).random(60)
    whole = decided(PARAMS, bars, rise)
    part = decided(PARAMS, bars.slice(0, cut), rise[:cut])
    assert np.array_equal(whole[whole["bar"] < cut], part)


def test_deviations_are_root_mean_squares_of_the_last_returns() -> None:
    closes = np.array([100, 110, 99, 105, 120], np.int64)
    found = deviations(closes, 2)
    assert np.isnan(found[:2]).all()
    assert found[4] == pytest.approx(
        math.sqrt((math.log(105 / 99) ** 2 + math.log(120 / 105) ** 2) / 2), rel=1e-14
    )
    assert np.isnan(deviations(closes, 5)).all()
