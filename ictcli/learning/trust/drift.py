"""Has the market left what the model knew: the decay of an edge.

The test of Page (1954) and Hinkley (1971) adds up how far results stay behind what they were and rings when
that has gone farther than chance goes. Shifts of inputs: ``stats.stability``.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError

Floats = NDArray[np.float64]

_CORRECTION = 1.166
"""Twice Siegmund's 0.583: what a walk in steps overshoots a boundary by, in standard deviations."""


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
