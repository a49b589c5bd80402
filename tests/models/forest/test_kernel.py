"""The kernel against the libraries: the same bits, on ordinary rows and on the awkward ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.models.forest.kernel import float32_margin, float32_sigmoid, score_row
from ictcli.models.forest.layout import MEAN, NAN, NOTHING, SIGMOID, SIGMOID32, ZERO, Tree, lay_out
from tests.models.forest.trained import KINDS, flattened, market, on_the_edge, with_oddities

TINIEST = 5e-324


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_rows_get_the_bits_of_the_library(kind: str) -> None:
    native = KINDS[kind](*market(800, 1))
    table, _ = market(1500, 2)
    told = flattened(native.forest, table)
    assert np.array_equal(told, native.predict(table))
    assert len(set(told.tolist())) > 100


@pytest.mark.parametrize("kind", KINDS)
def test_values_at_a_threshold_and_beside_it_go_where_the_library_sends_them(kind: str) -> None:
    native = KINDS[kind](*market(800, 3))
    table, _ = market(200, 4)
    rows = on_the_edge(native, table)
    told = flattened(native.forest, rows)
    assert np.array_equal(told, native.predict(rows))
    third = len(rows) // 3
    assert not np.array_equal(told[:third], told[third : 2 * third])


@pytest.mark.jit_off
@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_take_the_branch_learned_for_them(kind: str) -> None:
    native = KINDS[kind](*market(800, 5, missing=0.2))
    table, _ = market(500, 6, missing=0.3)
    assert np.array_equal(flattened(native.forest, table), native.predict(table))
    assert not np.array_equal(flattened(native.forest, np.nan_to_num(table)), native.predict(table))


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_missing_values_never_seen_in_training_go_where_the_library_sends_them(kind: str) -> None:
    native = KINDS[kind](*market(800, 7))
    table, _ = market(500, 8, missing=0.3)
    assert np.array_equal(flattened(native.forest, table), native.predict(table))


def test_zeros_that_count_as_missing_do() -> None:
    native = KINDS["lightgbm"](*market(800, 9, zeros=0.3), zero_as_missing=True)
    assert native.forest.settings["careful"][0]
    table, _ = market(500, 10, zeros=0.3)
    rows = with_oddities(table, (-0.0, 1e-35, 1e-36, -1e-36, 9.9e-36, 2e-35, math.nan))
    assert np.array_equal(flattened(native.forest, rows), native.predict(rows))


@pytest.mark.parametrize("kind", KINDS)
def test_infinities_signed_zeros_and_tiny_values_are_no_exception(kind: str) -> None:
    native = KINDS[kind](*market(800, 11, zeros=0.2))
    table, _ = market(500, 12)
    odd = (0.0, -0.0, 1e-36, -1e-36, TINIEST, -TINIEST, 1e30, -1e30, 1e300, math.inf, -math.inf)
    rows = with_oddities(table, odd)
    assert np.array_equal(flattened(native.forest, rows), native.predict(rows))


def test_values_that_only_differ_beyond_float32_are_alike_to_two_of_three_libraries() -> None:
    table, _ = market(300, 14)
    nudged = np.nextafter(table.astype(np.float32).astype(np.float64), np.inf)
    exact = table.astype(np.float32).astype(np.float64)
    for kind in ("xgboost", "forest"):
        native = KINDS[kind](*market(800, 13))
        assert np.array_equal(flattened(native.forest, nudged), flattened(native.forest, exact))


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(sorted(KINDS)),
    rounds=st.integers(1, 25),
    missing=st.sampled_from([0.0, 0.15]),
    depth=st.integers(1, 9),
)
def test_random_models_get_the_bits_of_the_library(
    seed: int, kind: str, rounds: int, missing: float, depth: int
) -> None:
    native = KINDS[kind](*market(300, seed, missing=missing), rounds, max_depth=depth)
    table, _ = market(200, seed + 1, missing=missing)
    rows = np.concatenate([table, on_the_edge(native, table)[:3000]])
    assert np.array_equal(flattened(native.forest, rows), native.predict(rows))


@pytest.mark.proof
@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(sorted(KINDS)),
    rounds=st.integers(1, 120),
    depth=st.integers(1, 10),
)
def test_many_random_models_get_the_bits_of_the_library(
    seed: int, kind: str, rounds: int, depth: int
) -> None:
    native = KINDS[kind](*market(1000, seed, missing=0.1), rounds, max_depth=depth)
    table, _ = market(2000, seed + 1, missing=0.02)
    rows = np.concatenate([table, on_the_edge(native, table)])
    assert np.array_equal(flattened(native.forest, rows), native.predict(rows))


def test_a_model_that_found_nothing_says_the_same_of_every_row() -> None:
    table, labels = market(300, 15)
    for kind, bare in (("lightgbm", "min_data_in_leaf"), ("xgboost", "min_child_weight")):
        native = KINDS[kind](table, labels, 3, **{bare: 1000})
        told = flattened(native.forest, table)
        assert np.array_equal(told, native.predict(table))
        assert len(set(told.tolist())) == 1


def stump(missing: int, *, default_left: bool) -> Tree:
    """1 for values up to 0.5, 3 for others."""
    return Tree(
        column=np.array([0, -1, -1]),
        threshold=np.array([0.5, 0.0, 0.0]),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        value=np.array([0.0, 1.0, 3.0]),
        default_left=np.array([default_left, False, False]),
        missing=np.full(3, missing),
    )


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("missing", "default_left", "value", "leaf"),
    [
        (NOTHING, False, 0.5, 1),
        (NOTHING, False, 0.5000000000000001, 1),
        (NOTHING, False, 0.6, 3),
        (NOTHING, False, math.nan, 1),
        (NAN, False, math.nan, 3),
        (NAN, True, math.nan, 1),
        (NAN, False, 0.0, 1),
        (ZERO, False, 0.0, 3),
        (ZERO, False, 0.1, 1),
        (ZERO, False, math.nan, 3),
    ],
)
def test_one_test_decides_as_it_is_told(missing: int, default_left: bool, value: float, leaf: int) -> None:
    forest = lay_out([stump(missing, default_left=default_left)] * 2, 1, MEAN)
    row, work = np.zeros(1), np.zeros(4, np.int64)
    told = score_row(forest.nodes, forest.settings, np.array([value]), np.zeros(0), row, work)
    assert told == leaf


@pytest.mark.jit_off
def test_a_sum_goes_through_the_sigmoid_with_its_start_and_slope() -> None:
    row, work = np.zeros(1), np.zeros(4, np.int64)
    for link, expected in ((SIGMOID, 1 / (1 + math.exp(-0.5 * 2.25))), (SIGMOID32, 0.9046505093574524)):
        forest = lay_out([stump(NAN, default_left=True)] * 2, 1, link, start=0.25, slope=0.5)
        told = score_row(forest.nodes, forest.settings, np.array([0.0]), np.zeros(0), row, work)
        assert told == pytest.approx(expected, abs=1e-7)


@pytest.mark.jit_off
def test_the_float32_margin_undoes_the_float32_sigmoid() -> None:
    for probability in (0.5, 0.2795, 0.9, 0.01):
        assert float32_sigmoid(float32_margin(probability)) == pytest.approx(probability, abs=1e-7)
    assert float32_margin(0.5) == 0.0
