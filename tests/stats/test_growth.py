"""What stays with a bar is told apart from what stays with an order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.growth import WINDOWS, growth
from ictcli.stats.intervals import NOWHERE

BARS = [10 * at for at in range(1, 201)]
ORDERS = list(np.cumsum([3 if at // 20 % 2 else 0 for at in range(200)]))
TURN = 200


def sizes(per_bar: float, per_order: float) -> list[int]:
    return [int(5_000 + per_bar * bars + per_order * done) for bars, done in zip(BARS, ORDERS, strict=True)]


@given(st.integers(-50, 500), st.integers(0, 2_000))
def test_both_slopes_are_found_whatever_the_other_is(per_bar: int, per_order: int) -> None:
    with_bars, with_orders = growth(BARS, ORDERS, sizes(per_bar, per_order), TURN)
    assert with_bars.value == pytest.approx(per_bar, abs=1e-6)
    assert with_orders.value == pytest.approx(per_order, abs=1e-5)


def test_bounds_hold_the_truth_in_most_of_many_samples_and_exclude_a_leak() -> None:
    random = np.random.default_rng(5)
    held, far = 0, 0
    for _ in range(200):
        noise = random.normal(0, 20_000, len(BARS))
        seen = [int(size + own) for size, own in zip(sizes(20, 900), noise, strict=True)]
        low, high = (
            growth(BARS, ORDERS, seen, TURN)[0].interval.low,
            growth(BARS, ORDERS, seen, TURN)[0].interval.high,
        )
        assert low is not None
        assert high is not None
        held += low <= 20 <= high
        far += high < 64
    assert held >= 0.86 * 200, "each bound has 95 % alone"
    assert far > 0


def test_tables_that_double_when_they_are_full_leave_the_upper_bound_honest_and_near() -> None:
    """A run of 36,000 bars: pieces of 300 kB come and go while orders come, and stay in every size behind."""
    random = np.random.default_rng(7)
    bars = np.arange(180, 36_001, 180)
    traded = bars // 720 % 2 == 0
    above, bounds = 0, []
    for _ in range(200):
        orders = np.cumsum(np.where(traded, random.poisson(45, len(bars)), 0))
        pieces = np.cumsum(np.where(traded & (random.random(len(bars)) < 0.05), random.normal(0, 3e5), 0))
        seen = 20 * bars + 800 * orders + pieces + random.normal(0, 1_000, len(bars))
        found, _ = growth(bars.tolist(), orders.tolist(), seen.astype(int).tolist(), 720)
        assert found.interval.high is not None
        above += found.interval.high >= 20
        bounds.append(found.interval.high)
    assert above >= 0.93 * 200, "the bound has 95 %"
    assert np.median(bounds) < 64


def test_orders_that_come_as_evenly_as_bars_leave_both_open() -> None:
    even = [bars // 10 for bars in BARS]
    for found in growth(BARS, even, sizes(20, 900), TURN):
        assert found.value is None
        assert found.interval == NOWHERE


def test_few_samples_say_nothing() -> None:
    few = 2 * WINDOWS - 1
    assert growth(BARS[:few], ORDERS[:few], sizes(1, 1)[:few], TURN)[0].value is None
