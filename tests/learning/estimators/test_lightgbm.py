"""LightGBM."""

import lightgbm
import numpy as np

from ictcli.learning.estimators.lightgbm import ESTIMATOR
from tests.learning.estimators.planted import planted

QUICK = {"num_iterations": 25, "num_leaves": 9, "min_data_in_leaf": 20}


def test_probabilities_are_those_of_lightgbm() -> None:
    train, test = planted(1000, 1, extra=1), planted(1000, 2, extra=1)
    fitted = ESTIMATOR.fit(train, QUICK, 3, 1)
    booster = lightgbm.Booster(model_str=fitted.files()["lightgbm.txt"].decode())
    assert np.array_equal(fitted.probabilities(test), booster.predict(test.table, num_threads=1))
    assert booster.num_trees() == 25


def test_the_model_keeps_its_parameters_but_not_the_threads() -> None:
    text = ESTIMATOR.fit(planted(500, 1), QUICK, 3, 1).files()["lightgbm.txt"].decode()
    assert "[num_leaves: 9]" in text
    assert "[seed: 3]" in text
    assert "num_threads" not in text


def test_contributions_are_shapley_values_that_add_up() -> None:
    train, test = planted(1000, 3), planted(200, 4)
    fitted = ESTIMATOR.fit(train, QUICK, 3, 1)
    shap = fitted.explain(test.table)
    told = fitted.probabilities(test)
    margin = np.log(told / (1 - told))
    assert np.ptp(margin - shap.sum(axis=1)) < 1e-9
    assert np.ptp(margin) > 0.2


def test_importance_is_measured_on_evenly_spaced_samples() -> None:
    train, test = planted(1000, 3), planted(5000, 4)
    fitted = ESTIMATOR.fit(train, QUICK, 3, 1)
    some = fitted.explain(test.table[::3])
    assert np.allclose(fitted.importance(test), np.abs(some).mean(axis=0))
