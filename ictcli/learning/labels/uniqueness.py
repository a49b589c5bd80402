"""How much of a label is its own: labels that live on the same bars are not independent (AFML ch. 4).

A label lives on the bars ``start + 1 .. end``, both included (ML.md M7). With ``c`` labels alive on a bar,
each has a share of ``1 / c`` of it; average uniqueness is the mean share over a label's life, and the sum
of them all is about the number of independent labels.
"""

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.events import Floats, Int64


def average_uniqueness(start: Int64, end: Int64, bars: int) -> Floats:
    """Mean share of each label in the bars it lives on, above 0 and at most 1; 0 for an empty life.

    Args:
        start: bars of the decisions, n.
        end: last bars of the labels, n, each below ``bars``.
        bars: length of the series.
    """
    return _mean_share(start, end, _alive(start, end, bars))


def sequential_probabilities(start: Int64, end: Int64, bars: int, drawn: Int64) -> Floats:
    """Chance of each label to be drawn next by the sequential bootstrap (AFML 4.5.3); they sum to 1.

    A label's chance is proportional to the uniqueness that it would have among those drawn before it.

    Args:
        start: bars of the decisions, n.
        end: last bars of the labels, n, each below ``bars``; no life may be empty.
        bars: length of the series.
        drawn: positions drawn so far; one may occur more than once.
    """
    share = _mean_share(start, end, _alive(start[drawn], end[drawn], bars) + 1)
    chances: Floats = share / share.sum()
    return chances


def _alive(start: Int64, end: Int64, bars: int) -> Int64:
    """Labels alive on each bar."""
    lives = end > start
    changes = np.bincount(start[lives] + 1, minlength=bars + 1)
    changes -= np.bincount(end[lives] + 1, minlength=bars + 1)
    alive: Int64 = np.cumsum(changes[:bars]).astype(np.int64)
    return alive


def _mean_share(start: Int64, end: Int64, alive: Int64) -> Floats:
    """Mean of ``1 / alive`` over the life of each label."""
    before: NDArray[np.float64] = np.zeros(len(alive) + 1)
    np.cumsum(1.0 / np.maximum(alive, 1), out=before[1:])
    lived = np.maximum(end - start, 0)
    total = np.where(lived > 0, before[end + 1] - before[start + 1], 0.0)
    share: Floats = np.clip(total / np.maximum(lived, 1), 0.0, 1.0)
    return share
