"""A straight line through observations that depend on their neighbours, and how sure its slope is.

Neighbours say nearly the same, so they count as one: the observations are cut into ten batches that follow
each other, and the line goes through the means of these, whose errors hardly depend on each other any more.
"""

from dataclasses import dataclass

import numpy as np

from ictcli.stats.intervals import NOWHERE, Interval
from ictcli.stats.sequences import Floats

CONFIDENCE = 0.95
"""That each bound of a slope has alone."""
BATCHES = 10
FEWEST = 2 * BATCHES
"""Observations below which nothing is said."""
_STUDENT = 1.859548
"""The 95 % quantile of Student's t with 8 degrees of freedom, what ten points leave of a line."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope by least squares.

    Attributes:
        value: y per x; None where there are too few observations, or x does not vary.
        interval: its bounds, each of which alone has ``CONFIDENCE``.
    """

    value: float | None
    interval: Interval


def slope(x: Floats, y: Floats) -> Slope:
    """The slope of ``y`` over ``x``.

    Args:
        x: where, ascending.
        y: what was observed there.
    """
    if len(x) < FEWEST or float(np.ptp(x)) == 0.0:
        return Slope(None, NOWHERE)
    places = np.array([part.mean() for part in np.array_split(x, BATCHES)])
    means = np.array([part.mean() for part in np.array_split(y, BATCHES)])
    apart = places - places.mean()
    square = float(apart @ apart)
    value = float(apart @ means) / square
    left = means - means.mean() - value * apart
    half = _STUDENT * float(np.sqrt(left @ left / (BATCHES - 2) / square))
    return Slope(value, Interval(value - half, value + half))
