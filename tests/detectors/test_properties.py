"""Properties of rules that the sweep does not know: P7, P9 to P14 and P16 of ICT.md §14.

All of them hold on adversarial bars; ``test_real_files`` repeats the sweep on market data.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import EVENT, NO_BAR, RECORD_NAMES
from ictcli.detectors.drive import Records, advance, describe, first_context, push, require_sound, start
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.errors import DataError
from ictcli.market.bars import Bars
from ictcli.research.alerts.chance import shuffled_bars
from ictcli.research.alerts.trades import STOP, TARGET, Costs, trade_every_bar
from ictcli.sources.conversion import points
from tests.detectors.adversarial import Case, Plans, cases, lagging, ohlc_bars, walk
from tests.detectors.invariants import births

QUARTER = 15 * NS_PER_MINUTE


def told(plan: Plan, bars: Bars, name: str, layer: str = "") -> Records:
    """The records of one node of a plan."""
    found = advance(plan, start(plan), bars, lagging(bars))
    wanted = (node.detector.name == name and node.layer == layer for node in plan.nodes)
    return next(rows for rows, right in zip(found, wanted, strict=True) if right)


def records_of(case: Case, name: str) -> dict[str, Records]:
    """The records of a detector of the case's plan by layer."""
    found = advance(case.plan, start(case.plan), case.bars, case.other)
    nodes = zip(case.plan.nodes, found, strict=True)
    return {node.layer: events for node, events in nodes if node.detector.name == name}


# P9: what is stricter finds less


STRICTER: list[tuple[str, str, float, float]] = [
    ("displacement", "range_atr", 1.0, 1.5),
    ("displacement", "body_share", 0.3, 0.6),
    ("fvg", "min_size_atr", 0.0, 0.25),
    ("bpr", "max_separation", 20, 2),
    ("pin_bar", "wick_share", 0.6, 0.8),
    ("pin_bar", "wick_body", 1.0, 5.0),
    ("pin_bar", "min_range_atr", 0.0, 1.0),
    ("engulfing", "min_body_atr", 0.0, 0.5),
    ("rejection_block", "wick_atr", 0.1, 0.25),
    ("rejection_block", "wick_frac", 0.0, 0.5),
    ("order_block", "max_size_atr", 3.0, 1.0),
    ("sweep", "min_wick_frac", 0.0, 0.3),
    ("sweep", "max_depth_atr", 3.0, 1.0),
    ("turtle_soup", "min_age", 1, 4),
]
"""Detector, parameter, a lenient and a stricter value: every object of the second is one of the first.

Not here are thresholds of rules with a memory, where what is left out makes room for something else: an
impulse silences the bars after it, a wider tolerance moves a pool's extreme away from its next member.
"""


@pytest.mark.parametrize(("name", "parameter", "lenient", "strict"), STRICTER)
@pytest.mark.parametrize("seed", range(3))
def test_a_stricter_threshold_gives_a_subset(
    name: str, parameter: str, lenient: float, strict: float, seed: int, plan_for: Plans
) -> None:
    bars = walk(1500, seed)
    layer = "internal" if "internal" in DETECTORS[name].layers else next(iter(DETECTORS[name].layers))
    shared: dict[str, Any] = {"left": 2, "right": 2, "reclaim": 2}
    many, few = (
        keys(
            births(told(plan_for(DETECTORS[name], {**shared, parameter: value}, QUARTER), bars, name, layer))
        )
        for value in (lenient, strict)
    )
    assert few < many
    assert few


def keys(events: Records) -> set[tuple[Any, ...]]:
    """What tells objects apart, without birth order."""
    columns = ("direction", "formed", "confirmed", "bottom", "top", "label")
    return set(events[list(columns)].tolist())


@given(case=st.data())
def test_swings_confirmed_by_more_bars_are_fewer_and_known_later(
    case: st.DataObject, plan_for: Plans
) -> None:
    drawn = case.draw(cases(plan_for, "swing"))
    left, right = case.draw(st.integers(1, 3)), case.draw(st.integers(1, 3))
    soon, late = (
        births(
            told(plan_for(DETECTORS["swing"], {"left": left, "right": bars}), drawn.bars, "swing", "swing")
        )
        for bars in (right, right + 1)
    )
    known = {(row["direction"], row["formed"]): row["confirmed"] for row in soon}
    for row in late:
        assert known[row["direction"], row["formed"]] == row["confirmed"] - 1


# P10: nothing is counted twice


@given(data=st.data())
def test_every_invalidated_order_block_flips_and_no_other(data: st.DataObject, plan_for: Plans) -> None:
    case = data.draw(cases(plan_for, "flip_breaker"))
    blocks, flips = records_of(case, "order_block"), records_of(case, "flip_breaker")
    for layer, events in blocks.items():
        assert parents(flips[layer], 0) == sorted(invalidated(events)["serial"].tolist())


