"""Shares counted in clusters: what many hits on few days are worth.

Alerts of one day share that day's fate, so n of them tell less than n independent ones would. Two ways
to say how much less: the effective number of observations (Kish 1965), for Wilson's interval, and a
bootstrap that draws whole clusters.
"""

import numpy as np
from numpy.typing import NDArray

from ictcli.stats.sequences import Floats

_CHUNK = 256


def cluster_counts(clusters: NDArray[np.int64], hits: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Hits and observations of every cluster that has any, by ascending cluster.

    Args:
        clusters: cluster of each observation, in any order.
        hits: whether each observation is a hit.
    """
    _, members = np.unique(clusters, return_inverse=True)
    return np.bincount(members, weights=hits).astype(np.float64), np.bincount(members).astype(np.float64)


def intraclass_correlation(hits: Floats, sizes: Floats) -> float:
    """How alike hits within one cluster are, from the analysis of variance (Donner 1986), within 0..1.

    Where every observation is a hit, or none is, there is no variance that clusters could explain: 0.
    With a single cluster, or none with a second member to compare, nothing speaks for independence: a
    single cluster counts as 1, clusters of one observation each as 0.

    Args:
        hits: per cluster, 0 <= hits <= sizes.
        sizes: observations per cluster, at least 1.
    """
    k, n = len(sizes), float(sizes.sum())
    share = float(hits.sum()) / n if n > 0 else 0.0
    if k == n or share in (0.0, 1.0):
        return 0.0
    if k < 2:
        return 1.0
    between = float((sizes * (hits / sizes - share) ** 2).sum()) / (k - 1)
    within = float((hits * (1 - hits / sizes)).sum()) / (n - k)
    typical = (n - float((sizes**2).sum()) / n) / (k - 1)
    spread = between + (typical - 1) * within
    return min(1.0, max(0.0, (between - within) / spread)) if spread > 0 else 0.0


def effective_n(hits: Floats, sizes: Floats) -> float:
    """Number of independent observations worth as much: n / (1 + (m - 1) ICC).

    m is the size of the cluster that a random observation is in, which is the cluster size itself where
    all are equal.
    """
    n = float(sizes.sum())
    if n == 0:
        return 0.0
    met = float((sizes**2).sum()) / n
    return n / (1 + (met - 1) * intraclass_correlation(hits, sizes))


def bootstrap_share(hits: Floats, sizes: Floats, resamples: int, seed: int) -> Floats:
    """Resampled shares: whole clusters are drawn with replacement, as many as there are.

    NaN where there is no cluster.
    """
    k = len(sizes)
    if k == 0:
        return np.full(resamples, np.nan)
    generator = np.random.Generator(np.random.PCG64(seed))
    parts = []
    for done in range(0, resamples, _CHUNK):
        drawn = generator.integers(0, k, (min(_CHUNK, resamples - done), k))
        parts.append(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(parts)
