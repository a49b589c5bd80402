"""Worked examples of balanced price ranges."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
Bands = Callable[..., list[tuple[int, ...]]]


def crossing(first_low: int) -> list[tuple[int, int, int, int]]:
    """A bearish gap [100, first_low] confirmed at bar 2, a bullish one [102, 110] at bar 5, no other."""
    return [
        (106, 107, first_low, 106),
        (105, 105, 97, 98),
        (98, 100, 96, 99),
        (99, 102, 98, 101),
        (101, 113, 100, 112),
        (112, 114, 110, 113),
    ]


def test_the_overlap_of_two_opposite_gaps_is_a_range(
    told: Told, bands: Bands, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    (found,) = told("bpr", crossing(104))
    assert bands([found]) == [(1, 102, 104, 4, 5)]
    assert (found["overlap_frac"], found["separation"]) == (0.5, 3)  # 2 of min(4, 8)
    assert parents(found) == [(0, 0), (0, 1)]


def test_an_overlap_of_one_point_counts_and_a_common_edge_does_not(told: Told, bands: Bands) -> None:
    assert bands(told("bpr", crossing(103))) == [(1, 102, 103, 4, 5)]
    assert told("bpr", crossing(102)) == []


def test_a_range_inside_both_gaps_is_measured_by_the_smaller(told: Told) -> None:
    (found,) = told("bpr", crossing(106))
    assert (found["bottom"], found["top"], found["overlap_frac"]) == (102, 106, 4 / 6)


def test_gaps_may_be_exactly_max_separation_bars_apart(told: Told) -> None:
    assert len(told("bpr", crossing(104), {"max_separation": 3})) == 1
    assert told("bpr", crossing(104), {"max_separation": 2}) == []


def test_all_earlier_gaps_are_paired_in_the_order_of_their_confirmation(
    told: Told, bands: Bands, build: Callable[..., Any]
) -> None:
    """Bearish gaps [102, 112] at bar 2 and [100, 104] at bar 3 are both overlapped by [101, 114] at 6.

    Bars 0..3 have lows 112, 104, 96, 95 and highs 114, 113, 102, 100.
    """
    rows = [
        (113, 114, 112, 113),
        (112, 113, 104, 105),
        (101, 102, 96, 97),
        (97, 100, 95, 99),
        (99, 101, 96, 100),
        (100, 118, 100, 117),
        (117, 119, 114, 118),
    ]
    found = told("bpr", rows)
    assert bands(found) == [(1, 102, 112, 5, 6), (1, 101, 104, 5, 6)]
    assert [(row["ordinal"], row["separation"]) for row in found] == [(0, 4), (1, 3)]
    assert [row["separation"] for row in told("bpr", rows, {"max_separation": 3})] == [3]


def test_a_long_run_of_gaps_is_remembered_as_far_as_asked(told: Told) -> None:
    """Bars 2 to 134 each complete a gap of one direction; bar 136 completes one that overlaps all of them."""
    rows = [(10 * i, 10 * i + 4, 10 * i, 10 * i + 4) for i in range(135)]
    rows += [(1350, 1354, 0, 0), (0, 0, 0, 0)]
    found = told("bpr", rows, {"max_separation": 128})
    born = [row for row in found if row["record"] == "confirmed"]
    assert [row["separation"] for row in born] == list(range(128, 1, -1))


def test_a_range_lives_from_the_bar_after_its_confirmation(told: Told, story: Callable[..., Any]) -> None:
    rows = [*crossing(104), (113, 113, 104, 112), (112, 112, 101, 101)]
    assert story(told("bpr", rows), 0) == [
        (0, "confirmed", 5),
        (0, "tapped", 6),
        (0, "ce", 7),
        (0, "filled", 7),
        (0, "invalidated", 7),
    ]
    assert story(told("bpr", rows, {"max_age": 1}), 0)[-1] == (0, "expired", 7)


@pytest.mark.parametrize(("pause", "marks"), [(0, 0), (1, 1), (3, 1), (5, 1)])
def test_a_pause_between_the_first_and_the_last_bar_marks_the_range(
    pause: int, marks: int, told: Told
) -> None:
    minutes = [at + (9 if at >= pause else 0) for at in range(6)]
    (found,) = told("bpr", crossing(104), None, minutes)
    assert found["marks"] == marks
