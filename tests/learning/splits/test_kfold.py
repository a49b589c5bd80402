"""Purged K-fold: worked examples, the structural property, and that the property can fail."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ictcli.errors import DataError, UsageError
from ictcli.learning.splits import kfold
from ictcli.learning.splits.kfold import purged_kfold
from ictcli.learning.splits.split import Flags, Int64, Split, blocks
from tests.learning.splits.lives import lives, overlaps, under_embargo


def numbers(*values: int) -> Int64:
    return np.array(values, np.int64)


def splits_or_none(start: Int64, end: Int64, folds: int, embargo: int) -> tuple[Split, ...]:
    try:
        return purged_kfold(start, end, folds, embargo)
    except DataError:
        assume(False)


def structure_holds(start: Int64, end: Int64, folds: int, embargo: int) -> None:
    tested = np.zeros(len(start), np.int64)
    for split in splits_or_none(start, end, folds, embargo):
        assert overlaps(start, end, split) == 0
        assert under_embargo(start, end, split.test, split.train, embargo) == 0
        assert np.intersect1d(split.train, split.test).size == 0
        tested[split.test] += 1
    assert tested.tolist() == [1] * len(start)


@given(lives(), st.integers(2, 6), st.integers(0, 12))
def test_no_learned_label_touches_a_tested_one_and_each_event_is_tested_once(
    events: tuple[Int64, Int64], folds: int, embargo: int
) -> None:
    structure_holds(*events, folds, embargo)


def left_open(start: Int64, end: Int64, block: slice, embargo: int) -> Flags:
    """A purge whose first end is exclusive: a label that ends on the first tested bar is kept."""
    first, last = int(start[block.start]), int(end[block].max())
    return ~((start <= last + embargo) & (end > first))


def right_open(start: Int64, end: Int64, block: slice, embargo: int) -> Flags:
    """A purge whose last end is exclusive."""
    first, last = int(start[block.start]), int(end[block].max())
    return ~((start < last) & (end >= first))


def by_last_row(start: Int64, end: Int64, block: slice, embargo: int) -> Flags:
    """A purge that takes the end of the last tested event for the latest end."""
    first, last = int(start[block.start]), int(end[block.stop - 1])
    return ~((start <= last + embargo) & (end >= first))


def without_embargo(start: Int64, end: Int64, block: slice, embargo: int) -> Flags:
    first, last = int(start[block.start]), int(end[block].max())
    return ~((start <= last) & (end >= first))


@pytest.mark.parametrize("broken", [left_open, right_open, by_last_row, without_embargo])
def test_the_property_catches_a_broken_purge(
    broken: Callable[[Int64, Int64, slice, int], Flags], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kfold, "allowed", broken)
    rng = np.random.default_rng(5)
    caught = 0
    for _ in range(20):
        start = np.cumsum(rng.integers(0, 4, 60)).astype(np.int64)
        try:
            structure_holds(start, start + rng.integers(1, 15, 60), 4, 3)
        except AssertionError:
            caught += 1
    assert caught >= 10


def test_a_label_that_ends_on_the_first_tested_bar_is_purged() -> None:
    start, end = numbers(80, 90, 95, 100, 104, 140), numbers(99, 100, 98, 105, 110, 150)
    assert purged_kfold(start, end, 2, 0)[1].train.tolist() == [0, 2]


def test_the_embargo_counts_bars_from_the_latest_end_of_the_tested_labels() -> None:
    start, end = numbers(0, 1, 10, 30, 31, 35, 36), numbers(30, 5, 32, 31, 33, 37, 40)
    assert purged_kfold(start, end, 2, 0)[0].train.tolist() == [5, 6]
    assert purged_kfold(start, end, 2, 2)[0].train.tolist() == [5, 6]
    assert purged_kfold(start, end, 2, 3)[0].train.tolist() == [6]


def test_larger_groups_come_first_and_sizes_differ_by_one_at_most() -> None:
    assert [part.stop - part.start for part in blocks(11, 4)] == [3, 3, 3, 2]
    assert [part.stop - part.start for part in blocks(8, 4)] == [2, 2, 2, 2]


@given(st.integers(2, 300), st.integers(2, 40))
def test_groups_are_those_of_a_plain_division(n: int, groups: int) -> None:
    assume(n >= groups)
    whole = [part.tolist() for part in np.array_split(np.arange(n), groups)]
    assert [list(range(part.start, part.stop)) for part in blocks(n, groups)] == whole


def test_a_fold_with_nothing_to_learn_from_is_named_with_its_counts() -> None:
    start = np.arange(6, dtype=np.int64)
    with pytest.raises(DataError, match="fold 1 of 3 is too short: 2 events to test, none to learn from"):
        purged_kfold(start, start + 50, 3, 0)


def test_fewer_events_than_folds_are_refused() -> None:
    with pytest.raises(DataError, match="2 events are too few for 3 groups"):
        purged_kfold(numbers(0, 1), numbers(1, 2), 3, 0)
    with pytest.raises(DataError, match="0 events are too few"):
        purged_kfold(numbers(), numbers(), 2, 0)


def test_what_makes_no_folds_is_a_usage_error() -> None:
    start = np.arange(10, dtype=np.int64)
    with pytest.raises(UsageError, match="1 groups"):
        purged_kfold(start, start + 1, 1, 0)
    with pytest.raises(UsageError, match="embargo of -1 bars"):
        purged_kfold(start, start + 1, 2, -1)


def test_events_out_of_order_are_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="order"):
        purged_kfold(numbers(3, 2, 5, 6), numbers(4, 4, 7, 8), 2, 0)
    with pytest.raises(ValueError, match="before it starts"):
        purged_kfold(numbers(3, 4), numbers(4, 3), 2, 0)
    with pytest.raises(ValueError, match="2 starts and 1 ends"):
        purged_kfold(numbers(3, 4), numbers(4), 2, 0)
