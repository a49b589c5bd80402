"""Turtle soup: worked examples of every comparison and a slow reading."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import SPANS_GAP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]

SMALL = {"lookback": 5, "min_age": 3}


def dip(*lows: int) -> list[tuple[int, int, int, int]]:
    """Bars that open, peak and close at 60 and reach these lows."""
    return [(60, 60, low, 60) for low in lows]


@pytest.mark.jit_off
def test_a_low_below_an_old_low_with_a_close_above_it_is_turtle_soup(build: Build, records: Records) -> None:
    """Lows 55, 50, 55, 55, 55 and then 47: the reference 50 is 4 bars old and 3 points are taken.

    The average true range of 3 bars through bar 4 is ((5 + 10 + 5) / 3 * 2 + 5) / 3 and once more.
    """
    rows = dip(55, 50, 55, 55, 55, 47)
    (row,) = records("turtle_soup", build(rows), {**SMALL, "atr_length": 3})
    assert (row["direction"], row["bottom"], row["top"], row["formed"], row["confirmed"]) == (1, 50, 50, 5, 5)
    assert row["extra"][:3].tolist() == [1 * NS_PER_MINUTE, 4, 3]
    assert row["ratio"][0] == pytest.approx(3 / (((20 / 3 * 2 + 5) / 3 * 2 + 5) / 3))
    (mirrored,) = records("turtle_soup", build([(-o, -low, -h, -c) for o, h, low, c in rows]), SMALL)
    assert (mirrored["direction"], mirrored["bottom"]) == (-1, -50)
    assert mirrored["extra"][:3].tolist() == row["extra"][:3].tolist()


def test_touching_the_reference_is_not_enough(build: Build, records: Records) -> None:
    assert records("turtle_soup", build(dip(55, 50, 55, 55, 55, 50)), SMALL) == []


@pytest.mark.parametrize(("close", "found"), [(51, 1), (50, 0)])
def test_the_close_must_lie_above_the_reference(
    build: Build, records: Records, close: int, found: int
) -> None:
    rows = [*dip(55, 50, 55, 55, 55), (60, 60, 47, close)]
    assert len(records("turtle_soup", build(rows), SMALL)) == found


def test_the_reference_must_be_old_enough(build: Build, records: Records) -> None:
    rows = dip(55, 55, 50, 55, 55, 47)
    assert len(records("turtle_soup", build(rows), {"lookback": 5, "min_age": 3})) == 1
    assert records("turtle_soup", build(rows), {"lookback": 5, "min_age": 4}) == []


def test_on_ties_the_most_recent_low_is_the_reference(build: Build, records: Records) -> None:
    rows = dip(50, 55, 50, 55, 55, 47)
    (row,) = records("turtle_soup", build(rows), SMALL)
    assert row["extra"][1] == 3
    assert records("turtle_soup", build(rows), {"lookback": 5, "min_age": 4}) == []
    later = dip(40, 50, 55, 50, 55, 55, 55, 47)
    (row,) = records("turtle_soup", build(later), SMALL)
    assert row["extra"][1] == 4


def test_a_low_leaves_the_reference_with_its_bar(build: Build, records: Records) -> None:
    """The low 40 of bar 0 is within five bars of bar 5 and no longer of bar 6."""
    assert records("turtle_soup", build(dip(40, 50, 55, 55, 55, 47)), SMALL) == []
    (row,) = records("turtle_soup", build(dip(40, 50, 55, 55, 55, 55, 47)), SMALL)
    assert (row["bottom"], row["extra"][1]) == (50, 5)


def test_it_is_silent_until_the_lookback_is_full(build: Build, records: Records) -> None:
    rows = dip(50, 55, 55, 55, 47)
    assert records("turtle_soup", build(rows), {"lookback": 5, "min_age": 3}) == []
    assert len(records("turtle_soup", build(rows), {"lookback": 4, "min_age": 3})) == 1


def test_a_gap_after_the_reference_is_marked(build: Build, records: Records) -> None:
    rows = dip(55, 50, 55, 55, 55, 47)
    (inside,) = records("turtle_soup", build(rows, [0, 1, 3, 4, 5, 6]), SMALL)
    (before,) = records("turtle_soup", build(rows, [0, 2, 3, 4, 5, 6]), SMALL)
    assert inside["marks"] & SPANS_GAP
    assert not before["marks"] & SPANS_GAP


@pytest.mark.jit_off
def test_plus_one_gives_a_break_one_more_bar_to_fail(build: Build, records: Records) -> None:
    """Bar 5 takes 3 points of the reference 50 and closes at it; bar 6 closes above, once 5 points deep."""
    broken = (60, 60, 47, 50)
    plus_one = {**SMALL, "plus_one": True}
    for next_bar, depth in (((50, 60, 48, 51), 3), ((50, 60, 45, 51), 5)):
        rows = [*dip(55, 50, 55, 55, 55), broken, next_bar]
        assert records("turtle_soup", build(rows), SMALL) == []
        for story, direction in ((rows, 1), ([(-o, -low, -h, -c) for o, h, low, c in rows], -1)):
            (row,) = records("turtle_soup", build(story), plus_one)
            assert (row["direction"], row["bottom"], row["label"]) == (direction, 50 * direction, 2)
            assert (row["formed"], row["formed_ts"], row["confirmed"]) == (5, 5 * NS_PER_MINUTE, 6)
            assert row["extra"][:3].tolist() == [NS_PER_MINUTE, 4, depth]
    late = [*dip(55, 50, 55, 55, 55), broken, (50, 60, 48, 50), (50, 60, 48, 60)]
    assert records("turtle_soup", build(late), plus_one) == []
    (same,) = records("turtle_soup", build([*dip(55, 50, 55, 55, 55, 47), (60, 60, 55, 60)]), plus_one)
    assert (same["confirmed"], same["label"]) == (5, 1)


def slow(bars: Bars, lookback: int, min_age: int, *, plus_one: bool) -> set[tuple[int, ...]]:
    found: set[tuple[int, ...]] = set()
    for side in (1, -1):
        low, close = (bars.low, bars.close) if side > 0 else (-bars.high, -bars.close)
        for j in range(lookback, len(bars)):
            window = range(j - lookback, j)
            reference = min(low[at] for at in window)
            q = max(at for at in window if low[at] == reference)
            if j - q >= min_age and low[j] < reference:
                last = min(j + plus_one, len(bars) - 1)
                known = next((at for at in range(j, last + 1) if close[at] > reference), None)
                if known is not None:
                    depth = int(reference - min(low[j : known + 1]))
                    found.add((side, j, q, int(side * reference), known, depth))
    return found


@pytest.mark.parametrize("plus_one", [False, True])
@pytest.mark.parametrize(("lookback", "min_age"), [(20, 4), (7, 2), (1, 1)])
def test_failed_breaks_equal_the_slow_reading(
    build: Build, records: Records, lookback: int, min_age: int, *, plus_one: bool
) -> None:
    rng = np.random.default_rng(lookback)
    price, rows = 500, []
    for _ in range(1500):
        opened = price
        price = opened + int(rng.integers(-2, 3)) - (price - 500) // 12
        above, below = (int(size) for size in rng.integers(0, 4, 2))
        rows.append((opened, max(opened, price) + above, min(opened, price) - below, price))
    bars = build(rows)
    params = {"lookback": lookback, "min_age": min_age, "plus_one": plus_one}
    fast = {
        (
            *(row["direction"], row["formed"], row["formed"] - int(row["extra"][1]), row["bottom"]),
            *(row["confirmed"], int(row["extra"][2])),
        )
        for row in records("turtle_soup", bars, params)
    }
    assert fast == slow(bars, lookback, min_age, plus_one=plus_one)
    assert len(fast) > 5
