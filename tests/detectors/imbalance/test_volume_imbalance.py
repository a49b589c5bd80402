"""Worked examples of volume imbalances and vacuum gaps, of which two bars give at most one."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
Bands = Callable[..., list[tuple[int, ...]]]
BEFORE = (10, 14, 8, 12)
"""Body up to 12, wick up to 14."""


@pytest.mark.parametrize(
    ("bar", "imbalances", "gaps"),
    [
        ((13, 16, 11, 15), [(1, 12, 13, 1, 1)], []),
        ((15, 16, 11, 13), [(1, 12, 13, 1, 1)], []),  # a falling body has the same lower end
        ((12, 16, 11, 15), [], []),  # bodies meet
        ((15, 16, 11, 12), [], []),
        ((15, 18, 14, 17), [(1, 12, 15, 1, 1)], []),  # wicks meet exactly
        ((15, 18, 15, 17), [], [(1, 14, 15, 1, 1)]),  # nothing meets
        ((13, 13, 13, 13), [(1, 12, 13, 1, 1)], []),
    ],
)
def test_two_bars_give_an_imbalance_or_a_gap_or_neither(
    bar: tuple[int, ...],
    imbalances: list[tuple[int, ...]],
    gaps: list[tuple[int, ...]],
    told: Told,
    bands: Bands,
) -> None:
    assert bands(told("volume_imbalance", [BEFORE, bar])) == imbalances
    assert bands(told("gap", [BEFORE, bar])) == gaps


def test_the_body_before_counts_whatever_its_colour(told: Told, bands: Bands) -> None:
    rows = [(12, 14, 8, 10), (13, 16, 11, 15)]
    assert bands(told("volume_imbalance", rows)) == [(1, 12, 13, 1, 1)]


def test_only_neighbours_are_compared(told: Told, bands: Bands) -> None:
    """Bar 2 clears the body of bar 0 but not that of bar 1; bar 3 clears that of bar 2."""
    rows = [BEFORE, (12, 15, 11, 14), (13, 16, 12, 15), (16, 17, 14, 17)]
    assert bands(told("volume_imbalance", rows)) == [(1, 15, 16, 3, 3)]


def test_the_first_bar_has_nothing_to_be_compared_with(told: Told) -> None:
    for name in ("volume_imbalance", "gap"):
        assert told(name, [(5, 6, 4, 5)]) == []
        assert told(name, [(5, 6, 0, 5)]) == []


def test_an_imbalance_lives_from_the_next_bar_on(told: Told, story: Callable[..., Any]) -> None:
    rows = [BEFORE, (16, 17, 11, 17), (17, 17, 16, 17), (17, 17, 14, 15), (15, 16, 11, 12), (12, 13, 9, 11)]
    found = told("volume_imbalance", rows)
    assert story(found, 0) == [
        (0, "confirmed", 1),
        (0, "tapped", 2),
        (0, "ce", 3),
        (0, "filled", 4),
        (0, "invalidated", 5),
    ]
    assert [row["fill"] for row in found if row["serial"] == 0] == [0, 0, 2, 4, 4]


def test_a_gap_lives_from_the_next_bar_on(told: Told, story: Callable[..., Any]) -> None:
    rows = [BEFORE, (18, 19, 18, 19), (19, 19, 17, 18), (18, 18, 14, 14), (14, 15, 13, 13)]
    assert story(told("gap", rows), 0) == [
        (0, "confirmed", 1),
        (0, "tapped", 2),
        (0, "ce", 3),
        (0, "filled", 3),
        (0, "invalidated", 4),
    ]


@pytest.mark.parametrize("name", ["volume_imbalance", "gap"])
def test_a_zone_expires_after_its_age(name: str, told: Told, story: Callable[..., Any]) -> None:
    jump = (15, 19, 13, 19) if name == "volume_imbalance" else (17, 19, 15, 19)
    rows = [BEFORE, jump, (19, 20, 18, 19), (19, 20, 18, 19), (19, 20, 10, 10)]
    assert story(told(name, rows, {"max_age": 2}), 0) == [(0, "confirmed", 1), (0, "expired", 4)]
    assert story(told(name, rows, {"max_age": 3}), 0)[-1] == (0, "invalidated", 4)
    assert story(told(name, rows), 0)[-1] == (0, "invalidated", 4)


@pytest.mark.parametrize("name", ["volume_imbalance", "gap"])
def test_a_wick_can_be_made_to_end_a_zone(name: str, told: Told, story: Callable[..., Any]) -> None:
    jump = (15, 19, 13, 19) if name == "volume_imbalance" else (17, 19, 15, 19)
    rows = [BEFORE, jump, (19, 20, 10, 19)]
    assert story(told(name, rows), 0)[-1] == (0, "filled", 2)
    assert story(told(name, rows, {"invalidate": "wick"}), 0)[-1] == (0, "invalidated", 2)


@pytest.mark.parametrize("name", ["volume_imbalance", "gap"])
def test_only_a_pause_between_the_two_bars_marks_a_zone(name: str, told: Told) -> None:
    jump = (15, 19, 13, 19) if name == "volume_imbalance" else (17, 19, 15, 19)
    rows = [(10, 14, 8, 11), BEFORE, jump]
    assert [row["marks"] for row in told(name, rows, None, [0, 1, 9])] == [1]
    assert [row["marks"] for row in told(name, rows, None, [0, 8, 9])] == [0]


def test_size_is_told_in_average_ranges_through_the_bar_before(told: Told) -> None:
    (imbalance,) = told("volume_imbalance", [BEFORE, (15, 18, 13, 18)], {"atr_length": 1})
    assert imbalance["size_atr"] == 3 / 6
