"""Market structure shifts and their gates (ICT.md §4.3, C25, C26)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, random_rows, signed, structure, swings

Told = Callable[..., list[dict[str, Any]]]
ONE = {"left": 1, "right": 1, "atr_length": 3}
FVG, SWEPT = 256, 512
DOWN_THEN_UP: Rows = [
    (50, 53, 48, 50),
    (50, 55, 49, 50),  # swing high 55, known at 2
    (50, 53, 47, 49),
    (49, 52, 45, 48),  # swing low 45, known at 4
    (48, 51, 46, 48),
    (48, 50, 42, 43),  # closes below 45: initial bearish BOS; the swing low 42 is known at 6
    (43, 47, 43, 46),
    (46, 47, 41, 45),  # takes 42, closes back above: a sweep
    (45, 60, 45, 60),  # closes above the swing high: CHoCH with displacement
]


def told_shifts(rows: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    return [(row["direction"], row["at"], row["bottom"], row["marks"] & (FVG | SWEPT)) for row in rows]


@pytest.mark.jit_off
def test_a_shift_is_known_at_the_break_with_what_is_known_then(told: Told) -> None:
    # The reference is 55 of bar 1, the leg origin the low 41 of bar 7; no gap is complete: low 45 <= high 47.
    (row,) = told("mss", DOWN_THEN_UP, ONE)
    assert (row["direction"], row["at"], row["formed"], row["bottom"]) == (1, 8, 1, 55)
    assert (row["origin"], row["origin_level"]) == (7, 41)
    assert row["marks"] & (FVG | SWEPT) == SWEPT
    assert [parent[-1] for parent in row["parent"]] == [0, 2]
    assert row["size_atr"] > 0


@pytest.mark.jit_off
def test_with_the_gap_gate_a_gap_around_the_breaking_bar_makes_a_shift_one_bar_later(told: Told) -> None:
    gap, none = (60, 62, 48, 61), (60, 62, 47, 61)  # above or at bar 7's high 47
    gate = {**ONE, "require_fvg": True}
    assert told_shifts(told("mss", [*DOWN_THEN_UP, gap], gate)) == [(1, 9, 55, FVG | SWEPT)]
    assert told("mss", [*DOWN_THEN_UP, none, (61, 80, 63, 79)], gate) == []
    assert told_shifts(told("mss", [*DOWN_THEN_UP, gap], ONE)) == [(1, 8, 55, SWEPT)]


@pytest.mark.jit_off
def test_a_gap_inside_the_leg_counts_at_once(told: Told) -> None:
    # A leg of two bars: 7 to 9; bar 8 is the middle of a gap (46 -> 48) that bar 9 completes while breaking.
    rows = [*DOWN_THEN_UP[:6], (43, 49, 43, 46), (46, 47, 41, 45), (45, 49, 45, 49), (49, 64, 48, 64)]
    (row,) = told("mss", rows, {**ONE, "require_fvg": True})
    assert told_shifts([row]) == [(1, 9, 55, FVG | SWEPT)]
    assert row["origin"] == 7


@pytest.mark.jit_off
def test_the_sweep_must_lie_in_the_last_bars_and_on_the_side_of_the_origin(told: Told) -> None:
    gate = {**ONE, "require_sweep": True}
    assert told_shifts(told("mss", DOWN_THEN_UP, {**gate, "sweep_lookback": 2})) == [(1, 8, 55, SWEPT)]
    assert told("mss", DOWN_THEN_UP, {**gate, "sweep_lookback": 1}) == []
    assert told_shifts(told("mss", DOWN_THEN_UP, {**ONE, "sweep_lookback": 1})) == [(1, 8, 55, 0)]
    unswept = [*DOWN_THEN_UP[:7], (46, 47, 42, 45), DOWN_THEN_UP[8]]
    # What is left is the low 45, taken at bar 5 and reclaimed at bar 6.
    assert told("mss", unswept, {**gate, "sweep_lookback": 2}) == []
    assert told_shifts(told("mss", unswept, {**ONE, "sweep_lookback": 2})) == [(1, 8, 55, 0)]
    assert told_shifts(told("mss", unswept, {**gate, "sweep_lookback": 3})) == [(1, 8, 55, SWEPT)]


def slow_sweeps(rows: Rows, left: int, right: int) -> dict[tuple[int, int], int]:
    """How many swings of a direction were swept, by (bar, direction)."""
    found: dict[tuple[int, int], int] = {}
    for k, known in swings(rows, left, right).items():
        for direction, _, level in known:
            bars, price = signed(rows, direction), direction * level
            j = next((j for j in range(k + 1, len(rows)) if bars[j][2] < price), None)
            if j is None:
                continue
            r = next((r for r in range(j, min(j + 3, len(rows))) if bars[r][3] >= price), None)
            if r is not None:
                found[r, direction] = found.get((r, direction), 0) + 1
    return found


def slow(
    rows: Rows, left: int, right: int, *, fvg: bool, sweep: bool, lookback: int
) -> list[tuple[int, ...]]:
    swept = slow_sweeps(rows, left, right)
    found = []
    for one in structure(rows, left, right)[0]:
        bars = signed(rows, one.direction)
        gaps = [i - 1 for i in range(2, len(rows)) if bars[i][2] > bars[i - 2][1]]
        at = one.i
        leg = [middle for middle in gaps if one.m <= middle <= at - 1]
        prior = any((bar, one.direction) in swept for bar in range(one.i - lookback + 1, one.i + 1))
        if fvg and not leg:
            leg, at = [middle for middle in gaps if middle == one.i], at + 1
        if one.mss and (leg or not fvg) and (prior or not sweep):
            found.append((one.direction, at, one.level, FVG * bool(leg) + SWEPT * prior))
    return sorted(found, key=lambda row: row[1])


@pytest.mark.parametrize("fvg", [False, True])
@pytest.mark.parametrize("sweep", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_shifts_equal_the_slow_reading(
    seed: int, sweep: bool, fvg: bool, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed, 1000)
    params = {"require_fvg": fvg, "require_sweep": sweep, "sweep_lookback": 6}
    found = records("mss.internal", build(rows), {"left": 2, "right": 1, **params})
    expected = slow(rows, 2, 1, fvg=fvg, sweep=sweep, lookback=6)
    assert told_shifts(found) == expected
    assert len(expected) > 2


@pytest.mark.jit_off
def test_a_pause_between_the_broken_swing_and_the_shift_marks_it(told: Told) -> None:
    for pause, mark in ((1, 0), (2, 1), (8, 1)):
        minutes = [at + (9 if at >= pause else 0) for at in range(len(DOWN_THEN_UP))]
        (row,) = told("mss", DOWN_THEN_UP, ONE, minutes)
        assert row["marks"] & 1 == mark, pause
