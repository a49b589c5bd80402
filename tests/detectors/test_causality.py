"""The sweep: every registered detector must honour P1 to P15 (ICT.md §14) on adversarial and on real bars.

A detector cannot be registered without being swept, and a parameter without a small value to sweep it
with. Where a property does not hold by nature, the detector is named here with the reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.events import CONFIRMED, EVENT, MOST_PER_BAR, NO_BAR, RECORD_NAMES
from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import Memory, advance, describe, push, start
from ictcli.detectors.identity import identifiers
from ictcli.detectors.plan import Node, Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.verification import one_by_one, verify
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.timeframes import TIMEFRAMES

M1 = TIMEFRAMES["M1"]
SMALL: dict[str, st.SearchStrategy[Any]] = {
    "left": st.integers(1, 3),
    "right": st.integers(1, 3),
    "max_active": st.integers(1, 4),
    "max_age": st.sampled_from([0, 1, 5]),
    "min_size_atr": st.sampled_from([0.0, 0.25]),
    "range_atr": st.sampled_from([0.5, 1.0, 1.5]),
    "body_share": st.sampled_from([0.3, 0.6]),
    "displacement_lookback": st.integers(1, 3),
    "form": st.sampled_from(["bar", "leg", "both"]),
    "leg_atr": st.sampled_from([0.5, 1.0, 2.0]),
    "break_by": st.sampled_from(["close", "wick"]),
    "reference": st.sampled_from(["last_swing", "protected"]),
    "threshold": st.just("atr"),
    "reversal_atr": st.sampled_from([0.5, 1.0, 2.0]),
    "reversal_percent": st.sampled_from([0.1, 0.5]),
    "require_fvg": st.booleans(),
    "require_sweep": st.booleans(),
    "sweep_lookback": st.integers(1, 5),
    "range_mode": st.sampled_from(["structure", "swings"]),
    "equilibrium_band": st.sampled_from([0.0, 0.1]),
    "shallow": st.sampled_from([0.3, 0.62]),
    "deep": st.sampled_from([0.7, 0.79]),
    "invalidate": st.sampled_from(["close", "wick"]),
    "minutes": st.sampled_from([60, 240, 1440]),
    "range_days": st.integers(1, 2),
    "structure_weight": st.integers(0, 3),
    "day_weight": st.integers(0, 3),
    "range_weight": st.integers(0, 3),
    "open_weight": st.integers(0, 3),
    "room_atr": st.sampled_from([0.0, 1.0]),
    "least_score": st.sampled_from([0.1, 0.3, 0.6]),
    "mitigation": st.sampled_from(["touch", "ce", "full", "close"]),
    "reclaim": st.integers(1, 4),
    "min_wick_frac": st.sampled_from([0.0, 0.3]),
    "max_depth_atr": st.sampled_from([0.0, 1.0]),
    "tolerance_atr": st.sampled_from([0.0, 0.5, 2.0]),
    "tolerance_points": st.sampled_from([None, 0]),
    "min_members": st.integers(2, 3),
    "tolerance": st.integers(0, 3),
    "sweep_window": st.integers(0, 2),
    "min_correlation": st.sampled_from([-1.0, 0.0]),
    "correlation_length": st.integers(2, 4),
    "inverse": st.booleans(),
    "lookback": st.integers(2, 5),
    "min_age": st.integers(1, 3),
    "days": st.integers(1, 3),
    "length": st.integers(2, 4),
    "min_body_atr": st.sampled_from([0.0, 0.5]),
    "require_trend": st.booleans(),
    "efficiency": st.sampled_from([0.0, 0.6]),
    "wick_body": st.sampled_from([1.0, 2.0]),
    "wick_share": st.sampled_from([0.51, 0.6]),
    "min_range_atr": st.sampled_from([0.0, 1.0]),
    "strict": st.booleans(),
    "threshold_sigma": st.sampled_from([0.5, 1.0, 2.0]),
    "scale": st.sampled_from(["deviation", "ewma", "mad"]),
    "cooldown": st.integers(0, 2),
    "rearm_sigma": st.sampled_from([0.0, 0.5, 1.0]),
    "method": st.sampled_from(["last_opposite", "extreme", "extreme_parsed"]),
    "zone": st.sampled_from(["range", "body", "body_to_low"]),
    "zone_of": st.sampled_from(["same", "failed_swing"]),
    "max_size_atr": st.sampled_from([0.0, 2.0]),
    "wick_atr": st.sampled_from([0.1, 0.25]),
    "wick_frac": st.sampled_from([0.0, 0.5]),
    "wait": st.integers(1, 5),
    "asia": st.sampled_from(["20:00-24:00", "18:00-03:00", ""]),
    "london_open": st.sampled_from(["02:00-05:00", "01:00-02:00"]),
    "new_york_am": st.sampled_from(["07:00-10:00", "20:00-22:00"]),
    "new_york_am_index": st.just("08:30-11:00"),
    "index": st.booleans(),
    "london_close": st.just("10:00-12:00"),
    "lunch": st.just("12:00-13:00"),
    "new_york_pm": st.sampled_from(["13:30-16:00", "17:00-18:00"]),
    "london": st.sampled_from(["03:00-04:00", "20:15-20:30"]),
    "morning": st.just("10:00-11:00"),
    "afternoon": st.sampled_from(["14:00-15:00", "16:00-18:00"]),
    "london_1": st.sampled_from(["02:33-03:00", "20:05-20:20"]),
    "london_2": st.just("04:03-04:30"),
    "morning_1": st.just("08:50-09:10"),
    "morning_2": st.just("09:50-10:10"),
    "morning_3": st.just("10:50-11:10"),
    "midday": st.just("11:50-12:10"),
    "afternoon_1": st.just("13:10-13:40"),
    "afternoon_2": st.sampled_from(["15:15-15:45", "14:00-15:00"]),
    "inversion": st.sampled_from(["close", "wick", "ce"]),
    "max_separation": st.integers(1, 8),
    "size_atr_long": st.sampled_from([0.25, 0.75]),
    "min_gap": st.just(1),
    "newer_weeks": st.integers(1, 3),
    "starts": st.sampled_from(["09:00", "03:00 09:00 20:00", "00:00 06:00 12:00 18:00"]),
    "window_minutes": st.sampled_from([60, 360]),
    "separation": st.integers(0, 3),
    "min_overlap": st.sampled_from([0.0, 0.5]),
    "entry_at": st.sampled_from(["ce", "edge"]),
    "stop": st.sampled_from(["sweep", "breaker"]),
    "buffer": st.integers(0, 2),
    "buffer_atr": st.sampled_from([0.0, 0.3]),
    "target_r": st.sampled_from([0.5, 1.0, 2.0]),
    "max_wait": st.integers(1, 6),
    "most_live": st.integers(1, 3),
    "exclude_spans_gap": st.booleans(),
    "mss_within": st.integers(0, 10),
    "min_rr": st.sampled_from([0.0, 0.5, 1.0]),
    "hours": st.sampled_from(["killzones", "any", "any"]),
    "day_end": st.booleans(),
    "window": st.sampled_from(["20:00-24:00", "19:00-21:00", "20:00-20:15"]),
    "prices": st.sampled_from(["wicks", "bodies"]),
    "windows": st.sampled_from(["02:00-05:00,08:30-10:00", "00:00-24:00"]),
    "shift_within": st.sampled_from([0, 3, 12]),
}
"""Small parameters by name, so that few bars reach every rule."""

UNSIGNED: dict[str, str] = {}
"""Detectors that negated bars change, with the reason."""
UNSCALED: dict[str, str] = {
    "ote": "the edges of its zone are rounded to points",
    "implied_fvg": "midpoints of wicks are rounded to points",
    "opening_gap": "quarters are rounded to half points",
    "unicorn": "stops and targets are rounded to whole and half points",
    "model2022_search": "stops are rounded to points",
    "model2022": "stops are rounded to points",
}
"""Detectors that doubled prices change."""
UNSHIFTED: dict[str, str] = {
    "volatility_spike": "log returns are relative to the price",
}
"""Detectors that a constant added to all prices changes."""
TIMED: set[str] = {
    "confluence",
    "session_sweep",
    "adr",
    "ipda",
    "opening_price",
    "level_sweep",
    "prev_levels",
    "htf_bias",
    "kill_zone",
    "silver_bullet",
    "macro",
    "session_level",
    "opening_gap",
    "first_fvg",
    "model2022_search",
    "model2022",
    "asian_range",
    "cbdr",
    "flout",
    "judas",
    "amd",
}
"""Detectors that read the New York clock."""
PAUSED = {"unicorn"}
"""Detectors that leave out patterns with a pause inside."""

MOVE = st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.integers(0, 4), st.integers(0, 4))
"""Gap from the last close to the open, open to close, upper wick, lower wick: ties, gaps, zero ranges."""
STARTS = [
    np.datetime64(instant, "ns").astype(np.int64)
    for instant in ("2025-06-10T00:00", "2025-03-07T18:00", "2025-10-31T19:00", "2024-02-29T06:00")
]
"""A quiet day, the weekends on which New York changes its clocks, a leap day."""


@dataclass(frozen=True)
class Case:
    """Bars, a second symbol's bars, and a plan for one detector."""

    detector: Detector
    plan: Plan
    bars: Bars
    other: Bars | None

    def wanted(self) -> Iterator[tuple[int, Node]]:
        return ((at, node) for at, node in enumerate(self.plan.nodes) if node.wanted)

    def logs(self, bars: Bars | None = None, other: Bars | None = None) -> list[NDArray[np.void]]:
        """The records of every layer of the detector."""
        bars = self.bars if bars is None else bars
        found = advance(self.plan, start(self.plan), bars, other or self.other)
        return [found[at] for at, _ in self.wanted()]


