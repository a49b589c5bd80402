"""Combinatorial purged cross-validation (AFML ch. 12): every choice of groups is tested once.

N groups of which k are tested give C(N, k) splits; every group is tested in C(N - 1, k - 1) of them, so
their predictions make as many paths through all events.
"""

from itertools import combinations
from math import comb

import numpy as np

from ictcli.errors import UsageError
from ictcli.learning.splits.purge import allowed
from ictcli.learning.splits.split import Int64, Split, blocks, require_events, sound

MOST_SPLITS = 10_000
"""More models than this in one validation are a mistake."""


def combinatorial_purged(
    start: Int64, end: Int64, groups: int, test_groups: int, embargo: int
) -> tuple[Split, ...]:
    """One split per choice of tested groups, in the order of the choices.

    Each tested group is purged and embargoed by itself, so events between two of them are learned from.

    Args:
        start: bars of the decisions, ascending, n.
        end: last bars of the labels, n.
        groups: how many contiguous groups the events make.
        test_groups: how many of them a split tests.
        embargo: bars after each tested group that are not learned from.

    Raises:
        UsageError: the number of groups or the embargo is not possible.
        DataError: there are fewer events than groups, or a split has nothing to learn from.
    """
    _check(groups, test_groups)
    require_events(start, end, embargo)
    parts = blocks(len(start), groups)
    free = [allowed(start, end, part, embargo) for part in parts]
    members = [np.arange(part.start, part.stop) for part in parts]
    splits = comb(groups, test_groups)
    return tuple(
        sound(
            Split(
                train=np.flatnonzero(np.logical_and.reduce([free[at] for at in chosen])),
                test=np.concatenate([members[at] for at in chosen]),
                groups=chosen,
            ),
            number + 1,
            splits,
        )
        for number, chosen in enumerate(combinations(range(groups), test_groups))
    )


def paths(groups: int, test_groups: int) -> Int64:
    """The split that gives each path its predictions of each group, shape (paths, groups).

    A group's splits go to the paths in ascending order (M9).

    Raises:
        UsageError: the number of groups is not possible.
    """
    _check(groups, test_groups)
    taken = np.zeros(groups, np.int64)
    table = np.zeros((comb(groups - 1, test_groups - 1), groups), np.int64)
    for number, chosen in enumerate(combinations(range(groups), test_groups)):
        for group in chosen:
            table[taken[group], group] = number
            taken[group] += 1
    return table


def _check(groups: int, test_groups: int) -> None:
    if not 1 <= test_groups < groups:
        raise UsageError(
            f"{test_groups} of {groups} groups cannot be tested while others are learned from",
            hint="Test at least one group and fewer than all, such as 2 of 6.",
        )
    splits = comb(groups, test_groups)
    if splits > MOST_SPLITS:
        raise UsageError(
            f"{test_groups} of {groups} groups make {splits} splits, {MOST_SPLITS} at most",
            hint="Use fewer groups; 2 of 10 make 45 splits.",
        )
