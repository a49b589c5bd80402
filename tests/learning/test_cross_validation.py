"""How far folds keep from each other."""

import msgspec
import numpy as np
import pytest

from ictcli.config.records import TrainConfig
from ictcli.errors import DataError
from ictcli.learning.cross_validation import embargo_of, splits_of
from tests.learning.made import made_events


@pytest.mark.parametrize(
    ("features", "bars", "expected"),
    [("core26", 1_000, 300), ("core26", 50_000, 500), ("ict", 1_000, 500), ("all", 100_000, 1_000)],
)
def test_the_embargo_is_the_share_of_the_bars_or_what_the_features_look_back(
    features: str, bars: int, expected: int
) -> None:
    plan = msgspec.structs.replace(TrainConfig(), features=features, embargo=0.01)
    assert embargo_of(plan, bars) == expected


def test_no_share_is_no_embargo() -> None:
    assert embargo_of(msgspec.structs.replace(TrainConfig(), embargo=0.0), 50_000) == 0


@pytest.mark.parametrize("how", ["walk-forward", "rolling", "purged", "combinatorial"])
def test_no_training_event_lies_within_what_features_look_back(how: str) -> None:
    events = made_events(label=[0, 1] * 3_000, life=5)
    plan = msgspec.structs.replace(TrainConfig(), cv=how, embargo=0.01)
    for split in splits_of(plan, events, 6_100):
        after = split.train[split.train > split.test.min()]
        before = split.train[split.train < split.test.min()]
        if how in {"walk-forward", "rolling"}:
            assert events.end[before].max() < events.start[split.test[0]] - 300
            assert not len(after)
        else:
            last = np.flatnonzero(np.diff(split.test) > 1)
            ends = events.end[np.append(split.test[last], split.test[-1])]
            for end in ends.tolist():
                assert not ((events.start[after] > end) & (events.start[after] <= end + 300)).any()


def test_a_fold_that_the_embargo_leaves_nothing_is_too_short() -> None:
    events = made_events(label=[0, 1] * 150, life=5)
    plan = msgspec.structs.replace(TrainConfig(), folds=3, embargo=0.01)
    with pytest.raises(DataError, match="fold 1 of 3 is too short") as refused:
        splits_of(plan, events, 305)
    assert "look back on fewer bars" in str(refused.value.hint)
