"""The layout: what it holds, and that damage cannot lead the kernel astray."""

from typing import Any

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.models.forest.layout import LEFT_INNER, MEAN, NODE, RIGHT_INNER, Forest, Tree, check, lay_out
from tests.models.forest.trained import KINDS, market


def tree(column: list[int], left: list[int], right: list[int]) -> Tree:
    size = len(column)
    return Tree(
        column=np.array(column),
        threshold=np.arange(size, dtype=np.float64) + 0.5,
        left=np.array(left),
        right=np.array(right),
        value=np.arange(size, dtype=np.float64) * 10.0,
        default_left=np.zeros(size, np.bool_),
        missing=np.zeros(size, np.int64),
    )


CHAIN = tree([0, -1, 1, -1, -1], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0])


def test_a_node_takes_sixteen_bytes() -> None:
    assert NODE.itemsize == 16


def test_levels_of_all_trees_stand_one_after_the_other() -> None:
    forest = lay_out([CHAIN, CHAIN], 2, MEAN)
    assert forest.trees == 2
    assert forest.nodes["left"].tolist() == [2, 4, 0, 6, 0, 8, 0, 0, 0, 0]
    assert forest.nodes["threshold"].tolist() == [0.5, 0.5, 10.0, 2.5, 10.0, 2.5, 30.0, 40.0, 30.0, 40.0]
    root, second = int(forest.nodes["test"][0]), int(forest.nodes["test"][3])
    assert (root & 0xFFFF, root >> LEFT_INNER & 1, root >> RIGHT_INNER & 1) == (0, 0, 1)
    assert (second & 0xFFFF, second >> LEFT_INNER & 1, second >> RIGHT_INNER & 1) == (1, 0, 0)


def test_a_root_that_is_a_leaf_gets_a_test_with_the_leaf_on_both_sides() -> None:
    forest = lay_out([tree([-1], [0], [0])], 1, MEAN)
    assert len(forest.nodes) == 3
    assert forest.nodes["threshold"][1:].tolist() == [0.0, 0.0]


def test_trees_that_test_what_rows_do_not_have_are_refused() -> None:
    with pytest.raises(DataError, match="tests column 1 of rows with 1 columns"):
        lay_out([CHAIN], 1, MEAN)
    with pytest.raises(DataError, match="0 trees"):
        lay_out([], 1, MEAN)


@pytest.mark.parametrize(
    ("field", "at", "value"),
    [
        ("left", 0, 0),
        ("left", 0, 5000),
        ("left", 3, 0),
        ("left", 3, -4),
        ("left", -1, 1),
        ("test", 0, 0x4FFFF),
        ("test", 0, 1),
        ("test", 0, 0b11 << LEFT_INNER),
    ],
)
def test_damaged_nodes_are_noticed_before_the_kernel_walks_them(field: str, at: int, value: int) -> None:
    forest = lay_out([CHAIN, CHAIN], 2, MEAN)
    nodes = forest.nodes.copy()
    nodes[field][at] = value
    with pytest.raises(DataError, match="damaged"):
        check(Forest(nodes, forest.settings))


@pytest.mark.parametrize(("field", "value"), [("trees", 0), ("trees", 3), ("columns", 1), ("link", 9)])
def test_damaged_settings_are_noticed(field: str, value: int) -> None:
    forest = lay_out([CHAIN, CHAIN], 2, MEAN)
    settings = forest.settings.copy()
    settings[field] = value
    with pytest.raises(DataError, match="damaged"):
        check(Forest(forest.nodes, settings))


@pytest.mark.parametrize("kind", KINDS)
def test_any_changed_link_of_a_trained_forest_is_noticed(kind: str) -> None:
    forest = KINDS[kind](*market(300, 1)).forest
    random = np.random.default_rng(2)
    for _ in range(50):
        nodes: Any = forest.nodes.copy()
        at = random.integers(len(nodes))
        nodes["left"][at] += random.choice([-1, 1, 7, -9999, 2**30])
        with pytest.raises(DataError, match="damaged"):
            check(Forest(nodes, forest.settings))
