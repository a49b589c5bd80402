"""Telling which bar of a series is the first that changed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Bars

_COLUMNS = ("ts", "ts_close", "open", "high", "low", "close", "spread")
_OTHER = ("high", "low", "close")
_ODD = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def fingerprints(bars: Bars, other: Bars | None = None) -> NDArray[np.uint64]:
    """64 bits per bar that change with anything a detector sees of it, the second symbol included."""
    found = np.zeros(len(bars), np.uint64)
    for name in _COLUMNS:
        found = _mixed(found, getattr(bars, name))
    if other is not None:
        _, ours, theirs = np.intersect1d(bars.ts, other.ts, assume_unique=True, return_indices=True)
        beside = found[ours]
        for name in _OTHER:
            beside = _mixed(beside, getattr(other, name)[theirs])
        found[ours] = beside
    return found


def first_change(before: NDArray[np.uint64], after: NDArray[np.uint64]) -> int | None:
    """Index of the first bar that is another one or gone; None when bars were only added at the end."""
    both = min(len(before), len(after))
    changed = np.flatnonzero(before[:both] != after[:both])
    if len(changed):
        return int(changed[0])
    return both if len(after) < len(before) else None


def _mixed(found: NDArray[np.uint64], column: NDArray[Any]) -> NDArray[np.uint64]:
    """One more column hashed in (the finaliser of splitmix64), in arithmetic modulo 2**64."""
    mixed = (found + _ODD) ^ column.astype(np.int64).view(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
