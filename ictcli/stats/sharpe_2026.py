"""Is a Sharpe ratio skill, after the paper of 2026: autocorrelated returns, variance at the benchmark.

Lopez de Prado, Lipton and Zoonekynd, "How to Use the Sharpe Ratio" (SSRN 5520741). On one track record
these give other numbers than the formulas of 2012: never compare across.
"""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from ictcli.stats.sharpe import Floats, TrackRecord
from ictcli.stats.sharpe_2012 import expected_max_factor

_NORMAL = NormalDist()
_GRID = np.linspace(-9.0, 12.0, 4201)
"""Where the best of up to 10¹² normal draws can lie, finer than the density bends."""


def sharpe_sd_2026(record: TrackRecord, at: float) -> float | None:
    """Standard deviation of the estimated Sharpe ratio if the true one is ``at``.

    √(1/T·[(1+r)/(1-r) - (1+r+r²)/(1-r²)·skew·SR + (1+r²)/(1-r²)·(kurtosis-1)/4·SR²]) at SR = ``at``, with
    the autocorrelation r. None where it is undefined, or where moments that cannot be make it 0 or below.
    """
    variance = _variance_factor(record, at)
    return None if variance is None else math.sqrt(variance / record.periods)


def psr_2026(record: TrackRecord, benchmark: float = 0.0) -> float | None:
    """Probability that the true Sharpe ratio exceeds ``benchmark``; None where it is undefined.

    Φ((SR - SR0)/sd) with the deviation sd at SR0.
    """
    spread = sharpe_sd_2026(record, benchmark)
    return None if spread is None else _NORMAL.cdf((record.sharpe - benchmark) / spread)


def min_trl_2026(record: TrackRecord, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """Returns needed to say with ``confidence`` that the Sharpe ratio exceeds ``benchmark``, not rounded.

    T·sd²·(z/(SR - SR0))² with sd at SR0. Infinite where the ratio does not exceed the benchmark: no length
    would do. None where it is undefined. The record's own length plays no part.
    """
    variance = _variance_factor(record, benchmark)
    if variance is None:
        return None
    if record.sharpe <= benchmark:
        return math.inf
    return variance * (_NORMAL.inv_cdf(confidence) / (record.sharpe - benchmark)) ** 2


def dsr_2026(record: TrackRecord, trials: float, trial_variance: float) -> float | None:
    """Probability that the best of ``trials`` beats what the best of as many without skill would show.

    Φ((SR - √V·m(K)) / (√V·s(K))): m(K) is the approximate expectation and s(K) the exact deviation of the
    best of K standard normal draws. The spread is that of the best trial, not the sampling error of its
    ratio. One trial was not selected: its PSR against 0.

    Args:
        record: the selected trial.
        trials: effective number of trials (``trials.trial_set``).
        trial_variance: variance of the Sharpe ratios across the trials, per period.

    Returns:
        The probability, or None where the record is undefined or the trials' ratios do not differ.
    """
    if trials <= 1:
        return psr_2026(record)
    factor = expected_max_factor(trials)
    if factor is None or not record.defined or not trial_variance > 0:
        return None
    spread = math.sqrt(trial_variance)
    return _NORMAL.cdf((record.sharpe - spread * factor) / (spread * max_of_normals_sd(trials)))


@lru_cache(maxsize=1024)
def max_of_normals_sd(trials: float) -> float:
    """Exact standard deviation of the best of ``trials`` standard normal draws; 1 for a single one.

    By the trapezoid rule over its density K·φ(x)·Φ(x)^(K-1), whose tails make the rule exact to rounding.
    ``trials`` may be fractional, at least 1.
    """
    density = np.exp((trials - 1) * _log_normal_cdf() - _GRID**2 / 2)
    weights = density / density.sum()
    centre = float((weights * _GRID).sum())
    return math.sqrt(float((weights * (_GRID - centre) ** 2).sum()))


@lru_cache(maxsize=1)
def _log_normal_cdf() -> Floats:
    """Logarithm of Φ on the grid, exact in both tails."""
    tails = [math.erfc(abs(x) / math.sqrt(2)) / 2 for x in _GRID]
    return np.array(
        [math.log(tail) if x < 0 else math.log1p(-tail) for x, tail in zip(_GRID, tails, strict=True)]
    )


def _variance_factor(record: TrackRecord, at: float) -> float | None:
    """T times the variance of the estimated Sharpe ratio, with autocorrelation."""
    rho = record.autocorrelation
    if not record.defined or not -1 < rho < 1:
        return None
    flat = (1 + rho) / (1 - rho)
    slope = (1 + rho + rho * rho) / (1 - rho * rho) * record.skew
    curve = (1 + rho * rho) / (1 - rho * rho) * (record.kurtosis - 1) / 4
    factor = flat - slope * at + curve * at * at
    return factor if factor > 0 else None
