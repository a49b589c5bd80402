"""Purge and embargo: which events may be learned from when a block of events is tested (ML.md §1.3, M8).

A tested block lasts from ``T0``, its first start, to ``T1``, the latest end of its labels. An event
overlaps it when ``start <= T1 and end >= T0``, both ends included, and is under embargo when it starts in
``(T1, T1 + embargo]``. An event that starts after ``T1`` also ends after ``T0``, so the two rules are one.
"""

import numpy as np

from ictcli.learning.splits.split import Flags, Int64


def allowed(start: Int64, end: Int64, block: slice, embargo: int) -> Flags:
    """Whether each event may be learned from while a block is tested; never one of the block itself.

    Args:
        start: bars of the decisions, ascending, n.
        end: last bars of the labels, n.
        block: positions of the tested events, at least one.
        embargo: bars after the block that are not learned from.
    """
    first, last = int(start[block.start]), int(end[block].max())
    free = end < first
    free[np.searchsorted(start, last + embargo, side="right") :] = True
    return free