def prices(draw: st.DrawFn, size: int) -> NDArray[np.int64]:
    rows = []
    price = 1000
    for jump, body, above, below in draw(st.lists(MOVE, min_size=size, max_size=size)):
        opened = price + draw(st.sampled_from([0, 0, jump]))
        price = opened + body
        rows.append((opened, max(opened, price) + above, min(opened, price) - below, price))
    return np.array(rows, np.int64).reshape(-1, 4)


@st.composite
def cases(draw: st.DrawFn, plan_for: Callable[..., Plan], name: str) -> Case:
    detector = DETECTORS[name]
    length = draw(st.sampled_from([1, 15, 60])) * NS_PER_MINUTE
    size = draw(st.integers(0, 60))
    pause = st.sampled_from([1, 1, 1, 1, 1, 2, 7, 60])
    steps = np.array(draw(st.lists(pause, min_size=size, max_size=size)), np.int64)
    ts = draw(st.sampled_from(STARTS)) + np.cumsum(steps) * length
    series = [ohlc_bars(ts, length, prices(draw, size)) for _ in range(1 + detector.pair)]
    names = {field.name for one in DETECTORS.values() for field in msgspec.structs.fields(one.params)}
    needed = {node.detector.name for node in plan_for(detector, {}).nodes}
    own = {field.name for one in needed for field in msgspec.structs.fields(DETECTORS[one].params)}
    params = {key: draw(SMALL[key]) for key in sorted(names & own)}
    plan = plan_for(detector, {**params, "atr_length": draw(st.integers(2, 4))}, length)
    other = None
    if detector.pair:
        kept = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        other = pick(series[1], np.flatnonzero(kept))
    return Case(detector, plan, series[0], other)


