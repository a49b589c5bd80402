"""A fold learns from its own training events and from nothing else: the fit spy."""

from dataclasses import replace

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.learning.estimators.known import find
from ictcli.learning.events import Events
from ictcli.learning.folds import FoldScores, Recipe, gather, learn, run_fold
from ictcli.learning.splits.kfold import purged_kfold
from ictcli.learning.splits.split import Split
from tests.learning.made import made_events

NAMES = ("a", "b", "c")
RECIPE = Recipe((find("logistic"), find("lightgbm")), {}, "stable", 1, 1)


def a_market(n: int = 600, seed: int = 4) -> tuple[np.ndarray, Events]:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n + 5, 3))
    label = (matrix[:n, 0] + matrix[:n, 1] + rng.normal(size=n) > 0).astype(np.int64)
    return matrix, made_events(label=label.tolist(), life=5)


def poisoned(matrix: np.ndarray, events: Events, split: Split) -> tuple[np.ndarray, Events]:
    """The same world for the training events, and another one everywhere else."""
    rng = np.random.default_rng(99)
    own = np.zeros(len(matrix), np.bool_)
    own[events.start[split.train]] = True
    other_rows = np.where(own[:, None], matrix, rng.normal(size=matrix.shape) * 1e6)
    labels = events.label.copy()
    strange = np.setdiff1d(np.arange(len(events)), split.train)
    labels[strange] = 1 - labels[strange]
    weights = np.ones(len(events))
    weights[strange] = 0.25
    return other_rows, replace(events, label=labels, weight=weights)


def test_everything_that_is_fitted_stays_the_same_when_all_else_changes() -> None:
    matrix, events = a_market()
    split = purged_kfold(events.start, events.end, 3, 5)[1]
    other_matrix, other_events = poisoned(matrix, events, split)
    one = learn(matrix, NAMES, events.take(split.train), RECIPE)
    other = learn(other_matrix, NAMES, other_events.take(split.train), RECIPE)
    assert one.preparation == other.preparation
    assert [model.files() for model in one.models] == [model.files() for model in other.models]


def test_the_spy_sees_a_fit_on_all_rows() -> None:
    matrix, events = a_market()
    split = purged_kfold(events.start, events.end, 3, 5)[1]
    other_matrix, other_events = poisoned(matrix, events, split)
    assert learn(matrix, NAMES, events, RECIPE).preparation != (
        learn(other_matrix, NAMES, other_events, RECIPE).preparation
    )


def test_a_fold_scores_its_test_events_and_knows_the_base_rate_of_training() -> None:
    matrix, events = a_market()
    split = purged_kfold(events.start, events.end, 3, 5)[0]
    found = run_fold(matrix, NAMES, events, split, RECIPE)
    assert found.probabilities.shape == (len(split.test), 2)
    assert found.base == pytest.approx(events.label[split.train].mean())
    hits = (found.probabilities > 0.5) == (events.label[split.test] == 1)[:, None]
    assert (hits.mean(axis=0) > 0.65).all()


def test_events_tested_repeatedly_keep_the_mean() -> None:
    def fold(test: list[int], p: float) -> FoldScores:
        split = Split(np.array([9]), np.array(test), (0,))
        return FoldScores(split, p / 2, np.full((len(test), 1), p))

    found = gather(5, [fold([0, 1], 0.2), fold([1, 3], 0.6)])
    assert found.which.tolist() == [0, 1, 3]
    assert found.probabilities[:, 0].tolist() == pytest.approx([0.2, 0.4, 0.6])
    assert found.base.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert found.fold.tolist() == [0, 0, 1]


def test_an_event_on_which_a_model_has_no_say_is_left_out() -> None:
    split = Split(np.array([9]), np.array([0, 1]), (0,))
    found = gather(2, [FoldScores(split, 0.5, np.array([[0.1, np.nan], [0.2, 0.3]]))])
    assert found.which.tolist() == [1]


@pytest.mark.parametrize("label", [0, 1])
def test_an_empty_class_is_named(label: int) -> None:
    matrix, _ = a_market(100)
    with pytest.raises(DataError, match=f"the class {1 - label} is empty"):
        learn(matrix, NAMES, made_events(label=[label] * 100), RECIPE)
