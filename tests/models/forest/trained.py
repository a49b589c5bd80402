"""Small models of the three libraries, and rows on which rounding and missing values would show."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from ictcli.models.forest.kernel import score_row, score_rows
from ictcli.models.forest.layout import Forest
from ictcli.models.forest.reading import from_forest, from_lightgbm, from_xgboost

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

COLUMNS = 5


@dataclass(frozen=True)
class Native:
    """A model of a library beside its flattened form.

    Attributes:
        forest: flattened.
        predict: the library's own probabilities of a table.
        step: the float type in which the library compares.
    """

    forest: Forest
    predict: Callable[[Floats], Floats]
    step: type[np.floating[Any]]


def market(rows: int, seed: int, *, missing: float = 0.0, zeros: float = 0.0) -> tuple[Floats, Int64]:
    """Noisy rows with a weak signal, some of the values missing or zero."""
    random = np.random.default_rng(seed)
    table = random.normal(size=(rows, COLUMNS))
    table[:, 1] = np.round(table[:, 1], 1)
    signal = table[:, 0] + table[:, 1] * table[:, 2]
    labels = (signal + random.normal(size=rows) > 0.3).astype(np.int64)
    labels[:2] = 0, 1
    table[random.random(table.shape) < missing] = np.nan
    table[random.random(table.shape) < zeros] = 0.0
    return table, labels


def lightgbm_native(table: Floats, labels: Int64, rounds: int = 12, **params: Any) -> Native:
    settings = {
        "objective": "binary",
        "num_leaves": 8,
        "min_data_in_leaf": 5,
        "num_threads": 1,
        "verbosity": -1,
        "deterministic": True,
        "force_row_wise": True,
    } | params
    data = lightgbm.Dataset(table, labels, params=settings)
    booster = lightgbm.train(settings, data, rounds)

    def predict(rows: Floats) -> Floats:
        return np.asarray(booster.predict(rows, num_threads=1), np.float64)

    return Native(from_lightgbm(booster.model_to_string()), predict, np.float64)


def xgboost_native(table: Floats, labels: Int64, rounds: int = 12, **params: Any) -> Native:
    xgboost = pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    settings = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1, "seed": 1} | params
    booster = xgboost.train(settings, xgboost.DMatrix(table, labels, nthread=1), rounds)

    def predict(rows: Floats) -> Floats:
        return np.asarray(booster.inplace_predict(rows), np.float64)

    return Native(from_xgboost(bytes(booster.save_raw("json"))), predict, np.float32)


def forest_native(table: Floats, labels: Int64, rounds: int = 12, **params: Any) -> Native:
    settings = {"max_depth": 5, "random_state": 1, "n_jobs": 1} | params
    fitted = RandomForestClassifier(rounds, **settings).fit(table, labels)
    trees = [tree.tree_ for tree in fitted.estimators_]

    def predict(rows: Floats) -> Floats:
        """What ``predict_proba`` does behind the check that refuses infinities."""
        if np.isfinite(rows).all():
            return np.asarray(fitted.predict_proba(rows), np.float64)[:, 1]
        total = np.zeros(len(rows))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            short = rows.astype(np.float32)
        for tree in trees:
            total += tree.predict(short).reshape(len(rows), -1)[:, 1]
        mean: Floats = total / len(trees)
        return mean

    return Native(from_forest(trees, COLUMNS), predict, np.float32)


KINDS = {"lightgbm": lightgbm_native, "xgboost": xgboost_native, "forest": forest_native}


def flattened(forest: Forest, table: Floats) -> Floats:
    """Probabilities of a table by the kernel, many rows at once; one by one they are the same."""
    row, work = np.zeros(forest.columns), np.zeros(2 * forest.trees, np.int64)
    out = np.empty(len(table))
    extra = np.ascontiguousarray(table[:, -1:])
    body = np.ascontiguousarray(table[:, :-1])
    which = np.arange(len(table))
    score_rows(forest.nodes, forest.settings, body, which, extra, row, work, out)
    single = [
        score_row(forest.nodes, forest.settings, body[at], extra[at], row, work) for at in range(len(table))
    ]
    assert np.array_equal(out, single)
    return out


def on_the_edge(native: Native, table: Floats) -> Floats:
    """Rows in which one value is a threshold of the trees, or the float next to it on either side."""
    inner = native.forest.nodes[native.forest.nodes["left"] > 0]
    thresholds = inner["threshold"].astype(native.step)
    columns = inner["test"] & 0xFFFF
    edges = [np.nextafter(thresholds, native.step(way)) for way in (-np.inf, np.inf)] + [thresholds]
    rows = []
    for values in edges:
        part = np.resize(table, (len(inner), table.shape[1])).copy()
        part[np.arange(len(inner)), columns] = values
        rows.append(part)
    return np.concatenate(rows)


def with_oddities(table: Floats, values: tuple[float, ...], seed: int = 5) -> Floats:
    """The table with a tenth of its values replaced by odd ones."""
    random = np.random.default_rng(seed)
    odd = random.choice(values, size=table.shape)
    replaced: Floats = np.where(random.random(table.shape) < 0.1, odd, table)
    return replaced
