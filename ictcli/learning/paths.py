"""The paths that combinatorial splits make through all events (AFML ch. 12; ML.md M9), each by itself."""

from dataclasses import replace

import numpy as np

from ictcli.learning.folds import OutOfFold
from ictcli.learning.splits.combinatorial import paths


def path_scores(scores: OutOfFold) -> tuple[OutOfFold, ...]:
    """What was said along every path: each group by the one split that the path takes for it.

    Args:
        scores: of combinatorial splits, in the order of their choices.

    Returns:
        One per path, of the same events; none where splits test one group each, since there is but one path.
    """
    tested = len(scores.folds[0].split.groups)
    if tested == 1:
        return ()
    return tuple(_along(scores, way) for way in paths(len(scores.testers), tested).tolist())


def _along(scores: OutOfFold, way: list[int]) -> OutOfFold:
    probabilities, base = np.empty_like(scores.probabilities), np.empty_like(scores.base)
    for group, at in enumerate(way):
        one = scores.folds[at]
        own = scores.fold == group
        test = one.split.test
        order = np.argsort(test, kind="stable")
        place = order[np.searchsorted(test, scores.which[own], sorter=order)]
        probabilities[own], base[own] = one.probabilities[place], one.base
    folds = tuple(scores.folds[at] for at in way)
    return replace(
        scores,
        probabilities=probabilities,
        base=base,
        folds=folds,
        testers=tuple((group,) for group in range(len(way))),
    )
