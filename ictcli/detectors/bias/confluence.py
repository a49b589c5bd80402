"""Confluence: how much of the other detectors' evidence favours a direction (ICT.md §10.3).

At the close of every bar each direction d is given the weighted share of what speaks for it, from facts
known by then. The weights are those of the definition:

| weight | what |
|---|---|
| 3 | the H4 ``htf_bias`` is d |
| 2 | an internal swing of the other side was swept within ``lookback`` bars (a low for bull) |
| 2 | an internal ``mss`` in d within ``lookback`` bars |
| 1 | the close lies inside a live zone of d: ``fvg``, ``order_block``, ``breaker``, 1 each, 2 at most |
| 1 | the close lies in the discount (bull) or premium (bear) of the internal dealing range |
| 1 | an internal ``ote`` zone of d was entered and holds |
| 1 | a kill zone other than lunch is open |
| 1 | a divergence from the second symbol points to d; counts only where there is one |
| 1 | the nearest unbroken internal swing ahead is at least ``room_atr`` average true ranges away, or none |
| 1 | the spread is known and at most a tenth of the average true range |

The sum of all weights is 14, and 15 with a second symbol. R of the definition's "2R" is taken as one average
true range, since there is no trade yet. A detector that these bars refuse simply never speaks.
A score of at least ``least_score`` is an object, ``closed`` by the first bar whose score is below it;
``score`` is the one that confirmed it. The parts overlap heavily: read it as a rank, never as a probability.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import (
    BROKEN,
    CLOSED,
    CONFIRMED,
    ENTERED,
    EVENT,
    EVICTED,
    INVALIDATED,
    MOST_PER_BAR,
    OWN_MARK,
    SUPERSEDED,
    VOID,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.bias.live import LIVE, NOWHERE, drop, init_live, keep
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.liquidity.penetration import SWEEP
from ictcli.detectors.structure.dealing_range import FAR_HALF, NEAR
from ictcli.kernels import hot_kernel, kernel

BIAS, SWEEPS, SHIFTS, GAPS, BLOCKS, BREAKERS, RANGES, ENTRIES, HOURS, SWINGS, DIVERGENCES = range(11)
"""Feeds."""

LUNCH = 5
"""Label of the kill zone to stay out of."""

NAMES = (
    *("bias_agrees", "swept", "shifted", "in_gap", "in_block", "in_breaker"),
    *("on_right_half", "in_ote", "in_kill_zone", "diverges", "has_room", "tight_spread"),
)
"""What can speak for a direction, in the order of the bits."""

STATE = np.dtype(
    [
        ("lookback", np.int64),
        ("least_score", np.float64),
        ("room_atr", np.float64),
        ("serial", np.int64),
        ("bias", np.int64),
        ("swept", np.int64, 2),  # last bar with a sweep that speaks for the side
        ("shifted", np.int64, 2),
        ("zones", LIVE, 3),  # gaps, blocks, breakers
        ("swings", LIVE),
        ("half", np.int64),  # +1 discount, -1 premium
        ("entry", np.int64),  # direction of the entered zone
        ("open", np.int64),  # kill zones open, lunch left out
        ("paired", np.int64),  # 1 once the second symbol had a bar
        ("diverging", np.int64, 2),  # live divergences of the side
        ("active", np.int64, 2),
        ("held", EVENT, 2),
    ]
)


class ConfluenceParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        least_score: of an object, 0 to 1.
        lookback: bars for which a sweep or a shift counts.
        room_atr: least distance to the opposing swing, in average true ranges.
    """

    least_score: Annotated[float, Meta(gt=0, le=1)] = 0.6
    lookback: Annotated[int, Meta(ge=1)] = 20
    room_atr: Annotated[float, Meta(ge=0)] = 2.0


