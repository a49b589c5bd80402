"""Nested tuning: drawn beforehand, chosen inside, kept on disk."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.learning.estimators.known import find
from ictcli.learning.folds import Recipe
from ictcli.learning.samples import Fitted, Samples
from ictcli.learning.splits.kfold import purged_kfold
from ictcli.learning.tuning import Search, Tuned, chosen_fold, draw_candidates, tune
from ictcli.telemetry import silent
from tests.learning.test_folds import NAMES, a_market

LOGISTIC = find("logistic")
RECIPE = Recipe((LOGISTIC,), {}, "all", 1, 1)


class Counting:
    """The logistic regression, counting how often it is fitted."""

    name, needs = "logistic", ""

    def __init__(self) -> None:
        self.fits = 0

    def space(self) -> Mapping[str, Any]:
        """As the real one."""
        return LOGISTIC.space()

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> Fitted:
        """As the real one."""
        self.fits += 1
        return LOGISTIC.fit(samples, params, seed, jobs)


def searched(kept: Path | None, counting: Counting, count: int = 3, poison: int | None = None) -> Tuned:
    matrix, events = a_market()
    splits = purged_kfold(events.start, events.end, 3, 5)
    if poison is not None:
        labels = events.label.copy()
        labels[splits[poison].test] = 1 - labels[splits[poison].test]
        events = replace(events, label=labels)
    search = Search(counting, draw_candidates(LOGISTIC, count, 7), kept, 5)
    return tune(matrix, NAMES, events, splits, RECIPE, search, silent)


def test_candidates_begin_with_the_defaults_and_follow_the_seed() -> None:
    one, again, other = (draw_candidates(find("lightgbm"), 5, seed) for seed in (1, 1, 2))
    assert one[0] == {}
    assert one == again != other
    assert draw_candidates(find("lightgbm"), 3, 1) == one[:3]
    for name, ends in find("lightgbm").space().items():
        if not isinstance(ends, list):
            assert all(ends[0] <= params[name] <= ends[1] for params in one[1:])


def test_a_fold_chooses_without_its_test_events() -> None:
    plain, poisoned = searched(None, Counting()), searched(None, Counting(), poison=1)
    assert plain.inner[:, 1].tolist() == poisoned.inner[:, 1].tolist()
    assert plain.inner[:, 0].tolist() != poisoned.inner[:, 0].tolist()
    assert plain.outer[1].tolist() == poisoned.outer[1].tolist()


def test_an_interrupted_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first, second, third = Counting(), Counting(), Counting()
    searched(tmp_path, first, count=2)
    found = searched(tmp_path, second, count=3)
    assert (first.fits, second.fits) == (3 * 2 * 4, 3 * 1 * 4)
    assert searched(tmp_path, third).inner.tolist() == found.inner.tolist()
    assert third.fits == 0


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    found = searched(tmp_path, Counting())
    victim = sorted(tmp_path.iterdir())[0]
    victim.write_bytes(b"\x00")
    again = Counting()
    assert searched(tmp_path, again).inner.tolist() == found.inner.tolist()
    assert again.fits == 4


def test_a_fold_s_column_is_that_of_its_choice_and_the_kept_model_the_best_of_all() -> None:
    _, events = a_market()
    split = purged_kfold(events.start, events.end, 2, 5)[0]
    outer = np.array([[0.1] * len(split.test), [0.9] * len(split.test)])
    tuned = Tuned(({}, {"c": 2.0}), np.array([[0.7, 0.2], [0.6, 0.9]]), (outer, outer))
    assert (tuned.chosen(0), tuned.chosen(1)) == (1, 0)
    assert tuned.final == {}
    assert set(chosen_fold(split, 0.5, [tuned], 0).probabilities[:, 0]) == {0.9}


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "forest", "logistic"])
def test_every_model_takes_what_its_space_offers(name: str) -> None:
    pytest.importorskip("xgboost") if name == "xgboost" else None
    matrix, events = a_market(200)
    estimator = find(name)
    small = {"lightgbm": {"n_estimators": 5}, "xgboost": {"n_estimators": 5}, "forest": {"n_estimators": 5}}
    samples = Samples(matrix, events.start, events.extra, events.label, events.weight)
    for params in draw_candidates(estimator, 4, 3):
        cut = {key: value for key, value in small.get(name, {}).items() if key in estimator.space()}
        assert np.isfinite(estimator.fit(samples, {**params, **cut}, 1, 1).probabilities(samples)).all()
