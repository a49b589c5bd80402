"""One kernel for the forests of three libraries, giving the numbers the libraries give, bit for bit.

What differs between them is kept out of the walk: rows are rounded as the library rounds them before it
compares, ``x < t`` of XGBoost was turned into ``x <= (the float32 below t)``, and leaves are added in the
library's own order and precision.

All trees are walked at once, one level per pass. The steps of one pass do not depend on each other, so the
processor overlaps their waits for memory, and there is no branch to mispredict: that is what makes it quick
on rows that differ.
"""

import math
from typing import Any

import numpy as np

from ictcli.kernels import hot_kernel, kernel
from ictcli.models.forest.layout import (
    COLUMN,
    DEFAULT_LEFT,
    LEFT_INNER,
    MEAN,
    MISSING,
    NOTHING,
    SIGMOID,
    SIGMOID32,
    ZERO,
)

TINY = float(np.float32(1e-35))
"""LightGBM takes smaller values for 0."""
_TREE = 32
"""Bits of a walker that hold its node; the tree is above."""
_NODE = 0xFFFFFFFF


@hot_kernel
def _take(values: Any, first: int, link: int, row: Any) -> bool:
    """Copy values into the row as the library would read them; whether one is NaN."""
    unknown = False
    for at in range(len(values)):
        value = values[at]
        if link != SIGMOID:
            value = float(np.float32(value))
        elif abs(value) <= TINY:
            value = 0.0
        unknown |= math.isnan(value)
        row[first + at] = value
    return unknown


@hot_kernel
def _walk(nodes: Any, row: Any, walkers: Any, leaves: Any, trees: int) -> None:
    """Find the leaf of every tree for a row where nothing is missing."""
    alive = 0
    for tree in range(trees):
        node = nodes[tree]
        test = int(node["test"])
        right = 0 if row[test & COLUMN] <= node["threshold"] else 1
        after = int(node["left"]) + right
        leaves[tree] = after
        walkers[alive] = (tree << _TREE) | after
        alive += (test >> (LEFT_INNER + right)) & 1
    while alive > 0:
        kept = 0
        for at in range(alive):
            walker = walkers[at]
            node = nodes[walker & _NODE]
            test = int(node["test"])
            right = 0 if row[test & COLUMN] <= node["threshold"] else 1
            after = int(node["left"]) + right
            leaves[walker >> _TREE] = after
            walkers[kept] = (walker & ~_NODE) | after
            kept += (test >> (LEFT_INNER + right)) & 1
        alive = kept


@kernel
def _walk_carefully(nodes: Any, row: Any, leaves: Any, trees: int) -> None:
    """Find the leaf of every tree, asking every node what it does with missing values."""
    for tree in range(trees):
        at = tree
        while nodes[at]["left"] > 0:
            test = int(nodes[at]["test"])
            missing = (test >> MISSING) & 3
            value = row[test & COLUMN]
            if math.isnan(value) and missing == NOTHING:
                value = 0.0
            if math.isnan(value) or (missing == ZERO and value == 0.0):
                right = 1 - ((test >> DEFAULT_LEFT) & 1)
            else:
                right = 0 if value <= nodes[at]["threshold"] else 1
            at = nodes[at]["left"] + right
        leaves[tree] = at


@hot_kernel
def _sum(nodes: Any, leaves: Any, settings: Any) -> float:
    """Add the leaves in the order and precision of the library."""
    if settings["link"] == SIGMOID32:
        short = np.float32(settings["start"])
        for tree in range(settings["trees"]):
            short = np.float32(short + np.float32(nodes[leaves[tree]]["threshold"]))
        return float(short)
    total = settings["start"]
    for tree in range(settings["trees"]):
        total += nodes[leaves[tree]]["threshold"]
    return float(total)


@kernel
def float32_sigmoid(margin: float) -> float:
    """XGBoost's sigmoid: every step in float32, the exponential that of the C library."""
    power = np.float32(math.exp(np.float32(-margin)))
    return float(np.float32(1.0) / np.float32(power + np.float32(1.0)))


@kernel
def float32_margin(probability: float) -> float:
    """The sum at which XGBoost's sigmoid gives ``probability``, in its float32 steps."""
    odds = np.float32(np.float32(1.0) / np.float32(probability)) - np.float32(1.0)
    return float(-np.float32(math.log(np.float32(odds))))


@hot_kernel
def _score(nodes: Any, settings: Any, row: Any, work: Any, unknown: bool) -> float:  # noqa: FBT001 - kernels
    trees = settings["trees"]
    leaves = work[trees:]
    if unknown or settings["careful"] != 0:
        _walk_carefully(nodes, row, leaves, trees)
    else:
        _walk(nodes, row, work, leaves, trees)
    total = _sum(nodes, leaves, settings)
    if settings["link"] == MEAN:
        return float(total / trees)
    if settings["link"] == SIGMOID32:
        return float32_sigmoid(total)
    return 1.0 / (1.0 + math.exp(-settings["slope"] * total))


@kernel
def score_row(nodes: Any, settings: Any, values: Any, extra: Any, row: Any, work: Any) -> float:
    """P(label = 1) of one row.

    Args:
        nodes: of the forest.
        settings: of the forest, an array of length 1.
        values: the row without its last columns.
        extra: its last columns.
        row: room for a row.
        work: room for two int64 per tree.
    """
    own = settings[0]
    unknown = _take(values, 0, own["link"], row)
    unknown |= _take(extra, len(values), own["link"], row)
    return _score(nodes, own, row, work, unknown)


@kernel
def score_rows(
    nodes: Any, settings: Any, matrix: Any, rows: Any, extra: Any, row: Any, work: Any, out: Any
) -> None:
    """P(label = 1) of the rows ``matrix[rows]`` with ``extra`` behind them, into ``out``."""
    for at in range(len(rows)):
        out[at] = score_row(nodes, settings, matrix[rows[at]], extra[at], row, work)
