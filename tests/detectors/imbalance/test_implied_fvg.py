"""Worked examples of implied gaps, whose edges can lie between two points."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
BEFORE, MIDDLE = (10, 14, 8, 12), (12, 17, 11, 16)
"""The upper wick of BEFORE is 12..14, its midpoint 13."""


@pytest.mark.parametrize(
    ("bar", "edges"),
    [
        ((18, 20, 12, 17), (13, 15, 26, 29)),  # lower wick 12..17, midpoint 14.5
        ((17, 20, 12, 18), (13, 15, 26, 29)),  # a rising body has the same lower end
        ((18, 20, 12, 18), (13, 15, 26, 30)),
        ((15, 20, 12, 16), (13, 14, 26, 27)),  # half a point
        ((14, 20, 12, 16), None),  # midpoints meet
        ((18, 20, 14, 18), (13, 16, 26, 32)),  # wicks meet exactly: no true gap
        ((18, 20, 15, 18), None),  # a true gap
    ],
)
def test_midpoints_of_wicks_make_the_zone(
    bar: tuple[int, ...], edges: tuple[int, ...] | None, told: Told
) -> None:
    found = told("implied_fvg", [BEFORE, MIDDLE, bar])
    names = ("bottom", "top", "far_midpoint", "near_midpoint")
    assert [tuple(row[name] for name in names) for row in found] == ([edges] if edges else [])
    assert all((row["direction"], row["formed"], row["confirmed"]) == (1, 1, 2) for row in found)


def test_the_upper_wick_before_starts_at_the_body_whatever_its_colour(told: Told) -> None:
    (found,) = told("implied_fvg", [(12, 14, 8, 10), MIDDLE, (18, 20, 12, 17)])
    assert found["far_midpoint"] == 26


def test_two_bars_are_too_few(told: Told) -> None:
    assert told("implied_fvg", [BEFORE, (18, 20, 12, 17)]) == []
    assert told("implied_fvg", [MIDDLE, (18, 20, 0, 17)]) == []


def test_the_middle_bar_is_described(told: Told) -> None:
    """Through bar 0 the ATR of length 1 is its range, 6; the middle bar has 9, with a body of 8."""
    rows = [BEFORE, (11, 20, 11, 19), (19, 22, 12, 18)]
    (found,) = told("implied_fvg", rows, {"atr_length": 1})
    assert (found["mid_dir"], found["mid_close_beyond"], found["mid_is_displacement"]) == (1, True, True)
    (found,) = told("implied_fvg", [BEFORE, (15, 17, 11, 14), (18, 20, 12, 17)], {"atr_length": 1})
    assert (found["mid_dir"], found["mid_close_beyond"], found["mid_is_displacement"]) == (-1, False, False)
    assert found["size_atr"] == 1.5 / 6  # through bar 1, whose true range is 6


LIFE = [(10, 15, 8, 12), MIDDLE, (18, 20, 12, 17)]
"""The zone [13.5, 14.5]."""


def test_life_is_judged_by_the_exact_edges(told: Told, story: Callable[..., Any]) -> None:
    """15 lies above 14.5; 14 is half way down; 13 lies below 13.5 and so does a close of 13."""
    rows = [*LIFE, (17, 19, 15, 18), (18, 18, 14, 16), (16, 17, 13, 14), (14, 15, 12, 13)]
    found = [row for row in told("implied_fvg", rows) if row["serial"] == 0]
    assert story(found) == [
        (0, "confirmed", 2),
        (0, "tapped", 4),
        (0, "ce", 4),
        (0, "filled", 5),
        (0, "invalidated", 6),
    ]
    assert [(row["bottom"], row["top"], row["fill"]) for row in found] == [
        (13, 15, 0),
        (13, 15, 1),
        (13, 15, 1),
        (13, 15, 2),
        (13, 15, 2),
    ]
    assert found[-1]["touches"] == 1


def test_whole_edges_count_when_touched_and_hold_when_closed_at(
    told: Told, story: Callable[..., Any]
) -> None:
    """The zone [13, 16]: 16 taps, 15 is short of half way, 14 beyond it; a close of 13 holds."""
    rows = [BEFORE, MIDDLE, (18, 20, 14, 18)]
    rows += [(18, 19, 16, 18), (18, 19, 15, 18), (18, 19, 14, 18), (18, 19, 13, 13), (13, 13, 12, 12)]
    assert story(told("implied_fvg", rows), 0) == [
        (0, "confirmed", 2),
        (0, "tapped", 3),
        (0, "ce", 5),
        (0, "filled", 6),
        (0, "invalidated", 7),
    ]


def test_touches_are_counted_by_visits(told: Told) -> None:
    away, touch = (18, 19, 16, 18), (18, 18, 14, 16)
    rows = [*LIFE, touch, touch, away, touch, (14, 15, 12, 13)]
    found = [row for row in told("implied_fvg", rows) if row["serial"] == 0]
    assert (found[-1]["record"], found[-1]["touches"]) == ("invalidated", 2)


def test_parameters_of_its_life(told: Told, story: Callable[..., Any]) -> None:
    away = (17, 19, 16, 18)
    rows = [*LIFE, away, away, (16, 17, 13, 14)]
    assert story(told("implied_fvg", rows, {"max_age": 2}), 0)[-1] == (0, "expired", 5)
    assert story(told("implied_fvg", rows, {"max_age": 3}), 0)[-1] == (0, "filled", 5)
    assert story(told("implied_fvg", rows, {"invalidate": "wick"}), 0)[-1] == (0, "invalidated", 5)


@pytest.mark.parametrize(("pause", "marks"), [(0, 0), (1, 1), (2, 1)])
def test_a_pause_inside_the_three_bars_marks_the_zone(pause: int, marks: int, told: Told) -> None:
    minutes = [at + (9 if at >= pause else 0) for at in range(3)]
    (found,) = told("implied_fvg", LIFE, None, minutes)
    assert found["marks"] & 1 == marks
