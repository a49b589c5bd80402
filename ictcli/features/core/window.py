"""The last values of something, kept by bar so that a window can be summed from its oldest to its newest.

A sum that is carried along remembers, in its rounding, where the series began; one that is taken anew does
not (ML.md M26). Rings hold a power of two of values, so that a bar's place needs no division.
"""

from typing import Any

from ictcli.kernels import hot_kernel

RING = 32
"""Places for windows of up to 32 bars."""
WIDE_RING = 64
"""Places for windows of up to 64 bars."""


@hot_kernel
def put(ring: Any, index: int, value: float) -> None:
    """Keep the value of bar ``index``."""
    ring[index & (len(ring) - 1)] = value


@hot_kernel
def get(ring: Any, index: int) -> float:
    """The value of bar ``index``, one of the last that the ring has places for."""
    return float(ring[index & (len(ring) - 1)])
