"""What a fold learns about its columns, and from which rows."""

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.learning.preparing import fit_preparation, stable_columns

RNG = np.random.default_rng(3)


def test_quartiles_and_outer_quantiles_are_linear() -> None:
    rows = np.arange(1001.0).reshape(-1, 1)
    found = fit_preparation(rows, np.zeros(1001, np.int64), ["x"], "all")
    assert (found.low, found.high) == ((1.0,), (999.0,))
    assert (found.centre, found.scale, found.kept) == ((500.0,), (500.0,), (True,))


def test_infinities_and_missing_values_do_not_move_the_quantiles() -> None:
    rows = np.concatenate([np.arange(1001.0), [np.inf, -np.inf, np.nan]]).reshape(-1, 1)
    found = fit_preparation(rows, np.zeros(1004, np.int64), ["x"], "all")
    assert (found.low, found.centre, found.high) == ((1.0,), (500.0,), (999.0,))


def test_a_constant_column_is_not_kept_and_has_a_scale() -> None:
    rows = np.column_stack([np.full(100, 7.0), RNG.normal(size=100)])
    found = fit_preparation(rows, np.zeros(100, np.int64), ["flat", "free"], "all")
    assert found.kept == (False, True)
    assert found.scale[0] == 1.0


def test_a_column_without_any_number_is_not_kept() -> None:
    rows = np.column_stack([np.full(100, np.nan), RNG.normal(size=100)])
    assert fit_preparation(rows, np.zeros(100, np.int64), ["none", "free"], "all").kept == (False, True)


def test_stable_keeps_a_column_that_ranks_the_labels_alike_everywhere() -> None:
    labels = RNG.integers(0, 2, 2000)
    steady = labels + RNG.normal(size=2000)
    turning = np.where(np.arange(2000) < 1000, 1, -1) * (labels - 0.5) + RNG.normal(size=2000) * 0.1
    assert stable_columns(np.column_stack([steady, -steady, turning]), labels).tolist() == [True, True, False]


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match="a fold has 29 training rows, 30 are needed"):
        fit_preparation(np.zeros((29, 1)), np.zeros(29, np.int64), ["x"], "all")


def test_nothing_left_to_learn_from_is_refused() -> None:
    with pytest.raises(DataError, match="no feature is left"):
        fit_preparation(np.zeros((50, 2)), np.zeros(50, np.int64), ["x", "y"], "all")
