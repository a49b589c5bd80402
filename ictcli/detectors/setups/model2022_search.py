"""The hunt for a 2022 model: a sweep, then a market structure shift, then a gap (ICT.md §11).

One object per hunt, so that "why no trade" has an answer. Bullish, all on the internal layer:

- swept (``confirmed``): a swing low is swept; known at bar s. Of several known at one bar the lowest level
  counts. A newer sweep supersedes a hunt that still waits for its shift.
- shifted (``parent_added``): the first bullish MSS at a bar m with s <= m <= s + ``mss_within``; expired
  without one ("no_shift").
- The gap: the latest bullish fair value gap with its middle bar after the penetrating bar and not after m,
  confirmed at m or before and not invalidated. Where there is none at m, the one that bar m+1 may confirm;
  without it expired ("no_gap"). A gap known at m is taken at m: whether m+1 brings a later one is not
  known then.
- taken: the setup bar k = max(m, confirmation of the gap) passes every test below; else void with the
  label of the first that it fails.

Tests at k, in this order: "hours": with ``hours`` "killzones" k opens within 02:00-05:00 or 07:00-10:00
New York; "gap": no gap in time between the penetration and k, on bars shorter than a day, unless
``exclude_spans_gap`` is off; "premium": the entry, the middle of the gap (``entry_at`` "ce") or its near edge
("edge"), is below the middle of the range, lowest low to highest high of penetration..k; "no_target": there
is an internal swing high, confirmed by k and not yet traded beyond, strictly above the range; the nearest
is the target (C50); "low_rr": the reward is at least ``min_rr`` times the risk. The stop lies below the
range by the largest of the spread, ``buffer`` points and ``buffer_atr`` average true ranges, rounded away
from the entry. ``bottom`` and ``top`` are the swept level until the gap is known, then the gap.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.detectors.base.book import BOOK, FAR, init_book
from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    EXPIRED,
    INVALIDATED,
    MOST_PER_BAR,
    MSS,
    NO_BAR,
    PARENT_ADDED,
    SUPERSEDED,
    TAKEN,
    VOID,
    descend,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.pivots import RING
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.blocks.legs import CANDLE, highest, remember
from ictcli.detectors.detector import Detector, Feed
from ictcli.detectors.liquidity.penetration import SWEEP
from ictcli.detectors.setups.orders import NO_PRICE, PLAN, plan, stop_distance
from ictcli.detectors.setups.targets import hear_swings, next_level
from ictcli.kernels import hot_kernel, kernel

IDLE, WAITING, SHIFTED = 0, 1, 2
"""Stages of the hunt of a side."""

LABEL_WORDS = (
    *("swept", "shifted", "armed", "no_shift", "no_gap"),
    *("hours", "gap", "premium", "no_target", "low_rr"),
)
L_SWEPT, L_SHIFTED, L_ARMED, L_NO_SHIFT, L_NO_GAP = range(1, 6)
L_HOURS, L_GAP, L_PREMIUM, L_NO_TARGET, L_LOW_RR = range(6, 11)

STATE = np.dtype(
    [
        ("past", CANDLE, RING),
        ("levels", BOOK),  # swings not traded beyond
        ("stage", np.int64, 2),
        ("held", EVENT, 2),  # the hunt of a side
        ("shift", np.int64, 2),  # bar of the shift
        ("gap", EVENT, 2),  # latest fair value gap of a side
        ("gap_lives", np.int64, 2),
        ("within", np.int64),
        ("edge", np.int64),
        ("min_rr", np.float64),
        ("buffer", np.int64),
        ("buffer_atr", np.float64),
        ("killzones", np.int64),
        ("without_gaps", np.int64),
        ("serial", np.int64),
    ]
)


class Model2022SearchParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        mss_within: most bars from the sweep to the shift.
        entry_at: limit order in the middle of the gap (``ce``) or at its near ``edge``.
        min_rr: least reward, in units of the risk.
        buffer: least distance of the stop from the range, points.
        buffer_atr: least distance of the stop from the range, average true ranges.
        hours: ``killzones`` takes setups of the London and New York morning only, ``any`` all.
        exclude_spans_gap: leave out patterns that span a gap in time, on bars shorter than a day.
    """

    mss_within: Annotated[int, Meta(ge=0, le=500)] = 10
    entry_at: Literal["ce", "edge"] = "ce"
    min_rr: Annotated[float, Meta(ge=0)] = 1.0
    buffer: Annotated[int, Meta(ge=0)] = 1
    buffer_atr: Annotated[float, Meta(ge=0)] = 0.1
    hours: Literal["killzones", "any"] = "killzones"
    exclude_spans_gap: bool = True


