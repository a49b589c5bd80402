"""What a fold may know when it is calibrated and acted upon."""

import numpy as np
import pytest

from ictcli.learning.evaluation import chosen_sides, teachers
from tests.learning.made import made_events

FOLDS = np.repeat([0, 1, 2], 4)


def test_an_earlier_fold_teaches_a_later_one_and_never_the_other_way() -> None:
    events = made_events(label=[0, 1] * 6)
    assert np.flatnonzero(teachers(events, FOLDS, 1, causal=True)).tolist() == [0, 1, 2]
    assert not teachers(events, FOLDS, 0, causal=True).any()


def test_other_folds_teach_both_ways_where_time_does_not_matter() -> None:
    events = made_events(label=[0, 1] * 6)
    assert np.flatnonzero(teachers(events, FOLDS, 1, causal=False)).tolist() == [0, 1, 2, 9, 10, 11]


def test_no_teacher_s_label_overlaps_the_fold() -> None:
    events = made_events(label=[0, 1] * 6, life=3)
    known = teachers(events, FOLDS, 1, causal=False)
    assert np.flatnonzero(known).tolist() == [0, 11]
    assert (events.end[known] < events.start[4]).sum() + (events.start[known] > events.end[7]).sum() == 2


@pytest.mark.parametrize(
    ("side", "expected"), [(None, [-1, 0, 1]), ([1, 1, 1], [0, 0, 1]), ([-1, -1, -1], [0, 0, -1])]
)
def test_a_model_chooses_sides_or_agrees_with_the_rule(side: list[int] | None, expected: list[int]) -> None:
    events = made_events(label=[0, 1, 1], side=side)
    assert chosen_sides(np.array([0.3, 0.5, 0.7]), events, 0.4, 0.6).tolist() == expected
