"""Intervals against published and hand-checked values."""

import numpy as np
import pytest

from ictcli.stats.bootstrap import bootstrap_mean
from ictcli.stats.intervals import FEWEST, Interval, normal_quantile, percentile_interval, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (85, 100, 0.782097, 0.899463),
        (91, 100, 0.851512, 0.946887),
        (178, 200, 0.848274, 0.921316),
        (411, 500, 0.792152, 0.848382),
        (5, 100, 0.024547, 0.099161),
        (68, 100, 0.599399, 0.751118),
        (169, 260, 0.600026, 0.696884),
        (0, 24, 0.0, 0.101310),
    ],
)
def test_one_sided_wilson_bounds(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n, 0.95, two_sided=False)
    assert interval.low == pytest.approx(low, abs=5e-7)
    assert interval.high == pytest.approx(high, abs=5e-7)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (9, 10, 0.5958, 0.9821),
        (90, 100, 0.8256, 0.9448),
    ],
)
def test_two_sided_wilson_bounds(successes: int, n: int, low: float, high: float) -> None:
    """The first four are the examples of Newcombe (1998), method 3."""
    interval = wilson(successes, n, 0.95)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_bounds_are_exact_at_the_ends_and_absent_without_data() -> None:
    assert wilson(0, 10, 0.95).low == 0.0
    assert wilson(10, 10, 0.95).high == 1.0
    assert wilson(0, 0, 0.95) == Interval(None, None)


def test_normal_quantiles() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054)
    assert normal_quantile(0.95, two_sided=False) == pytest.approx(1.6448536269514722)


def test_percentile_interval_takes_actual_resamples() -> None:
    assert percentile_interval(np.arange(1.0, 101.0), 0.90) == Interval(5.0, 95.0)


def test_undefined_resamples_are_left_out_while_they_are_few() -> None:
    values = np.arange(100.0)
    values[:5] = np.nan
    assert percentile_interval(values, 0.9).low is not None
    values[:6] = np.nan
    assert percentile_interval(values, 0.9) == Interval(None, None)


def test_an_infinite_bound_is_none() -> None:
    values = np.array([1.0] * 90 + [np.inf] * 10)
    assert percentile_interval(values, 0.9) == Interval(1.0, None)


def share_covered(size: int, samples: int) -> float:
    """How often the 95 % interval of the mean of so many normal values holds the true one, 0."""
    generator, held = np.random.default_rng(1), 0
    for number in range(samples):
        draws = bootstrap_mean(generator.normal(size=size), 999, number)
        interval = percentile_interval(draws, 0.95)
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= 0 <= interval.high
    return held / samples


def test_an_interval_of_resamples_means_what_it_says_from_the_fewest_observations_on() -> None:
    assert share_covered(2, 300) < 0.6
    assert share_covered(10, 300) < 0.91
    assert share_covered(FEWEST, 300) > 0.89


@pytest.mark.proof
def test_coverage_of_intervals_of_few_observations(proof_facts: dict[str, object]) -> None:
    shares = {str(size): share_covered(size, 2_000) for size in (2, 5, 10, 20, 30, 50, 100)}
    proof_facts |= shares
    assert shares["2"] < 0.55
    assert shares["10"] < 0.89
    assert shares["30"] > 0.9
