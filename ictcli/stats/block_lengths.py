"""How long blocks must be to keep what neighbours share: the rule of Politis and White.

Politis and White, "Automatic Block-Length Selection for the Dependent Bootstrap" (Econometric Reviews
23(1), 2004), with the correction by Patton, Politis and White (Econometric Reviews 28(4), 2009).
"""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.stats.sharpe import FLAT, Floats


@dataclass(frozen=True, slots=True)
class BlockLengths:
    """Block lengths that make the variance of the resampled mean most exact, at least 1, not rounded."""

    stationary: float
    circular: float


def automatic_block_lengths(values: Floats) -> BlockLengths:
    """Block lengths for a series, from how far its autocorrelation reaches.

    The flat-top window reaches to twice the last lag before K insignificant ones in a row. Lengths are at
    most 3·√n and n/3; 1 without variance or for fewer than eight values.
    """
    n = len(values)
    if n < 8:
        return BlockLengths(1.0, 1.0)
    centre = float(values.mean())
    apart = values - centre
    variance = float(apart @ apart) / n
    if math.sqrt(variance) <= FLAT * abs(centre) or variance == 0:
        return BlockLengths(1.0, 1.0)
    quiet = max(5, math.ceil(math.sqrt(math.log10(n))))
    farthest = min(n - 1, math.ceil(math.sqrt(n)) + quiet)
    covariances = np.array([float(apart[lag:] @ apart[: n - lag]) / n for lag in range(farthest + 1)])
    window = min(2 * _last_significant_lag(covariances / variance, n, quiet), farthest)
    lags = np.arange(1, window + 1)
    weights = np.minimum(1.0, 2 * (1 - lags / window)) * covariances[1 : window + 1]
    slope, level = 2 * float(lags @ weights), variance + 2 * float(weights.sum())
    if level == 0:
        return BlockLengths(1.0, 1.0)
    longest = math.ceil(min(3 * math.sqrt(n), n / 3))
    stationary, circular = (
        min(float(longest), max(1.0, math.cbrt(2 * slope**2 / (share * level**2) * n)))
        for share in (2.0, 4 / 3)
    )
    return BlockLengths(stationary, circular)


def _last_significant_lag(correlations: Floats, n: int, quiet: int) -> int:
    """Last lag before ``quiet`` insignificant ones in a row, at least 1; the last significant otherwise."""
    bound = 2 * math.sqrt(math.log10(n) / n)
    last, silence = 0, 0
    for lag in range(1, len(correlations)):
        if abs(correlations[lag]) >= bound:
            last, silence = lag, 0
        else:
            silence += 1
        if silence == quiet:
            break
    return max(1, last)
