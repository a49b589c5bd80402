"""Fractal pivots: the extreme of ``left`` bars before and ``right`` bars after it (ICT.md §4.1).

Here for lows; a pivot high is a pivot low on negated bars. Bar p is a pivot low when every one of the
``left`` lows before it is strictly higher and every one of the ``right`` lows after it is higher or
equal, so a tie belongs to the leftmost bar (C19). It is known at the close of bar p + right, never
earlier. The window lives in rings, so that the state does not grow.
"""

from typing import Any

import numpy as np

from ictcli.kernels import hot_kernel, kernel

RING = 1024
"""Bars remembered; ``left + right + 1`` may not exceed it."""
MOST_BARS = 500
"""Largest ``left`` or ``right``."""

PIVOTS = np.dtype(
    [
        ("left", np.int64),
        ("right", np.int64),
        ("low", np.int64, (2, RING)),  # lows signed by side: row 1 holds negated highs
        ("ts", np.int64, RING),
    ]
)


def init_pivots(pivots: Any, left: int, right: int) -> None:
    """Set a zeroed window.

    Raises:
        ValueError: ``left`` or ``right`` is not in 1..500.
    """
    for name, value in (("left", left), ("right", right)):
        if not 1 <= value <= MOST_BARS:
            raise ValueError(f"{name} must be within 1..{MOST_BARS}, not {value}")
    pivots["left"] = left
    pivots["right"] = right


@hot_kernel
def push_bar(pivots: Any, bar: int, ts: int, high: int, low: int) -> None:
    """Remember the current bar."""
    slot = bar & (RING - 1)
    pivots["low"][0, slot] = low
    pivots["low"][1, slot] = -high
    pivots["ts"][slot] = ts


@kernel
def low_at(pivots: Any, side: int, bar: int) -> int:
    """The signed low of a remembered bar."""
    return int(pivots["low"][side, bar & (RING - 1)])


@hot_kernel
def is_pivot(pivots: Any, side: int, bar: int) -> bool:
    """Whether the bar ``right`` bars before the current one is a pivot of the side."""
    right = pivots["right"]
    left = pivots["left"]
    pivot = bar - right
    if pivot < left:
        return False
    low = low_at(pivots, side, pivot)
    for offset in range(1, max(left, right) + 1):
        if offset <= right and low_at(pivots, side, pivot + offset) < low:
            return False
        if offset <= left and low_at(pivots, side, pivot - offset) <= low:
            return False
    return True


@kernel
def highest_opposite(pivots: Any, side: int, first: int, last: int) -> int:
    """The highest signed high of the remembered bars ``first`` to ``last``."""
    highest = -low_at(pivots, 1 - side, first)
    for bar in range(first + 1, last + 1):
        highest = max(highest, -low_at(pivots, 1 - side, bar))
    return highest
