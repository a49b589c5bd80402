"""Reading the trees of LightGBM, XGBoost and scikit-learn without importing any of them."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ictcli.errors import DataError
from ictcli.models.forest.kernel import float32_margin
from ictcli.models.forest.layout import MEAN, NAN, NOTHING, SIGMOID, SIGMOID32, ZERO, Forest, Tree, lay_out

_KINDS = (NOTHING, ZERO, NAN)


def from_lightgbm(text: str) -> Forest:
    """The forest in a LightGBM model text with a binary objective.

    Raises:
        DataError: it is no such model, or its trees are not plain ones.
    """
    head, *parts = re.split(r"^Tree=\d+\n", text.partition("end of trees")[0], flags=re.MULTILINE)
    facts = _facts(head)
    slope = re.fullmatch(r"binary sigmoid:(\S+)", facts.get("objective", ""))
    if slope is None or "average_output" in head:
        raise DataError("a LightGBM model has no binary objective or averages its trees")
    trees = [_lightgbm_tree(_facts(part)) for part in parts]
    return lay_out(trees, int(facts["max_feature_idx"]) + 1, SIGMOID, slope=float(slope[1]))


def _facts(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, _, value in pairs}


def _lightgbm_tree(facts: dict[str, str]) -> Tree:
    """Inner nodes first, then leaves; LightGBM writes leaf n as the child ``-1 - n``."""
    if facts.get("num_cat", "0") != "0" or facts.get("is_linear", "0") != "0":
        raise DataError("a LightGBM tree has categories or linear leaves")
    values = _numbers(facts["leaf_value"])
    if len(values) == 1:
        return _plain(np.array([-1]), np.zeros(1), np.zeros((2, 1), np.int64), values)
    inner = len(values) - 1
    decisions = _numbers(facts["decision_type"]).astype(np.int64)
    children = np.array([_numbers(facts[f"{side}_child"]) for side in ("left", "right")]).astype(np.int64)
    children = np.where(children < 0, inner - 1 - children, children)
    rest = np.zeros(len(values), np.int64)
    return Tree(
        column=np.concatenate([_numbers(facts["split_feature"]).astype(np.int64), rest - 1]),
        threshold=np.concatenate([_numbers(facts["threshold"]), rest]),
        left=np.concatenate([children[0], rest]),
        right=np.concatenate([children[1], rest]),
        value=np.concatenate([np.zeros(inner), values]),
        default_left=np.concatenate([decisions >> 1 & 1, rest]).astype(np.bool_),
        missing=np.concatenate([decisions >> 2 & 3, rest]),
    )


def _numbers(text: str) -> Any:
    return np.array([float(one) for one in text.split()])


def _plain(column: Any, threshold: Any, children: Any, value: Any) -> Tree:
    """A tree where missing values have no place of their own."""
    return Tree(
        column=column,
        threshold=threshold,
        left=children[0],
        right=children[1],
        value=value,
        default_left=np.zeros(len(column), np.bool_),
        missing=np.full(len(column), NOTHING),
    )


def from_xgboost(model: bytes) -> Forest:
    """The forest in an XGBoost model in JSON with the objective ``binary:logistic``.

    XGBoost sends ``x < t`` to the left in float32; that is ``x <= u`` with u the float32 just below t.

    Raises:
        DataError: it is no such model.
    """
    learner = json.loads(model)["learner"]
    booster = learner["gradient_booster"]
    if learner["objective"]["name"] != "binary:logistic" or booster["name"] != "gbtree":
        raise DataError("an XGBoost model has no binary objective or no plain trees")
    facts = learner["learner_model_param"]
    start = float32_margin(float(str(facts["base_score"]).strip("[]'\"")))
    trees = [_xgboost_tree(tree) for tree in booster["model"]["trees"]]
    return lay_out(trees, int(facts["num_feature"]), SIGMOID32, start=start)


def _xgboost_tree(tree: dict[str, Any]) -> Tree:
    if any(tree.get("split_type", ())):
        raise DataError("an XGBoost tree has categories")
    left = np.array(tree["left_children"], np.int64)
    conditions = np.array(tree["split_conditions"], np.float32)
    leaf = left < 0
    return Tree(
        column=np.where(leaf, -1, np.array(tree["split_indices"], np.int64)),
        threshold=np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64),
        left=left,
        right=np.array(tree["right_children"], np.int64),
        value=conditions.astype(np.float64),
        default_left=np.array(tree["default_left"], np.bool_),
        missing=np.full(len(left), NAN),
    )


def from_forest(trees: Sequence[Any], columns: int) -> Forest:
    """The forest in the fitted trees (``tree_``) of a scikit-learn forest of two classes."""
    return lay_out([_grown(tree) for tree in trees], columns, MEAN)


def _grown(tree: Any) -> Tree:
    leaf = tree.children_left < 0
    return Tree(
        column=np.where(leaf, -1, tree.feature),
        threshold=np.where(leaf, 0.0, tree.threshold),
        left=tree.children_left,
        right=tree.children_right,
        value=np.ascontiguousarray(tree.value[:, 0, 1]),
        default_left=tree.missing_go_to_left.astype(np.bool_),
        missing=np.full(len(leaf), NAN),
    )
