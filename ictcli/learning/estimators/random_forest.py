"""A random forest of scikit-learn, whose trees see as many samples as there are independent ones.

Overlapping labels repeat each other, so a bootstrap as large as the data would give every tree the same
facts many times over: as many are drawn as the uniquenesses add up to (AFML 4.5, 6.3). scikit-learn has no
format but pickle, so the flattened forest is what is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.learning.estimators.parameters import configure, require_both_labels
from ictcli.learning.estimators.served import FittedForest
from ictcli.learning.samples import Samples
from ictcli.models.forest.reading import from_forest

Floats = NDArray[np.float64]

_FEWEST_DRAWN = 500
_CERTAIN = 0.01
"""Probabilities this close to 0 and 1 are taken for this when odds are made of them."""


class ForestParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters by the names that scikit-learn gives them; ``max_samples`` 0 is the mean uniqueness."""

    n_estimators: Annotated[int, Meta(ge=1, le=10_000)] = 200
    max_depth: Annotated[int, Meta(ge=1, le=24)] = 6
    min_samples_leaf: Annotated[int, Meta(ge=1)] = 25
    max_features: Annotated[float, Meta(gt=0, le=1)] | Literal["sqrt", "log2"] = "sqrt"
    max_samples: Annotated[float, Meta(ge=0, le=1)] = 0.0


@dataclass(frozen=True, slots=True)
class RandomForest:
    """Random Forest."""

    name: str = "forest"
    needs: str = ""

    def space(self) -> Mapping[str, Any]:
        """What tuning may vary."""
        return {
            "n_estimators": (100, 400),
            "max_depth": (3, 10),
            "min_samples_leaf": (10, 300, "log"),
            "max_features": ["sqrt", "log2", 0.3, 0.5],
        }

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> FittedForest:
        """Train on all samples; every tree has its own seed, so the threads leave no trace.

        Raises:
            ConfigError: a parameter is unknown or does not fit.
            DataError: one label does not occur.
        """
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - a second that serving never pays

        chosen = configure(self.name, ForestParams, params)
        require_both_labels(samples)
        table = samples.table
        settings = msgspec.structs.asdict(chosen) | {
            "max_samples": drawn(samples.weights, chosen.max_samples),
            "random_state": seed,
            "n_jobs": jobs,
        }
        fitted = RandomForestClassifier(**settings).fit(table, samples.labels, samples.weights)
        trees = [tree.tree_ for tree in fitted.estimators_]
        forest = from_forest(trees, table.shape[1])
        return FittedForest(self.name, forest, {}, partial(path_attribution, trees))


def drawn(weights: Floats, share: float) -> int:
    """Samples that a tree draws; a count, since versions of scikit-learn read shares differently.

    Args:
        weights: uniqueness of every sample.
        share: of the samples; 0 for as many as there are independent ones, but 500 at least.
    """
    if share:
        return max(1, round(share * len(weights)))
    return min(len(weights), max(_FEWEST_DRAWN, round(float(weights.sum()))))


def path_attribution(trees: Sequence[Any], table: Floats) -> Floats:
    """Contributions of inputs by the paths that rows take (Saabas 2014): no Shapley values.

    Every step down a tree changes the share of label 1; the change is credited to the input that was
    tested. The changes add up to the probability less that of the roots; they are turned into log-odds by
    the slope of the logit there.

    Args:
        trees: fitted ``tree_`` of scikit-learn.
        table: inputs, shape (rows, columns).
    """
    rows = table.astype(np.float32)
    everyone = np.arange(len(rows))
    credit = np.zeros(table.shape)
    share = np.zeros(len(rows))
    for tree in trees:
        value = tree.value[:, 0, 1]
        at = np.zeros(len(rows), np.int64)
        alive = everyone if tree.children_left[0] >= 0 else everyone[:0]
        while len(alive):
            here = at[alive]
            column = tree.feature[here]
            left = rows[alive, column] <= tree.threshold[here]
            after = np.where(left, tree.children_left[here], tree.children_right[here])
            credit[alive, column] += value[after] - value[here]
            at[alive] = after
            alive = alive[tree.children_left[after] >= 0]
        share += value[at]
    likely = np.clip(share / len(trees), _CERTAIN, 1 - _CERTAIN)
    attributed: Floats = credit / len(trees) / (likely * (1 - likely))[:, None]
    return attributed


ESTIMATOR = RandomForest()
