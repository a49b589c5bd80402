"""The population stability index: how values fall into the bins of a reference.

Sum over bins of (actual - expected)·ln(actual / expected). Below 0.1 nothing has changed, above 0.25 much
has; without any change it is about (bins - 1)·(1/n + 1/m) for n and m independent values.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError

Floats = NDArray[np.float64]

SHIFTED = 0.25
"""An index above this is a shift; from 0.1 on it is worth a look."""

_LEAST_SHARE = 1e-4
"""A bin never counts as emptier than this, which would make the index infinite."""


@dataclass(frozen=True, slots=True)
class Bins:
    """How the values of a column fell in training.

    Attributes:
        edges: inner edges, ascending; a value on an edge belongs below it.
        shares: share of the values in each bin, one more than edges.
        count: number of values.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    count: int


def population_stability(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Sum over bins of (actual - expected)·ln(actual/expected), shares of at least 0.0001.

    Raises:
        DataError: the numbers of bins differ.
    """
    if len(expected) != len(actual):
        raise DataError(f"{len(actual)} bins cannot be compared with {len(expected)}")
    pairs = [(max(e, _LEAST_SHARE), max(a, _LEAST_SHARE)) for e, a in zip(expected, actual, strict=True)]
    return math.fsum((a - e) * math.log(a / e) for e, a in pairs)


def fit_bins(values: Floats, bins: int = 10) -> Bins:
    """Bins of equally many training values; fewer where values repeat.

    Raises:
        DataError: no value is a finite number.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        raise DataError("a column without numbers cannot be watched", hint="Leave it out of the features.")
    inner = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf")
    edges = np.unique(inner[inner < known.max()])
    return Bins(tuple(edges.tolist()), _shares(known, edges), len(known))


def column_stability(reference: Bins, values: Floats) -> float | None:
    """Population stability index of new values against the training ones; None without a finite number.

    Without any shift it is about (bins - 1)·(1/n + 1/m) for n and m independent values; autocorrelated
    columns show more.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return population_stability(reference.shares, _shares(known, np.array(reference.edges)))


def _shares(values: Floats, edges: Floats) -> tuple[float, ...]:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return tuple((counts / len(values)).tolist())
