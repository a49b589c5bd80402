"""Random Forest."""

from dataclasses import replace

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from ictcli.learning.estimators.random_forest import ESTIMATOR, drawn, path_attribution
from tests.learning.estimators.planted import accuracy, planted


def test_probabilities_are_those_of_scikit_learn() -> None:
    train, test = planted(1000, 1, extra=1), planted(1000, 2, extra=1)
    fitted = ESTIMATOR.fit(train, {"n_estimators": 20}, 3, 1)
    native = RandomForestClassifier(
        20, max_depth=6, min_samples_leaf=25, max_samples=500, random_state=3, n_jobs=1
    ).fit(train.table, train.labels, train.weights)
    assert np.array_equal(fitted.probabilities(test), native.predict_proba(test.table)[:, 1])


def test_trees_draw_as_many_samples_as_are_independent() -> None:
    assert drawn(np.array([0.2, 0.4] * 5000), 0.0) == 3000
    assert drawn(np.full(1000, 0.001), 0.0) == 500
    assert drawn(np.full(50, 0.5), 0.0) == 50
    assert drawn(np.full(50, 0.5), 0.1) == 5
    train = replace(planted(1500, 1), weights=np.full(1500, 0.6))
    own = ESTIMATOR.fit(train, {"n_estimators": 5}, 3, 1).files()
    assert ESTIMATOR.fit(train, {"n_estimators": 5, "max_samples": 0.6}, 3, 1).files() == own
    fewer = replace(train, weights=np.full(1500, 0.4))
    assert ESTIMATOR.fit(fewer, {"n_estimators": 5}, 3, 1).files() != own


def test_samples_that_overlap_a_lot_still_teach_something() -> None:
    train = replace(planted(5000, 1, strength=0.7), weights=np.full(5000, 0.05))
    test = planted(2000, 2, strength=0.7)
    fitted = ESTIMATOR.fit(train, {"n_estimators": 30}, 3, 1)
    assert accuracy(test, fitted.probabilities(test)) > 0.7


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
