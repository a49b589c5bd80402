"""The layout of a forest that one kernel can evaluate, and how trees are laid out in it.

All trees stand in one array, level by level across the whole forest: the roots first, then all their
children, and so on. The levels that every row passes stay in the cache, and two children are neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

NODE = np.dtype([("threshold", "<f8"), ("left", "<i4"), ("test", "<i4")])
"""One node. Inner: values ``<= threshold`` go to ``left``, others to ``left + 1``. Leaf: its value is in
``threshold``. Bits of ``test``: see below."""

COLUMN = 0xFFFF
"""Bits of ``test`` that hold the column."""
LEFT_INNER, RIGHT_INNER = 16, 17
"""Position of the bit that says whether a child has children itself."""
DEFAULT_LEFT = 18
"""Position of the bit that says where missing values go."""
MISSING = 19
"""Position of the two bits that say what counts as missing: one of the following."""

NOTHING, ZERO, NAN = 0, 1, 2
"""``NOTHING``: NaN counts as 0; ``ZERO``: 0 and NaN are missing; ``NAN``: NaN is missing."""

SIGMOID, SIGMOID32, MEAN = 0, 1, 2
"""How leaves become a probability: LightGBM's float64 sum and sigmoid, XGBoost's float32 sum and sigmoid,
or the mean over the trees of a Random Forest."""

SETTINGS = np.dtype(
    [
        ("trees", "<i8"),
        ("columns", "<i8"),
        ("link", "<i8"),
        ("careful", "<i8"),
        ("start", "<f8"),
        ("slope", "<f8"),
    ]
)
"""Numbers of a forest; ``careful``: zeros may be missing, so the quick way down is closed."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree as its library gives it, arrays of one entry per node; node 0 is the root.

    Attributes:
        column: tested column; -1 for leaves.
        threshold: a value ``<= threshold`` goes left.
        left, right: children; ignored for leaves.
        value: of leaves.
        default_left: where missing values go.
        missing: ``NOTHING``, ``ZERO`` or ``NAN``.
    """

    column: Int64
    threshold: Floats
    left: Int64
    right: Int64
    value: Floats
    default_left: Flags
    missing: Int64


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees in the layout of the kernel.

    Attributes:
        nodes: of dtype ``NODE``.
        settings: one record of dtype ``SETTINGS``, as an array of length 1.
    """

    nodes: NDArray[np.void]
    settings: NDArray[np.void]

    @property
    def trees(self) -> int:
        """Number of trees."""
        return int(self.settings["trees"][0])

    @property
    def columns(self) -> int:
        """Width of the rows it was trained on."""
        return int(self.settings["columns"][0])


def lay_out(trees: Sequence[Tree], columns: int, link: int, start: float = 0.0, slope: float = 1.0) -> Forest:
    """Put trees into the layout of the kernel.

    Args:
        trees: in the order in which their values are added.
        columns: width of a row.
        link: ``SIGMOID``, ``SIGMOID32`` or ``MEAN``.
        start: what the sum begins with.
        slope: factor of the sum inside the sigmoid.

    Raises:
        DataError: no trees, too many columns, or a tree tests a column that rows do not have.
    """
    if not trees or not 0 < columns <= COLUMN:
        raise DataError(f"a forest of {len(trees)} trees and {columns} columns cannot be served")
    whole, level = _joined([_with_test(tree) for tree in trees])
    if whole.column.max() >= columns:
        raise DataError(f"a tree tests column {whole.column.max()} of rows with {columns} columns")
    nodes = np.zeros(len(whole.column), NODE)
    placed = 0
    while len(level):
        inner = whole.column[level] >= 0
        after = placed + len(level)
        part = nodes[placed:after]
        part["threshold"] = np.where(inner, whole.threshold[level], whole.value[level])
        part["left"][inner] = after + 2 * np.arange(inner.sum())
        part["test"][inner] = _tests(whole, level[inner])
        level = np.column_stack([whole.left[level[inner]], whole.right[level[inner]]]).ravel()
        placed = after
    careful = bool((whole.missing[whole.column >= 0] == ZERO).any())
    settings = np.array([(len(trees), columns, link, careful, start, slope)], SETTINGS)
    return check(Forest(nodes[:placed], settings))


def _with_test(tree: Tree) -> Tree:
    """The tree itself, or a test with the same leaf on both sides where the root is a leaf."""
    if tree.column[0] >= 0:
        return tree
    return Tree(
        column=np.array([0, -1, -1]),
        threshold=np.zeros(3),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        value=np.full(3, tree.value[0]),
        default_left=np.zeros(3, np.bool_),
        missing=np.zeros(3, np.int64),
    )


def _joined(trees: Sequence[Tree]) -> tuple[Tree, Int64]:
    """All trees as one, and where their roots are."""
    roots = np.cumsum([0, *(len(tree.column) for tree in trees[:-1])]).astype(np.int64)
    whole = Tree(
        column=np.concatenate([tree.column for tree in trees]).astype(np.int64),
        threshold=np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
        left=np.concatenate([tree.left + root for tree, root in zip(trees, roots, strict=True)]),
        right=np.concatenate([tree.right + root for tree, root in zip(trees, roots, strict=True)]),
        value=np.concatenate([tree.value for tree in trees]).astype(np.float64),
        default_left=np.concatenate([tree.default_left for tree in trees]).astype(np.bool_),
        missing=np.concatenate([tree.missing for tree in trees]).astype(np.int64),
    )
    return whole, roots


def _tests(whole: Tree, inner: Int64) -> Int64:
    """The packed test of inner nodes."""
    test = whole.column[inner].copy()
    test |= (whole.column[whole.left[inner]] >= 0).astype(np.int64) << LEFT_INNER
    test |= (whole.column[whole.right[inner]] >= 0).astype(np.int64) << RIGHT_INNER
    test |= whole.default_left[inner].astype(np.int64) << DEFAULT_LEFT
    test |= whole.missing[inner] << MISSING
    return test


def check(forest: Forest) -> Forest:
    """The forest, if the kernel can walk it without leaving it.

    Raises:
        DataError: it cannot, so the file it came from is damaged.
    """
    nodes = forest.nodes
    left = nodes["left"].astype(np.int64)
    inner = np.flatnonzero(left)
    settings = forest.settings[0]
    sizes = settings["trees"] > 0 and len(nodes) == settings["trees"] + 2 * len(inner)
    children = sizes and np.array_equal(left[inner], settings["trees"] + 2 * np.arange(len(inner)))
    if not (children and (left[inner] > inner).all() and (left[: settings["trees"]] > 0).all()):
        raise DataError("a forest is damaged: its nodes do not form trees")
    test = nodes["test"][inner].astype(np.int64)
    for side, position in enumerate((LEFT_INNER, RIGHT_INNER)):
        if not np.array_equal((test >> position) & 1, left[left[inner] + side] > 0):
            raise DataError("a forest is damaged: leaves are marked wrongly")
    if (test & COLUMN).max() >= settings["columns"] or settings["link"] not in (SIGMOID, SIGMOID32, MEAN):
        raise DataError("a forest is damaged: it tests columns that rows do not have")
    return forest
