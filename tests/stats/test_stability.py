"""The population stability index: zero for what stays, its own expectation by chance, large for a shift."""

import math

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.stats.stability import SHIFTED, column_stability, fit_bins, population_stability


def test_the_index_of_worked_shares() -> None:
    even = (0.25, 0.25, 0.25, 0.25)
    tilted = (0.4, 0.3, 0.2, 0.1)
    by_hand = 0.15 * math.log(1.6) + 0.05 * math.log(1.2) - 0.05 * math.log(0.8) - 0.15 * math.log(0.4)
    assert population_stability(even, tilted) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.228, abs=5e-4)
    assert population_stability(even, even) == 0
    assert population_stability(tilted, even) == pytest.approx(by_hand)
    assert population_stability((0.5, 0.5), (0.0, 1.0)) == pytest.approx(
        (1e-4 - 0.5) * math.log(2e-4) + 0.5 * math.log(2)
    )
    with pytest.raises(DataError, match="3 bins cannot be compared with 4"):
        population_stability(even, (0.5, 0.3, 0.2))


def test_bins_have_equal_shares_and_values_on_an_edge_belong_below() -> None:
    bins = fit_bins(np.arange(1.0, 101.0))
    assert bins.shares == pytest.approx([0.1] * 10, abs=0.0101)
    assert bins.edges[0] == 10.0
    assert column_stability(bins, np.arange(1.0, 101.0)) == 0
    assert fit_bins(np.repeat([0.0, 1.0], [90, 10])).shares == pytest.approx([0.9, 0.1])
    assert fit_bins(np.zeros(50)).edges == ()


def test_the_same_distribution_stays_near_its_expectation_and_a_shift_does_not() -> None:
    generator = np.random.default_rng(1)
    bins = fit_bins(generator.normal(size=2000))
    still = [column_stability(bins, generator.normal(size=500)) or 0 for _ in range(50)]
    assert float(np.mean(still)) == pytest.approx(9 * (1 / 2000 + 1 / 500), rel=0.35)
    moved = column_stability(bins, generator.normal(0.6, 1.0, 500))
    wider = column_stability(bins, generator.normal(0.0, 2.0, 500))
    assert moved is not None
    assert wider is not None
    assert max(still) < 0.1 < SHIFTED < min(moved, wider)


def test_gaps_are_left_out_of_the_index() -> None:
    bins = fit_bins(np.array([*range(100), math.nan, math.inf], np.float64))
    assert bins.count == 100
    assert column_stability(bins, np.array([math.nan])) is None
    with pytest.raises(DataError, match="without numbers"):
        fit_bins(np.array([math.nan]))
