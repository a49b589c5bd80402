"""Logistic regression."""

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ictcli.learning.estimators.logistic import ESTIMATOR
from tests.learning.estimators.planted import planted


def test_probabilities_are_those_of_scikit_learn() -> None:
    train, test = planted(800, 1, extra=1), planted(500, 2, extra=1)
    fitted = ESTIMATOR.fit(train, {"C": 0.5}, 3, 1)
    native = LogisticRegression(C=0.5, tol=1e-10).fit(train.table, train.labels, train.weights)
    assert fitted.probabilities(test) == pytest.approx(native.predict_proba(test.table)[:, 1], abs=1e-5)


def test_a_stronger_penalty_gives_smaller_coefficients() -> None:
    train = planted(800, 1)
    sizes = [
        np.abs(ESTIMATOR.fit(train, {"C": strength}, 3, 1).linear.coefficients).sum()
        for strength in (1e-4, 1e-2, 1.0)
    ]
    assert sizes[0] < 0.5 * sizes[1] < 0.5 * sizes[2]


def test_the_file_is_readable() -> None:
    content = msgspec.json.decode(ESTIMATOR.fit(planted(400, 1), {}, 3, 1).files()["logistic.json"])
    assert content.keys() == {"intercept", "coefficients"}
    assert len(content["coefficients"]) == 6


def test_importance_is_the_mean_distance_from_the_mean_in_log_odds() -> None:
    train = planted(400, 3)
    fitted = ESTIMATOR.fit(train, {}, 3, 1)
    table = train.table
    expected = np.abs((table - table.mean(axis=0)) * fitted.linear.coefficients).mean(axis=0)
    assert fitted.importance(train) == pytest.approx(expected)


def test_a_constant_column_is_no_obstacle() -> None:
    train = planted(400, 4)
    train.matrix[:, 2] = 0.0
    assert ESTIMATOR.fit(train, {}, 3, 1).linear.coefficients[2] == 0.0
