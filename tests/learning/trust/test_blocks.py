"""Means over overlapping labels: honest where naive errors are not."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.blocks import cells_of, resample_mean
from ictcli.stats.intervals import NOWHERE

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]


def overlapping(seed: int, n: int, horizon: int) -> tuple[Floats, Int64, Int64]:
    """Hits of random calls on the directions of a random walk, and the lives of the labels."""
    generator = np.random.default_rng([seed, 77])
    price = np.cumsum(generator.normal(size=n + horizon))
    start = np.arange(n)
    up = price[start + horizon - 1] > price[start]
    slow = np.cumsum(generator.normal(size=n)) / 9
    return np.where(up, 1.0, -1.0) * np.sin(slow), start, start + horizon


def test_a_cell_is_as_long_as_the_longest_label() -> None:
    start = np.array([10, 12, 20, 49])
    cells = cells_of(start, start + np.array([1, 10, 3, 10]))
    assert (cells.bars, cells.count, cells.of_event.tolist()) == (10, 4, [0, 0, 1, 3])


def test_cells_grow_where_they_would_be_too_many() -> None:
    start = np.arange(100_000)
    cells = cells_of(start, start + 1)
    assert (cells.bars, cells.count) == (50, 2000)


def test_a_label_that_ends_with_its_decision_is_refused() -> None:
    with pytest.raises(DataError, match="ends at or before"):
        cells_of(np.array([5]), np.array([5]))


def test_independent_events_have_the_textbook_error() -> None:
    values = np.random.default_rng(1).normal(0.1, 1.0, 4000)
    start = np.arange(4000)
    found = resample_mean(values, cells_of(start, start + 1), 5)
    assert found.mean == pytest.approx(values.mean())
    assert found.error == pytest.approx(1 / math.sqrt(4000), rel=0.15)
    low, high = found.interval.low, found.interval.high
    assert low is not None
    assert high is not None
    assert low < found.mean < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(4000), rel=0.2)


def test_overlap_widens_the_error_to_what_it_truly_is() -> None:
    means, errors, naive = [], [], []
    for seed in range(80):
        values, start, end = overlapping(seed, 2000, 20)
        found = resample_mean(values, cells_of(start, end), seed, resamples=64)
        means.append(found.mean)
        errors.append(found.error)
        naive.append(values.std() / math.sqrt(len(values)))
    true = float(np.std(means))
    assert np.mean([one for one in errors if one is not None]) == pytest.approx(true, rel=0.25)
    assert np.mean(naive) < 0.5 * true


def test_too_few_blocks_or_no_scatter_give_no_p_value() -> None:
    start = np.arange(100)
    short = resample_mean(np.random.default_rng(0).normal(size=100), cells_of(start, start + 20), 1)
    assert (short.p_value, short.error, short.interval) == (None, None, NOWHERE)
    flat = resample_mean(np.full(100, 0.3), cells_of(start, start + 1), 1)
    assert flat.mean == pytest.approx(0.3)
    assert (flat.p_value, flat.interval) == (None, NOWHERE)
    none = resample_mean(np.full(100, math.nan), cells_of(start, start + 1), 1)
    assert math.isnan(none.mean)
    assert none.p_value is None
    assert resample_mean(np.zeros(0), cells_of(start[:0], start[:0]), 1).blocks == 0


def test_only_cells_that_hold_events_count_as_independent() -> None:
    start = np.arange(2000)
    cells = cells_of(start, start + 10)
    values = np.full(2000, math.nan)
    values[::220] = 1.0 + 0.01 * np.arange(10)
    assert resample_mean(values, cells, 1).p_value is not None
    values[0] = math.nan
    few = resample_mean(values, cells, 1)
    assert (few.p_value, few.interval) == (None, NOWHERE)


def test_events_that_are_not_numbers_are_left_out() -> None:
    values = np.random.default_rng(2).normal(0.2, 1.0, 600)
    start = np.arange(600)
    gaps = values.copy()
    gaps[::7] = math.nan
    found = resample_mean(gaps, cells_of(start, start + 2), 3)
    assert found.mean == pytest.approx(np.nanmean(gaps))
    assert found.error is not None


def test_the_same_seed_gives_the_same_numbers() -> None:
    values, start, end = overlapping(1, 1500, 10)
    cells = cells_of(start, end)
    assert resample_mean(values, cells, 4) == resample_mean(values, cells, 4)
    assert resample_mean(values, cells, 4).p_value != resample_mean(values, cells, 5).p_value


def test_dependence_beyond_the_labels_makes_blocks_longer() -> None:
    generator = np.random.default_rng(6)
    start = np.arange(1500)
    noise = generator.normal(size=1500)
    slow = np.empty(1500)
    level = 0.0
    for i, one in enumerate(noise.tolist()):
        level = 0.95 * level + one
        slow[i] = level
    cells = cells_of(start, start + 1)
    assert resample_mean(slow, cells, 1).blocks < 0.5 * resample_mean(noise, cells, 1).blocks
