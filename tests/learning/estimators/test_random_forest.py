"""Random Forest."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from ictcli.learning.estimators.random_forest import ESTIMATOR, drawn_share, path_attribution
from tests.learning.estimators.planted import planted


def test_probabilities_are_those_of_scikit_learn() -> None:
    train, test = planted(1000, 1, extra=1), planted(1000, 2, extra=1)
    fitted = ESTIMATOR.fit(train, {"n_estimators": 20}, 3, 1)
    native = RandomForestClassifier(
        20, max_depth=6, min_samples_leaf=50, max_samples=0.5, random_state=3, n_jobs=1
    ).fit(train.table, train.labels, train.weights)
    assert np.array_equal(fitted.probabilities(test), native.predict_proba(test.table)[:, 1])


def test_trees_draw_as_many_samples_as_are_independent() -> None:
    assert drawn_share(np.array([0.2, 0.4] * 500)) == pytest.approx(0.3)
    assert drawn_share(np.full(1000, 0.001)) == 0.1
    assert drawn_share(np.full(50, 0.5)) == 1.0
    train = planted(1000, 1)
    shared = ESTIMATOR.fit(train, {"n_estimators": 5, "max_samples": 0.5}, 3, 1).files()
    assert ESTIMATOR.fit(train, {"n_estimators": 5}, 3, 1).files() == shared
    fewer = replace(train, weights=np.full(1000, 0.25))
    assert ESTIMATOR.fit(fewer, {"n_estimators": 5}, 3, 1).files() != shared


def test_path_attributions_add_up_to_the_probability_less_the_roots() -> None:
    train, test = planted(1000, 4), planted(300, 5)
    native = RandomForestClassifier(10, max_depth=4, random_state=1, n_jobs=1).fit(train.table, train.labels)
    trees = [tree.tree_ for tree in native.estimators_]
    told = native.predict_proba(test.table)[:, 1]
    credit = path_attribution(trees, test.table) * (told * (1 - told))[:, None]
    root = np.mean([tree.value[0, 0, 1] for tree in trees])
    assert np.allclose(credit.sum(axis=1) + root, told)


def test_a_tree_without_a_split_credits_nothing() -> None:
    train = planted(300, 6)
    native = RandomForestClassifier(3, min_samples_leaf=200, random_state=1, n_jobs=1)
    native.fit(train.table, train.labels)
    assert not path_attribution([tree.tree_ for tree in native.estimators_], train.table).any()
