"""Bounds that hold for every sample size: of a share (Clopper and Pearson 1934), of a quantile."""

import numpy as np
from numpy.typing import NDArray

from ictcli.stats.intervals import NOWHERE, Interval

Floats = NDArray[np.float64]

_STEPS = 60
"""Halvings of the unit interval: more than a double can tell apart."""


def clopper_pearson(hits: int, n: int, confidence: float) -> Interval:
    """Exact bounds of a share, each of which alone has the given confidence.

    Without hits the upper bound is ``1 - (1 - confidence) ** (1 / n)``, which at 95 % is the rule of three,
    3 / n. With ``n = 0`` there is no interval.

    Raises:
        ValueError: more hits than trials, or a negative number of them.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if n == 0:
        return NOWHERE
    high = 1.0 if hits == n else _share_where(hits, n, 1.0 - confidence)
    low = 0.0 if hits == 0 else 1.0 - _share_where(n - hits, n, 1.0 - confidence)
    return Interval(low, high)


def quantile_bounds(n: int, p: float, confidence: float) -> tuple[int | None, int | None]:
    """Which of ``n`` sorted values bound their population's ``p`` quantile, whatever its distribution.

    Args:
        n: independent values.
        p: the quantile, between 0 and 1.
        confidence: that each bound has alone.

    Returns:
        Positions from 0 of the lower and the upper bound; None where so few values bound nothing (of a
        95 % quantile at 95 % the upper bound needs 59).
    """
    if n == 0:
        return None, None
    cumulative = np.cumsum(np.exp(_log_terms(_log_ways(n, n), n, p)))
    high = int(np.searchsorted(cumulative[:n], confidence))
    low = int(np.searchsorted(cumulative[:n], 1.0 - confidence, side="right")) - 1
    return (low if low >= 0 else None), (high if high < n else None)


def _share_where(hits: int, n: int, chance: float) -> float:
    """The share at which at most so many hits have the chance."""
    ways = _log_ways(hits, n)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        share = (low + high) / 2
        if float(np.exp(_log_terms(ways, n, share)).sum()) > chance:
            low = share
        else:
            high = share
    return high


def _log_ways(last: int, n: int) -> Floats:
    """Logarithms of the numbers of ways in which 0, 1, ... ``last`` of ``n`` trials can be hits."""
    hits = np.arange(last, dtype=np.float64)
    return np.concatenate(([0.0], np.cumsum(np.log(n - hits) - np.log(hits + 1.0))))


def _log_terms(ways: Floats, n: int, p: float) -> Floats:
    """Logarithms of the chances of 0, 1, ... hits in ``n`` trials."""
    hits = np.arange(len(ways), dtype=np.float64)
    return np.asarray(ways + hits * np.log(p) + (n - hits) * np.log1p(-p), np.float64)
