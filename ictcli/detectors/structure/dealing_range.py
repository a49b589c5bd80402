"""Dealing range: the leg that price trades in, and its premium and discount halves (ICT.md §8.1, C47).

With ``range_mode`` "structure" every break anchors a range. After a bullish one its low is the leg origin and
its high the highest high from there through the breaking bar, later the highest so far: each new high is a
record "extended". The next break in either direction anchors a new range and supersedes this one.
With "swings" the range lies between the last alternating swing high and low of the same layer and is up
(bull) when the high came last. Every alternating swing that is confirmed anchors a new one; a pair whose
high is not above its low anchors none.

The half in which a bar closes is the label: PREMIUM above the middle, DISCOUNT below it, EQUILIBRIUM
exactly on it or within ``equilibrium_band`` of it. Each change of the half is a record "entered".
``retracement`` is (high - close) / (high - low) in an up range, (close - low) / (high - low) in a down range,
at the latest record; it leaves 0 to 1 when price leaves the range. ``eq`` is the middle.
Bearish ranges are bullish ones on negated bars. ``formed_at`` is the bar of the leg origin, or of the earlier
swing.
The modes of whole days, of the Asian session and of IPDA are left to ``prev_levels``, ``asian_range`` and
``ipda``, which write both edges the moment they are known: such a range has no leg and so no direction,
which every range here has, and its halves follow from its two edges alone.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    ENTERED,
    EVENT,
    EXTENDED,
    MOST_PER_BAR,
    SPANS_GAP,
    SUPERSEDED,
    descend,
    place,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.detectors.structure.structure import AMBIGUOUS, WEAK
from ictcli.kernels import hot_kernel, kernel

NEAR = 1
"""Label of a close in the half of the leg's end: premium of an up range."""
FAR_HALF = 2
"""Label of a close in the half of the leg's origin: discount of an up range."""
MIDDLE = 3

BREAKS, SWINGS = 0, 1
"""Feeds."""

STATE = np.dtype(
    [
        ("by_swings", np.int64),
        ("band", np.int64),  # SHARE_SCALE-ths of the range
        ("serial", np.int64),
        ("alive", np.int64),  # 1 once there is a range
        ("held", EVENT, 1),  # the range
        ("low", np.int64),  # signed edges of the range
        ("high", np.int64),
        ("known", np.int64, 2),  # 1 once an alternating swing of the side is known
        ("swing", EVENT, 2),  # the latest one: 0 low, 1 high
    ]
)

LABELS = {
    (1, NEAR): "PREMIUM",
    (1, FAR_HALF): "DISCOUNT",
    (1, MIDDLE): "EQUILIBRIUM",
    (-1, NEAR): "DISCOUNT",
    (-1, FAR_HALF): "PREMIUM",
    (-1, MIDDLE): "EQUILIBRIUM",
}


class DealingRangeParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        range_mode: what anchors a range: ``structure`` breaks or alternating ``swings``.
        equilibrium_band: half the width of the equilibrium, as a fraction of the range, four decimals.
    """

    range_mode: Literal["structure", "swings"] = "structure"
    equilibrium_band: Annotated[float, Meta(ge=0, lt=0.5)] = 0.0


def init_state(params: DealingRangeParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["by_swings"] = params.range_mode == "swings"
    state[0]["band"] = round(params.equilibrium_band * SHARE_SCALE)
    return state


@kernel
def half_of(state: Any, close: int) -> int:
    """The half of the range in which a signed close lies."""
    height = state["high"] - state["low"]
    twice = 2 * SHARE_SCALE * (state["high"] - close)
    if twice < (SHARE_SCALE - 2 * state["band"]) * height:
        return NEAR
    if twice > (SHARE_SCALE + 2 * state["band"]) * height:
        return FAR_HALF
    return MIDDLE


@kernel
def describe(state: Any, event: Any, close: int) -> None:
    """Write edges, half and retracement of the range into its record."""
    low, high = state["low"], state["high"]
    direction = event["direction"]
    place(event, direction, low, high)
    event["label"] = half_of(state, close)
    event["extra"][0] = direction * (low + high)
    event["ratio"][0] = (high - close) / (high - low)


@kernel
def anchor(state: Any, events: Any, count: int, bar: Any, direction: int, formed: int, formed_ts: int) -> int:
    """Append a new range with the edges in the state; it supersedes the one before."""
    if state["alive"] == 1:
        count = relate(events, count, state["held"][0], bar, SUPERSEDED)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, formed) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = formed
    event["formed_ts"] = formed_ts
    event["size_atr"] = in_atr(state["high"] - state["low"], bar)
    describe(state, event, direction * bar["close"])
    state["alive"] = 1
    state["serial"] += 1
    return count


@kernel
def anchor_break(state: Any, events: Any, count: int, bar: Any, found: Any) -> int:
    """Append the range of the leg that broke structure."""
    direction = found["direction"]
    state["low"] = direction * found["origin_level"]
    state["high"] = direction * found["extra"][WEAK]
    count = anchor(state, events, count, bar, direction, found["origin"], found["origin_ts"])
    descend(events[count - 1], 0, found, BREAKS)
    state["held"][0] = events[count - 1]
    return count


@kernel
def anchor_swings(state: Any, events: Any, count: int, bar: Any, direction: int) -> int:
    """Append the range between the latest swings, of which the one that ends the leg came last."""
    end = (1 + direction) // 2
    origin_swing, end_swing = state["swing"][1 - end], state["swing"][end]
    if state["known"][1 - end] == 0 or state["swing"][1]["bottom"] <= state["swing"][0]["bottom"]:
        return count
    state["low"] = direction * origin_swing["bottom"]
    state["high"] = direction * end_swing["bottom"]
    count = anchor(state, events, count, bar, direction, origin_swing["formed"], origin_swing["formed_ts"])
    descend(events[count - 1], 0, origin_swing, SWINGS)
    descend(events[count - 1], 1, end_swing, SWINGS)
    state["held"][0] = events[count - 1]
    return count


@kernel
def hear_breaks(state: Any, events: Any, count: int, bar: Any, breaks: Any, first: int, last: int) -> int:
    """Anchor a range at every break of the current bar."""
    for at in range(first, last):
        if breaks[at]["record"] == CONFIRMED and breaks[at]["label"] != AMBIGUOUS:
            count = anchor_break(state, events, count, bar, breaks[at])
    return count


@kernel
def hear_swings(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Anchor a range at the last of the swings that the current bar confirms."""
    direction = 0
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            direction = -swings[at]["direction"]
            side = (1 + direction) // 2
            state["known"][side] = 1
            state["swing"][side] = swings[at]
    if direction != 0:
        count = anchor_swings(state, events, count, bar, direction)
    return count


@kernel
def follow(state: Any, events: Any, count: int, bar: Any) -> int:
    """Extend the range by the current bar and note the half in which it closes."""
    held = state["held"][0]
    direction = held["direction"]
    high = bar["high"] if direction > 0 else -bar["low"]
    close = direction * bar["close"]
    before = held["label"]
    if state["by_swings"] == 0 and high > state["high"]:
        state["high"] = high
        describe(state, held, close)
        held["label"] = before
        count = relate(events, count, held, bar, EXTENDED)
    if half_of(state, close) != before:
        describe(state, held, close)
        count = relate(events, count, held, bar, ENTERED)
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breaks: Any,
    first: int,
    last: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
) -> int:
    """Take one closed bar and the fed records of it; append what became known; the new count."""
    start = state["serial"]
    if state["by_swings"] == 1:
        if first_swing < last_swing:
            count = hear_swings(state, events, count, bar, swings, first_swing, last_swing)
    elif first < last:
        count = hear_breaks(state, events, count, bar, breaks, first, last)
    if state["alive"] == 1 and state["serial"] == start:
        count = follow(state, events, count, bar)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, breaks: Any, swings: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    broken = first_record(breaks, bars, first)
    at = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        broken_end = records_until(breaks, broken, bars[i]["bar"])
        at_end = records_until(swings, at, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], breaks, broken, broken_end, swings, at, at_end)
        broken, at = broken_end, at_end
    return len(bars), count


DETECTOR = Detector(
    name="dealing_range",
    version=1,
    summary="the current leg with its premium and discount halves",
    phase=5,
    params=DealingRangeParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "spans_gap"),
    feeds=(Feed("structure", None), Feed("alternating_swing", None)),
    ends=("superseded",),
    extras=(Extra("eq", "twice", 0), Extra("retracement", "ratio", 0)),
    labels=LABELS,
    layers={"internal": {}, "swing": {}},
)
