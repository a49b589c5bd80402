"""Worked examples of liquidity voids.

200 quiet bars with a true range of 4 make the long average 4. Bar 200 has the same range, so the average
at bar 201 is exactly 4 as well.
"""

from collections.abc import Callable
from typing import Any

import pytest

Told = Callable[..., list[dict[str, Any]]]
QUIET = [(100, 102, 98, 100)] * 200
RISE = (100, 104, 100, 104)
GAP = [*QUIET, RISE, (105, 107, 105, 106)]
"""Bar 201 completes the gap [102, 105]."""


def mine(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["record"], row["at"], row["bottom"], row["top"], row["gap_count"]) for row in rows]


@pytest.mark.jit_off
def test_a_single_gap_of_exactly_the_least_height_is_a_void(
    told: Told, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    (void,) = told("liquidity_void", GAP)
    assert mine([void]) == [("confirmed", 201, 102, 105, 1)]
    assert (void["direction"], void["formed"]) == (1, 200)
    assert parents(void) == [(0, 0)]
    assert told("liquidity_void", [*QUIET, RISE, (104, 107, 104, 106)]) == []
    assert len(told("liquidity_void", [*QUIET, RISE, (104, 107, 104, 106)], {"size_atr_long": 0.5})) == 1


def test_without_the_long_average_there_is_no_void(told: Told) -> None:
    assert told("liquidity_void", GAP[2:]) == []
    assert len(told("liquidity_void", GAP[1:])) == 1  # 200 bars before the confirming one


APART = [
    *GAP,
    (106, 107, 102, 103),
    (103, 105, 102, 104),
    (104, 107, 103, 107),
    (107, 110, 107, 109),
]
"""Bar 205 completes [105, 107], which touches [102, 105]."""


def test_touching_gaps_form_one_run(
    told: Told, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    (void,) = told("liquidity_void", APART, {"size_atr_long": 1.0})
    assert mine([void]) == [("confirmed", 205, 102, 107, 2)]
    assert void["formed"] == 200
    assert parents(void) == [(0, 0), (0, 1)]


def test_gaps_that_do_not_touch_are_two_runs(told: Told) -> None:
    rows = [*APART[:203], (103, 106, 102, 104), APART[204], (108, 110, 108, 109)]  # [106, 108]
    assert told("liquidity_void", rows, {"size_atr_long": 1.0}) == []
    found = told("liquidity_void", rows, {"size_atr_long": 0.25})
    assert [row[1:] for row in mine(found) if row[0] == "confirmed"] == [
        (201, 102, 105, 1),
        (205, 106, 108, 1),
    ]


def test_a_gap_inside_the_union_continues_the_run(told: Told) -> None:
    """Bar 205 completes [104, 105]: bar 203 does not rise above 104."""
    rows = [
        *GAP,
        (106, 107, 102, 103),
        (103, 104, 102, 104),
        (104, 107, 103, 107),
        (107, 110, 105, 109),
    ]
    found = told("liquidity_void", rows, {"size_atr_long": 0.75})
    assert mine(found)[-2:] == [("extended", 205, 102, 105, 2), ("parent_added", 205, 102, 105, 2)]


def test_a_gap_whose_middle_bar_is_next_continues_the_run_without_touching(told: Told) -> None:
    """[102, 105] at bar 201 and [106, 109] at bar 202: bar 200 reaches 106, a point above 105."""
    rows = [*QUIET, (100, 106, 100, 104), (105, 108, 105, 108), (109, 112, 109, 111)]
    (void,) = told("liquidity_void", rows, {"size_atr_long": 1.5})
    assert mine([void]) == [("confirmed", 202, 102, 109, 2)]


@pytest.mark.parametrize(("close", "voids"), [(102, 1), (101, 0)])
def test_a_close_beyond_the_far_edge_ends_a_run_before_its_void(close: int, voids: int, told: Told) -> None:
    rows = [*APART[:203], (103, 105, 101, close), *APART[204:]]
    assert len(told("liquidity_void", rows, {"size_atr_long": 1.0})) == voids


def test_an_extension_keeps_what_was_reached(
    told: Told, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    """[102, 105] is tapped by 104 and grows to [102, 107]; 106 is a new visit, 104 then passes the middle."""
    rows = [
        *GAP,
        (106, 107, 104, 105),
        (105, 105, 104, 105),
        (105, 107, 104, 107),
        (107, 110, 107, 109),
        (109, 109, 106, 108),
        (108, 108, 104, 107),
    ]
    found = told("liquidity_void", rows, {"atr_length": 1})
    assert mine(found) == [
        ("confirmed", 201, 102, 105, 1),
        ("tapped", 202, 102, 105, 1),
        ("extended", 205, 102, 107, 2),
        ("parent_added", 205, 102, 107, 2),
        ("ce", 207, 102, 107, 2),
    ]
    assert [row["fill"] for row in found] == [0, 1, 1, 1, 3]
    assert [row["touches"] for row in found] == [0, 1, 1, 1, 2]
    assert [parents(row) for row in found[2:4]] == [[(0, 0)], [(0, 0), (0, 1)]]
    assert found[0]["size_atr"] == 3 / 4  # bar 200 ranges from 100 to 104
    assert found[2]["size_atr"] == 5 / 3  # bar 204 from 104 to 107


def test_a_visit_that_goes_on_through_an_extension_is_one_touch(told: Told) -> None:
    """Bars 202 to 207 all reach 105; bar 205 completes [104, 105] as well, bar 207 closes below 102."""
    rows = [
        *GAP,
        (106, 107, 104, 105),
        (104, 104, 103, 104),
        (104, 107, 103, 106),
        (106, 109, 105, 108),
        (108, 108, 105, 106),
        (106, 106, 100, 101),
    ]
    found = told("liquidity_void", rows)
    assert [(row["record"], row["at"]) for row in found if row["record"] in ("extended", "invalidated")] == [
        ("extended", 205),
        ("invalidated", 207),
    ]
    assert found[-1]["touches"] == 1


def test_a_run_ends_with_its_void(told: Told) -> None:
    """The void of bar 201 expires on bar 204, so the touching gap of bar 205 starts a run of its own."""
    found = told("liquidity_void", APART, {"size_atr_long": 0.6, "max_age": 2})
    assert [row for row in mine(found) if row[0] != "tapped"] == [
        ("confirmed", 201, 102, 105, 1),
        ("ce", 202, 102, 105, 1),
        ("filled", 202, 102, 105, 1),
        ("expired", 204, 102, 105, 1),
    ]
    low = told("liquidity_void", APART, {"size_atr_long": 0.25, "max_age": 2})
    assert mine(low)[-1] == ("confirmed", 205, 105, 107, 1)


@pytest.mark.parametrize(("pause", "marks"), [(199, 0), (200, 1), (203, 0), (204, 1)])
def test_a_void_spans_a_pause_when_one_of_its_gaps_does(pause: int, marks: int, told: Told) -> None:
    minutes = [at + (9 if at >= pause else 0) for at in range(len(APART))]
    (void,) = told("liquidity_void", APART, {"size_atr_long": 1.0}, minutes)
    assert void["marks"] == marks
