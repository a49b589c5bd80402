"""Sweeps and runs: the vectors, worked examples of every comparison, and a slow reading."""

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
LOW_10 = [(12, 13, 12, 12), (12, 12, 10, 11), (11, 13, 11, 12)]
"""A swing low at 10 (bar 1), known at bar 2 with one bar on each side."""
ONE = {"left": 1, "right": 1}


def told(rows: Rows) -> list[dict[str, Any]]:
    """The records with the keys of the vectors; the level's bar is read from its parent."""
    return [
        {
            "side": "SSL" if row["direction"] > 0 else "BSL",
            "level": row["bottom"],
            "level_idx": row["parent"][0][0] // NS_PER_MINUTE,
            "penetrated_at": row["formed"],
            "type": "sweep" if row["label"] == SWEEP else "run",
            "confirmed_at": row["confirmed"],
            "depth": row["extra"][2],
        }
        for row in rows
    ]


@pytest.mark.jit_off
@pytest.mark.parametrize("name", ["V4_eqh_and_sweeps", "V8_model2022_unicorn_bpr", "V11_equality_edges"])
def test_reproduces_the_sweeps_of_the_vector(name: str, build: Build, records: Records) -> None:
    vector = VECTORS[name]
    reclaim = vector["params"]["reclaim"]
    found = told(records("sweep.internal", build(vector["bars"]), {**ONE, "reclaim": reclaim}))
    expected = vector["expect"]["sweeps"]
    assert len(found) == len(expected)
    for want in expected:
        assert [have for have in found if {key: have[key] for key in want} == known(want, reclaim)], want


def known(want: dict[str, Any], reclaim: int) -> dict[str, Any]:
    """A vector's sweep; its null as the confirmation of a run stands for "no reclaim" (C38)."""
    if want["type"] == "sweep":
        return want
    return {**want, "confirmed_at": want["penetrated_at"] + reclaim - 1}


@pytest.mark.jit_off
def test_a_touch_is_no_penetration_and_a_close_on_the_level_reclaims(build: Build, records: Records) -> None:
    """Bar 3 trades exactly 10: nothing. Bar 4 trades 9 and closes 10: a sweep of depth 1 by a wick of 1/3."""
    bars = build([*LOW_10, (12, 12, 10, 11), (11, 12, 9, 10)])
    (row,) = records("sweep.internal", bars, ONE)
    assert told([row]) == [
        {
            "side": "SSL",
            "level": 10,
            "level_idx": 1,
            "penetrated_at": 4,
            "type": "sweep",
            "confirmed_at": 4,
            "depth": 1,
        }
    ]
    assert row["top"] == 10
    assert list(row["extra"][:2]) == [5 * NS_PER_MINUTE, 0]
    assert row["ratio"][1] == pytest.approx(1 / 3)
    assert np.isnan(row["ratio"][0])
    assert row["parent"][0][1] == 3 * NS_PER_MINUTE
    assert row["at_ts"] == row["confirmed_ts"] == 5 * NS_PER_MINUTE
    assert row["formed_ts"] == 4 * NS_PER_MINUTE


def test_the_last_bar_in_time_still_reclaims_and_the_next_would_be_a_run(
    build: Build, records: Records
) -> None:
    """Penetrated on bar 3, closes 9, 9, 10 on bars 3, 4, 5: sweep with reclaim 3, run on bar 4 with 2."""
    bars = build([*LOW_10, (11, 11, 8, 9), (9, 10, 7, 9), (9, 11, 9, 10), (10, 11, 10, 11)])
    (sweep,) = records("sweep.internal", bars, {**ONE, "reclaim": 3})
    assert (sweep["label"], sweep["formed"], sweep["confirmed"]) == (SWEEP, 3, 5)
    assert list(sweep["extra"][:3]) == [4 * NS_PER_MINUTE, 2, 3]
    (gone,) = records("sweep.internal", bars, {**ONE, "reclaim": 2})
    assert (gone["label"], gone["formed"], gone["confirmed"]) == (RUN, 3, 4)
    assert list(gone["extra"][:3]) == [4 * NS_PER_MINUTE, -1, 3]
    (at_once,) = records("sweep.internal", bars, {**ONE, "reclaim": 1})
    assert (at_once["label"], at_once["confirmed"], at_once["extra"][2]) == (RUN, 3, 2)


