"""Samples whose label is told by the order of two past happenings, and by nothing in the last row."""

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.samples import Samples

STEPS = 20
FLIPPED = 0.02
"""Share of labels that are turned round: who knows the rule is right in 98 of 100."""

_EVERY = 8
"""Bars between happenings of a kind, on average."""


def planted_sequence(
    count: int, columns: int, seed: int, *, side: bool = False
) -> tuple[Samples, NDArray[np.float64]]:
    """Samples three bars apart, and P(label = 1) of each as the rule has it.

    Noise fills all columns; now and then the first or the second jumps. The label tells whether the last
    jump of the first column came after the last jump of the second. Both lie within the ``STEPS`` rows of
    the decision and neither in the last one. With ``side`` the event's own input turns the answer round.

    Args:
        count: samples.
        columns: of the matrix; 2 or more.
        seed: of everything random.
        side: whether events have one.
    """
    rng = np.random.default_rng(seed)
    bars = 6 * count + 10 * STEPS
    matrix = rng.normal(0.0, 0.5, (bars, columns))
    kind = rng.choice(3, bars, p=[1 / _EVERY, 1 / _EVERY, 1 - 2 / _EVERY])
    matrix[kind == 0, 0] += 4.0
    matrix[kind == 1, 1] += 4.0
    first, second = (_last(kind == one) for one in (0, 1))
    at = np.arange(bars)
    oldest, newest = np.minimum(first, second), np.maximum(first, second)
    rows = np.flatnonzero(
        (oldest > at - STEPS) & (oldest >= 0) & (newest < at) & (at % 3 == 0) & (at >= STEPS)
    )[:count]
    assert len(rows) == count
    sides = rng.choice([-1.0, 1.0], (count, 1)) if side else np.zeros((count, 0))
    told = first[rows] > second[rows]
    if side:
        told = told == (sides[:, 0] > 0)
    labels = (told != (rng.random(count) < FLIPPED)).astype(np.int64)
    chance = np.where(told, 1 - FLIPPED, FLIPPED)
    return Samples(matrix, rows, sides, labels, rng.uniform(0.5, 1.0, count)), chance


def _last(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Bar of the last flag up to each bar, -1 before the first."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), -1))
