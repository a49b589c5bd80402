"""Inducement (ICT.md §7.4)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, random_rows, signed, structure, swings

Run = Callable[[Rows], list[tuple[Any, ...]]]
MINUTE = 60 * 10**9
BEFORE: Rows = [
    (50, 50, 45, 46),
    (46, 60, 46, 50),
    (50, 55, 40, 45),  # the lowest low
    (45, 52, 44, 50),
    (50, 51, 47, 50),
    (50, 53, 43, 50),  # an internal swing low, known at bar 6
    (50, 54, 46, 53),
]
"""The high 60 of bar 1 (left 1, right 4) is a swing of the swing layer at bar 5."""
BREAK = (53, 62, 50, 61)
"""Bar 7 closes above 60: a BOS with the leg origin 40 at bar 2."""


@pytest.fixture(params=[1, -1], ids=["bull", "bear"])
def run(request: pytest.FixtureRequest, build: Callable[..., Bars]) -> Run:
    """Records (serial, record, bar, direction, anchor, level, parent feeds), internal 1/1, swing 1/4."""
    sign: int = request.param

    def of(rows: Rows) -> list[tuple[Any, ...]]:
        return told(build(signed(rows, sign)), (1, 1), (1, 4), sign)

    return of


def told(
    bars: Bars, internal: tuple[int, int], swing: tuple[int, int], sign: int = 1
) -> list[tuple[Any, ...]]:
    sizes = {"swing.internal": internal, "swing.swing": swing}
    overrides = {name: {"left": left, "right": right} for name, (left, right) in sizes.items()}
    plan = make_plan([DETECTORS["inducement"]], DETECTORS, Settings(MINUTE, overrides=overrides))
    found = advance(plan, start(plan), bars)[-1]
    return [
        (
            *(int(row["serial"]), RECORD_NAMES[row["record"]], int(row["at"])),
            *(sign * int(row["direction"]), int(row["formed"]), sign * int(row["bottom"])),
        )
        for row in found
    ]


def brief(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row[:3] for row in rows]


@pytest.mark.jit_off
def test_the_latest_internal_low_after_the_origin_is_armed_at_the_break_and_taken_below_it(run: Run) -> None:
    touch, take = (61, 61, 43, 60), (60, 61, 42, 60)
    found = run([*BEFORE, BREAK, touch, take, take])
    assert found[0] == (0, "confirmed", 7, 1, 5, 43)
    assert brief(found) == [(0, "confirmed", 7), (0, "taken", 9)]


@pytest.mark.jit_off
def test_a_price_below_the_leg_origin_voids_it_and_one_on_it_takes_it(run: Run) -> None:
    assert brief(run([*BEFORE, BREAK, (61, 61, 39, 60)])) == [(0, "confirmed", 7), (0, "void", 8)]
    assert brief(run([*BEFORE, BREAK, (61, 61, 40, 60)])) == [(0, "confirmed", 7), (0, "taken", 8)]


@pytest.mark.jit_off
def test_without_a_low_after_the_origin_the_first_later_one_is_armed(run: Run) -> None:
    rows = [*BEFORE[:3], (45, 52, 44, 50), (50, 51, 45, 50), (50, 53, 46, 50), (50, 54, 47, 53)]
    rows += [(53, 62, 50, 61), (61, 62, 45, 60), (60, 61, 46, 60), (60, 61, 44, 60)]
    # The low 40 of bar 2 is the origin itself, not after it; 45 of bar 8 is known at bar 9.
    assert run(rows) == [(0, "confirmed", 9, 1, 8, 45), (0, "taken", 10, 1, 8, 45)]
    lost = [*rows[:8], (61, 62, 39, 60), (60, 61, 46, 60), (60, 61, 38, 60)]
    assert run(lost) == []


@pytest.mark.jit_off
def test_another_break_voids_it_but_one_that_closes_on_a_bar_that_took_it_does_not(run: Run) -> None:
    # The high 62 of bar 7 is a swing of the swing layer at bar 11; bar 12 closes above it.
    quiet = [(60, 60, 50, 60)] * 4
    found = run([*BEFORE, BREAK, *quiet, (60, 70, 50, 65)])
    assert brief(found)[:2] == [(0, "confirmed", 7), (0, "void", 12)]
    found = run([*BEFORE, BREAK, *quiet, (60, 70, 42, 65)])
    assert brief(found)[:2] == [(0, "confirmed", 7), (0, "taken", 12)]


def slow(rows: Rows, internal: tuple[int, int], swing: tuple[int, int]) -> list[tuple[Any, ...]]:
    lows = [(k, *one) for k, known in sorted(swings(rows, *internal).items()) for one in known]
    breaks = structure(rows, *swing)[0]
    found = []
    for number, one in enumerate(breaks):
        if one.label != "BOS":
            continue
        end = breaks[number + 1].i if number + 1 < len(breaks) else len(rows)
        bars = signed(rows, one.direction)
        origin = one.direction * one.origin
        usable = [low for low in lows if low[1] == one.direction and low[2] > one.m]
        known = [low for low in usable if low[0] <= one.i]
        later = [low for low in usable if low[0] > one.i]
        chosen = known[-1] if known else later[0] if later else None
        lost = next((j for j in range(one.i + 1, len(rows)) if bars[j][2] < origin), len(rows))
        if chosen is None:
            continue
        armed = max(one.i, chosen[0])
        if armed > one.i and (armed >= end or lost <= armed):
            continue
        level = one.direction * chosen[3]
        taken = next((j for j in range(armed + 1, len(rows)) if bars[j][2] < level), len(rows))
        tail = (one.direction, chosen[2], chosen[3])
        found.append(("confirmed", armed, *tail))
        if taken <= end and taken < lost and taken < len(rows):
            found.append(("taken", taken, *tail))
        elif min(lost, end) < len(rows):
            found.append(("void", min(lost, end), *tail))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("right", [1, 3])
def test_inducements_equal_the_slow_reading(seed: int, right: int, build: Callable[..., Bars]) -> None:
    rows = random_rows(seed, 1000)
    found = told(build(rows), (1, right), (4, 4))
    expected = slow(rows, (1, right), (4, 4))
    assert sorted(row[1:] for row in found) == sorted(expected)
    assert {row[0] for row in expected} == {"confirmed", "taken", "void"}
