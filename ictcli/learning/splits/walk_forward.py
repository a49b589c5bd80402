"""Walk-forward: learn from what had ended, test what follows, move on (ML.md §1.3)."""

import numpy as np

from ictcli.errors import UsageError
from ictcli.learning.splits.split import Int64, Split, blocks, require_events, sound


def walk_forward(
    start: Int64, end: Int64, folds: int, embargo: int, window: int | None = None
) -> tuple[Split, ...]:
    """One split per fold; only events whose labels ended before the tested ones begin are learned from.

    The events make ``folds + 1`` contiguous groups, of which the first is only learned from. Nothing is
    learned from after a test, so the embargo lies before it: labels must have ended more than ``embargo``
    bars before the first tested decision.

    Args:
        start: bars of the decisions, ascending, n.
        end: last bars of the labels, n.
        folds: how many tests, at least 1.
        embargo: bars kept free before each test.
        window: only decisions in the last ``window`` bars before the test are learned from; None: all.

    Raises:
        UsageError: the number of folds, the embargo or the window is not possible.
        DataError: there are too few events, or a fold has nothing to learn from.
    """
    if folds < 1:
        raise UsageError(f"{folds} folds make no walk-forward", hint="Ask for at least 1 fold.")
    if window is not None and window < 1:
        raise UsageError(f"a window of {window} bars is not possible", hint="Use at least 1 bar.")
    require_events(start, end, embargo)
    splits = []
    for number, part in enumerate(blocks(len(start), folds + 1)[1:], start=1):
        first = int(start[part.start])
        known = end[: part.start] < first - embargo
        if window is not None:
            known &= start[: part.start] >= first - window
        split = Split(np.flatnonzero(known), np.arange(part.start, part.stop), (number,))
        splits.append(sound(split, number, folds))
    return tuple(splits)
