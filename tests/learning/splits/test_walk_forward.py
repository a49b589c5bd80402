"""Walk-forward splits: nothing is learned from that had not ended before the test."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ictcli.errors import DataError, UsageError
from ictcli.learning.splits.split import Int64
from ictcli.learning.splits.walk_forward import walk_forward
from tests.learning.splits.lives import lives, overlaps


@given(lives(), st.integers(1, 5), st.integers(0, 10), st.one_of(st.none(), st.integers(5, 200)))
def test_only_labels_that_ended_before_the_test_are_learned_from(
    events: tuple[Int64, Int64], folds: int, embargo: int, window: int | None
) -> None:
    start, end = events
    try:
        splits = walk_forward(start, end, folds, embargo, window)
    except DataError:
        assume(False)
    assert [split.groups for split in splits] == [(number,) for number in range(1, folds + 1)]
    for split in splits:
        first = start[split.test[0]]
        assert overlaps(start, end, split) == 0
        assert end[split.train].max() + embargo < first
        assert window is None or start[split.train].min() >= first - window
        wanted = (end + embargo < first) & (start >= first - (window or first + 1))
        assert split.train.tolist() == np.flatnonzero(wanted).tolist()
    tested = np.concatenate([split.test for split in splits])
    assert tested.tolist() == list(range(int(tested[0]), len(start)))


def test_anchored_training_grows_and_rolling_training_does_not() -> None:
    start = np.arange(0, 400, 4, dtype=np.int64)
    anchored, rolling = walk_forward(start, start + 3, 4, 0), walk_forward(start, start + 3, 4, 0, 60)
    assert [len(split.train) for split in anchored] == [20, 40, 60, 80]
    assert [len(split.train) for split in rolling] == [15, 15, 15, 15]
    assert [split.test.tolist() for split in anchored] == [split.test.tolist() for split in rolling]


def test_a_label_that_ends_on_the_first_tested_bar_is_not_learned_from() -> None:
    start, end = np.array([0, 1, 2, 10, 11, 12]), np.array([9, 10, 11, 15, 16, 17])
    assert walk_forward(start, end, 1, 0)[0].train.tolist() == [0]


def test_later_data_change_no_earlier_training_set() -> None:
    start = np.arange(0, 300, 3, dtype=np.int64)
    end = start + 10
    early = walk_forward(start[:80], end[:80], 3, 2)
    late = walk_forward(start, end, 4, 2)
    assert [split.train.tolist() for split in early] == [split.train.tolist() for split in late[:3]]


def test_a_fold_without_anything_to_learn_from_is_named() -> None:
    start = np.arange(0, 40, dtype=np.int64)
    with pytest.raises(DataError, match="fold 1 of 3 is too short: 10 events to test, none to learn from"):
        walk_forward(start, start + 20, 3, 0)
    with pytest.raises(DataError, match="3 events are too few for 4 groups"):
        walk_forward(start[:3], start[:3] + 1, 3, 0)


def test_impossible_folds_and_windows_are_usage_errors() -> None:
    start = np.arange(0, 40, dtype=np.int64)
    with pytest.raises(UsageError, match="0 folds"):
        walk_forward(start, start + 1, 0, 0)
    with pytest.raises(UsageError, match="window of 0 bars"):
        walk_forward(start, start + 1, 2, 0, 0)