def test_nothing_is_written_before_the_verdict(build: Build, records: Records) -> None:
    bars = build([*LOW_10, (11, 11, 8, 9), (9, 10, 7, 9)])
    assert records("sweep.internal", bars, {**ONE, "reclaim": 3}) == []


def test_the_wick_is_that_of_the_deepest_bar_and_of_the_earliest_on_ties(
    build: Build, records: Records
) -> None:
    """Bars 3 and 5 trade 6, bar 4 does not: bar 3's wick is 2 of 5 (body 8..11), not bar 5's 3 of 6."""
    bars = build([*LOW_10, (11, 11, 6, 8), (8, 9, 7, 9), (9, 12, 6, 12)])
    (row,) = records("sweep.internal", bars, ONE)
    assert row["extra"][2] == 4
    assert row["ratio"][1] == pytest.approx(2 / 5)


STEADY = [(12, 14, 12, 12), *LOW_10[1:]]
"""The same low with three true ranges of 2."""


@pytest.mark.parametrize(("limit", "kept"), [(0.0, 1), (1.5, 1), (1.49, 0), (1.51, 1)])
def test_the_depth_is_in_ranges_through_the_bar_before_and_can_be_limited(
    build: Build, records: Records, limit: float, kept: int
) -> None:
    """The average over three bars is 2; bar 3 goes 3 deep."""
    bars = build([*STEADY, (11, 11, 7, 10)])
    found = records("sweep.internal", bars, {**ONE, "atr_length": 3, "max_depth_atr": limit})
    assert [row["ratio"][0] for row in found] == [1.5] * kept


def test_a_depth_limit_is_silent_while_ranges_are_undefined(build: Build, records: Records) -> None:
    bars = build([*LOW_10, (11, 11, 8, 10)])
    assert records("sweep.internal", bars, {**ONE, "max_depth_atr": 99.0}) == []


@pytest.mark.parametrize(("least", "kept"), [(0.3333, 1), (0.3334, 0), (0.0, 1)])
def test_too_short_a_wick_is_left_out(build: Build, records: Records, least: float, kept: int) -> None:
    """A wick of 1 in a range of 3."""
    bars = build([*LOW_10, (11, 12, 9, 10)])
    assert len(records("sweep.internal", bars, {**ONE, "min_wick_frac": least})) == kept


@pytest.mark.parametrize(("least", "kept"), [(0.5, 1), (0.5001, 0)])
def test_a_wick_of_exactly_the_least_fraction_is_enough(
    build: Build, records: Records, least: float, kept: int
) -> None:
    """A wick of 1 in a range of 2."""
    bars = build([*LOW_10, (11, 11, 9, 10)])
    assert len(records("sweep.internal", bars, {**ONE, "min_wick_frac": least})) == kept


def test_filters_do_not_touch_runs(build: Build, records: Records) -> None:
    bars = build([*LOW_10, (9, 9, 8, 8)])
    strict = {"min_wick_frac": 1.0, "max_depth_atr": 0.1, "reclaim": 1}
    (row,) = records("sweep.internal", bars, {**ONE, **strict})
    assert row["label"] == RUN


def test_a_bar_without_range_has_no_wick(build: Build, records: Records) -> None:
    """The flat bar 3 at 9 is the deepest; bar 4 closes back."""
    bars = build([*LOW_10, (9, 9, 9, 9), (9, 11, 9, 11)])
    (row,) = records("sweep.internal", bars, ONE)
    assert (row["label"], row["extra"][2], row["ratio"][1]) == (SWEEP, 1, 0.0)
    assert records("sweep.internal", bars, {**ONE, "min_wick_frac": 0.0001}) == []


