"""How many trials a search was worth: the count, the effective count, and how far their ratios scatter."""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.stats.sharpe import FLAT, Floats


@dataclass(frozen=True, slots=True)
class TrialSet:
    """What the deflated Sharpe ratio needs to know of all trials of a search.

    Attributes:
        trials: trials that were run, N.
        defined: trials with a Sharpe ratio; the others never moved.
        average_correlation: mean correlation of all pairs of defined trials; NaN for fewer than two.
        effective_trials: r + (1 - r)·N with r the average correlation within 0..1; N where it is unknown.
        sharpe_variance: sample variance (ddof 1) of the trials' Sharpe ratios; NaN for fewer than two.
        best: column with the highest Sharpe ratio, the lowest of equals; -1 where there is none.
    """

    trials: int
    defined: int
    average_correlation: float
    effective_trials: float
    sharpe_variance: float
    best: int


def sharpe_by_trial(returns: Floats) -> Floats:
    """Per-period Sharpe ratio (ddof 1) of each column of a periods by trials matrix; NaN where undefined."""
    rows, columns = returns.shape
    if rows < 2:
        return np.full(columns, np.nan)
    centre = returns.mean(axis=0)
    deviation = np.sqrt(((returns - centre) ** 2).sum(axis=0) / (rows - 1))
    moving = (deviation > FLAT * np.abs(centre)) & (deviation > 0)
    return np.where(moving, centre / np.where(moving, deviation, 1.0), np.nan)


def trial_set(returns: Floats) -> TrialSet:
    """Count, effective count and scatter of the trials in a periods by trials matrix of returns.

    The effective count interpolates between one trial (all alike) and N (all uncorrelated) by the average
    correlation (Bailey and Lopez de Prado 2014, appendix 3). It is unbiased for any number of periods;
    counts from eigenvalues shrink when trials outnumber periods, which would flatter the selected trial.
    Trials that never moved count among N.
    """
    ratios = sharpe_by_trial(returns)
    moving = ~np.isnan(ratios)
    defined, trials = int(moving.sum()), len(ratios)
    rho = _average_correlation(returns[:, moving])
    share = 0.0 if math.isnan(rho) else min(1.0, max(0.0, rho))
    return TrialSet(
        trials=trials,
        defined=defined,
        average_correlation=rho,
        effective_trials=share + (1 - share) * trials if trials else 0.0,
        sharpe_variance=float(ratios[moving].var(ddof=1)) if defined >= 2 else math.nan,
        best=int(np.nanargmax(ratios)) if defined else -1,
    )


def _average_correlation(returns: Floats) -> float:
    """Mean correlation of all pairs, from the variance of the sum: no matrix of pairs is needed."""
    rows, n = returns.shape
    if n < 2:
        return math.nan
    apart = returns - returns.mean(axis=0)
    scaled = apart / np.sqrt((apart**2).sum(axis=0) / rows)
    together = scaled.sum(axis=1)
    return float(((together**2).sum() / rows - n) / (n * (n - 1)))