@given(data=st.data())
def test_every_invalidated_gap_is_inverted_and_no_other(data: st.DataObject, plan_for: Plans) -> None:
    case = data.draw(cases(plan_for, "ifvg"))
    rules = {node.detector.name: node.params for node in case.plan.nodes}
    if rules["ifvg"].inversion != "close":  # type: ignore[attr-defined]
        return
    gaps, inverted = records_of(case, "fvg")[""], records_of(case, "ifvg")[""]
    assert parents(inverted, 0) == sorted(invalidated(gaps)["serial"].tolist())


def invalidated(events: Records) -> Records:
    ended: Records = events[events["record"] == RECORD_NAMES.index("invalidated")]
    return ended


def parents(events: Records, slot: int) -> list[int]:
    """Birth numbers of the parents of all objects, ascending."""
    own = births(events)["parent"][:, slot]
    return sorted(own["serial"][own["feed"] != NO_BAR].tolist())


@given(data=st.data())
def test_a_swing_is_broken_once_and_taken_once(data: st.DataObject, plan_for: Plans) -> None:
    case = data.draw(cases(plan_for, "sweep"))
    for events in records_of(case, "sweep").values():
        taken = parents(events, 0)
        assert len(taken) == len(births(events))
        assert len(set(taken)) == len(taken)
    drawn = data.draw(cases(plan_for, "structure"))
    for events in records_of(drawn, "structure").values():
        broken = births(events)
        broken = broken[broken["direction"] != 0]
        assert len(np.unique(broken[["direction", "formed", "bottom"]])) == len(broken)


@given(data=st.data())
def test_neighbouring_bars_leave_a_volume_imbalance_or_a_gap_never_both(
    data: st.DataObject, plan_for: Plans
) -> None:
    bars = data.draw(cases(plan_for, "gap")).bars
    found = [
        births(told(plan_for(DETECTORS[name], {}), bars, name))["confirmed"]
        for name in ("gap", "volume_imbalance")
    ]
    assert not set(found[0].tolist()) & set(found[1].tolist())


@given(data=st.data())
def test_changes_of_character_alternate_and_breaks_go_with_the_trend(
    data: st.DataObject, plan_for: Plans
) -> None:
    case = data.draw(cases(plan_for, "structure"))
    labels = DETECTORS["structure"].labels
    for events in records_of(case, "structure").values():
        trend = 0
        for row in births(events):
            word = labels.get((int(row["direction"]), int(row["label"])), "")
            if word == "CHoCH":
                assert row["direction"] == -trend
            elif word == "BOS":
                assert trend in (0, row["direction"])
            trend = int(row["direction"]) or trend


# P11: where things lie


@given(data=st.data())
def test_a_gap_lies_exactly_between_the_outer_of_its_three_bars(data: st.DataObject, plan_for: Plans) -> None:
    case = data.draw(cases(plan_for, "fvg"))
    bars = case.bars
    for row in births(records_of(case, "fvg")[""]):
        last = int(row["confirmed"])
        edges = (bars.high[last - 2], bars.low[last])
        if row["direction"] < 0:
            edges = (bars.high[last], bars.low[last - 2])
        assert (row["bottom"], row["top"]) == edges
        assert row["formed"] == last - 1


@given(data=st.data())
def test_an_order_block_is_a_candle_from_the_broken_swing_to_before_the_break(
    data: st.DataObject, plan_for: Plans
) -> None:
    case = data.draw(cases(plan_for, "order_block"))
    breaks, blocks = records_of(case, "structure"), records_of(case, "order_block")
    for layer, events in blocks.items():
        broken = births(breaks[layer])
        for row in births(events):
            source = broken[row["parent"][0]["serial"]]
            assert source["formed"] <= row["formed"] < row["confirmed"] == source["confirmed"]
            at = int(row["formed"])
            assert case.bars.low[at] <= row["bottom"] < row["top"] <= case.bars.high[at]


@given(data=st.data())
def test_a_balanced_range_lies_inside_both_its_gaps(data: st.DataObject, plan_for: Plans) -> None:
    case = data.draw(cases(plan_for, "bpr"))
    gaps = births(records_of(case, "fvg")[""])
    for row in births(records_of(case, "bpr")[""]):
        both = gaps[row["parent"]["serial"]]
        assert both["direction"].tolist() == [-row["direction"], row["direction"]]
        assert (row["bottom"], row["top"]) == (both["bottom"].max(), both["top"].min())


OWN_SIZE = {
    "ote": "that of its leg",
    "implied_fvg": "from the exact midpoints, which may lie between two points",
    "engulfing": "that of the body",
    "impulse": "in average true ranges through the bar before the move",
    "judas": "its later stages repeat that of the first",
    "amd": "its later stages repeat that of the first",
}
"""Detectors whose ``size_atr`` is another size than their height at confirmation."""


def test_sizes_are_heights_in_average_ranges_through_the_bar_before() -> None:
    bars = walk(6000, 3)
    plan = every_detector()
    atr = describe(first_context(plan.settings), bars)["atr"]
    judged = set()
    for node, events in zip(plan.nodes, advance(plan, start(plan), bars, lagging(bars)), strict=True):
        columns, name = node.detector.columns, node.detector.name
        if "size_atr" in columns and "bottom" in columns and name not in OWN_SIZE:
            own = births(events)
            own = own[atr[own["confirmed"]] > 0]
            heights = (own["top"] - own["bottom"]) / atr[own["confirmed"]]
            assert own["size_atr"].tolist() == heights.tolist(), node.title
            judged |= {name} if len(own) else set()
    assert len(judged) >= 20


