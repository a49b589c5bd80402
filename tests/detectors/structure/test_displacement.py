"""Displacement in legs (ICT.md §4.4, C28)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, average_true_range, displaced, random_rows

Told = Callable[..., list[dict[str, Any]]]
QUIET: Rows = [(10, 12, 8, 10)] * 4
"""The average range is 4 from bar 2 on (length 3)."""
LEG = {"atr_length": 3, "form": "leg"}


def legs(rows: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    return [(row["direction"], row["formed"], row["at"], row["extra"][0]) for row in rows]


@pytest.mark.jit_off
def test_two_bars_that_go_twice_the_average_range_are_a_leg(told: Told) -> None:
    found = told("displacement", [*QUIET, (10, 14, 10, 14), (14, 18, 14, 18)], LEG)
    assert legs(found) == [(1, 4, 5, 2)]
    (row,) = found
    assert (row["bottom"], row["top"], row["label"]) == (10, 18, 2)
    assert (row["size_atr"], row["ratio"][0], row["ratio"][1]) == (2.0, 1.0, 2.0)
    assert told("displacement", [*QUIET, (10, 14, 10, 14), (14, 18, 14, 17)], LEG) == []
    assert told("displacement", [*QUIET, (10, 14, 10, 14), (14, 18, 14, 18)], {**LEG, "leg_atr": 2.01}) == []


@pytest.mark.jit_off
def test_three_bars_count_when_two_do_not_and_the_average_is_that_before_the_first(told: Told) -> None:
    # From the close 13 the two bars go 5 and the three 8 = 2 x the 4 through bar 3.
    rows = [*QUIET, (10, 13, 10, 13), (13, 15, 13, 15), (15, 18, 15, 18)]
    assert legs(told("displacement", rows, LEG)) == [(1, 4, 6, 3)]
    four = [*QUIET, (10, 12, 10, 12), (12, 14, 12, 14), (14, 16, 14, 16), (16, 18, 16, 18)]
    assert told("displacement", four, LEG) == []


@pytest.mark.jit_off
def test_bodies_of_exactly_the_share_of_the_range_are_enough(told: Told) -> None:
    # Bodies 6 + 6 of a range of 20; the way is 12.
    exact = [*QUIET, (10, 20, 4, 16), (16, 24, 14, 22)]
    assert legs(told("displacement", exact, LEG)) == [(1, 4, 5, 2)]
    assert told("displacement", [*QUIET, (10, 20, 3, 16), (16, 24, 14, 22)], LEG) == []


@pytest.mark.jit_off
@pytest.mark.parametrize("second", [(14, 22, 14, 14), (22, 22, 14, 20)])
def test_a_bar_without_body_or_of_the_other_colour_breaks_the_run(
    second: tuple[int, int, int, int], told: Told
) -> None:
    assert told("displacement", [*QUIET, (10, 14, 10, 14), second], LEG) == []
    assert told("displacement", [*QUIET, second, (14, 22, 14, 22)], LEG) == []


@pytest.mark.jit_off
def test_the_way_of_a_leg_starts_at_its_first_open(told: Told) -> None:
    # Three rising bars, the last of which opens 10 below the first two and closes where they opened.
    assert told("displacement", [*QUIET, (18, 19, 18, 19), (18, 19, 18, 19), (8, 18, 8, 18)], LEG) == []


@pytest.mark.jit_off
def test_the_form_chooses_what_is_reported(told: Told) -> None:
    rows = [*QUIET, (10, 16, 10, 16), (16, 24, 16, 24)]
    for form, expected in (("bar", [1, 1]), ("leg", [2]), ("both", [1, 1, 2])):
        found = told("displacement", rows, {"atr_length": 3, "form": form})
        assert [row["label"] for row in found] == expected
    assert [row["formed"] for row in found] == [4, 5, 4]


@pytest.mark.jit_off
def test_a_pause_inside_a_leg_marks_it(told: Told) -> None:
    rows = [*QUIET, (10, 14, 10, 14), (14, 18, 14, 18)]
    for pause, mark in ((4, 0), (5, 1)):
        minutes = [at + (9 if at >= pause else 0) for at in range(len(rows))]
        assert [row["marks"] for row in told("displacement", rows, LEG, minutes)] == [mark]


def slow_legs(rows: Rows) -> list[tuple[int, int, int, int]]:
    atr = [0.0, *average_true_range(rows, 14)]
    found = []
    for i in range(len(rows)):
        for m in (2, 3):
            leg = rows[i - m + 1 : i + 1]
            if i - m + 1 < 0:
                continue
            colours = {(c > o) - (c < o) for o, _, _, c in leg}
            way = abs(leg[-1][3] - leg[0][0])
            span = max(bar[1] for bar in leg) - min(bar[2] for bar in leg)
            bodies = sum(abs(bar[3] - bar[0]) for bar in leg)
            scale = atr[i - m + 1]
            if colours in ({1}, {-1}) and scale and way >= 2 * scale and 10 * bodies >= 6 * span:
                found.append((colours.pop(), i - m + 1, i, m))
                break
    return found


@pytest.mark.parametrize("seed", range(4))
def test_legs_and_bars_equal_the_slow_reading(seed: int, build: Callable[..., Bars], records: Told) -> None:
    rows = random_rows(seed)
    found = records("displacement", build(rows), {"form": "both"})
    expected = slow_legs(rows)
    assert legs([row for row in found if row["label"] == 2]) == expected
    assert {(row["at"], row["direction"]) for row in found if row["label"] == 1} == displaced(rows)
    assert len(expected) > 3
