"""What the document says beside the scores themselves."""

import numpy as np

from ictcli.learning.document import few_events
from ictcli.learning.folds import FoldScores, OutOfFold, gather
from ictcli.learning.splits.split import Split


def learned_from(*spans: tuple[int, int], groups: tuple[tuple[int, ...], ...]) -> OutOfFold:
    """Splits of 900 events in three groups that learned from ranges of them."""
    folds = []
    for (first, after), tests in zip(spans, groups, strict=True):
        test = np.concatenate([np.arange(300 * at, 300 * at + 300) for at in tests])
        folds.append(
            FoldScores(Split(np.arange(first, after), test, tests), 0.5, np.full((len(test), 1), 0.5))
        )
    return gather(900, folds)


def test_a_fold_that_learned_from_few_independent_events_is_named() -> None:
    weight = np.full(900, 0.42)
    scores = learned_from((0, 300), (0, 600), groups=((1,), (2,)))
    assert few_events(weight, scores) == ["fold 1 learned from 126 independent events, fewer than 200"]
    assert few_events(np.ones(900), scores) == []


def test_of_several_splits_that_test_a_group_the_poorest_counts() -> None:
    scores = learned_from((0, 250), (0, 100), (0, 240), groups=((0, 1), (0, 2), (1, 2)))
    assert few_events(np.ones(900), scores) == [
        "fold 1 learned from 100 independent events, fewer than 200",
        "fold 3 learned from 100 independent events, fewer than 200",
    ]
