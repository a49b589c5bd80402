"""Worked examples of rejection and propulsion blocks: every threshold on its edge."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]
ONE = {"left": 1, "right": 1, "atr_length": 1}
RISE = [
    (20, 21, 19, 20),
    (20, 24, 20, 23),
    (23, 23, 20, 21),
    (21, 22, 18, 19),
    (19, 23, 19, 22),
    (22, 27, 22, 26),
]
"""A bullish order block [18, 22] of bar 3, known at bar 5."""


def story(rows: list[dict[str, Any]]) -> list[tuple[str, int, int, int, int]]:
    names = ("record", "at", "formed", "bottom", "top")
    return [tuple(row[name] for name in names) for row in rows]


@pytest.mark.jit_off
def test_a_wick_of_half_the_range_down_to_the_lowest_body_around_is_a_rejection(
    build: Build, records: Records
) -> None:
    """Bar 1 trades 4 under the body low 9 of bar 2: wick 5, half of 14 - 4 but not of 15 - 4."""
    before, after = (10, 11, 9, 10), (10, 11, 8, 9)
    rows = [before, (10, 14, 4, 10), after, (9, 10, 9, 10), (10, 10, 5, 5), (5, 5, 3, 3)]
    found = records("rejection_block", build(rows), ONE)
    assert story(found)[:5] == [
        ("confirmed", 2, 1, 4, 9),
        ("tapped", 3, 1, 4, 9),
        ("ce", 4, 1, 4, 9),
        ("filled", 5, 1, 4, 9),
        ("invalidated", 5, 1, 4, 9),
    ]
    longer = build([before, (10, 15, 4, 10), after])
    assert records("rejection_block", longer, ONE) == []
    lower = records("rejection_block", longer, {**ONE, "wick_frac": 0.45})
    assert [row["formed"] for row in lower if row["direction"] > 0] == [1]


def test_a_wick_is_measured_in_the_average_range_before_the_swing(build: Build, records: Records) -> None:
    """The true range of bar 0 is 2, the wick 5."""
    bars = build([(10, 11, 9, 10), (10, 14, 4, 10), (10, 11, 8, 9)])
    (row,) = records("rejection_block", bars, {**ONE, "wick_atr": 2.5})
    assert row["ratio"][0] == 2.5
    assert records("rejection_block", bars, {**ONE, "wick_atr": 2.51}) == []
    assert records("rejection_block", bars, {**ONE, "atr_length": 2}) == []


@pytest.mark.jit_off
def test_a_down_bar_in_a_live_order_block_is_run_over(build: Build, records: Records) -> None:
    """Bar 6 closes down with its low exactly on the top 22 of the block. Bar 7 only equals its high, bar 8
    exceeds it: body [23, 25], mean 24. Bar 9 stops at 24, bar 10 trades 23: invalidated."""
    rows = [
        *RISE,
        (25, 26, 22, 23),
        (23, 26, 23, 25),
        (25, 27, 25, 26),
        (26, 27, 24, 25),
        (25, 27, 23, 26),
    ]
    found = [row for row in records("propulsion_block.internal", build(rows), ONE) if row["formed"] == 6]
    assert story(found) == [
        ("confirmed", 8, 6, 23, 25),
        ("tapped", 9, 6, 23, 25),
        ("ce", 9, 6, 23, 25),
        ("filled", 10, 6, 23, 25),
        ("invalidated", 10, 6, 23, 25),
    ]
    assert found[0]["extra"][0] == 48


@pytest.mark.parametrize(("low", "count"), [(23, 0), (22, 1), (18, 1), (17, 0)])
def test_the_dip_must_end_inside_the_order_block(
    low: int, count: int, build: Build, records: Records
) -> None:
    bars = build([*RISE, (25, 26, low, 23), (23, 27, 23, 26)])
    assert len(records("propulsion_block.internal", bars, ONE)) == count


def test_the_candle_must_close_down_and_be_passed_in_time(build: Build, records: Records) -> None:
    still = [(23, 26, 23, 24)] * 2
    level = build([*RISE, (23, 26, 22, 23), (23, 27, 23, 26)])
    assert records("propulsion_block.internal", level, ONE) == []
    late = build([*RISE, (25, 26, 22, 23), *still, (24, 27, 24, 26)])
    assert records("propulsion_block.internal", late, {**ONE, "wait": 2}) == []
    assert len(records("propulsion_block.internal", late, {**ONE, "wait": 3})) == 1


def test_a_close_below_the_order_block_ends_the_wait_but_one_on_its_bottom_does_not(
    build: Build, records: Records
) -> None:
    for close, count in ((18, 1), (17, 0)):
        bars = build([*RISE, (25, 26, 22, 23), (23, 24, close, close), (24, 27, 24, 26)])
        found = [row for row in records("propulsion_block.internal", bars, ONE) if row["formed"] == 6]
        assert len(found) == count, close


def test_the_bar_that_makes_the_order_block_known_is_no_candidate(build: Build, records: Records) -> None:
    bars = build([*RISE[:5], (29, 30, 22, 26), (26, 31, 26, 30)])
    assert records("propulsion_block.internal", bars, ONE) == []
