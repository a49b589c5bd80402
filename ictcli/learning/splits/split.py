"""One fold, and the contiguous groups of events that folds are made of."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError, UsageError

Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Split:
    """Events to learn from and events to test on.

    Attributes:
        train: positions of events, ascending.
        test: positions of events, ascending; none of them in ``train``.
        groups: numbers of the groups that ``test`` consists of.
    """

    train: Int64
    test: Int64
    groups: tuple[int, ...]


def blocks(n: int, groups: int) -> tuple[slice, ...]:
    """Positions of n events in contiguous groups whose sizes differ by at most one, larger ones first (M9).

    Raises:
        UsageError: fewer than two groups.
        DataError: fewer events than groups.
    """
    if groups < 2:
        raise UsageError(f"{groups} groups of events make no folds", hint="Ask for at least 2 folds.")
    if n < groups:
        raise DataError(
            f"{n} events are too few for {groups} groups", hint="Use more bars, or ask for fewer folds."
        )
    size, larger = divmod(n, groups)
    edges = [at * size + min(at, larger) for at in range(groups + 1)]
    return tuple(slice(first, after) for first, after in pairwise(edges))


def require_events(start: Int64, end: Int64, embargo: int) -> None:
    """Refuse what cannot be split.

    Raises:
        UsageError: the embargo is negative.
        ValueError: the events are not in the order of their bars, or one ends before it starts.
    """
    if embargo < 0:
        raise UsageError(f"an embargo of {embargo} bars is not possible", hint="Use 0 or more bars.")
    if len(start) != len(end):
        raise ValueError(f"{len(start)} starts and {len(end)} ends")
    if np.any(start[1:] < start[:-1]):
        raise ValueError("events are not in the order of their bars")
    if np.any(end < start):
        raise ValueError("an event ends before it starts")


def sound(split: Split, number: int, splits: int) -> Split:
    """The split itself.

    Args:
        split: to look at.
        number: of the split, from 1.
        splits: how many there are.

    Raises:
        DataError: nothing is left to learn from.
    """
    if not len(split.train):
        raise DataError(
            f"fold {number} of {splits} is too short: {len(split.test)} events to test, none to learn from",
            hint="Use more bars, fewer folds, a shorter horizon, or features that look back on fewer bars.",
        )
    return split
