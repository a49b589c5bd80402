"""Distances in average true ranges, as the core features give them."""

from ictcli.kernels import hot_kernel

LEAST = 1e-9
"""Points. Prices are whole points: only hundreds of flat bars leave an average smaller than this."""


@hot_kernel
def in_ranges(distance: float, average: float) -> float:
    """A signed distance in average true ranges, 0.0 while the average is unknown or nothing."""
    if average < LEAST:
        return 0.0
    return distance / average
