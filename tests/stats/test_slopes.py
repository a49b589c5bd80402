"""A slope is found where there is one, and its bounds hold it as often as they say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.stats.slopes import FEWEST, slope


def noise(generator: np.random.Generator, n: int, memory: float) -> NDArray[np.float64]:
    """Noise that remembers a share of its last value."""
    shocks = generator.normal(size=n)
    values = np.zeros(n)
    for at in range(1, n):
        values[at] = memory * values[at - 1] + shocks[at]
    return values


def test_a_line_is_found_exactly() -> None:
    x = np.arange(50.0)
    found = slope(x, 3.0 * x + 7.0)
    assert found.value == pytest.approx(3.0)
    assert found.interval.low == pytest.approx(3.0)
    assert found.interval.high == pytest.approx(3.0)


def test_too_few_observations_tell_nothing() -> None:
    few = np.arange(float(FEWEST - 1))
    assert slope(few, few).value is None
    assert slope(np.ones(40), np.arange(40.0)).interval.high is None


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_the_upper_bound_lies_below_the_truth_about_as_seldom_as_it_says(memory: float) -> None:
    generator, x = np.random.default_rng(5), np.arange(80.0)
    highs = [slope(x, 0.1 * x + noise(generator, 80, memory)).interval.high for _ in range(600)]
    missed = sum(high is not None and high < 0.1 for high in highs)
    assert 0.02 < missed / 600 < 0.09


def test_one_step_in_the_middle_is_no_sure_slope() -> None:
    x = np.arange(100.0)
    found = slope(x, np.where(x < 70, 0.0, 1.0))
    assert found.interval.high is not None
    assert found.interval.low is not None
    assert found.interval.high - found.interval.low > 0.005