def ohlc_bars(ts: NDArray[np.int64], length: int, rows: NDArray[np.int64]) -> Bars:
    opens, highs, lows, closes = (np.ascontiguousarray(rows[:, at]) for at in range(4))
    return make_bars(2, ts, ts + length, (opens, highs, lows, closes))


def pick(bars: Bars, rows: NDArray[np.int64]) -> Bars:
    columns = (bars.open[rows], bars.high[rows], bars.low[rows], bars.close[rows])
    return make_bars(bars.digits, bars.ts[rows], bars.ts_close[rows], columns)


def with_prices(bars: Bars, change: Callable[[Any], Any], *, swap: bool = False) -> Bars:
    high, low = (bars.low, bars.high) if swap else (bars.high, bars.low)
    return replace(bars, open=change(bars.open), high=change(high), low=change(low), close=change(bars.close))


def changed_prices(
    detector: Detector, events: NDArray[np.void], change: Callable[[Any], Any], *, distance: int
) -> NDArray[np.void]:
    """Records as ``change`` of all prices must make them; distances are multiplied by ``distance``."""
    found = events.copy()
    for column in ("bottom", "top"):
        found[column] = change(found[column])
    known = found["origin"] != NO_BAR
    found["origin_level"][known] = change(found["origin_level"][known])
    found["fill"] *= distance
    for extra in detector.extras:
        if extra.kind in ("price", "twice", "points"):
            values = found["extra"][:, extra.slot]
            there = values != extra.none if extra.none is not None else np.ones(len(values), np.bool_)
            if extra.kind == "points":
                values[there] *= distance
            elif extra.kind == "price":
                values[there] = change(values[there])
            else:
                values[there] = change(values[there] - change(0)) + 2 * change(0)
    return found


