"""Worked examples of order blocks that the vectors and the slow reading leave open."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import SPANS_GAP
from ictcli.detectors.blocks.order_block import BEYOND_IDM, HAS_DISPLACEMENT, PRE_TAPPED
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]
ONE = {"left": 1, "right": 1, "atr_length": 1}
"""One bar on each side; the average true range is the true range of the bar before."""
RISE = [
    (20, 21, 19, 20),
    (20, 24, 20, 23),
    (23, 23, 20, 21),
    (21, 22, 18, 19),
    (19, 23, 19, 22),
    (22, 27, 22, 26),
]
"""Bar 5 closes above the swing high 24 of bar 1; the lowest low since is bar 3, which closed down."""


def births(rows: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    names = ("formed", "confirmed", "bottom", "top")
    return [tuple(row[name] for name in names) for row in rows if row["record"] == "confirmed"]


def story(rows: list[dict[str, Any]]) -> list[tuple[int, str, int]]:
    return [(row["serial"], row["record"], row["at"]) for row in rows]


@pytest.mark.parametrize(
    ("zone", "edges"), [("range", (18, 22)), ("body", (19, 21)), ("body_to_low", (18, 21))]
)
def test_the_zone_is_the_part_of_the_candle_asked_for(
    zone: str, edges: tuple[int, int], build: Build, records: Records
) -> None:
    found = records("order_block.internal", build(RISE), {**ONE, "zone": zone})
    assert births(found) == [(3, 5, *edges)]


def test_a_body_without_height_gives_no_block(build: Build, records: Records) -> None:
    rows = [*RISE[:2], (22, 23, 20, 22), (21, 22, 18, 21), (21, 23, 19, 22), RISE[5]]
    bars = build([*rows[:1], (20, 24, 20, 23), *rows[2:]])
    assert births(records("order_block.internal", bars, {**ONE, "zone": "body"})) == []
    assert births(records("order_block.internal", bars, ONE)) == [(3, 5, 18, 22)]


def test_the_candle_is_the_last_that_closed_down_or_the_origin(build: Build, records: Records) -> None:
    """The origin, bar 3, closes up; bar 2 closes down. Without a down close since the swing: the origin."""
    up = (19, 22, 18, 21)
    last = build([*RISE[:3], up, *RISE[4:]])
    assert births(records("order_block.internal", last, ONE)) == [(2, 5, 20, 23)]
    assert births(records("order_block.internal", last, {**ONE, "method": "extreme"})) == [(3, 5, 18, 22)]
    only_up = build([*RISE[:2], (21, 23, 20, 22), up, *RISE[4:]])
    assert births(records("order_block.internal", only_up, ONE)) == [(3, 5, 18, 22)]
    swing_down = build([RISE[0], (23, 24, 20, 21), (21, 23, 20, 22), up, *RISE[4:]])
    assert births(records("order_block.internal", swing_down, ONE)) == [(1, 5, 20, 24)]
    earlier = build([(21, 21, 19, 20), RISE[1], (21, 23, 20, 22), up, *RISE[4:]])
    assert births(records("order_block.internal", earlier, ONE)) == [(3, 5, 18, 22)]


@pytest.mark.parametrize(("low", "expected"), [(-109, (202, -4, 95)), (-108, (203, -108, 90))])
def test_bars_of_twice_the_long_average_range_are_left_out(
    low: int, expected: tuple[int, int, int], build: Build, records: Records
) -> None:
    """All true ranges are 99 but that of bar 203: 199 makes the average (99 * 199 + 199) / 200 = 99.5,
    half of it; 198 stays below twice the average."""
    quiet = [(0, 49, -50, 0)] * 200
    leg = [(0, 49, -50, 40), (40, 100, 1, 90), (90, 95, -4, 0), (0, 90, low, 50), (50, 149, 50, 140)]
    params = {**ONE, "method": "extreme_parsed"}
    ((candle, confirmed, *edges),) = births(records("order_block.internal", build([*quiet, *leg]), params))
    assert (candle, *edges) == expected
    assert confirmed == 204
    assert records("order_block.internal", build([*quiet[:195], *leg]), params) == []


def test_of_equal_lows_the_parsed_extreme_is_the_earlier_and_the_origin_the_later(
    build: Build, records: Records
) -> None:
    """Bars 202 and 203 both trade down to -4."""
    leg = [(0, 49, -50, 40), (40, 100, 1, 90), (90, 95, -4, 0), (0, 90, -4, 50), (50, 149, 50, 140)]
    bars = build([*[(0, 49, -50, 0)] * 200, *leg])
    for method, candle in (("extreme_parsed", 202), ("extreme", 203)):
        ((found, *_),) = births(records("order_block.internal", bars, {**ONE, "method": method}))
        assert found == candle


def test_a_block_of_exactly_the_size_limit_counts(build: Build, records: Records) -> None:
    """Height 4, true range of bar 4: 4."""
    assert births(records("order_block.internal", build(RISE), {**ONE, "max_size_atr": 1.0}))
    assert not births(records("order_block.internal", build(RISE), {**ONE, "max_size_atr": 0.99}))
    undefined = {**ONE, "atr_length": 14, "max_size_atr": 100.0}
    assert not births(records("order_block.internal", build(RISE), undefined))


TWICE = [
    *[(10, 15, 9, 14), (14, 20, 13, 18), (18, 19, 14, 15), (15, 18, 12, 14), (16, 30, 8, 12)],
    *[(12, 25, 12, 22), (22, 28, 20, 26), (26, 35, 24, 33)],
]
"""Bar 5 breaks the high of bar 1 (20), bar 7 that of bar 4 (30), known at 6: both choose bar 4."""


@pytest.mark.jit_off
def test_a_second_break_adds_a_parent_to_the_live_zone_of_its_candle(build: Build, records: Records) -> None:
    found = records("order_block.internal", build(TWICE), {"left": 1, "right": 2})
    assert story(found) == [(0, "confirmed", 5), (0, "tapped", 6), (0, "parent_added", 7)]
    first, second = (parent["formed_ts"] // NS_PER_MINUTE for parent in found[-1]["parent"])
    assert (first, second) == (1, 4)


def test_a_second_break_makes_a_new_zone_once_the_first_has_ended(build: Build, records: Records) -> None:
    found = records("order_block.internal", build(TWICE), {"left": 1, "right": 2, "max_age": 1})
    assert story(found)[-2:] == [(0, "expired", 7), (1, "confirmed", 7)]
    assert births(found) == [(4, 5, 8, 30), (4, 7, 8, 30)]


def test_the_mean_is_broken_by_a_low_below_it_and_a_wick_may_end_the_zone(
    build: Build, records: Records
) -> None:
    """Mean 20. Bar 6 stops at 20, bar 7 goes to 19; bar 8 stops at the bottom 18, bar 9 goes below it."""
    later = [(26, 26, 20, 25), (25, 26, 19, 25), (25, 26, 18, 25), (25, 26, 17, 25)]
    closed = records("order_block.internal", build([*RISE, *later]), ONE)
    own = [(name, at) for serial, name, at in story(closed) if serial == 0]
    assert own == [("confirmed", 5), ("tapped", 6), ("ce", 6), ("mean_broken", 7), ("filled", 8)]
    wick = records("order_block.internal", build([*RISE, *later]), {**ONE, "invalidate": "wick"})
    assert (0, "invalidated", 9) in story(wick)


def test_a_displacement_from_the_origin_on_is_told(build: Build, records: Records) -> None:
    """Bar 3 is the origin and the only displacement: range 8 against 2, body 7 of 8."""
    rows = [
        (10, 11, 9, 10),
        (10, 14, 10, 13),
        (13, 13, 11, 12),
        (6, 13, 5, 13),
        (13, 13, 12, 13),
        (14, 17, 13, 15),
    ]
    (born,) = records("order_block.internal", build(rows), ONE)
    assert born["marks"] & HAS_DISPLACEMENT
    (plain,) = records("order_block.internal", build(RISE), ONE)
    assert not plain["marks"] & HAS_DISPLACEMENT


def test_the_leg_is_measured_in_average_ranges(build: Build, records: Records) -> None:
    """From 18 to the high 27 of the breaking bar: 9; the true range of bar 4 is 4."""
    (born,) = records("order_block.internal", build(RISE), ONE)
    assert born["ratio"][0] == 9 / 4


def test_a_zone_that_was_left_and_touched_again_before_it_was_known_is_pre_tapped(
    build: Build, records: Records
) -> None:
    """Bar 4 lies above the top 22, bar 5 comes back to exactly 22 (or only to 23) and breaks."""
    away = [*RISE[:4], (23, 24, 23, 24)]
    (back,) = records("order_block.internal", build([*away, (24, 27, 22, 26)]), ONE)
    (gone,) = records("order_block.internal", build([*away, (24, 27, 23, 26)]), ONE)
    assert back["marks"] & PRE_TAPPED
    assert not gone["marks"] & PRE_TAPPED


def test_a_pause_after_the_candle_marks_the_zone(build: Build, records: Records) -> None:
    for pause, marked in ((3, 0), (4, SPANS_GAP), (5, SPANS_GAP)):
        minutes = [at + (9 if at >= pause else 0) for at in range(len(RISE))]
        (born,) = records("order_block.internal", build(RISE, minutes), ONE)
        assert born["marks"] & SPANS_GAP == marked, pause


def beyond(bars: Bars, layer: str) -> list[tuple[int, int, bool]]:
    """Candle, confirmation and mark of the body zones of a layer: internal swings 1/1, the others 1/4."""
    overrides: dict[str, dict[str, Any]] = {
        "swing.internal": {"left": 1, "right": 1},
        "swing.swing": {"left": 1, "right": 4},
        "order_block": {"zone": "body"},
    }
    plan = make_plan([DETECTORS["order_block"]], DETECTORS, Settings(NS_PER_MINUTE, overrides=overrides))
    for node, found in zip(plan.nodes, advance(plan, start(plan), bars), strict=True):
        if node.title == f"order_block.{layer}":
            births = found[found["record"] == 0]
            return [
                (int(row["formed"]), int(row["confirmed"]), bool(row["marks"] & BEYOND_IDM)) for row in births
            ]
    raise AssertionError(layer)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("top", "expected"), [(42, True), (43, False)])
def test_a_zone_below_the_armed_inducement_lies_beyond_it(
    top: int, sign: int, build: Build, *, expected: bool
) -> None:
    """Bar 7 breaks the swing high 60 of bar 1; the low 43 of bar 5 is the inducement, armed at bar 7.

    The block is bar 2, whose body ends at ``top``. Bar 8 takes the inducement; the block that the
    internal break of bar 10 finds in bar 9, with a body of 41 to 42, has none to lie beyond.
    """
    rows = [
        *[(50, 50, 45, 46), (46, 60, 46, 50), (top, 55, 40, 41), (45, 52, 44, 50), (50, 51, 47, 50)],
        *[(50, 53, 43, 50), (50, 54, 46, 53), (53, 62, 50, 61)],
        *[(61, 61, 42, 43), (42, 44, 41, 41), (41, 64, 41, 63)],
    ]
    if sign < 0:
        rows = [(-o, -low, -h, -c) for o, h, low, c in rows]
    assert (2, 7, expected) in beyond(build(rows), "swing")
    assert (9, 10, False) in beyond(build(rows), "internal")
