"""Quantiles and the observations that enclose them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.research.metrics.quantiles import quantile, quantile_interval


def test_the_median_of_eleven_lies_between_the_second_and_the_tenth() -> None:
    # P(at most 1 of 11 below) = 12 / 2048 = 0.6 %, of at most 2: 67 / 2048 = 3.3 % > 2.5 %
    interval = quantile_interval(np.arange(1.0, 12.0), 0.5, 0.95)
    assert (interval.low, interval.high) == (2.0, 10.0)


def test_a_bound_that_would_take_more_observations_is_missing() -> None:
    values = np.arange(20.0)
    assert quantile_interval(values, 0.05, 0.95).low is None
    assert quantile_interval(values, 0.95, 0.95).high is None
    assert quantile_interval(values[:5], 0.5, 0.95).low is None
    assert quantile_interval(values[:0], 0.5, 0.95).low is None
    assert math.isnan(quantile(values[:0], 0.5))


def test_the_interval_covers_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    for share, true in ((0.5, math.log(2)), (0.05, -math.log(0.95)), (0.95, -math.log(0.05))):
        hits = 0
        for _ in range(400):
            interval = quantile_interval(generator.exponential(size=150), share, 0.9)
            low = -math.inf if interval.low is None else interval.low
            hits += low <= true <= (math.inf if interval.high is None else interval.high)
        assert 0.86 <= hits / 400 <= 0.97


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.sampled_from([0.05, 0.5, 0.95]))
def test_bounds_are_observations_on_their_side(values: list[float], share: float) -> None:
    sample = np.array(values)
    interval, value = quantile_interval(sample, share, 0.95), quantile(sample, share)
    assert interval.low is None or (interval.low in values and interval.low <= value + 1e-6)
    assert interval.high is None or (interval.high in values and interval.high >= value - 1e-6)


@pytest.mark.parametrize("n", [10, 3000])
def test_the_order_of_observations_does_not_matter(n: int) -> None:
    values = np.random.default_rng(2).normal(size=n)
    assert quantile_interval(values, 0.5, 0.95) == quantile_interval(np.sort(values), 0.5, 0.95)
