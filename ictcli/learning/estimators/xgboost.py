"""Gradient boosting with XGBoost, held back for noisy labels; the package is optional."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.errors import ConfigError
from ictcli.learning.estimators.parameters import configure, require_both_labels
from ictcli.learning.estimators.served import FittedForest
from ictcli.learning.samples import Samples
from ictcli.models.forest.reading import from_xgboost

Floats = NDArray[np.float64]
Share = Annotated[float, Meta(gt=0, le=1)]
AtLeastZero = Annotated[float, Meta(ge=0)]


class XGBoostParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters by the names that XGBoost gives them."""

    num_boost_round: Annotated[int, Meta(ge=1, le=10_000)] = 300
    learning_rate: Share = 0.03
    max_depth: Annotated[int, Meta(ge=1, le=24)] = 3
    min_child_weight: AtLeastZero = 3.0
    subsample: Share = 0.5
    colsample_bytree: Share = 0.4
    reg_alpha: AtLeastZero = 0.0
    reg_lambda: AtLeastZero = 20.0
    gamma: AtLeastZero = 0.0
    max_bin: Annotated[int, Meta(ge=2, le=65_535)] = 256


@dataclass(frozen=True, slots=True)
class XGBoost:
    """XGBoost."""

    name: str = "xgboost"
    needs: str = "xgboost"

    def space(self) -> Mapping[str, Any]:
        """What tuning may vary."""
        return {
            "num_boost_round": (100, 600),
            "learning_rate": (0.01, 0.1, "log"),
            "max_depth": (2, 6),
            "min_child_weight": (1.0, 100.0, "log"),
            "subsample": (0.3, 1.0),
            "colsample_bytree": (0.2, 1.0),
            "reg_lambda": (0.1, 100.0, "log"),
        }

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> FittedForest:
        """Train on all samples; the number of threads leaves no trace in the model.

        Raises:
            ConfigError: a parameter is unknown or does not fit, or the package is missing.
            DataError: one label does not occur.
        """
        xgboost = _library()
        chosen = configure(self.name, XGBoostParams, params)
        require_both_labels(samples)
        settings = msgspec.structs.asdict(chosen) | {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "seed": seed,
            "nthread": jobs,
            "verbosity": 0,
        }
        rounds = settings.pop("num_boost_round")
        data = xgboost.DMatrix(samples.table, samples.labels, weight=samples.weights, nthread=jobs)
        model = bytes(xgboost.train(settings, data, rounds).save_raw("json"))
        native = {"xgboost.json": model}
        return FittedForest(self.name, from_xgboost(model), native, partial(_explain, model))


def _library() -> Any:
    try:
        import xgboost  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ConfigError(
            "the model xgboost needs XGBoost, which is not installed",
            hint='Run `pip install "ictcli[xgboost]"`.',
        ) from error
    return xgboost


def _explain(model: bytes, table: Floats) -> Floats:
    """TreeSHAP, from XGBoost itself."""
    xgboost = _library()
    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(model))
    shap = booster.predict(xgboost.DMatrix(table, nthread=1), pred_contribs=True)
    return np.asarray(shap, np.float64)[:, :-1]


ESTIMATOR = XGBoost()
