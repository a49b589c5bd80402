"""Has the market left what the model knew: shifts of inputs and the decay of an edge.

The population stability index compares how a column falls into the bins of the training rows; the test of
Page (1954) and Hinkley (1971) adds up how far results stay behind what they were and rings when that has
gone farther than chance goes.
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
_CORRECTION = 1.166
"""Twice Siegmund's 0.583: what a walk in steps overshoots a boundary by, in standard deviations."""


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


class PageHinkley:
    """Rings when results fall behind what they were.

    Each result is compared with the mean of all so far, the reference among them. Results must be of labels
    that do not overlap, or of their sums, taken as they mature.

    Args:
        mean: of the reference results, such as gains over the base rate out of sample.
        deviation: of single results, above 0.
        count: reference results behind ``mean``; more of them make it more stubborn.
        fall: loss of mean that matters; by default all of it.
        run_length: results without a fall after which a false alarm is expected.

    Attributes:
        behind: how far the sum has fallen from its peak, in deviations.
        threshold: of ``behind``, in deviations.

    Raises:
        DataError: there is no fall or no deviation to measure it by.
    """

    def __init__(
        self,
        mean: float,
        deviation: float,
        count: int,
        *,
        fall: float | None = None,
        run_length: float = 100_000,
    ) -> None:
        loss = mean if fall is None else fall
        if not (deviation > 0 and loss > 0):
            raise DataError(
                "without an edge in training its decay cannot be watched",
                hint="Watch only models with a gain above 0 out of sample.",
            )
        self._mean, self._deviation, self._count = mean, deviation, float(count)
        self._slack = loss / deviation / 2
        self.threshold = alarm_threshold(self._slack, run_length)
        self.behind = 0.0

    def add(self, result: float) -> bool:
        """Take the next matured result; whether it rings."""
        apart = (self._mean - result) / self._deviation - self._slack
        self.behind = max(0.0, self.behind + apart)
        self._count += 1
        self._mean += (result - self._mean) / self._count
        return self.behind > self.threshold


def alarm_threshold(slack: float, run_length: float) -> float:
    """Threshold, in deviations, at which results without a fall ring once in ``run_length``.

    The root of (exp(2·slack·b) - 1 - 2·slack·b)/(2·slack²) = run_length less Siegmund's correction (1985)
    for walks in steps.

    Args:
        slack: what the sum loses per result, in deviations, above 0.
        run_length: mean number of results until a false alarm, above 1.
    """
    low, high = 0.0, 1.0
    while _length(slack, high) < run_length:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _length(slack, middle) < run_length else (low, middle)
    return max(high - _CORRECTION, 0.0)


def _length(slack: float, reach: float) -> float:
    scaled = 2 * slack * reach
    return (math.expm1(min(scaled, 700.0)) - scaled) / (2 * slack * slack)
