"""Worked examples of inversions."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
GAP = [(100, 102, 99, 101), (101, 110, 101, 109), (109, 112, 106, 111), (111, 113, 108, 112)]
"""Bar 2 completes the only gap, [102, 106] with midpoint 104; bar 3 stays away."""
BACK = [
    *GAP,
    (112, 112, 102, 107),  # 4: low exactly at the bottom
    (107, 108, 103, 104),  # 5: close exactly at the midpoint
    (104, 105, 102, 103),  # 6: close below the midpoint
    (103, 106, 101, 105),  # 7: low below the bottom
    (105, 105, 100, 101),  # 8: close below the bottom
]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("close", [("confirmed", 8)]),
        # high 105 of bar 8 reaches 102 and the midpoint, not 106
        ("wick", [("confirmed", 7), ("tapped", 8), ("ce", 8)]),
        # high 106 of bar 7 fills [102, 106] from below; its close 105 is not above
        ("ce", [("confirmed", 6), ("tapped", 7), ("ce", 7), ("filled", 7)]),
    ],
)
def test_each_rule_inverts_at_its_own_bar(rule: str, expected: list[tuple[str, int]], told: Told) -> None:
    found = told("ifvg", BACK, {"inversion": rule})
    assert [(row["record"], row["at"]) for row in found] == expected
    assert {(row["direction"], row["bottom"], row["top"], row["formed"]) for row in found} == {
        (-1, 102, 106, 1)
    }
    assert {row["generation"] for row in found} == {1}


def test_a_close_exactly_on_the_far_edge_does_not_invert(told: Told) -> None:
    assert told("ifvg", [*BACK[:8], (105, 105, 100, 102)]) == []


def test_the_gap_is_the_parent(
    told: Told, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    for rule in ("close", "wick", "ce"):
        assert parents(told("ifvg", BACK, {"inversion": rule})[0]) == [(0, 0)]


def test_an_inversion_ends_by_a_close_beyond_and_does_not_invert_again(told: Told) -> None:
    rows = [*BACK, (101, 107, 101, 107), (107, 107, 100, 100)]
    found = told("ifvg", rows)
    assert [(row["record"], row["at"]) for row in found if row["serial"] == 0] == [
        ("confirmed", 8),
        ("tapped", 9),
        ("ce", 9),
        ("filled", 9),
        ("invalidated", 9),
    ]
    assert not any(row["bottom"] == 102 and row["serial"] > 0 for row in found)


def test_an_inversion_has_an_age_of_its_own(told: Told) -> None:
    away = (101, 101, 100, 101)
    rows = [*BACK, away, away, (101, 102, 101, 101)]
    young = told("ifvg", rows, {"max_age": 6})  # the gap of bar 2 still lives on bar 8
    assert [(row["record"], row["at"]) for row in young] == [("confirmed", 8), ("tapped", 11)]
    rows = [*BACK, *[away] * 6, (101, 102, 101, 101)]
    old = told("ifvg", rows, {"max_age": 6})
    assert [(row["record"], row["at"]) for row in old] == [("confirmed", 8), ("expired", 15)]


@pytest.mark.parametrize(("age", "bars"), [(3, []), (4, [6]), (5, [6])])
def test_a_gap_that_expires_is_not_inverted_on_that_bar(age: int, bars: list[int], told: Told) -> None:
    """Confirmed at bar 2, a gap of age 3 expires on bar 6, whose close is below the midpoint."""
    found = told("ifvg", BACK[:7], {"inversion": "ce", "max_age": age})
    assert [row["at"] for row in found] == bars


def test_a_gap_ended_by_a_wick_is_not_inverted_by_a_later_close(told: Told) -> None:
    rows = [*GAP, (112, 112, 101, 107), *BACK[5:]]
    assert told("ifvg", rows, {"inversion": "ce", "invalidate": "wick"}) == []
    assert [row["at"] for row in told("ifvg", rows[:5], {"invalidate": "wick"})] == [4]


def test_of_several_waiting_gaps_all_that_are_reached_are_inverted(told: Told) -> None:
    """Gaps [4, 20], [14, 30] and [24, 40]; a low of 10 is below 24 and 14, not below 4."""
    rows = [(10 * i, 10 * i + 4, 10 * i, 10 * i + 4) for i in range(5)] + [(44, 44, 10, 44)]
    found = told("ifvg", rows, {"inversion": "wick"})
    assert [(row["record"], row["bottom"], row["top"]) for row in found] == [
        ("confirmed", 24, 40),
        ("confirmed", 14, 30),
    ]
    evicted = told("ifvg", rows, {"inversion": "wick", "max_active": 1})
    assert [(row["record"], row["bottom"]) for row in evicted] == [("confirmed", 24)]


def test_the_end_of_an_inverted_gap_leaves_the_waiting_ones_alone(told: Told) -> None:
    """Bar 5 inverts [24, 40] and [14, 30], bar 6 closes below both, bar 7 falls below [4, 20]."""
    rows = [(10 * i, 10 * i + 4, 10 * i, 10 * i + 4) for i in range(5)]
    rows += [(44, 44, 10, 44), (44, 44, 10, 12), (12, 12, 3, 12)]
    found = told("ifvg", rows, {"inversion": "wick"})
    assert [(row["bottom"], row["at"]) for row in found if row["record"] == "confirmed"] == [
        (24, 5),
        (14, 5),
        (4, 7),
    ]


def test_a_pause_inside_the_gap_marks_the_inversion(told: Told) -> None:
    paused = told("ifvg", BACK, None, [0, *range(9, 17)])
    later = told("ifvg", BACK, None, [0, 1, 2, *range(9, 15)])
    assert [row["marks"] for row in (*paused, *later)] == [1, 0]
