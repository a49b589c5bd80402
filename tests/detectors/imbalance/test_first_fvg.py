"""Worked examples of first presented gaps; every bar from the third on completes one.

2025-01-07 is a Tuesday, New York 5 hours behind UTC; on 2025-07-08, also a Tuesday, it is 4.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.plan import Plan
from ictcli.detectors.registry import DETECTORS

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
ONE = {"starts": "09:30"}


def minute(text: str) -> int:
    return int(datetime.fromisoformat(f"2025-{text}").replace(tzinfo=UTC).timestamp()) // 60


def rising(bars: int) -> list[tuple[int, int, int, int]]:
    return [(10 * i, 10 * i + 4, 10 * i, 10 * i + 4) for i in range(bars)]


def first_gaps(
    told: Told, begin: str, params: dict[str, Any], bars: int = 6, step: int = 1
) -> list[dict[str, Any]]:
    opens = [minute(begin) + step * at for at in range(bars)]
    return told("first_fvg", rising(bars), params, opens)


@pytest.mark.parametrize("begin", ["01-07T14:28", "07-08T13:28"])
def test_the_middle_bar_must_open_at_the_start_or_later(
    begin: str, told: Told, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    """Bar 2 opens at 09:30, but its gap's middle bar at 09:29; bar 3's middle bar is bar 2."""
    (found,) = first_gaps(told, begin, ONE)
    assert (found["formed"], found["confirmed"], found["direction"]) == (2, 3, 1)
    assert (found["bottom"], found["top"]) == (14, 30)
    assert found["window_start"] == (minute(begin) + 2) * NS_PER_MINUTE
    assert parents(found) == [(0, 1)]


def test_the_middle_bar_must_open_before_the_end(told: Told) -> None:
    assert [row["formed"] for row in first_gaps(told, "01-07T15:28", ONE)] == [1]  # 10:29
    assert first_gaps(told, "01-07T15:29", ONE) == []
    assert [row["formed"] for row in first_gaps(told, "01-07T15:29", {**ONE, "window_minutes": 61})] == [1]


def test_a_late_first_gap_tells_when_its_window_began(told: Told) -> None:
    (found,) = first_gaps(told, "01-07T15:00", ONE)
    assert found["formed"] == 1
    assert found["window_start"] == minute("01-07T14:30") * NS_PER_MINUTE


def test_every_window_of_every_day_has_its_own(told: Told) -> None:
    """Half-hour steps: middle bars at 09:30 and, a day later, again; 10:00 is also in the first window."""
    params = {"starts": "09:30 10:00"}
    found = first_gaps(told, "01-07T14:00", params, bars=52, step=30)
    assert [(row["formed"], row["ordinal"], row["window_start"]) for row in found] == [
        (1, 0, minute("01-07T14:30") * NS_PER_MINUTE),
        (2, 0, minute("01-07T15:00") * NS_PER_MINUTE),
        (49, 0, minute("01-08T14:30") * NS_PER_MINUTE),
        (50, 0, minute("01-08T15:00") * NS_PER_MINUTE),
    ]


def test_one_gap_can_be_the_first_of_two_windows(told: Told) -> None:
    found = first_gaps(told, "01-07T15:05", {"starts": "09:30 10:00"})
    assert [(row["formed"], row["ordinal"], row["serial"]) for row in found] == [(1, 0, 0), (1, 1, 1)]
    assert found[1]["window_start"] - found[0]["window_start"] == 30 * NS_PER_MINUTE


def test_a_window_may_cross_midnight(told: Told) -> None:
    (found,) = first_gaps(told, "01-08T05:10", {"starts": "23:30"})  # 00:10 New York
    assert found["window_start"] == minute("01-08T04:30") * NS_PER_MINUTE


def test_the_default_windows_are_the_open_and_the_silver_bullets(told: Told) -> None:
    found = first_gaps(told, "01-07T05:00", {}, bars=24 * 4, step=15)
    began = [row["window_start"] // NS_PER_MINUTE - minute("01-07T05:00") for row in found]
    assert began == [180, 570, 600, 840]


def test_closed_hours_present_nothing(told: Told) -> None:
    assert first_gaps(told, "01-11T14:30", ONE) == []  # Saturday


def test_the_marks_of_the_gap_are_kept(told: Told) -> None:
    opens = [minute("01-07T14:00"), *(minute("01-07T14:30") + at for at in range(3))]
    (found,) = told("first_fvg", rising(4), ONE, opens)
    assert (found["formed"], found["marks"]) == (1, 1)


@pytest.mark.parametrize(
    ("length", "params", "refused"),
    [
        (30, {}, False),
        (60, {}, True),  # 09:30 lies inside a bar
        (60, {"starts": "09:00"}, False),
        (60, {"starts": "09:00", "window_minutes": 30}, True),
        (7, {"starts": "00:07", "window_minutes": 14}, False),
    ],
)
def test_bars_that_straddle_an_edge_are_refused(
    length: int, params: dict[str, Any], *, refused: bool, plan_for: Callable[..., Plan]
) -> None:
    plan = plan_for(DETECTORS["first_fvg"], params, length * NS_PER_HOUR // 60)
    assert ("first_fvg" in plan.refused) == refused
    assert ("inside a bar" in plan.refused.get("first_fvg", "")) == refused
