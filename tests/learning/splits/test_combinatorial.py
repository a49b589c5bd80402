"""Combinatorial purged splits: structure, paths, and agreement with another implementation."""

from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ictcli.errors import DataError, UsageError
from ictcli.learning.splits.combinatorial import combinatorial_purged, paths
from ictcli.learning.splits.split import Int64, blocks
from tests.learning.splits.lives import lives, overlaps, under_embargo

PUBLISHED = [(6, 2, 15, 5), (10, 2, 45, 9), (10, 8, 45, 36)]


@given(lives(least=30, most=70), st.integers(3, 6), st.data(), st.integers(0, 5))
def test_splits_keep_learned_and_tested_labels_apart_and_test_each_event_equally_often(
    events: tuple[Int64, Int64], groups: int, data: st.DataObject, embargo: int
) -> None:
    test_groups = data.draw(st.integers(1, groups - 1))
    start, end = events
    try:
        splits = combinatorial_purged(start, end, groups, test_groups, embargo)
    except DataError:
        assume(False)
    parts = blocks(len(start), groups)
    tested = np.zeros(len(start), np.int64)
    for split in splits:
        assert overlaps(start, end, split) == 0
        for group in split.groups:
            own = np.arange(parts[group].start, parts[group].stop)
            assert under_embargo(start, end, own, split.train, embargo) == 0
        together = np.concatenate([np.arange(parts[one].start, parts[one].stop) for one in split.groups])
        assert split.test.tolist() == together.tolist()
        tested[split.test] += 1
    assert set(tested.tolist()) == {comb(groups - 1, test_groups - 1)}


@pytest.mark.parametrize(("groups", "test_groups", "splits", "ways"), PUBLISHED)
def test_published_numbers_of_splits_and_paths(groups: int, test_groups: int, splits: int, ways: int) -> None:
    start = np.arange(400, dtype=np.int64)
    assert len(combinatorial_purged(start, start + 1, groups, test_groups, 0)) == splits
    assert paths(groups, test_groups).shape == (ways, groups)


@pytest.mark.parametrize(("groups", "test_groups"), [(6, 2), (10, 2), (10, 8), (5, 1), (4, 3)])
def test_paths_use_every_tested_group_of_every_split_once_in_ascending_order(
    groups: int, test_groups: int
) -> None:
    start = np.arange(10 * groups, dtype=np.int64) * 5
    splits = combinatorial_purged(start, start + 1, groups, test_groups, 0)
    table = paths(groups, test_groups)
    used = [(number, group) for way in table.tolist() for group, number in enumerate(way)]
    assert sorted(used) == [(number, group) for number, split in enumerate(splits) for group in split.groups]
    assert np.all(np.diff(table, axis=0) > 0)


def test_events_between_two_tested_groups_are_learned_from() -> None:
    start = np.arange(0, 60, 10, dtype=np.int64)
    split = combinatorial_purged(start, start + 5, 3, 2, 0)[1]
    assert (split.groups, split.train.tolist(), split.test.tolist()) == ((0, 2), [2, 3], [0, 1, 4, 5])


def test_each_tested_group_has_its_own_embargo() -> None:
    start = np.arange(0, 160, 10, dtype=np.int64)
    split = combinatorial_purged(start, start + 5, 4, 2, 5)[1]
    assert split.groups == (0, 2)
    assert split.train.tolist() == [5, 6, 7, 13, 14, 15]


@pytest.mark.parametrize("length", [1, 4, 11])
@pytest.mark.parametrize(("groups", "test_groups", "embargo"), [(6, 2, 0), (6, 2, 7), (5, 3, 3), (8, 3, 0)])
def test_labels_of_equal_length_are_split_as_by_skfolio(
    length: int, groups: int, test_groups: int, embargo: int
) -> None:
    module = pytest.importorskip("skfolio.model_selection", reason="skfolio is not installed")
    n = 40 * groups
    start = np.arange(n, dtype=np.int64)
    other = module.CombinatorialPurgedCV(
        n_folds=groups, n_test_folds=test_groups, purged_size=length, embargo_size=embargo
    )
    own = {
        split.groups: split
        for split in combinatorial_purged(start, start + length, groups, test_groups, embargo)
    }
    size, seen = n // groups, set()
    for train, tests in other.split(np.zeros((n, 1))):
        chosen = tuple(
            sorted({int(part[0]) // size for part in tests} | {int(part[-1]) // size for part in tests})
        )
        seen.add(chosen)
        assert own[chosen].train.tolist() == sorted(np.asarray(train).tolist())
        assert own[chosen].test.tolist() == sorted(np.concatenate(tests).tolist())
    assert seen == set(own)


def test_a_split_with_nothing_to_learn_from_is_named() -> None:
    start = np.arange(12, dtype=np.int64)
    with pytest.raises(DataError, match="fold 1 of 3 is too short: 8 events to test"):
        combinatorial_purged(start, start + 6, 3, 2, 0)


@pytest.mark.parametrize(("groups", "test_groups"), [(4, 0), (4, 4), (4, 5)])
def test_what_leaves_nothing_to_learn_from_is_a_usage_error(groups: int, test_groups: int) -> None:
    start = np.arange(12, dtype=np.int64)
    with pytest.raises(UsageError, match=f"{test_groups} of {groups} groups"):
        combinatorial_purged(start, start + 1, groups, test_groups, 0)
    with pytest.raises(UsageError, match=f"{test_groups} of {groups} groups"):
        paths(groups, test_groups)


def test_too_many_splits_are_refused() -> None:
    with pytest.raises(UsageError, match="184756 splits"):
        paths(20, 10)
