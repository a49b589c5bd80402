"""Dealing ranges, premium and discount (ICT.md §8.1, C47)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, random_rows, signed, structure, swings

Told = Callable[..., list[dict[str, Any]]]
ONE = {"left": 1, "right": 1}
NEAR, FAR, MIDDLE = 1, 2, 3
UP: Rows = [(50, 52, 48, 50), (50, 60, 49, 50), (50, 52, 45, 50), (50, 53, 40, 50), (50, 62, 47, 61)]
"""Bar 4 closes above the swing high 60 of bar 1; the leg runs from 40 (bar 3) to 62 (bar 4)."""


def brief(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (row["serial"], row["record"], row["at"], row["direction"], row["bottom"], row["top"], row["label"])
        for row in rows
    ]


@pytest.mark.jit_off
def test_a_break_anchors_a_range_that_follows_the_highs_and_tells_the_half(told: Told) -> None:
    rows = [
        *UP,
        (61, 64, 60, 63),  # a new high
        (63, 64, 50, 52),  # the middle of 40 to 64
        (52, 64, 51, 51),  # below it
        (51, 70, 50, 60),  # a new high and back in the upper half
    ]
    found = told("dealing_range.internal", rows, ONE)
    assert brief(found) == [
        (0, "confirmed", 4, 1, 40, 62, NEAR),
        (0, "extended", 5, 1, 40, 64, NEAR),
        (0, "entered", 6, 1, 40, 64, MIDDLE),
        (0, "entered", 7, 1, 40, 64, FAR),
        (0, "extended", 8, 1, 40, 70, FAR),
        (0, "entered", 8, 1, 40, 70, NEAR),
    ]
    assert found[0]["formed"] == 3
    assert [row["ratio"][0] for row in found] == pytest.approx(
        [1 / 22, 1 / 24, 12 / 24, 13 / 24, 10 / 30, 10 / 30]
    )
    assert [abs(row["extra"][0]) for row in found] == [102, 104, 104, 104, 110, 110]
    assert [parent[-1] for parent in found[0]["parent"]] == [0, -1]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("close", "band", "half"),
    [
        *((53, 0.0, NEAR), (49, 0.0, FAR), (51, 0.0, MIDDLE), (52, 0.05, MIDDLE), (50, 0.05, MIDDLE)),
        *((53, 0.05, NEAR), (49, 0.05, FAR)),
    ],
)
def test_the_band_around_the_middle_is_neither_half(close: int, band: float, half: int, told: Told) -> None:
    # 40 to 62: the middle is 51, a band of 0.05 reaches 1.1 to both sides.
    found = told("dealing_range", [*UP, (61, 61, 45, close)], {**ONE, "equilibrium_band": band})
    assert found[-1]["label"] == half
    assert [row["record"] for row in found] == ["confirmed"] + ["entered"] * (half != NEAR)


@pytest.mark.jit_off
def test_the_edge_of_the_band_is_still_equilibrium(told: Told) -> None:
    # 40 to 60 has the middle 50; a band of 0.1 reaches from 48 to 52.
    rows = [*UP[:4], (50, 60, 47, 60), (60, 60, 59, 60)]
    rows[1] = (50, 58, 49, 50)
    for close, half in ((52, MIDDLE), (53, NEAR), (48, MIDDLE), (47, FAR)):
        found = told("dealing_range", [*rows, (60, 60, 45, close)], {**ONE, "equilibrium_band": 0.1})
        assert (found[-1]["bottom"], found[-1]["top"]) == (40, 60)
        assert found[-1]["label"] == half, close


@pytest.mark.jit_off
def test_the_next_break_supersedes_the_range(told: Told) -> None:
    rows = [*UP, (61, 61, 44, 45), (45, 50, 45, 50), (50, 51, 40, 41)]
    found = told("dealing_range", rows, ONE)
    # The low 44 of bar 5 is a swing low at bar 6; bar 7 closes below it. The highest high since is 50.
    assert brief(found)[-2:] == [
        (0, "superseded", 7, 1, 40, 62, FAR),
        (1, "confirmed", 7, -1, 40, 50, NEAR),
    ]


@pytest.mark.jit_off
def test_ranges_of_swings_lie_between_the_last_high_and_low(told: Told) -> None:
    params = {**ONE, "range_mode": "swings"}
    rows = [*UP[:4], (50, 54, 47, 50), (50, 53, 46, 47), (47, 60, 30, 45)]
    found = told("dealing_range.internal", rows, params)
    # High 60 (bar 1) and low 40 (bar 3, known 4) give a down range; the high 54 (bar 4, known 5) an up one.
    assert brief(found) == [
        (0, "confirmed", 4, -1, 40, 60, MIDDLE),
        (0, "superseded", 5, -1, 40, 60, MIDDLE),
        (1, "confirmed", 5, 1, 40, 54, MIDDLE),
        (1, "entered", 6, 1, 40, 54, FAR),
    ]
    assert [row["formed"] for row in found if row["record"] == "confirmed"] == [1, 3]
    assert [[parent[-1] for parent in row["parent"]] for row in found[:1]] == [[1, 1]]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("high", "expected"), [(9, []), (10, []), (11, [(0, "confirmed", 5, 1, 10, 11, FAR)])]
)
def test_a_high_that_is_not_above_the_low_gives_no_range(
    high: int, expected: list[tuple[Any, ...]], told: Told
) -> None:
    # The low 10 of bar 1 is known at 2; after a gap down the high of bar 4 is known at 5.
    rows = [(14, 15, 12, 14), (12, 13, 10, 12), (11, 12, 11, 11), (7, 8, 6, 7), (7, high, 5, 7), (7, 9, 4, 7)]
    assert brief(told("dealing_range", rows, {**ONE, "range_mode": "swings"})) == expected


def half_of(low: int, high: int, close: int) -> int:
    return NEAR if 2 * close > low + high else FAR if 2 * close < low + high else MIDDLE


def slow(rows: Rows, anchors: list[tuple[int, int, int, int]], *, running: bool) -> list[tuple[Any, ...]]:
    """Anchors are (bar, direction, signed low, signed high), one a bar."""
    found: list[tuple[Any, ...]] = []
    serial = -1
    direction = low = high = half = 0
    at = {anchor[0]: anchor[1:] for anchor in anchors}

    def tell(record: str, i: int) -> None:
        edges = (low, high) if direction > 0 else (-high, -low)
        found.append((serial, record, i, direction, *edges, half))

    for i in range(len(rows)):
        if i in at:
            if serial >= 0:
                tell("superseded", i)
            serial += 1
            direction, low, high = at[i]
            half = half_of(low, high, direction * rows[i][3])
            tell("confirmed", i)
        elif serial >= 0:
            bar = signed(rows, direction)[i]
            if running and bar[1] > high:
                high = bar[1]
                tell("extended", i)
            now = half_of(low, high, bar[3])
            if now != half:
                half = now
                tell("entered", i)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_ranges_of_structure_equal_the_slow_reading(
    seed: int, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed, 400)
    breaks, _ = structure(rows, 2, 2)
    anchors = [(one.i, one.direction, one.direction * one.origin, one.direction * one.weak) for one in breaks]
    found = records("dealing_range.internal", build(rows), {"left": 2, "right": 2})
    assert brief(found) == slow(rows, anchors, running=True)
    assert len(anchors) > 8


def slow_anchors(rows: Rows, left: int, right: int) -> list[tuple[int, int, int, int]]:
    last: dict[int, int] = {}
    kind = 0
    found = []
    for k, known in sorted(swings(rows, left, right).items()):
        taken = False
        for direction, _, level in sorted(known, key=lambda swing: swing[0] != kind):
            if kind == 0 and len(known) == 2:
                continue
            if direction == kind and direction * level >= direction * last[direction]:
                continue
            kind, last[direction], taken = direction, level, True
        if taken and len(last) == 2 and last[-1] > last[1]:
            found.append((k, -kind, -kind * last[-1 if kind > 0 else 1], -kind * last[kind]))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_ranges_of_swings_equal_the_slow_reading(
    seed: int, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed, 400)
    params = {"left": 2, "right": 2, "range_mode": "swings"}
    found = records("dealing_range.internal", build(rows), params)
    expected = slow(rows, slow_anchors(rows, 2, 2), running=False)
    assert brief(found) == expected
    assert len(expected) > 40
