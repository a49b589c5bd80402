"""Gradient boosting with LightGBM, held back for noisy labels.

The defaults allow little per tree: 5 leaves, each with a hundred samples and a Hessian that stands for some
twelve independent ones (weights are uniquenesses, so overlapping samples share theirs).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.learning.estimators.parameters import configure, require_both_labels
from ictcli.learning.estimators.served import FittedForest
from ictcli.learning.samples import Samples
from ictcli.models.forest.reading import from_lightgbm

Floats = NDArray[np.float64]
Share = Annotated[float, Meta(gt=0, le=1)]
AtLeastZero = Annotated[float, Meta(ge=0)]


class LightGBMParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters by the names that LightGBM gives them."""

    num_iterations: Annotated[int, Meta(ge=1, le=10_000)] = 300
    learning_rate: Share = 0.03
    num_leaves: Annotated[int, Meta(ge=2, le=4_096)] = 5
    max_depth: Annotated[int, Meta(ge=-1, le=64)] = -1
    min_data_in_leaf: Annotated[int, Meta(ge=1)] = 100
    min_sum_hessian_in_leaf: AtLeastZero = 3.0
    feature_fraction: Share = 0.4
    bagging_fraction: Share = 0.5
    bagging_freq: Annotated[int, Meta(ge=0)] = 1
    lambda_l1: AtLeastZero = 0.0
    lambda_l2: AtLeastZero = 20.0
    min_gain_to_split: AtLeastZero = 0.0
    max_bin: Annotated[int, Meta(ge=3, le=65_535)] = 255


@dataclass(frozen=True, slots=True)
class LightGBM:
    """LightGBM."""

    name: str = "lightgbm"
    needs: str = ""

    def space(self) -> Mapping[str, Any]:
        """What tuning may vary."""
        return {
            "num_iterations": (100, 600),
            "learning_rate": (0.01, 0.1, "log"),
            "num_leaves": (3, 31),
            "min_data_in_leaf": (50, 500, "log"),
            "feature_fraction": (0.2, 1.0),
            "bagging_fraction": (0.3, 1.0),
            "lambda_l2": (0.1, 100.0, "log"),
        }

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> FittedForest:
        """Train on all samples; the number of threads leaves no trace in the model.

        Raises:
            ConfigError: a parameter is unknown or does not fit.
            DataError: one label does not occur.
        """
        import lightgbm  # noqa: PLC0415 - half a second that serving never pays

        chosen = configure(self.name, LightGBMParams, params)
        require_both_labels(samples)
        settings = msgspec.structs.asdict(chosen) | {
            "objective": "binary",
            "seed": seed,
            "num_threads": jobs,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "verbosity": -1,
        }
        rounds = settings.pop("num_iterations")
        data = lightgbm.Dataset(samples.table, samples.labels, weight=samples.weights, params=settings)
        booster = lightgbm.train(settings, data, rounds)
        text = re.sub(r"^\[num_threads: .*\]\n", "", booster.model_to_string(), flags=re.MULTILINE)
        native = {"lightgbm.txt": text.encode()}
        return FittedForest(self.name, from_lightgbm(text), native, partial(_explain, text))


def _explain(text: str, table: Floats) -> Floats:
    """TreeSHAP, from LightGBM itself."""
    import lightgbm  # noqa: PLC0415

    shap = lightgbm.Booster(model_str=text).predict(table, pred_contrib=True, num_threads=1)
    return np.asarray(shap, np.float64)[:, :-1]


ESTIMATOR = LightGBM()