def init_state(params: ConfluenceParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    own["lookback"] = params.lookback
    own["least_score"] = params.least_score
    own["room_atr"] = params.room_atr
    own["swept"] = own["shifted"] = -params.lookback
    for kind in range(3):
        init_live(own["zones"][kind])
    init_live(own["swings"])
    return state


@hot_kernel
def side_of(event: Any) -> int:
    """0 for bull, 1 for bear."""
    return int((1 - event["direction"]) // 2)


@kernel
def hear_points(state: Any, bar: Any, feed: Any, first: int, last: int, kind: int) -> None:
    """Take the bias, the sweeps or the shifts of the current bar."""
    for at in range(first, last):
        event = feed[at]
        if event["record"] == CONFIRMED:
            if kind == BIAS:
                state["bias"] = event["direction"]
            elif kind == SHIFTS:
                state["shifted"][side_of(event)] = bar["bar"]
            elif event["label"] == SWEEP:
                state["swept"][side_of(event)] = bar["bar"]


@hot_kernel
def ended(record: int) -> bool:
    """Whether a record ends a zone."""
    return record >= INVALIDATED


@kernel
def hear_zones(live: Any, feed: Any, first: int, last: int) -> None:
    """Take the births and ends of zones."""
    for at in range(first, last):
        event = feed[at]
        side = side_of(event)
        if event["record"] == CONFIRMED:
            top = event["top"] if side == 0 else -event["bottom"]
            keep(live, side, top, event["serial"])
        elif ended(event["record"]):
            drop(live, side, event["serial"])


@kernel
def hear_swings(live: Any, feed: Any, first: int, last: int) -> None:
    """Take the births and ends of swings."""
    for at in range(first, last):
        event = feed[at]
        side = side_of(event)
        if event["record"] == CONFIRMED:
            keep(live, side, event["direction"] * event["bottom"], event["serial"])
        elif event["record"] in (BROKEN, EVICTED):
            drop(live, side, event["serial"])


@kernel
def hear_place(state: Any, ranges: Any, first: int, last: int, entries: Any, a: int, to_a: int) -> None:
    """Take the half of the dealing range and the entry zone."""
    for at in range(first, last):
        event = ranges[at]
        if event["record"] in (CONFIRMED, ENTERED):
            half = 0
            if event["label"] == NEAR:
                half = -event["direction"]
            elif event["label"] == FAR_HALF:
                half = event["direction"]
            state["half"] = half
    for at in range(a, to_a):
        event = entries[at]
        if event["record"] == ENTERED:
            state["entry"] = event["direction"]
        elif event["record"] >= BROKEN and state["entry"] == event["direction"]:
            state["entry"] = 0  # broken, superseded, invalidated


@kernel
def hear_hours(state: Any, feed: Any, first: int, last: int) -> None:
    """Count the kill zones that are open."""
    for at in range(first, last):
        event = feed[at]
        if event["label"] != LUNCH:
            if event["record"] == CONFIRMED:
                state["open"] += 1
            elif event["record"] == CLOSED:
                state["open"] -= 1


@kernel
def hear_divergences(state: Any, feed: Any, first: int, last: int) -> None:
    """Count the divergences that hold."""
    for at in range(first, last):
        event = feed[at]
        side = side_of(event)
        if event["record"] == CONFIRMED:
            state["diverging"][side] += 1
        elif event["record"] in (VOID, SUPERSEDED):
            state["diverging"][side] -= 1


@hot_kernel
def has_room(state: Any, bar: Any, side: int, close: int) -> bool:
    """Whether the opposing swing is far enough from a signed close."""
    ahead = state["swings"]["nearest"][1 - side]
    if ahead == NOWHERE:
        return True
    return bool(bar["atr"] > 0.0 and float(-ahead - close) >= state["room_atr"] * bar["atr"])


@hot_kernel
def setting(state: Any, bar: Any, side: int, close: int) -> int:
    """Bits of what the place, the time and the costs say for a side, whose signed close this is."""
    direction = 1 - 2 * side
    bits = 0
    if state["half"] == direction:
        bits |= 64
    if state["entry"] == direction:
        bits |= 128
    if state["open"] > 0:
        bits |= 256
    if state["diverging"][side] > 0:
        bits |= 512
    if has_room(state, bar, side, close):
        bits |= 1024
    if bar["spread"] >= 0 and bar["atr"] > 0.0 and 10.0 * bar["spread"] <= bar["atr"]:
        bits |= 2048
    return bits


@hot_kernel
def evidence(state: Any, bar: Any, side: int, close: int) -> int:
    """Bits of all that speaks for a side."""
    bits = setting(state, bar, side, close)
    if state["bias"] == 1 - 2 * side:
        bits |= 1
    if bar["bar"] - state["swept"][side] < state["lookback"]:
        bits |= 2
    if bar["bar"] - state["shifted"][side] < state["lookback"]:
        bits |= 4
    for kind in range(3):
        if state["zones"][kind]["nearest"][side] >= close:
            bits |= 8 << kind
    return bits


@hot_kernel
def score_of(bits: int, paired: int) -> float:
    """The weighted share of the evidence, 0 to 1."""
    zones = (bits >> 3 & 1) + (bits >> 4 & 1) + (bits >> 5 & 1)
    points = 3 * (bits & 1) + 2 * (bits >> 1 & 1) + 2 * (bits >> 2 & 1) + min(zones, 2)
    for bit in range(6, 12):
        points += bits >> bit & 1
    return points / (14.0 + paired)


@hot_kernel
def judge(state: Any, events: Any, count: int, bar: Any, side: int, close: int) -> int:
    """Open or close the object of a side."""
    bits = evidence(state, bar, side, close)
    score = score_of(bits, state["paired"])
    enough = score >= state["least_score"]
    if state["active"][side] == 1 and not enough:
        state["active"][side] = 0
        return relate(events, count, state["held"][side], bar, CLOSED)
    if state["active"][side] == 0 and enough:
        event = events[count]
        count = stamp(events, count, bar, 1 - 2 * side, state["serial"], OWN_MARK * bits)
        event["bottom"] = bar["close"]
        event["top"] = bar["close"]
        event["ratio"][0] = score
        state["held"][side] = event
        state["active"][side] = 1
        state["serial"] += 1
    return count


@hot_kernel
def step(
    state: Any, events: Any, count: int, bar: Any,
    bias: Any, b0: int, b1: int, sweeps: Any, w0: int, w1: int, shifts: Any, s0: int, s1: int,
    gaps: Any, g0: int, g1: int, blocks: Any, k0: int, k1: int, breakers: Any, r0: int, r1: int,
    ranges: Any, d0: int, d1: int, entries: Any, e0: int, e1: int, hours: Any, h0: int, h1: int,
    swings: Any, l0: int, l1: int, divergences: Any, v0: int, v1: int,
) -> int:  # fmt: skip
    """Take one closed bar and all that was said at it; append what became known; the new count."""
    if b0 < b1:
        hear_points(state, bar, bias, b0, b1, BIAS)
    if w0 < w1:
        hear_points(state, bar, sweeps, w0, w1, SWEEPS)
    if s0 < s1:
        hear_points(state, bar, shifts, s0, s1, SHIFTS)
    zones = state["zones"]
    if g0 < g1:
        hear_zones(zones[0], gaps, g0, g1)
    if k0 < k1 or r0 < r1:
        hear_zones(zones[1], blocks, k0, k1)
        hear_zones(zones[2], breakers, r0, r1)
    if d0 < d1 or e0 < e1:
        hear_place(state, ranges, d0, d1, entries, e0, e1)
    if h0 < h1 or v0 < v1:
        hear_hours(state, hours, h0, h1)
        hear_divergences(state, divergences, v0, v1)
    if l0 < l1:
        hear_swings(state["swings"], swings, l0, l1)
    if bar["paired"] == 1:
        state["paired"] = 1
    count = judge(state, events, count, bar, 0, bar["close"])
    return judge(state, events, count, bar, 1, -bar["close"])


@kernel
def run(
    states: Any, events: Any, bars: Any, first: int, bias: Any, sweeps: Any, shifts: Any, gaps: Any,
    blocks: Any, breakers: Any, ranges: Any, entries: Any, hours: Any, swings: Any, divergences: Any,
) -> tuple[int, int]:  # fmt: skip
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    b0, w0, s0 = (
        first_record(bias, bars, first),
        first_record(sweeps, bars, first),
        first_record(shifts, bars, first),
    )
    g0, k0 = first_record(gaps, bars, first), first_record(blocks, bars, first)
    r0, d0 = first_record(breakers, bars, first), first_record(ranges, bars, first)
    e0, h0 = first_record(entries, bars, first), first_record(hours, bars, first)
    l0, v0 = first_record(swings, bars, first), first_record(divergences, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]["bar"]
        b1, w1, s1 = (
            records_until(bias, b0, bar),
            records_until(sweeps, w0, bar),
            records_until(shifts, s0, bar),
        )
        g1, k1 = records_until(gaps, g0, bar), records_until(blocks, k0, bar)
        r1, d1 = records_until(breakers, r0, bar), records_until(ranges, d0, bar)
        e1, h1 = records_until(entries, e0, bar), records_until(hours, h0, bar)
        l1, v1 = records_until(swings, l0, bar), records_until(divergences, v0, bar)
        count = step(
            states[0], events, count, bars[i], bias, b0, b1, sweeps, w0, w1, shifts, s0, s1, gaps, g0, g1,
            blocks, k0, k1, breakers, r0, r1, ranges, d0, d1, entries, e0, e1, hours, h0, h1,
            swings, l0, l1, divergences, v0, v1,
        )  # fmt: skip
        b0, w0, s0, g0, k0, r0, d0, e0, h0, l0, v0 = b1, w1, s1, g1, k1, r1, d1, e1, h1, l1, v1
    return len(bars), count


def _hear(detector: str, layer: str = "") -> Feed:
    return Feed(detector, layer, optional=True)


DETECTOR = Detector(
    name="confluence",
    version=1,
    summary="how much of all evidence favours a direction",
    phase=8,
    params=ConfluenceParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level",),
    feeds=(
        _hear("htf_bias", "H4"),
        _hear("sweep", "internal"),
        _hear("mss", "internal"),
        _hear("fvg"),
        _hear("order_block", "internal"),
        _hear("breaker", "internal"),
        _hear("dealing_range", "internal"),
        _hear("ote", "internal"),
        _hear("kill_zone"),
        _hear("swing", "internal"),
        _hear("smt", "internal"),
    ),
    ends=("closed",),
    extras=(
        Extra("score", "ratio", 0),
        *(Extra(name, "flag", OWN_MARK << bit) for bit, name in enumerate(NAMES)),
    ),
)
