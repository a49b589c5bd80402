"""The scales of ICT features: distances in average ranges, ages as logarithms, both bounded.

A distance is divided by an average range, of bars or of days, and clipped; an age is the number of bars
since an event, 500 at most, as ``ln(1 + bars)``. What does not exist is as far away or as old as the
scale goes, so that a missing event is neither NaN nor a huge number.
"""

import math

from ictcli.kernels import hot_kernel

FAR = 10.0
"""Bound of distances in average true ranges, and the distance of what does not exist."""

FAR_DAYS = 3.0
"""Bound of distances in average daily ranges, and the distance of what does not exist."""

OLD = 500
"""Bound of ages in bars."""

OLDEST = math.log1p(OLD)
"""The age of what never happened."""

NEVER = -1
"""The bar of what never happened."""


@hot_kernel
def bounded(value: float, low: float, high: float) -> float:
    """A value, or the bound that it lies beyond."""
    if value < low:
        return low
    if value > high:
        return high
    return value


@hot_kernel
def in_ranges(distance: float, average: float, most: float) -> float:
    """A signed distance in average ranges, within -most..most; ``most`` while the average is unknown."""
    if average <= 0.0:
        return most
    return bounded(distance / average, -most, most)


@hot_kernel
def age(bar: int, since: int) -> float:
    """``ln(1 + bars)`` since the bar ``since``, of 500 bars at most; the oldest age for ``NEVER``."""
    if since < 0 or bar - since >= OLD:
        return OLDEST
    return math.log1p(float(bar - since))


@hot_kernel
def place_in(low: float, high: float, price: float) -> float:
    """Where a price lies between two edges, 0 at the low and 1 at the high, within -0.5..1.5."""
    if high <= low:
        return 0.5
    return bounded((price - low) / (high - low), -0.5, 1.5)
