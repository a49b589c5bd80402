"""The sweep: every registered detector must honour P1 to P6, P8 and P12 (ICT.md §14) on adversarial bars.

A detector cannot be registered without being swept, and a parameter without a small value to sweep it
with. Where a property does not hold by nature, ``invariants`` names the detector with the reason.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR
from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import Memory, advance, describe, push, start
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.verification import verify
from ictcli.market.bars import Bars
from ictcli.market.timeframes import TIMEFRAMES
from tests.detectors.adversarial import STARTS, Plans, cases, lagging, ohlc_bars
from tests.detectors.invariants import (
    FLAT,
    TIMED,
    check_identifiers,
    check_lives,
    check_negation,
    check_parents,
    check_pause,
    check_prefixes,
    check_scale,
    check_shift,
    check_steps,
    check_time,
)

M1 = TIMEFRAMES["M1"]


@pytest.fixture(params=DETECTORS.values(), ids=list(DETECTORS))
def detector(request: pytest.FixtureRequest) -> Detector:
    """Every registered detector: one cannot be registered without being swept."""
    found: Detector = request.param
    return found


sweep = pytest.mark.parametrize("name", list(DETECTORS))


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_a_prefix_knows_exactly_what_the_full_run_knew_by_then(
    name: str, plan_for: Plans, data: st.DataObject
) -> None:
    case = data.draw(cases(plan_for, name))
    check_prefixes(case, data.draw(st.lists(st.integers(0, len(case.bars)), max_size=8, unique=True)))


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_one_bar_at_a_time_with_a_restart_equals_batch_bit_for_bit(
    name: str, plan_for: Plans, data: st.DataObject
) -> None:
    case = data.draw(cases(plan_for, name))
    check_steps(case, data.draw(st.integers(0, len(case.bars))))


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_negated_bars_give_the_negated_events(name: str, plan_for: Plans, data: st.DataObject) -> None:
    check_negation(data.draw(cases(plan_for, name)))


@pytest.mark.no_cover
@sweep
@given(data=st.data(), power=st.integers(1, 12))
def test_doubled_prices_give_doubled_levels_at_the_same_bars(
    name: str, plan_for: Plans, data: st.DataObject, power: int
) -> None:
    check_scale(data.draw(cases(plan_for, name)), 2**power)


@pytest.mark.no_cover
@sweep
@given(data=st.data(), shift=st.integers(-5000, 5000))
def test_shifted_prices_give_shifted_levels_at_the_same_bars(
    name: str, plan_for: Plans, data: st.DataObject, shift: int
) -> None:
    check_shift(data.draw(cases(plan_for, name)), shift)


@pytest.mark.no_cover
@sweep
@given(data=st.data(), weeks=st.integers(-20, 20), hours=st.integers(-200, 200))
def test_the_same_prices_at_another_time_give_the_same_events(
    name: str, plan_for: Plans, data: st.DataObject, weeks: int, hours: int
) -> None:
    """Detectors that read the clock keep their events when moved by whole weeks within one season."""
    case = data.draw(cases(plan_for, name))
    if name not in TIMED:
        check_time(case, hours * NS_PER_HOUR)
    elif len(case.bars) and case.bars.ts[0] - STARTS[0] < NS_PER_DAY and case.bars.ts[0] >= STARTS[0]:
        check_time(case, weeks % 3 * 7 * NS_PER_DAY)


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_a_pause_before_a_bar_changes_nothing_but_the_mark_and_the_clock(
    name: str, plan_for: Plans, data: st.DataObject
) -> None:
    case = data.draw(cases(plan_for, name))
    check_pause(case, data.draw(st.integers(0, max(len(case.bars) - 1, 0))), 5 * NS_PER_DAY)


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_records_of_one_object_only_move_forward(name: str, plan_for: Plans, data: st.DataObject) -> None:
    check_lives(data.draw(cases(plan_for, name)))


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_no_two_objects_share_an_identifier(name: str, plan_for: Plans, data: st.DataObject) -> None:
    check_identifiers(data.draw(cases(plan_for, name)))


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_a_parent_is_an_object_that_was_known_before(name: str, plan_for: Plans, data: st.DataObject) -> None:
    check_parents(data.draw(cases(plan_for, name)))


@pytest.mark.no_cover
@sweep
@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_flat_bars_give_only_what_the_clock_gives(name: str, plan_for: Plans, rows: int) -> None:
    ts = STARTS[0] + np.arange(rows, dtype=np.int64) * M1.ns
    bars = ohlc_bars(ts, M1.ns, np.full((rows, 4), 1000, np.int64))
    detector = DETECTORS[name]
    plan = plan_for(detector, {}, M1.ns)
    found = advance(plan, start(plan), bars, bars if detector.pair else None)
    count = sum(len(found[at]) for at, node in enumerate(plan.nodes) if node.wanted)
    assert count == 0 or name in TIMED or name in FLAT


@pytest.mark.no_cover
def test_where_the_batch_loop_is_interrupted_does_not_matter(
    detector: Detector, plan_for: Plans, real_bars: Bars
) -> None:
    bars = real_bars.slice(0, 2000)
    plan = plan_for(detector, {})
    if not plan.nodes or not plan.nodes[-1].wanted:
        pytest.skip(f"{detector.name} does not work on M1")
    found = advance(plan, start(plan), bars, bars)
    for at, node in enumerate(plan.nodes):
        state = node.detector.init_state(node.params, M1.ns)
        described = describe(start(plan).context, bars, bars)
        feeds = [found[feed] if feed >= 0 else found[0][:0] for feed in node.feeds]
        buffer = np.zeros(MOST_PER_BAR + 3, EVENT)
        parts, first = [], 0
        while first < len(bars):
            first, count = node.detector.run(state, buffer, described, first, *feeds)
            parts.append(buffer[:count].copy())
        assert np.concatenate(parts).tobytes() == found[at].tobytes()


@pytest.mark.no_cover
def test_real_bars_show_no_rewritten_record_and_no_batch_mismatch(real_bars: Bars) -> None:
    plan = whole_plan()
    found = verify(plan, real_bars, lagging(real_bars), prefixes=6)
    assert (found.rewritten, found.batch_mismatches, found.first) == (0, 0, None)
    assert found.detectors == tuple(DETECTORS)
    assert found.prefixes == 6 * len(plan.nodes)


def whole_plan() -> Plan:
    return make_plan(DETECTORS.values(), DETECTORS, Settings(M1.ns), pair=True)


@pytest.mark.no_cover
def test_a_detector_that_looks_one_bar_ahead_is_caught(real_bars: Bars) -> None:
    honest = DETECTORS["displacement"]

    def peek(state: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
        shifted = np.append(bars[1:], bars[-1:])
        shifted["bar"] = bars["bar"]
        return honest.run(state, events, shifted, first)

    found = verify(plan_of(replace(honest, run=peek)), real_bars, prefixes=200)
    assert found.rewritten > 0
    assert found.first is not None
    assert found.first.detector == "displacement"


@pytest.mark.no_cover
def test_a_detector_whose_step_differs_from_its_batch_loop_is_caught(real_bars: Bars) -> None:
    honest = DETECTORS["fvg"]

    def off_by_one(state: Any, events: Any, count: int, bar: Any) -> int:
        bar = bar.copy()
        bar["close"] += 1
        return honest.step(state, events, count, bar)

    found = verify(plan_of(replace(honest, step=off_by_one)), real_bars, prefixes=10)
    assert found.rewritten == 0
    assert found.batch_mismatches > 0


def plan_of(detector: Detector) -> Plan:
    return make_plan([detector], {**DETECTORS, detector.name: detector}, Settings(M1.ns))


@pytest.mark.no_cover
def test_a_state_of_another_size_is_not_restored(detector: Detector) -> None:
    with pytest.raises(ValueError, match=f"not a {detector.name} state"):
        detector.restore(b"\0" * 8)


@pytest.mark.no_cover
def test_a_checkpoint_of_another_plan_is_not_restored(detector: Detector, plan_for: Plans) -> None:
    plan = plan_for(detector, {})
    with pytest.raises(ValueError, match="not a checkpoint of this plan"):
        Memory.load(plan, start(plan).save() + b"\0")


@pytest.mark.no_cover
def test_a_restored_memory_is_independent_of_the_saved_one(plan_for: Plans, real_bars: Bars) -> None:
    plan = plan_for(DETECTORS["structure"], {})
    memory = start(plan)
    saved = memory.save()
    restored = Memory.load(plan, saved)
    push(plan, restored, real_bars, 0)
    assert restored.save() != saved
    assert memory.save() == saved
