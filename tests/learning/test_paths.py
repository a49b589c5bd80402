"""Combinatorial splits: groups as they were tested, and the paths through all events."""

from itertools import combinations

import numpy as np
import pytest

from ictcli.learning.document import fold_auc
from ictcli.learning.folds import FoldScores, OutOfFold, gather
from ictcli.learning.paths import path_scores
from ictcli.learning.splits.split import Split

PARTS = (range(4), range(4, 7), range(7, 10))
"""Ten events in three groups, the larger one first."""


def said_by_splits(silent: int = -1) -> OutOfFold:
    """Split k of 0-1, 0-2, 1-2 says 0.1 (k + 1) + 0.01 event and learned from k + 1 events."""
    folds = []
    for k, chosen in enumerate(combinations(range(3), 2)):
        test = np.concatenate([np.array(PARTS[at]) for at in chosen])
        p = 0.1 * (k + 1) + 0.01 * test
        p[test == silent] = np.nan
        folds.append(FoldScores(Split(np.arange(k + 1), test, chosen), 0.4 + k / 100, p[:, None]))
    return gather(10, folds)


def test_the_fold_of_an_event_is_its_group() -> None:
    found = said_by_splits()
    assert found.fold.tolist() == [0] * 4 + [1] * 3 + [2] * 3
    assert found.testers == ((0, 1), (0, 2), (1, 2))
    assert [len(one.split.train) for one in found.tested_by(1)] == [1, 3]
    assert found.base.tolist() == pytest.approx([0.405] * 4 + [0.41] * 3 + [0.415] * 3)


def test_each_path_takes_the_next_split_of_every_group() -> None:
    one, other = path_scores(said_by_splits())
    at = 0.01 * np.arange(10)
    assert one.probabilities[:, 0] == pytest.approx(np.repeat([0.1, 0.1, 0.2], [4, 3, 3]) + at)
    assert other.probabilities[:, 0] == pytest.approx(np.repeat([0.2, 0.3, 0.3], [4, 3, 3]) + at)
    assert other.base.tolist() == pytest.approx(np.repeat([0.41, 0.42, 0.42], [4, 3, 3]).tolist())
    assert [len(other.tested_by(group)[0].split.train) for group in range(3)] == [2, 3, 3]
    both = (one.probabilities + other.probabilities) / 2
    assert both == pytest.approx(said_by_splits().probabilities)


def test_paths_leave_out_what_one_split_said_nothing_about() -> None:
    one, other = path_scores(said_by_splits(silent=5))
    assert one.which.tolist() == other.which.tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert one.probabilities[5, 0] == pytest.approx(0.16)


def test_splits_of_one_group_make_no_paths() -> None:
    folds = [
        FoldScores(Split(np.array([9]), np.array([at]), (at,)), 0.5, np.full((1, 1), 0.5)) for at in (0, 1)
    ]
    found = gather(2, folds)
    assert path_scores(found) == ()
    assert found.testers == ((0,), (1,))


def test_ranks_are_compared_within_groups_only() -> None:
    p, label = np.array([0.1, 0.2, 0.8, 0.9, 0.5]), np.array([0, 1, 1, 0, 1])
    assert fold_auc(p, label, np.array([0, 0, 1, 1, 2])) == 0.5
    assert np.isnan(fold_auc(p, label, np.arange(5)))