def init_state(params: Model2022SearchParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    init_book(own["levels"], 128)
    own["within"] = params.mss_within
    own["edge"] = params.entry_at == "edge"
    own["min_rr"] = params.min_rr
    own["buffer"] = params.buffer
    own["buffer_atr"] = params.buffer_atr
    own["killzones"] = params.hours == "killzones"
    own["without_gaps"] = params.exclude_spans_gap and bar_ns < NS_PER_DAY
    return state


def refuses(params: Model2022SearchParams, bar_ns: int) -> str:
    """Why bars of this length do not fit the kill zones; empty when they do (C48)."""
    if params.hours == "killzones" and NS_PER_HOUR % bar_ns:
        return "needs bars that divide an hour (or hours = any)"
    return ""


@kernel
def hear_gaps(state: Any, gaps: Any, first: int, last: int) -> None:
    """Follow the latest fair value gap of each side and whether price closed through it."""
    for at in range(first, last):
        gap = gaps[at]
        side = (1 - gap["direction"]) // 2
        if gap["record"] == CONFIRMED:
            state["gap"][side] = gap
            state["gap_lives"][side] = 1
        elif gap["record"] == INVALIDATED and gap["serial"] == state["gap"][side]["serial"]:
            state["gap_lives"][side] = 0


@kernel
def tell(state: Any, events: Any, count: int, bar: Any, side: int, record: int, label: int) -> int:
    """Append a record of the hunt of a side."""
    held = state["held"][side]
    held["label"] = label
    if record != PARENT_ADDED:
        state["stage"][side] = IDLE
    return relate(events, count, held, bar, record)


@kernel
def begin(state: Any, events: Any, count: int, bar: Any, sweep: Any) -> int:
    """Append the hunt that a sweep begins."""
    direction = sweep["direction"]
    side = (1 - direction) // 2
    if state["stage"][side] == WAITING:
        count = tell(state, events, count, bar, side, SUPERSEDED, L_SWEPT)
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], 0)
    event["formed"] = sweep["formed"]
    event["formed_ts"] = sweep["formed_ts"]
    event["bottom"] = sweep["bottom"]
    event["top"] = sweep["top"]
    event["label"] = L_SWEPT
    for slot in range(3):
        event["extra"][slot] = NO_PRICE
    event["ratio"][0] = math.nan
    descend(event, 0, sweep, 0)
    state["held"][side] = event
    state["stage"][side] = WAITING
    state["serial"] += 1
    return count


@kernel
def deepest_sweep(sweeps: Any, first: int, last: int, direction: int) -> int:
    """The record of the furthest level of a direction swept at this bar, ``NO_BAR`` without one."""
    found = NO_BAR
    for at in range(first, last):
        if sweeps[at]["direction"] != direction or sweeps[at]["label"] != SWEEP:
            continue
        if found == NO_BAR or direction * sweeps[at]["bottom"] < direction * sweeps[found]["bottom"]:
            found = at
    return found


@kernel
def in_hours(state: Any, bar: Any) -> bool:
    """Whether the current bar opens within the hours of the setup."""
    minute = bar["minute"]
    london = 120 <= minute < 300
    morning = 420 <= minute < 600
    return bool(state["killzones"] == 0 or london or morning)


@kernel
def decide(state: Any, events: Any, count: int, bar: Any, side: int) -> int:
    """Append whether the setup of the current bar is taken, and if not, why."""
    held = state["held"][side]
    gap = state["gap"][side]
    first = held["formed"]
    high = highest(state["past"], side, first, bar["bar"])
    low = -highest(state["past"], 1 - side, first, bar["bar"])
    bottom = bottom_of(gap, side)
    top = -bottom_of(gap, 1 - side)
    entry = 2 * top if state["edge"] == 1 else bottom + top
    stop = low - stop_distance(bar, state["buffer"], state["buffer_atr"])
    target = next_level(state["levels"], side, high)
    held["bottom"] = gap["bottom"]
    held["top"] = gap["top"]
    reason = L_ARMED
    if not in_hours(state, bar):
        reason = L_HOURS
    elif state["without_gaps"] == 1 and spans_gap(bar, first):
        reason = L_GAP
    elif entry >= low + high:
        reason = L_PREMIUM
    elif target == FAR:
        reason = L_NO_TARGET
    elif float(2 * target - entry) < state["min_rr"] * float(entry - 2 * stop):
        reason = L_LOW_RR
    if reason != L_ARMED:
        return tell(state, events, count, bar, side, VOID, reason)
    plan(held, side, entry, stop, 2 * target)
    return tell(state, events, count, bar, side, TAKEN, reason)


@kernel
def shift(state: Any, events: Any, count: int, bar: Any, source: Any) -> int:
    """Append the shift of a hunt that waits for the direction of a break."""
    side = (1 - source["direction"]) // 2
    if source["record"] != CONFIRMED or source["marks"] & MSS == 0 or state["stage"][side] != WAITING:
        return count
    descend(state["held"][side], 1, source, 1)
    count = tell(state, events, count, bar, side, PARENT_ADDED, L_SHIFTED)
    state["stage"][side] = SHIFTED
    state["shift"][side] = bar["bar"]
    return count