def without(events: NDArray[np.void], *names: str) -> list[str]:
    """Records without some columns and without what numbers objects, in an order of their own."""
    left = [name for name in EVENT.names or () if name not in ("serial", "parent", "ordinal", *names)]
    return sorted(repr(row) for row in events[left].tolist())


@pytest.fixture(params=DETECTORS.values(), ids=list(DETECTORS))
def detector(request: pytest.FixtureRequest) -> Detector:
    """Every registered detector: one cannot be registered without being swept."""
    found: Detector = request.param
    return found


sweep = pytest.mark.parametrize("name", list(DETECTORS))
Plans = Callable[..., Plan]


@sweep
@given(data=st.data())
def test_a_prefix_knows_exactly_what_the_full_run_knew_by_then(
    name: str, plan_for: Plans, data: st.DataObject
) -> None:
    case = data.draw(cases(plan_for, name))
    full = case.logs()
    cuts = data.draw(st.lists(st.integers(0, len(case.bars)), max_size=8, unique=True))
    for known in cuts:
        for prefix, whole in zip(case.logs(case.bars.slice(0, known)), full, strict=True):
            assert prefix.tobytes() == whole[whole["at"] < known].tobytes()


@sweep
@given(data=st.data())
def test_one_bar_at_a_time_with_a_restart_equals_batch_bit_for_bit(
    name: str, plan_for: Plans, data: st.DataObject
) -> None:
    case = data.draw(cases(plan_for, name))
    plan, bars, other = case.plan, case.bars, case.other
    restart = data.draw(st.integers(0, len(bars)))
    whole = start(plan)
    batch = advance(plan, whole, bars, other)
    memory = start(plan)
    before = one_by_one(plan, memory, bars, 0, restart, other)
    memory = Memory.load(plan, memory.save())
    after = one_by_one(plan, memory, bars, restart, len(bars), other)
    for first, second, both in zip(before, after, batch, strict=True):
        assert first.tobytes() + second.tobytes() == both.tobytes()
    assert memory.save() == whole.save()


@sweep
@given(data=st.data())
def test_negated_bars_give_the_negated_events(name: str, plan_for: Plans, data: st.DataObject) -> None:
    case = data.draw(cases(plan_for, name))
    if name in UNSIGNED:
        return
    other = with_prices(case.other, np.negative, swap=True) if case.other else None
    mirrored = case.logs(with_prices(case.bars, np.negative, swap=True), other)
    for found, original in zip(mirrored, case.logs(), strict=True):
        expected = changed_prices(case.detector, original, np.negative, distance=1)
        bottom = expected["bottom"].copy()
        expected["bottom"], expected["top"] = expected["top"], bottom
        expected["direction"] *= -1
        for extra in case.detector.extras:
            if extra.kind == "signed":
                expected["extra"][:, extra.slot] *= -1
        assert without(found) == without(expected)


@sweep
@given(data=st.data(), power=st.integers(1, 12))
def test_doubled_prices_give_doubled_levels_at_the_same_bars(
    name: str, plan_for: Plans, data: st.DataObject, power: int
) -> None:
    case = data.draw(cases(plan_for, name))
    if name in UNSCALED:
        return
    factor = 2**power

    def grow(price: Any) -> Any:
        return price * factor

    other = with_prices(case.other, grow) if case.other else None
    for found, original in zip(case.logs(with_prices(case.bars, grow), other), case.logs(), strict=True):
        assert found.tobytes() == changed_prices(case.detector, original, grow, distance=factor).tobytes()


@sweep
@given(data=st.data(), shift=st.integers(-5000, 5000))
def test_shifted_prices_give_shifted_levels_at_the_same_bars(
    name: str, plan_for: Plans, data: st.DataObject, shift: int
) -> None:
    case = data.draw(cases(plan_for, name))
    if name in UNSHIFTED:
        return

    def move(price: Any) -> Any:
        return price + shift

    other = with_prices(case.other, move) if case.other else None
    for found, original in zip(case.logs(with_prices(case.bars, move), other), case.logs(), strict=True):
        assert found.tobytes() == changed_prices(case.detector, original, move, distance=1).tobytes()