# P12: what is no price series, and what has no swings


@pytest.mark.parametrize("sign", [1, -1])
def test_a_strictly_monotone_series_has_no_swings_and_no_structure(sign: int) -> None:
    steps = sign * np.arange(400, dtype=np.int64)
    rows = np.column_stack((steps, steps + 1, steps - 1, steps))
    bars = ohlc_bars(walk(400, 0).ts, QUARTER, rows)
    plan = every_detector()
    found = advance(plan, start(plan), bars, bars)
    silent = ("swing", "structure", "mss", "sweep", "order_block", "equal_levels", "inducement", "hierarchy")
    by_name = {node.title: len(events) for node, events in zip(plan.nodes, found, strict=True)}
    heard = {title: count for title, count in by_name.items() if title.partition(".")[0] in silent}
    assert len(heard) >= len(silent)
    assert set(heard.values()) == {0}


def every_detector() -> Plan:
    settings = Settings(QUARTER)
    return make_plan(DETECTORS.values(), DETECTORS, settings, pair=True)


@pytest.mark.parametrize("row", [1, 7, 19])
def test_bars_out_of_order_are_refused_by_row(row: int) -> None:
    bars = walk(20, 1)
    ts = bars.ts.copy()
    ts[row] = ts[row - 1]
    with pytest.raises(DataError, match=f"row {row}: bar time does not increase"):
        require_sound(replace(bars, ts=ts))


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
@pytest.mark.parametrize("row", [0, 7, 19])
@pytest.mark.parametrize("price", [np.iinfo(np.int64).min, -(2**62), 2**62])
def test_what_a_cast_makes_of_no_number_is_refused_by_row(column: str, row: int, price: int) -> None:
    bars = walk(20, 1)
    prices = getattr(bars, column).copy()
    prices[row] = price
    as_given: dict[str, Any] = {column: prices}
    with pytest.raises(DataError, match=f"row {row}: "):
        require_sound(replace(bars, **as_given))


# P13 and P14: where prices come from, and who else is being watched


@pytest.mark.parametrize("digits", [2, 3, 5])
def test_prices_that_went_through_floats_give_identical_records(digits: int) -> None:
    bars = replace(walk(2000, 3), digits=digits)
    scale = 10.0**digits
    columns = ("open", "high", "low", "close")
    read: dict[str, Any] = {name: points(getattr(bars, name) / scale, scale) for name in columns}
    again = replace(bars, **read)
    plan = every_detector()
    for first, second in zip(
        advance(plan, start(plan), bars, lagging(bars)),
        advance(plan, start(plan), again, lagging(again)),
        strict=True,
    ):
        assert first.tobytes() == second.tobytes()


@pytest.mark.no_cover
def test_two_symbols_watched_in_turns_are_two_symbols_watched_apart() -> None:
    plan = every_detector()
    both = (walk(150, 4), walk(150, 5))
    memories = [start(plan), start(plan)]
    turns: list[list[list[NDArray[np.void]]]] = [[], []]
    for at in range(150):
        for which, bars in enumerate(both):
            turns[which].append(push(plan, memories[which], bars, at, lagging(bars)))
    for which, bars in enumerate(both):
        apart = advance(plan, start(plan), bars, lagging(bars))
        for node, events in enumerate(apart):
            seen = [row[node] for row in turns[which]]
            assert np.concatenate([np.zeros(0, EVENT), *seen]).tobytes() == events.tobytes()


def test_the_stricter_values_name_parameters_that_exist() -> None:
    for name, parameter, *_ in STRICTER:
        assert parameter in DETECTORS[name].params.__struct_fields__


# P16: what no rule may know of


def test_on_shuffled_bars_no_detector_knows_where_price_goes_next() -> None:
    # Barriers of 3 ATR on both sides, no costs; one object per 60 bars, so that trades do not overlap.
    source = walk(40_000, 7)
    bars = shuffled_bars(source, (1, 0))
    plan = every_detector()
    atr = np.append(describe(first_context(plan.settings), bars)["atr"][1:], 0.0)
    ending = trade_every_bar(bars, atr, Costs(), target=3.0, stop=3.0, horizon=60).ending
    found = advance(plan, start(plan), bars, lagging(bars))
    judged = 0
    for node, events in zip(plan.nodes, found, strict=True):
        own = births(events)
        own = own[own["direction"] != 0]
        _, first = np.unique(own["at"] // 60, return_index=True)
        at, short = own["at"][first], (own["direction"][first] < 0).astype(np.int64)
        results = ending[short, at]
        won, lost = (int(np.count_nonzero(results == one)) for one in (TARGET, STOP))
        if won + lost >= 30:
            judged += 1
            assert abs(won - lost) < 4 * (won + lost) ** 0.5, node.title
    assert judged > 0.7 * len(plan.nodes)
