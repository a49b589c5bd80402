"""XGBoost, and its absence."""

import sys

import numpy as np
import pytest

from ictcli.errors import ConfigError
from ictcli.learning.estimators.xgboost import ESTIMATOR
from tests.learning.estimators.planted import planted

QUICK = {"num_boost_round": 25, "max_depth": 4, "min_child_weight": 3}


def test_probabilities_are_those_of_xgboost() -> None:
    xgboost = pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    train, test = planted(1000, 1, extra=1), planted(1000, 2, extra=1)
    fitted = ESTIMATOR.fit(train, QUICK, 3, 1)
    booster = xgboost.Booster(model_file=bytearray(fitted.files()["xgboost.json"]))
    native = booster.predict(xgboost.DMatrix(test.table, nthread=1))
    assert np.array_equal(fitted.probabilities(test), native.astype(np.float64))
    assert booster.num_boosted_rounds() == 25


def test_contributions_are_shapley_values_that_add_up() -> None:
    pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    train, test = planted(1000, 3), planted(200, 4)
    fitted = ESTIMATOR.fit(train, QUICK, 3, 1)
    told = fitted.probabilities(test)
    margin = np.log(told / (1 - told))
    assert np.ptp(margin - fitted.explain(test.table).sum(axis=1)) < 1e-4
    assert np.ptp(margin) > 0.2


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(ConfigError, match="needs XGBoost, which is not installed") as caught:
        ESTIMATOR.fit(planted(300, 1), {}, 3, 1)
    assert 'pip install "ictcli[xgboost]"' in caught.value.hint