@sweep
@given(data=st.data(), weeks=st.integers(-20, 20), hours=st.integers(-200, 200))
def test_the_same_prices_at_another_time_give_the_same_events(
    name: str, plan_for: Plans, data: st.DataObject, weeks: int, hours: int
) -> None:
    """Detectors that read the clock keep their events when moved by whole weeks within one season."""
    case = data.draw(cases(plan_for, name))
    if name in TIMED:
        quiet = case.bars.ts[:1] - STARTS[0]
        if not len(quiet) or not 0 <= quiet[0] < NS_PER_DAY or np.ptp(case.bars.ts) > 20 * 7 * NS_PER_DAY:
            return
        shift = (weeks % 3) * 7 * NS_PER_DAY
    else:
        shift = hours * 60 * NS_PER_MINUTE
    bars = replace(case.bars, ts=case.bars.ts + shift, ts_close=case.bars.ts_close + shift)
    other = case.other
    if other is not None:
        other = replace(other, ts=other.ts + shift, ts_close=other.ts_close + shift)
    instants = [name for name in EVENT.names or () if name.endswith("_ts")]
    for found, original in zip(case.logs(bars, other), case.logs(), strict=True):
        expected = original.copy()
        for column in instants:
            there = expected[column] != NO_BAR
            expected[column][there] += shift
        for extra in case.detector.extras:
            if extra.kind == "instant":
                there = expected["extra"][:, extra.slot] != NO_BAR
                expected["extra"][there, extra.slot] += shift
        assert without(found, *clock_columns(name)) == without(expected, *clock_columns(name))


def clock_columns(name: str) -> tuple[str, ...]:
    """What tells the date itself and so moves with it."""
    return ("extra",) if name in TIMED else ()


@sweep
@given(data=st.data())
def test_a_pause_before_a_bar_changes_nothing_but_the_mark_and_the_clock(
    name: str, plan_for: Plans, data: st.DataObject
) -> None:
    case = data.draw(cases(plan_for, name))
    if name in TIMED | PAUSED or case.detector.pair or not len(case.bars):
        return
    at = data.draw(st.integers(0, len(case.bars) - 1))
    pause = np.where(np.arange(len(case.bars)) >= at, 5 * NS_PER_DAY, 0)
    bars = replace(case.bars, ts=case.bars.ts + pause, ts_close=case.bars.ts_close + pause)
    ignored = (*(name for name in EVENT.names or () if name.endswith("_ts")), "marks", "extra")
    for found, original in zip(case.logs(bars), case.logs(), strict=True):
        assert without(found, *ignored) == without(original, *ignored)


@sweep
@given(data=st.data())
def test_records_of_one_object_only_move_forward(name: str, plan_for: Plans, data: st.DataObject) -> None:
    case = data.draw(cases(plan_for, name))
    ends = set(case.detector.ends)
    for events in case.logs():
        assert (np.diff(events["at"]) >= 0).all()
        assert (events["formed"] <= events["confirmed"]).all()
        assert (events["confirmed"] <= events["at"]).all()
        assert (events["bottom"] <= events["top"]).all()
        born = events[events["record"] == CONFIRMED]
        assert born["serial"].tolist() == list(range(len(born)))
        for serial in born["serial"]:
            own = events[events["serial"] == serial]
            names = [RECORD_NAMES[record] for record in own["record"]]
            assert names[0] == "confirmed"
            assert names.count("confirmed") == 1
            assert not ends & set(names[:-1])
            assert (np.diff(own["fill"]) >= 0).all()
            assert ends or len(own) == 1


@sweep
@given(data=st.data())
def test_no_two_objects_share_an_identifier(name: str, plan_for: Plans, data: st.DataObject) -> None:
    case = data.draw(cases(plan_for, name))
    key = SeriesKey("test", "TEST", M1)
    for (_, node), events in zip(case.wanted(), case.logs(), strict=True):
        ids = identifiers(node, key, events[events["record"] == CONFIRMED])
        assert len(np.unique(ids)) == len(ids)