def test_a_gap_between_penetration_and_verdict_is_marked_but_not_one_before(
    build: Build, records: Records
) -> None:
    rows = [*LOW_10, (11, 11, 8, 9), (9, 11, 9, 10)]
    (inside,) = records("sweep.internal", build(rows, [0, 1, 2, 3, 5]), ONE)
    (before,) = records("sweep.internal", build(rows, [0, 1, 2, 4, 5]), ONE)
    assert inside["marks"] & SPANS_GAP
    assert not before["marks"] & SPANS_GAP


def test_levels_taken_and_reclaimed_together_keep_apart(build: Build, records: Records) -> None:
    """Lows at 10 and 11 (bars 1 and 3) are both taken on bar 5."""
    rows = [*LOW_10[:2], (12, 13, 12, 12), (12, 13, 11, 12), (12, 13, 12, 13), (13, 13, 9, 12)]
    found = records("sweep.internal", build(rows), ONE)
    assert [(row["bottom"], row["extra"][2], row["ordinal"]) for row in found] == [(11, 2, 0), (10, 1, 1)]
    assert [row["serial"] for row in found] == [0, 1]


def test_highs_mirror_lows(build: Build, records: Records) -> None:
    rows = [*LOW_10, (11, 11, 8, 9), (9, 11, 9, 10)]
    mirrored = [(-o, -low, -high, -c) for o, high, low, c in rows]
    (low,) = records("sweep.internal", build(rows), ONE)
    (high,) = records("sweep.internal", build(mirrored), ONE)
    assert (low["direction"], high["direction"]) == (1, -1)
    assert (low["bottom"], high["bottom"]) == (10, -10)
    assert low["ratio"][1] == high["ratio"][1]
    assert list(low["extra"]) == list(high["extra"])


def test_each_layer_hears_its_own_swings(build: Build, records: Records) -> None:
    """A pivot of five bars each side is internal, not one of fifty."""
    rows = [(20 + abs(6 - i), 21 + abs(6 - i), 19 + abs(6 - i), 20 + abs(6 - i)) for i in range(12)]
    bars = build([*rows, (20, 20, 18, 20)])
    assert len(records("sweep.internal", bars)) == 1
    assert records("sweep.swing", bars) == []


def slow_verdicts(bars: Bars, lows: list[tuple[int, int]], reclaim: int, side: int) -> set[tuple[int, ...]]:
    """(level bar, penetration, verdict, label, depth) for levels (bar, confirmed) of a side."""
    low, close = (bars.low, bars.close) if side > 0 else (-bars.high, -bars.close)
    found: set[tuple[int, ...]] = set()
    for level_bar, known in lows:
        level = low[level_bar]
        j = next((at for at in range(known + 1, len(bars)) if low[at] < level), None)
        if j is None:
            continue
        window = range(j, min(j + reclaim, len(bars)))
        r = next((at for at in window if close[at] >= level), None)
        if r is None and len(window) < reclaim:
            continue
        end = window[-1] if r is None else r
        depth = int(level - min(low[j : end + 1]))
        found.add((level_bar, j, end, RUN if r is None else SWEEP, depth))
    return found


@pytest.mark.parametrize("reclaim", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", [0, 1])
def test_verdicts_equal_the_slow_reading(build: Build, records: Records, seed: int, reclaim: int) -> None:
    rng = np.random.default_rng(seed)
    price, rows = 500, []
    for _ in range(500):
        opened = price + int(rng.integers(-1, 2))
        price = opened + int(rng.integers(-3, 4))
        above, below = (int(size) for size in rng.integers(0, 3, 2))
        rows.append((opened, max(opened, price) + above, min(opened, price) - below, price))
    bars = build(rows)
    swings = [row for row in records("swing.internal", bars, ONE) if row["record"] == "confirmed"]
    found = records("sweep.internal", bars, {**ONE, "reclaim": reclaim})
    for side in (1, -1):
        levels = [(row["formed"], row["confirmed"]) for row in swings if row["direction"] == side]
        fast = {
            (
                *(row["parent"][0][0] // NS_PER_MINUTE, row["formed"], row["confirmed"]),
                *(row["label"], row["extra"][2]),
            )
            for row in found
            if row["direction"] == side
        }
        assert fast == slow_verdicts(bars, levels, reclaim, side)
        assert len(fast) > 10
