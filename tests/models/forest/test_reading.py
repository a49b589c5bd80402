"""Reading models of the libraries: formats, and what is not served."""

import json

import lightgbm
import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.models.forest.reading import from_lightgbm, from_xgboost
from tests.models.forest.trained import COLUMNS, flattened, market


def lightgbm_text(**params: object) -> str:
    table, labels = market(300, 1)
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1, "num_leaves": 4} | params
    return str(lightgbm.train(settings, lightgbm.Dataset(table, labels), 3).model_to_string())


def xgboost_model(**params: object) -> tuple[bytes, np.ndarray]:
    xgboost = pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    table, labels = market(300, 1)
    settings = {"objective": "binary:logistic", "nthread": 1} | params
    booster = xgboost.train(settings, xgboost.DMatrix(table, labels, nthread=1), 3)
    return bytes(booster.save_raw("json")), booster.inplace_predict(table)


def test_a_forest_knows_its_trees_and_columns() -> None:
    forest = from_lightgbm(lightgbm_text())
    assert (forest.trees, forest.columns) == (3, COLUMNS)


def test_the_slope_of_the_sigmoid_is_read() -> None:
    assert from_lightgbm(lightgbm_text(sigmoid=0.7)).settings["slope"][0] == 0.7


@pytest.mark.parametrize(
    "params",
    [
        {"objective": "regression"},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"linear_tree": True},
    ],
)
def test_lightgbm_models_of_another_kind_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(DataError, match="LightGBM"):
        from_lightgbm(lightgbm_text(**params))


@pytest.mark.parametrize("params", [{"objective": "reg:squarederror"}, {"booster": "dart"}])
def test_xgboost_models_of_another_kind_are_refused(params: dict[str, object]) -> None:
    model, _ = xgboost_model(**params)
    with pytest.raises(DataError, match="XGBoost"):
        from_xgboost(model)


@pytest.mark.parametrize("style", ["[{}]", "{}", "['{}']"])
def test_every_version_of_xgboost_writes_its_base_score_readably(style: str) -> None:
    model, expected = xgboost_model()
    content = json.loads(model)
    facts = content["learner"]["learner_model_param"]
    facts["base_score"] = style.format(facts["base_score"].strip("[]"))
    table, _ = market(300, 1)
    assert np.array_equal(flattened(from_xgboost(json.dumps(content).encode()), table), expected)
    assert facts["base_score"] != "0.5"


def test_a_given_base_score_is_where_the_sum_begins() -> None:
    model, expected = xgboost_model(base_score=0.8)
    table, _ = market(300, 1)
    forest = from_xgboost(model)
    assert forest.settings["start"][0] == pytest.approx(np.log(4), abs=1e-6)
    assert np.array_equal(flattened(forest, table), expected)
