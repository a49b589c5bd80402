"""SMT divergence: vector V6, worked examples of pairing, forms, gate and life, and a slow reading."""

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import RECORD_NAMES, SPANS_GAP
from ictcli.detectors.drive import advance, start
from ictcli.detectors.liquidity.smt import DETECTOR, SWEEP_A, SWEEP_B, SWING_A, SWING_B
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars

Build = Callable[..., Bars]

VECTORS = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}
ONE = {"left": 1, "right": 1, "min_correlation": -1.0}
SWINGS = (SWING_A, SWING_B)


def smt(own: Bars, other: Bars, params: Mapping[str, Any]) -> NDArray[np.void]:
    """The records of the internal layer."""
    settings = Settings(NS_PER_MINUTE, overrides={"smt.internal": dict(params)})
    plan = make_plan([DETECTOR], DETECTORS, settings, pair=True)
    return advance(plan, start(plan), own, other)[0]


def brief(events: NDArray[np.void]) -> list[tuple[Any, ...]]:
    """Label, anchor, level, both changes and the bar of every divergence."""
    return [
        (row["label"], row["formed"], row["bottom"], *row["extra"][:2].tolist(), row["at"])
        for row in events
        if row["record"] == 0
    ]


def life(events: NDArray[np.void]) -> list[tuple[int, str, int]]:
    return [(row["serial"], RECORD_NAMES[row["record"]], row["at"]) for row in events]


def dips(lows: Mapping[int, int], size: int = 12) -> list[tuple[int, int, int, int]]:
    """Flat bars at 100 whose high is 100 and whose low is 99 unless given."""
    return [(100, 100, lows.get(at, 99), 100) for at in range(size)]


