"""Alternating swings (ICT.md §4.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, ends, random_rows, swings

Told = Callable[..., list[dict[str, Any]]]
Story = Callable[..., list[tuple[int, str, int]]]
ONE = {"left": 1, "right": 1}


def flat_closes(ranges: list[tuple[int, int]], close: int = 12) -> Rows:
    """Bars of given highs and lows that open and close at one price."""
    return [(close, high, low, close) for high, low in ranges]


@pytest.mark.jit_off
def test_a_lower_low_supersedes_the_last_and_an_equal_or_higher_one_is_ignored(
    told: Told, story: Story
) -> None:
    # Falling highs: no swing high before bar 9. Lows 8 at bar 1 (known 2), 7 at bar 3 (known 4): lower;
    # 7 at bar 5 (known 6): equal; 8 at bar 7 (known 8): higher; then the high 25 at bar 9 (known 10).
    lows = [10, 8, 9, 7, 8, 7, 9, 8, 9, 9, 9]
    highs = [21, 20, 19, 18, 17, 16, 15, 14, 13, 25, 24]
    found = told("alternating_swing", flat_closes(list(zip(highs, lows, strict=True))), ONE)
    assert story(found) == [
        (0, "confirmed", 2),
        (0, "swept", 3),
        (0, "superseded", 4),
        (1, "confirmed", 4),
        (2, "confirmed", 10),
    ]
    assert [(row["direction"], row["formed"], row["bottom"]) for row in found[3:]] == [(1, 3, 7), (-1, 9, 25)]
    assert found[3]["parent"][1][2] == 0
    assert [row["parent"][1][-1] for row in found] == [-1, -1, -1, 1, -1]


@pytest.mark.jit_off
def test_a_bar_that_is_both_extremes_first_prolongs_the_running_leg(told: Told) -> None:
    ranges = [(20, 10), (19, 8), (18, 9), (25, 6), (18, 9)]
    found = told("alternating_swing", flat_closes(ranges), ONE)
    assert [(row["record"], row["direction"], row["bottom"]) for row in found if row["at"] == 4] == [
        ("superseded", 1, 8),
        ("confirmed", 1, 6),
        ("confirmed", -1, 25),
    ]


@pytest.mark.jit_off
def test_at_the_start_a_bar_that_is_both_extremes_decides_nothing(told: Told) -> None:
    assert told("alternating_swing", flat_closes([(20, 10), (25, 6), (20, 10)]), ONE) == []


@pytest.mark.jit_off
def test_a_swing_that_a_close_broke_is_not_superseded_any_more(told: Told, story: Story) -> None:
    rows = [(12, 21, 10, 12), (12, 20, 8, 12), (12, 19, 9, 12), (12, 18, 6, 7), (7, 17, 7, 9)]
    found = told("alternating_swing", rows, ONE)
    assert story(found) == [
        (0, "confirmed", 2),
        (0, "swept", 3),
        (0, "broken", 3),
        (1, "confirmed", 4),
    ]
    assert found[-1]["parent"][1][2] == 0


def slow(rows: Rows, left: int, right: int) -> set[tuple[Any, ...]]:
    kept: list[list[Any]] = []
    for k, known in sorted(swings(rows, left, right).items()):
        if len(known) == 2 and not kept:
            continue
        known.sort(key=lambda swing: not kept or swing[0] != kept[-1][0])
        for direction, p, level in known:
            last = kept[-1] if kept else None
            same = last is not None and last[0] == direction
            if same and last is not None and direction * level >= direction * last[3]:
                continue
            if same and last is not None:
                last[5] = k
            before = [one for one in kept if one[0] == direction and one[5] is None]
            label = 0
            if before:
                now, then = direction * level, direction * before[-1][3]
                label = 1 if now < then else 2 if now > then else 3
            kept.append([direction, p, k, level, label, None, len(kept) - 1 if same else None])
    found = set()
    for direction, p, k, level, label, better, supersedes in kept:
        swept, broken = ends(rows, direction, level, k)
        ended = better is None or (broken is not None and broken <= better)
        superseded = None if ended else better
        last_bar = len(rows) if superseded is None else superseded
        life = (bar if bar is not None and bar <= last_bar else None for bar in (swept, broken))
        found.add((direction, p, k, level, label, *life, superseded, supersedes))
    return found


@pytest.mark.parametrize(("left", "right"), [(1, 1), (3, 2), (1, 4)])
@pytest.mark.parametrize("seed", range(4))
def test_alternating_swings_equal_the_slow_reading(
    seed: int, left: int, right: int, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed)
    found = records("alternating_swing.internal", build(rows), {"left": left, "right": right})
    when = {(row["serial"], row["record"]): row["at"] for row in found}
    fast = {
        (
            *(row["direction"], row["formed"], row["confirmed"], row["bottom"], row["label"]),
            *(when.get((row["serial"], name)) for name in ("swept", "broken", "superseded")),
            row["parent"][1][2] if row["parent"][1][-1] == 1 else None,
        )
        for row in found
        if row["record"] == "confirmed"
    }
    assert fast == slow(rows, left, right)
    assert len(fast) > 15
