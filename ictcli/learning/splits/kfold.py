"""Purged K-fold (AFML ch. 7): every event is tested once, and learned from where that is allowed."""

import numpy as np

from ictcli.learning.splits.purge import allowed
from ictcli.learning.splits.split import Int64, Split, blocks, require_events, sound


def purged_kfold(start: Int64, end: Int64, folds: int, embargo: int) -> tuple[Split, ...]:
    """One split per contiguous fold; events before and after it are learned from.

    Args:
        start: bars of the decisions, ascending, n.
        end: last bars of the labels, n.
        folds: how many, at least 2.
        embargo: bars after the tested fold that are not learned from.

    Raises:
        UsageError: the number of folds or the embargo is not possible.
        DataError: there are fewer events than folds, or a fold has nothing to learn from.
    """
    require_events(start, end, embargo)
    parts = blocks(len(start), folds)
    return tuple(
        sound(
            Split(
                train=np.flatnonzero(allowed(start, end, part, embargo)),
                test=np.arange(part.start, part.stop),
                groups=(at,),
            ),
            at + 1,
            folds,
        )
        for at, part in enumerate(parts)
    )
