"""Pools of equal highs and lows: the vectors, worked examples, a slow reading; and their sweeps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import SPANS_GAP
from ictcli.detectors.liquidity.penetration import RUN, SWEEP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]

VECTORS = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}
ONE = {"left": 1, "right": 1}


def lows_at(*lows: int) -> list[tuple[int, int, int, int]]:
    """Bars whose every second one, from bar 1 on, is a swing low of one bar a side; none closes below 50."""
    rows = [(55, 60, 55, 55)]
    for low in lows:
        rows += [(55, 60, low, 55), (55, 60, 55, 55)]
    return rows


def confirmed(rows: Rows) -> Rows:
    return [row for row in rows if row["record"] == "confirmed"]


def brief(rows: Rows) -> list[tuple[Any, ...]]:
    """Level, members, spread, mean distance and confirmation of every level."""
    return [
        (row["bottom"], *row["extra"][:2].tolist(), row["ratio"][0], row["confirmed"])
        for row in confirmed(rows)
    ]


@pytest.mark.jit_off
@pytest.mark.parametrize("name", ["V4_eqh_and_sweeps", "V11_equality_edges"])
def test_reproduces_the_pools_of_the_vector(name: str, build: Build, records: Records) -> None:
    vector = VECTORS[name]
    params = {**ONE, "tolerance_points": vector["params"]["tol"]}
    found = [
        {
            "kind": "EQL" if row["direction"] > 0 else "EQH",
            "members": [int(parent[0]) // NS_PER_MINUTE for parent in row["parent"]],
            "level": row["bottom"],
            "confirmed_at": row["confirmed"],
        }
        for row in confirmed(records("equal_levels.internal", build(vector["bars"]), params))
    ]
    assert found == vector["expect"]["pools"]


@pytest.mark.jit_off
def test_every_join_is_a_level_at_the_extreme_so_far(build: Build, records: Records) -> None:
    """Lows 50, 52, 49, 51 within 2 points of the extreme: three levels of one pool.

    Distances from the level: 0 and 2 of a spread of 2; 1, 3, 0 of 3; 1, 3, 0, 2 of 3.
    """
    bars = build(lows_at(50, 52, 49, 51))
    found = records("equal_levels.internal", bars, {**ONE, "tolerance_points": 2})
    assert brief(found) == [
        (50, 2, 2, pytest.approx(1 / 2), 4),
        (49, 3, 3, pytest.approx(4 / 9), 6),
        (49, 4, 3, pytest.approx(6 / 12), 8),
    ]
    assert {row["formed"] for row in found} == {1}
    assert {row["formed_ts"] for row in found} == {NS_PER_MINUTE}
    assert [int(row["parent"][1][0]) // NS_PER_MINUTE for row in confirmed(found)] == [3, 5, 7]


def test_the_tolerance_is_met_by_equality_and_measured_from_the_extreme(
    build: Build, records: Records
) -> None:
    """50, 52 join with 2 points; 48 is 2 below 50 and joins; 51 is 3 above 48 and does not; 53 joins 51."""
    found = records(
        "equal_levels.internal", build(lows_at(50, 52, 48, 51, 53)), {**ONE, "tolerance_points": 2}
    )
    assert [row[0] for row in brief(found)] == [50, 48, 51]
    none = records("equal_levels.internal", build(lows_at(50, 52, 54)), {**ONE, "tolerance_points": 1})
    assert none == []


def test_equal_prices_have_no_spread(build: Build, records: Records) -> None:
    found = records("equal_levels.internal", build(lows_at(50, 50)), {**ONE, "tolerance_points": 0})
    assert brief(found) == [(50, 2, 0, 0.0, 4)]
    assert found[0]["size_atr"] == 0.0


@pytest.mark.parametrize(("factor", "levels"), [(0.25, 1), (0.2499, 0)])
def test_the_tolerance_is_in_ranges_through_the_bar_before_the_confirmation(
    build: Build, records: Records, factor: float, levels: int
) -> None:
    """True ranges 8, 8, 8, 8, 100: through bar 3 the average is 8, and 2 is a quarter of it."""
    rows = [(57, 64, 56, 57), (57, 58, 50, 57), (57, 64, 56, 57), (57, 60, 52, 57), (57, 153, 53, 57)]
    params = {**ONE, "atr_length": 2, "tolerance_atr": factor}
    found = confirmed(records("equal_levels.internal", build(rows), params))
    assert len(found) == levels
    assert [row["size_atr"] for row in found] == [0.25] * levels


def test_a_swing_begins_a_new_pool_while_ranges_are_undefined(build: Build, records: Records) -> None:
    """With three bars of averaging the low of bar 3 (known at 4) may join, with five it may not."""
    bars = build(lows_at(50, 50))
    assert len(records("equal_levels.internal", bars, {**ONE, "atr_length": 4})) == 1
    assert records("equal_levels.internal", bars, {**ONE, "atr_length": 5}) == []


def test_more_members_can_be_asked_for(build: Build, records: Records) -> None:
    params = {**ONE, "tolerance_points": 0, "min_members": 3}
    found = records("equal_levels.internal", build(lows_at(50, 50, 50, 50)), params)
    assert [row[1] for row in brief(found)] == [3, 4]


def test_a_level_is_swept_by_a_price_beyond_it_and_broken_by_a_close(build: Build, records: Records) -> None:
    """Known at bar 4; bar 5 touches 50, bar 6 trades 49, bar 7 closes 50, bar 8 closes 49."""
    after = [(55, 60, 50, 55), (55, 60, 49, 55), (55, 56, 48, 50), (50, 51, 48, 49), (49, 50, 40, 41)]
    found = records(
        "equal_levels.internal", build([*lows_at(50, 50), *after]), {"tolerance_points": 0, **ONE}
    )
    first = [(row["record"], row["at"]) for row in found if row["serial"] == 0]
    assert first == [("confirmed", 4), ("swept", 6), ("broken", 8)]


def test_a_joiner_beyond_the_extreme_sweeps_the_old_level_and_still_joins(
    build: Build, records: Records
) -> None:
    """Level 50 known at bar 4; the low of bar 5 is 49: the first level is swept there, the second begins."""
    params = {**ONE, "tolerance_points": 1}
    found = records("equal_levels.internal", build(lows_at(50, 50, 49)), params)
    assert [(row["serial"], row["record"], row["at"]) for row in found] == [
        (0, "confirmed", 4),
        (0, "swept", 5),
        (1, "confirmed", 6),
    ]
    swept = records("pool_sweep.internal", build(lows_at(50, 50, 49)), params)
    assert [(row["bottom"], row["formed"], row["label"]) for row in swept] == [(50, 5, SWEEP)]


def test_the_oldest_level_is_evicted_from_a_full_side(build: Build, records: Records) -> None:
    params = {**ONE, "tolerance_points": 0, "max_active": 1}
    found = records("equal_levels.internal", build(lows_at(50, 50, 50)), params)
    assert [(row["serial"], row["record"], row["at"]) for row in found] == [
        (0, "confirmed", 4),
        (0, "evicted", 6),
        (1, "confirmed", 6),
    ]


def test_a_gap_since_the_first_member_is_marked_but_not_one_before_it(build: Build, records: Records) -> None:
    params = {**ONE, "tolerance_points": 0}
    (inside,) = records("equal_levels.internal", build(lows_at(50, 50), [0, 1, 3, 4, 5]), params)
    (before,) = records("equal_levels.internal", build(lows_at(50, 50), [0, 2, 3, 4, 5]), params)
    assert inside["marks"] & SPANS_GAP
    assert not before["marks"] & SPANS_GAP


def test_highs_mirror_lows_and_both_sides_keep_their_own_pool(build: Build, records: Records) -> None:
    rows = lows_at(50, 52, 49, 51)
    mirrored = [(-o, -low, -high, -c) for o, high, low, c in rows]
    params = {**ONE, "tolerance_points": 2}
    lows = records("equal_levels.internal", build(rows), params)
    highs = records("equal_levels.internal", build(mirrored), params)
    assert {row["direction"] for row in lows} == {1}
    assert {row["direction"] for row in highs} == {-1}
    assert [(-level, *rest) for level, *rest in brief(lows)] == brief(highs)


def test_a_swept_pool_has_its_own_verdict(build: Build, records: Records) -> None:
    """Level 50 of bar 4 is closed through on bar 5 and reclaimed on bar 6, or never."""
    params = {**ONE, "tolerance_points": 0}
    back = [*lows_at(50, 50), (55, 55, 48, 49), (49, 51, 49, 50)]
    gone = [*lows_at(50, 50), (55, 55, 48, 49), (49, 51, 47, 49), (49, 49, 48, 48)]
    (sweep,) = records("pool_sweep.internal", build(back), params)
    (lost,) = records("pool_sweep.internal", build(gone), params)
    assert (sweep["label"], sweep["formed"], sweep["confirmed"], sweep["extra"][2]) == (SWEEP, 5, 6, 2)
    assert (lost["label"], lost["formed"], lost["confirmed"], lost["extra"][2]) == (RUN, 5, 7, 3)
    assert sweep["parent"][0].item()[:2] == (NS_PER_MINUTE, 5 * NS_PER_MINUTE)


def slow_pools(swings: list[tuple[int, int]], tolerance: int) -> list[tuple[int, int, int, int]]:
    """(level, members, spread, confirmed) for (signed low, confirmed) of one side."""
    found = []
    pool: list[int] = []
    for low, known in swings:
        if pool and abs(low - min(pool)) <= tolerance:
            pool.append(low)
            found.append((min(pool), len(pool), max(pool) - min(pool), known))
        else:
            pool = [low]
    return found


@pytest.mark.parametrize("tolerance", [0, 1, 4])
def test_pools_equal_the_slow_reading(build: Build, records: Records, tolerance: int) -> None:
    rng = np.random.default_rng(5)
    price, rows = 500, []
    for _ in range(400):
        opened = price + int(rng.integers(-1, 2))
        price = opened + int(rng.integers(-3, 4))
        rows.append((opened, max(opened, price) + int(rng.integers(3)), min(opened, price) - 1, price))
    bars = build(rows)
    params = {**ONE, "tolerance_points": tolerance}
    swings = confirmed(records("swing.internal", bars, ONE))
    found = confirmed(records("equal_levels.internal", bars, params))
    for side in (1, -1):
        lows = [(side * row["bottom"], row["confirmed"]) for row in swings if row["direction"] == side]
        fast = [
            (side * row["bottom"], *row["extra"][:2].tolist(), row["confirmed"])
            for row in found
            if row["direction"] == side
        ]
        assert fast == slow_pools(lows, tolerance)
        assert len(fast) > 3