@kernel
def look_for_gap(state: Any, events: Any, count: int, bar: Any, side: int) -> int:
    """Decide on a shifted hunt once its gap is known, or give up after the bar that could bring one."""
    gap = state["gap"][side]
    middle = gap["formed"]
    shifted = state["shift"][side]
    if state["gap_lives"][side] == 1 and state["held"][side]["formed"] < middle <= shifted:
        return decide(state, events, count, bar, side)
    if bar["bar"] > shifted:
        return tell(state, events, count, bar, side, EXPIRED, L_NO_GAP)
    return count


@kernel
def take_up(state: Any, events: Any, count: int, bar: Any, sweeps: Any, first: int, last: int) -> int:
    """Begin the hunts that the sweeps of the current bar call for."""
    for direction in (1, -1):
        at = deepest_sweep(sweeps, first, last, direction)
        if at != NO_BAR:
            count = begin(state, events, count, bar, sweeps[at])
    return count


@kernel
def give_up(state: Any, events: Any, count: int, bar: Any) -> int:
    """End the hunts that waited too long for their shift."""
    for side in range(2):
        waited = bar["bar"] - state["held"][side]["confirmed"]
        if state["stage"][side] == WAITING and waited > state["within"]:
            count = tell(state, events, count, bar, side, EXPIRED, L_NO_SHIFT)
    return count


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Remember the current bar; whether a hunt is on."""
    remember(state["past"], bar)
    stage = state["stage"]
    return bool(stage[0] + stage[1] > 0)


@hot_kernel
def act(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    sweeps: Any,
    first_sweep: int,
    last_sweep: int,
    breaks: Any,
    first_break: int,
    last_break: int,
    gaps: Any,
    first_gap: int,
    last_gap: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    hear_gaps(state, gaps, first_gap, last_gap)
    hear_swings(state["levels"], swings, first_swing, last_swing)
    stage = state["stage"]
    for side in range(2):
        if stage[side] == SHIFTED:
            count = look_for_gap(state, events, count, bar, side)
    if stage[0] + stage[1] > 0:
        count = give_up(state, events, count, bar)
    if first_sweep < last_sweep:
        count = take_up(state, events, count, bar, sweeps, first_sweep, last_sweep)
    for at in range(first_break, last_break):
        count = shift(state, events, count, bar, breaks[at])
    for side in range(2):
        if stage[side] == SHIFTED:
            count = look_for_gap(state, events, count, bar, side)
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    sweeps: Any,
    first_sweep: int,
    last_sweep: int,
    breaks: Any,
    first_break: int,
    last_break: int,
    gaps: Any,
    first_gap: int,
    last_gap: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
) -> int:
    """Take one closed bar and the records of it; append what became known; the new number of records."""
    if (
        note(state, bar)
        or first_sweep < last_sweep
        or first_break < last_break
        or first_gap < last_gap
        or first_swing < last_swing
    ):
        count = act(
            state,
            events,
            count,
            bar,
            sweeps,
            first_sweep,
            last_sweep,
            breaks,
            first_break,
            last_break,
            gaps,
            first_gap,
            last_gap,
            swings,
            first_swing,
            last_swing,
        )
    return count


@kernel
def run(
    states: Any, events: Any, bars: Any, first: int, sweeps: Any, breaks: Any, gaps: Any, swings: Any
) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    a = first_record(sweeps, bars, first)
    b = first_record(breaks, bars, first)
    c = first_record(gaps, bars, first)
    d = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        to_c = c
        to_a = records_until(sweeps, a, index)
        to_b = records_until(breaks, b, index)
        changed = False
        while to_c < len(gaps) and gaps[to_c]["at"] <= index:
            changed = changed or gaps[to_c]["record"] in (CONFIRMED, INVALIDATED)
            to_c += 1
        to_d = records_until(swings, d, index)
        if note(state, bar) or a < to_a or b < to_b or changed or d < to_d:
            count = act(
                state, events, count, bar, sweeps, a, to_a, breaks, b, to_b, gaps, c, to_c, swings, d, to_d
            )
        a, b, c, d = to_a, to_b, to_c, to_d
    return len(bars), count


DETECTOR = Detector(
    name="model2022_search",
    version=1,
    summary="sweep, shift and gap on the way to a 2022 model, and why it came to nothing",
    phase=8,
    params=Model2022SearchParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label"),
    feeds=(Feed("sweep", "internal"), Feed("structure", "internal"), Feed("fvg"), Feed("swing", "internal")),
    ends=("taken", "superseded", "void", "expired"),
    extras=PLAN,
    labels={(d, number): word for d in (1, -1) for number, word in enumerate(LABEL_WORDS, 1)},
    refuses=refuses,
)