@sweep
@given(data=st.data())
def test_a_parent_is_an_object_that_was_known_before(name: str, plan_for: Plans, data: st.DataObject) -> None:
    case = data.draw(cases(plan_for, name))
    found = advance(case.plan, start(case.plan), case.bars, case.other)
    for at, node in case.wanted():
        for event in found[at]:
            for parent in event["parent"][event["parent"]["feed"] != NO_BAR]:
                source = found[(*node.feeds, at)[parent["feed"]]]
                same = source[(source["serial"] == parent["serial"]) & (source["record"] == CONFIRMED)]
                assert len(same) == 1
                for column in ("formed_ts", "confirmed_ts", "direction", "ordinal"):
                    assert same[column][0] == parent[column]
                assert same["at"][0] <= event["at"]


@sweep
@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_flat_bars_give_only_what_the_clock_gives(name: str, plan_for: Plans, rows: int) -> None:
    ts = STARTS[0] + np.arange(rows, dtype=np.int64) * M1.ns
    bars = ohlc_bars(ts, M1.ns, np.full((rows, 4), 1000, np.int64))
    detector = DETECTORS[name]
    plan = plan_for(detector, {}, M1.ns)
    found = advance(plan, start(plan), bars, bars if detector.pair else None)
    count = sum(len(found[at]) for at, node in enumerate(plan.nodes) if node.wanted)
    assert count == 0 or name in TIMED | FLAT


FLAT: set[str] = set()
"""Detectors for which flat bars are a pattern."""


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
            first, count = node.detector.run(state[0], buffer, described, first, *feeds)
            parts.append(buffer[:count].copy())
        assert np.concatenate(parts).tobytes() == found[at].tobytes()


def test_real_bars_show_no_rewritten_record_and_no_batch_mismatch(real_bars: Bars) -> None:
    plan = whole_plan()
    found = verify(plan, real_bars, shifted_copy(real_bars), prefixes=6)
    assert (found.rewritten, found.batch_mismatches, found.first) == (0, 0, None)
    assert found.detectors == tuple(DETECTORS)
    assert found.prefixes == 6 * len(plan.nodes)


@pytest.mark.proof
@pytest.mark.parametrize("name", ["EURUSD_M1_histdata202306", "US100_M5_ftmo", "BTCUSDC_M1_kraken"])
def test_every_thousandth_prefix_of_real_files_is_never_rewritten(name: str, real_data: Path) -> None:
    bars = read_bars(real_data / "bars" / f"{name}.parquet", digits=5 if name.startswith("EUR") else 2)
    found = verify(whole_plan(), bars, shifted_copy(bars), prefixes=len(bars) // 1000)
    assert (found.rewritten, found.batch_mismatches) == (0, 0)


def whole_plan() -> Plan:
    return make_plan(DETECTORS.values(), DETECTORS, Settings(M1.ns), pair=True)


def shifted_copy(bars: Bars) -> Bars:
    """A second symbol that follows the first one with a lag and without every seventh bar."""
    lagged = with_prices(bars, lambda column: np.concatenate((column[:3], column[:-3])) + 7)
    return pick(lagged, np.flatnonzero(np.arange(len(bars)) % 7 != 3))


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


def test_a_state_of_another_size_is_not_restored(detector: Detector) -> None:
    with pytest.raises(ValueError, match=f"not a {detector.name} state"):
        detector.restore(b"\0" * 8)


def test_a_checkpoint_of_another_plan_is_not_restored(detector: Detector, plan_for: Plans) -> None:
    plan = plan_for(detector, {})
    with pytest.raises(ValueError, match="not a checkpoint of this plan"):
        Memory.load(plan, start(plan).save() + b"\0")


def test_a_restored_memory_is_independent_of_the_saved_one(plan_for: Plans, real_bars: Bars) -> None:
    plan = plan_for(DETECTORS["structure"], {})
    memory = start(plan)
    saved = memory.save()
    restored = Memory.load(plan, saved)
    push(plan, restored, real_bars, 0)
    assert restored.save() != saved
    assert memory.save() == saved


def read_bars(path: Path, digits: int) -> Bars:
    table = pq.read_table(path)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    columns = [table[name].to_numpy() * 10.0**digits for name in ("open", "high", "low", "close")]
    return ohlc_bars(ts, M1.ns, np.rint(np.column_stack(columns)).astype(np.int64))


@pytest.fixture(scope="session")
def real_bars(real_data: Path) -> Bars:
    """Four days of gold, one minute each."""
    return read_bars(real_data / "bars" / "XAUUSD_M1_ftmo.parquet", 2).slice(0, 6000)