@pytest.mark.jit_off
def test_reproduces_v6(build: Build) -> None:
    """The sweep of bar 4 (16 over 15) is another divergence of the sweep form, told apart by its label."""
    vector = VECTORS["V6_smt"]
    found = smt(build(vector["bars_a"]), build(vector["bars_b"]), {**ONE, "tolerance": 1})
    ours = [
        {
            "dir": row["direction"],
            "leader": "A" if row["label"] == SWING_A else "B",
            "a": [int(row["origin_ts"]) // NS_PER_MINUTE, row["formed"]],
            "b": [int(at) // NS_PER_MINUTE for at in row["extra"][2:4]],
            "confirmed_at": row["at"],
        }
        for row in found
        if row["record"] == 0 and row["label"] in SWINGS
    ]
    assert ours == vector["expect"]["smt"]


@pytest.mark.jit_off
def test_a_lower_low_that_the_other_symbol_does_not_make_is_bullish(build: Build) -> None:
    """Lows of bars 2 and 6: A 90 then 88, B 80 then 80, an equal low, which fails to confirm."""
    own, other = build(dips({2: 90, 6: 88})), build(dips({2: 80, 6: 80}))
    found = smt(own, other, {**ONE, "sweep_window": 50})
    assert brief(found) == [(SWING_A, 6, 88, 2, 0, 7)]
    (row,) = found
    assert (row["direction"], row["origin"], row["origin_level"]) == (1, 2, 90)
    assert row["origin_ts"] == 2 * NS_PER_MINUTE
    assert (row["extra"][2:4] // NS_PER_MINUTE).tolist() == [2, 6]
    assert np.isnan(row["ratio"][0])
    swapped = smt(other, own, {**ONE, "sweep_window": 50})
    assert brief(swapped) == [(SWING_B, 6, 80, 0, 2, 7)]


@pytest.mark.parametrize(("own", "other"), [(88, 79), (90, 80), (91, 85)])
def test_two_that_agree_do_not_diverge(build: Build, own: int, other: int) -> None:
    found = smt(build(dips({2: 90, 6: own})), build(dips({2: 80, 6: other})), {**ONE, "sweep_window": 50})
    assert brief(found) == []


@pytest.mark.parametrize(
    ("tolerance", "lag", "known"),
    [(0, 0, 7), (0, 1, None), (1, 1, 8), (1, -1, 7), (1, 2, None), (2, 2, 9), (2, 0, 9), (2, -2, 9)],
)
def test_swings_are_paired_within_the_tolerance_and_as_early_as_is_safe(
    build: Build, tolerance: int, lag: int, known: int | None
) -> None:
    """A's lows lie at bars 2 and 6, B's second one ``lag`` bars from bar 6."""
    own, other = build(dips({2: 90, 6: 88})), build(dips({2: 80, 6 + lag: 81}))
    found = brief(smt(own, other, {**ONE, "tolerance": tolerance, "sweep_window": 50}))
    assert found == ([] if known is None else [(SWING_A, 6, 88, 2, -1, known)])


def test_the_nearer_swing_is_taken_and_the_earlier_on_ties(build: Build) -> None:
    """B has lows 82 and 81 two before and one after A's second one, then one on each side at distance 2."""
    params = {**ONE, "tolerance": 2, "sweep_window": 50}
    own = build(dips({2: 90, 7: 88}, 14))
    nearer = brief(smt(own, build(dips({2: 80, 5: 82, 8: 81}, 14)), params))
    assert nearer == [(SWING_A, 7, 88, 2, -1, 10)]
    tie = brief(smt(own, build(dips({2: 80, 5: 82, 9: 81}, 14)), params))
    assert tie == [(SWING_A, 7, 88, 2, -2, 10)]


def test_a_swing_serves_only_one(build: Build) -> None:
    """A's lows of bars 6 and 8 both lie next to B's of bar 7: the earlier takes it."""
    own = build(dips({2: 90, 6: 88, 8: 85}, 14))
    found = brief(smt(own, build(dips({2: 80, 7: 81}, 14)), {**ONE, "sweep_window": 50}))
    assert found == [(SWING_A, 6, 88, 2, -1, 8)]


def test_only_bars_of_both_symbols_count(build: Build) -> None:
    """B lacks bar 6, where A makes its low; A's low of bar 7 becomes the swing."""
    rows = dips({2: 80, 7: 80})
    other = build([row for at, row in enumerate(rows) if at != 6], [at for at in range(12) if at != 6])
    found = brief(smt(build(dips({2: 90, 6: 70, 7: 88})), other, {**ONE, "sweep_window": 50}))
    assert found == [(SWING_A, 7, 88, 2, 0, 8)]


def test_a_sweep_form_tells_how_far_both_went(build: Build) -> None:
    """The pair of bar 2 is known at bar 3. Bar 5 trades 89 and bar 6 87; B keeps to 81 and 80."""
    own = build(dips({2: 90, 4: 90, 5: 89, 6: 87}, 8))
    other = build(dips({2: 80, 5: 81, 6: 80}, 8))
    found = smt(own, other, {**ONE, "sweep_window": 1})
    assert brief(found)[0] == (SWEEP_A, 5, 90, 3, 0, 6)
    row = found[0]
    assert (row["origin"], row["origin_level"], row["formed_ts"]) == (2, 90, 5 * NS_PER_MINUTE)
    assert row["extra"][2:4].tolist() == [2 * NS_PER_MINUTE, -1]
    at_once = brief(smt(own, other, {**ONE, "sweep_window": 0}))
    assert at_once[0] == (SWEEP_A, 5, 90, 1, -1, 5)
    swapped = brief(smt(other, own, {**ONE, "sweep_window": 1}))
    assert swapped[0] == (SWEEP_B, 5, 80, 0, 3, 6)


def test_a_sweep_that_the_other_follows_is_none(build: Build) -> None:
    """B trades 79 one bar after A took 90; a window of none would not have waited."""
    own = build(dips({2: 90, 5: 89}, 7))
    other = build(dips({2: 80, 6: 79}, 7))
    assert brief(smt(own, other, {**ONE, "sweep_window": 1})) == []
    assert len(brief(smt(own, other, {**ONE, "sweep_window": 0}))) == 1


def test_a_pair_gives_one_sweep(build: Build) -> None:
    own = build(dips({2: 90, 5: 89, 6: 88, 7: 87}, 8))
    found = brief(smt(own, build(dips({2: 80}, 8)), {**ONE, "sweep_window": 0}))
    assert [row[0] for row in found] == [SWEEP_A]


def test_a_new_divergence_supersedes_and_a_price_beyond_voids(build: Build) -> None:
    """Known at 7 with lows 88 and 80; bar 8 touches both, B trades 79 on bar 9."""
    own, other = dips({2: 90, 6: 88, 8: 88}), dips({2: 80, 6: 80, 8: 80, 9: 79})
    found = life(smt(build(own), build(other), {**ONE, "sweep_window": 50}))
    assert found[:2] == [(0, "confirmed", 7), (0, "void", 9)]
    lower = life(smt(build(dips({2: 90, 6: 88, 8: 87})), build(dips({2: 80, 6: 80})), ONE))
    assert (0, "void", 8) in lower
    again = smt(
        build(dips({2: 90, 6: 88, 9: 89})), build(dips({2: 80, 6: 81, 9: 80})), {**ONE, "sweep_window": 50}
    )
    assert life(again) == [(0, "confirmed", 7), (0, "superseded", 10), (1, "confirmed", 10)]
    assert brief(again)[1] == (SWING_B, 9, 89, -1, 1, 10)


def test_the_second_swing_of_the_other_counts_towards_its_stop(build: Build) -> None:
    """B's lows 80 and 81: the divergence is void below 80, not below 81."""
    own = build(dips({2: 90, 6: 88}))
    held = smt(own, build(dips({2: 80, 6: 81, 9: 80})), {**ONE, "sweep_window": 50})
    assert life(held) == [(0, "confirmed", 7)]


@pytest.mark.parametrize(("least", "count"), [(0.98, 1), (0.99, 0), (-1.0, 1)])
def test_the_closes_must_move_together(build: Build, least: float, count: int) -> None:
    """Changes -1, 2, -2, 2 of A and -1, 2, -2, 3 of B: correlation 17 - 1 * 2 / 4 over the root of both."""
    closes = [100, 100, 100, 100, 99, 101, 99, 101]
    others = [100, 100, 100, 100, 99, 101, 99, 102]
    lows = dips({2: 90, 6: 88}, 8), dips({2: 80, 6: 80}, 8)
    own, other = (
        build([(c, max(c, 101), low, c) for c, (_, _, low, _) in zip(column, rows, strict=True)])
        for column, rows in zip((closes, others), lows, strict=True)
    )
    params = {**ONE, "min_correlation": least, "correlation_length": 4, "sweep_window": 50}
    found = [row for row in smt(own, other, params) if row["direction"] > 0]
    assert len(found) == count
    expected = np.corrcoef(np.diff(closes)[-4:], np.diff(others)[-4:])[0, 1]
    assert 0.98 < expected < 0.99
    assert [row["ratio"][0] for row in found] == [pytest.approx(expected)] * count


def test_the_gate_is_shut_until_enough_changes_are_known(build: Build) -> None:
    """Bar 7 is the eighth joined bar: seven changes."""
    closes = [100, 101, 100, 101, 100, 101, 100, 101]
    own, other = (
        build([(c, 101, lows.get(at, 99), c) for at, c in enumerate(closes)])
        for lows in ({2: 90, 6: 88}, {2: 80, 6: 80})
    )
    params = {**ONE, "min_correlation": 0.9, "sweep_window": 50}
    assert len(brief(smt(own, other, {**params, "correlation_length": 7}))) == 1
    assert brief(smt(own, other, {**params, "correlation_length": 8})) == []


def test_the_least_correlation_itself_is_enough(build: Build) -> None:
    closes = [100, 101, 100, 101, 100, 101, 100, 101]
    own, other = (
        build([(c, 101, lows.get(at, 99), c) for at, c in enumerate(closes)])
        for lows in ({2: 90, 6: 88}, {2: 80, 6: 80})
    )
    params = {**ONE, "min_correlation": 1.0, "correlation_length": 6, "sweep_window": 50}
    assert [row["ratio"][0] for row in smt(own, other, params)] == [1.0]


@pytest.mark.parametrize("moving", [(0, 0), (1, 0), (0, 1)])
def test_a_symbol_that_does_not_move_has_no_correlation(build: Build, moving: tuple[int, int]) -> None:
    """Closes of 100, or of 100 and 101 in turn."""
    own, other = (
        build([(100, 101, lows.get(at, 99), 100 + moves * (at % 2)) for at in range(8)])
        for lows, moves in zip(({2: 90, 6: 88}, {2: 80, 6: 80}), moving, strict=True)
    )
    params = {**ONE, "min_correlation": -0.9, "correlation_length": 3, "sweep_window": 50}
    assert brief(smt(own, other, params)) == []
    assert len(brief(smt(own, other, {**params, "min_correlation": -1.0}))) == 1


def test_an_inverse_symbol_is_negated_first(build: Build) -> None:
    """B's highs 120 and 120 against A's lows 90 and 88."""
    own = build(dips({2: 90, 6: 88}))
    other = build([(-o, -low, -high, -c) for o, high, low, c in dips({2: 80, 6: 80})])
    params = {**ONE, "sweep_window": 50}
    assert brief(smt(own, other, {**params, "inverse": True})) == [(SWING_A, 6, 88, 2, 0, 7)]
    assert brief(smt(own, other, params)) == []


def test_a_gap_since_the_first_swing_is_marked(build: Build) -> None:
    rows, second = dips({2: 90, 6: 88}, 8), dips({2: 80, 6: 80}, 8)
    params = {**ONE, "sweep_window": 50}
    inside, before = [0, 1, 2, 4, 5, 6, 7, 8], [0, 1, 3, 4, 5, 6, 7, 8]
    assert smt(build(rows, inside), build(second, inside), params)[0]["marks"] & SPANS_GAP
    assert not smt(build(rows, before), build(second, before), params)[0]["marks"] & SPANS_GAP


def pivots(low: NDArray[np.int64], left: int, right: int) -> list[int]:
    return [
        p
        for p in range(left, len(low) - right)
        if (low[p - left : p] > low[p]).all() and (low[p + 1 : p + right + 1] >= low[p]).all()
    ]


def slow(
    own: NDArray[np.int64], other: NDArray[np.int64], right: int, tolerance: int
) -> list[tuple[int, ...]]:
    """(own first, own second, other second, both changes, known) of the swing form on one side."""
    firsts, seconds = pivots(own, 1, right), pivots(other, 1, right)
    pairs: list[tuple[int, int]] = []
    for p in firsts:
        near = [q for q in seconds if abs(q - p) <= tolerance and q not in {b for _, b in pairs}]
        if near:
            pairs.append((p, min(near, key=lambda q: (abs(q - p), q))))
    found: list[tuple[int, ...]] = []
    for (a1, b1), (a2, b2) in pairwise(pairs):
        gains = int(own[a1] - own[a2]), int(other[b1] - other[b2])
        known = max(a2, b2) + right if tolerance < 2 else a2 + right + tolerance
        if (gains[0] > 0) != (gains[1] > 0) and known < len(own):
            found.append((a1, a2, b2, *gains, known))
    return found


@pytest.mark.parametrize(("right", "tolerance"), [(1, 0), (1, 1), (3, 1), (2, 2), (1, 3)])
def test_the_swing_form_equals_the_slow_reading(build: Build, right: int, tolerance: int) -> None:
    rng = np.random.default_rng(10 * right + tolerance)
    steps = rng.integers(-3, 4, (2, 400))
    closes = 500 + np.cumsum(steps[0]), 900 + np.cumsum(np.where(rng.random(400) < 0.7, steps[0], steps[1]))
    both = [
        build([(c, c + int(rng.integers(3)), c - int(rng.integers(3)), c) for c in column.tolist()])
        for column in closes
    ]
    params = {**ONE, "right": right, "tolerance": tolerance, "sweep_window": 10_000}
    found = [row for row in smt(both[0], both[1], params) if row["record"] == 0 and row["label"] in SWINGS]
    for side in (1, -1):
        own, other = ((bars.low if side > 0 else -bars.high) for bars in both)
        fast = [
            (
                *(row["origin"], row["formed"], int(row["extra"][3]) // NS_PER_MINUTE),
                *(*row["extra"][:2].tolist(), row["at"]),
            )
            for row in found
            if row["direction"] == side
        ]
        assert fast == slow(own, other, right, tolerance)
        assert len(fast) > 3
