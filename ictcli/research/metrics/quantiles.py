"""Quantiles with intervals from order statistics: exact for independent observations of any distribution.

The number of observations at or below the true quantile is binomial, so two of the sorted observations
enclose it with at least the asked confidence (David and Nagaraja, Order Statistics, 2003, §7.1).
"""

import math

import numpy as np

from ictcli.stats.intervals import Interval
from ictcli.stats.sequences import Floats


def quantile(values: Floats, share: float) -> float:
    """The value below which ``share`` of the observations lie, interpolated; NaN for none."""
    return float(np.quantile(values, share)) if len(values) else math.nan


def quantile_interval(values: Floats, share: float, confidence: float) -> Interval:
    """Two-sided interval of a quantile, bounds being actual observations.

    Args:
        values: observations in any order.
        share: of the distribution below the quantile, within 0..1.
        confidence: at least that of the interval, half of the rest on each side.

    Returns:
        The interval; a bound that would take more observations is None.
    """
    n = len(values)
    if n == 0:
        return Interval(None, None)
    ordered, tail = np.sort(values), (1 - confidence) / 2
    at_most = _binomial_cdf(n, share)
    below = int(np.searchsorted(at_most, tail, side="right"))
    above = int(np.searchsorted(at_most, 1 - tail, side="left")) + 1
    return Interval(
        low=float(ordered[below - 1]) if below >= 1 else None,
        high=float(ordered[above - 1]) if above <= n else None,
    )


def _binomial_cdf(n: int, share: float) -> Floats:
    """Probability of at most 0, 1, ... n successes in n."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    k = np.arange(n + 1)
    log_mass = logs[n] - logs - logs[::-1] + k * math.log(share) + (n - k) * math.log1p(-share)
    below: Floats = np.minimum(1.0, np.cumsum(np.exp(log_mass)))
    return below
