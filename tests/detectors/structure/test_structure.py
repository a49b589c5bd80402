"""Breaks by wick, protected references, strong and weak levels (ICT.md §4.3, C27).

Breaks by close of the last swing are compared with the vectors and with a slow reading elsewhere.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ictcli.detectors.base.book import FAR
from ictcli.detectors.plan import Overrides, Settings
from ictcli.detectors.scan import plan_for, scan
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from tests.detectors.structure.readings import Rows, random_rows, signed, structure

Told = Callable[..., list[dict[str, Any]]]
NAMES = {1: "BOS", 2: "CHoCH", 3: "AMBIGUOUS"}
WICK = {"left": 1, "right": 1, "break_by": "wick"}
PROTECTED = {"left": 1, "right": 1, "reference": "protected"}
BOTH_KNOWN: Rows = [(50, 52, 48, 50), (50, 60, 49, 50), (50, 52, 45, 50), (50, 53, 40, 50), (50, 54, 47, 50)]
"""The swing high 60 of bar 1 is known at bar 2, the swing low 40 of bar 3 at bar 4; neither is passed."""


def told_breaks(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (row["direction"], row["at"], row["formed"], row["bottom"], NAMES[row["label"]])
        for row in rows
        if row["record"] == "confirmed"
    ]


@pytest.mark.jit_off
def test_a_wick_breaks_only_where_wicks_count_and_touching_is_not_enough(told: Told) -> None:
    touch, beyond = (50, 60, 48, 50), (50, 61, 48, 50)
    assert told("structure", [*BOTH_KNOWN, touch], WICK) == []
    assert told_breaks(told("structure", [*BOTH_KNOWN, touch, beyond], WICK)) == [(1, 6, 1, 60, "BOS")]
    assert told_breaks(told("structure", [*BOTH_KNOWN, beyond], WICK)) == [(1, 5, 1, 60, "BOS")]
    assert told("structure", [*BOTH_KNOWN, beyond], {**WICK, "break_by": "close"}) == []


@pytest.mark.jit_off
def test_of_two_wicked_levels_the_one_nearer_to_the_open_breaks_first(told: Told) -> None:
    # Levels 60 and 40: from 51 the high is nearer, from 49 the low.
    up_first = told_breaks(told("structure", [*BOTH_KNOWN, (51, 61, 39, 50)], WICK))
    assert up_first == [(1, 5, 1, 60, "BOS"), (-1, 5, 3, 40, "CHoCH")]
    down_first = told_breaks(told("structure", [*BOTH_KNOWN, (49, 61, 39, 50)], WICK))
    assert down_first == [(-1, 5, 3, 40, "BOS"), (1, 5, 1, 60, "CHoCH")]


@pytest.mark.jit_off
def test_two_equally_near_levels_change_nothing_and_are_recorded_as_ambiguous(told: Told) -> None:
    found = told("structure", [*BOTH_KNOWN, (50, 61, 39, 50), (51, 62, 48, 50)], WICK)
    assert [(row["serial"], row["record"], row["at"]) for row in found] == [
        (0, "confirmed", 5),
        (0, "void", 5),
        (1, "confirmed", 6),
    ]
    first = found[0]
    assert (first["direction"], first["bottom"], first["top"], NAMES[first["label"]]) == (
        0,
        50,
        50,
        "AMBIGUOUS",
    )
    assert (first["extra"][0], first["extra"][1], first["origin"]) == (FAR, FAR, -1)
    assert found[0]["reached"] == 1
    assert told_breaks(found)[1] == (1, 6, 1, 60, "BOS")
    assert found[2]["marks"] & 2


def test_an_ambiguous_row_has_no_leg(build: Callable[..., Bars]) -> None:
    overrides: Overrides = {"structure": {"break_by": "wick"}, "swing.internal": {"left": 1, "right": 1}}
    plan = plan_for(["structure"], Settings(60 * 10**9, overrides=overrides))
    key = SeriesKey("desk", "XAUUSD", TIMEFRAMES["M1"])
    (row,) = scan(build([*BOTH_KNOWN, (50, 61, 39, 50)]), key, plan).zones.to_pylist()
    nothing = ("leg_origin", "leg_origin_at", "strong_level", "weak_level")
    assert [row[name] for name in nothing] == [None] * 4
    assert (row["state"], row["label"], row["dir"]) == ("void", "AMBIGUOUS", "none")
    assert row["level"] == Decimal("0.50")


@pytest.mark.jit_off
def test_the_strong_level_is_the_leg_origin_and_the_weak_one_the_highest_high_since(
    build: Callable[..., Bars], records: Told
) -> None:
    # High 60 at bar 1, known at bar 4; the lowest low after it is 40 (bar 3); bar 5 spikes to 65.
    rows = [*BOTH_KNOWN, (50, 65, 47, 50)]
    for high, weak in ((62, 65), (66, 66)):
        (row,) = records("structure", build([*rows, (50, high, 48, 61)]), {"left": 1, "right": 3})
        assert (row["at"], row["origin"], row["origin_level"]) == (6, 3, 40)
        assert list(row["extra"][:2]) == [40, weak]


@pytest.mark.jit_off
def test_a_protected_low_outlives_the_swings_above_it(told: Told) -> None:
    rows = [
        *BOTH_KNOWN,
        (50, 62, 48, 61),  # breaks 60; the leg origin 40 is protected
        (61, 63, 57, 60),
        (60, 62, 55, 60),
        (60, 61, 56, 58),  # the swing low 55 of bar 7 is known
        (58, 59, 50, 52),  # closes below 55
        (52, 53, 39, 40),  # closes on 40: no break
        (40, 41, 38, 39),  # closes below 40
    ]
    last = told_breaks(told("structure", rows, {"left": 1, "right": 1}))
    assert last[:2] == [(1, 5, 1, 60, "BOS"), (-1, 9, 7, 55, "CHoCH")]
    protected = told("structure", rows, PROTECTED)
    assert told_breaks(protected) == [(1, 5, 1, 60, "BOS"), (-1, 11, 3, 40, "CHoCH")]
    change = next(row for row in protected if row["direction"] < 0)
    assert (change["origin"], change["origin_level"]) == (6, 63)


@pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 3)])
@pytest.mark.parametrize("wick", [False, True])
@pytest.mark.parametrize("protected", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_structure_equals_the_slow_reading(
    seed: int, protected: bool, wick: bool, left: int, right: int, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed, 400)
    params = {
        "left": left,
        "right": right,
        "break_by": "wick" if wick else "close",
        "reference": "protected" if protected else "last_swing",
    }
    found = records("structure", build(rows), params)
    born = [row for row in found if row["record"] == "confirmed"]
    fast = [
        (*told_breaks([row])[0], row["origin"], row["origin_level"], row["extra"][1], bool(row["marks"] & 4))
        for row in born
        if row["label"] != 3
    ]
    expected, ambiguous = structure(rows, left, right, wick=wick, protected=protected)
    assert fast == [
        (one.direction, one.i, one.q, one.level, one.label, one.m, one.origin, one.weak, one.mss)
        for one in expected
    ]
    assert [row["at"] for row in born if row["label"] == 3] == ambiguous
    assert len(expected) > 8
    when = {row["serial"]: row["at"] for row in found if row["record"] == "failed"}
    for row in born:
        if row["label"] != 3:
            bars = signed(rows, row["direction"])
            strong = bars[row["origin"]][2]
            later = range(row["at"] + 1, len(rows))
            assert when.get(row["serial"]) == next((j for j in later if bars[j][3] < strong), None)
