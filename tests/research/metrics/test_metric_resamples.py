"""Sums of resamples, without walking through every value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.research.metrics.resamples import quotient, resampled_sums
from ictcli.research.metrics.values import Resampling
from ictcli.stats import bootstrap


@pytest.mark.jit_off
@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=120), st.integers(0, 1000))
def test_the_resamples_are_those_of_the_bootstrap(values: list[float], seed: int) -> None:
    column = np.array(values)
    sums = resampled_sums([column, np.ones(len(column))], Resampling(70, seed, 0.95))
    assert sums[0] == pytest.approx(bootstrap.bootstrap_total(column, 70, seed), rel=1e-9, abs=1e-5)
    assert np.all(sums[1] == len(column))


def test_columns_are_resampled_together() -> None:
    column = np.random.default_rng(3).normal(size=50)
    sums = resampled_sums([column, 2 * column, column + 1], Resampling(100, 4, 0.95))
    assert sums[1] == pytest.approx(2 * sums[0])
    assert sums[2] == pytest.approx(sums[0] + 50)
    assert len(np.unique(sums[0])) > 50


def test_nothing_gives_nothing() -> None:
    assert np.isnan(resampled_sums([np.zeros(0)], Resampling(10, 1, 0.95))).all()


def test_a_quotient_over_zero_is_undefined() -> None:
    assert quotient(np.array([1.0, 0.0, 6.0]), np.array([0.0, 0.0, 3.0])).tolist()[2] == 2.0
    assert np.isnan(quotient(np.array([1.0, 0.0]), np.array([0.0, 0.0]))).all()
