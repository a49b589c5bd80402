"""Intermediate- and long-term highs and lows (ICT.md §4.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, ends, pivots, random_rows

Told = Callable[..., list[dict[str, Any]]]
PEAKS = [5, 7, 6, 9, 7, 8, 8, 6]


def peaks(heights: list[int]) -> Rows:
    """A short-term high of every height at bars 1, 3, 5... and no low."""
    rows: Rows = [(0, 0, 0, 0)]
    for height in heights:
        rows += [(0, height, 0, 0), (0, 0, 0, 0)]
    return rows


@pytest.mark.jit_off
def test_each_rank_needs_a_lower_one_before_and_none_higher_after(told: Told) -> None:
    # 7 (bar 3) stands above 5 and 6: known with 6 at bar 6. 9 (bar 7) above 6 and 7: known at 10.
    # 8 (bar 11) above 7 and not below the next 8: known at 14; the second 8 is not above the first.
    # Of 7, 9, 8 the 9 is the long-term high, known with the intermediate 8 at 14.
    found = told("hierarchy", peaks(PEAKS), {"left": 1, "right": 1})
    born = [row for row in found if row["record"] == "confirmed"]
    assert [(row["formed"], row["at"], row["top"], row["label"]) for row in born] == [
        (3, 6, 7, 1),
        (7, 10, 9, 1),
        (11, 14, 8, 1),
        (7, 14, 9, 2),
    ]
    assert {row["direction"] for row in born} == {-1}
    assert [(row["record"], row["at"]) for row in found if row["serial"] == 0] == [
        ("confirmed", 6),
        ("swept", 7),
    ]
    long_term = born[-1]["parent"]
    assert [(parent[2], parent[-1]) for parent in long_term] == [(3, 0), (1, 1)]
    assert [parent[-1] for parent in born[0]["parent"]] == [0, -1]


@pytest.mark.jit_off
def test_a_pause_between_the_extreme_and_its_confirmation_marks_the_level(told: Told) -> None:
    rows = peaks([5, 7, 6])
    for pause, mark in ((3, 0), (4, 1), (6, 1)):
        minutes = [at + (9 if at >= pause else 0) for at in range(len(rows))]
        (row,) = told("hierarchy", rows, {"left": 1, "right": 1}, minutes)
        assert row["marks"] == mark, pause


def slow(rows: Rows) -> set[tuple[Any, ...]]:
    found = set()
    for direction in (1, -1):
        column = 2 if direction > 0 else 1
        rank = [(p, p + 1) for p in pivots(rows, direction, 1, 1)]
        for label in (1, 2):
            price = [direction * rows[p][column] for p, _ in rank]
            rank = [
                (rank[at][0], rank[at + 1][1])
                for at in range(1, len(rank) - 1)
                if price[at - 1] > price[at] <= price[at + 1]
            ]
            for p, known in rank:
                level = rows[p][column]
                swept, broken = ends(rows, direction, level, known)
                found.add((direction, label, p, known, level, swept, broken))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_hierarchy_equals_the_slow_reading(seed: int, build: Callable[..., Bars], records: Told) -> None:
    rows = random_rows(seed, 500)
    found = records("hierarchy", build(rows), {"left": 1, "right": 1})
    when = {(row["serial"], row["record"]): row["at"] for row in found}
    fast = {
        (
            *(row["direction"], row["label"], row["formed"], row["confirmed"], row["bottom"]),
            *(when.get((row["serial"], name)) for name in ("swept", "broken")),
        )
        for row in found
        if row["record"] == "confirmed"
    }
    assert fast == slow(rows)
    assert len([row for row in fast if row[1] == 2]) > 5
