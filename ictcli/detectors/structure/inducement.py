"""Inducement: the minor low that price is expected to take before it goes on (ICT.md §7.4).

After a bullish BOS of the swing layer at bar i (initial ones included, changes of character not) the
inducement is the latest internal swing low whose bar lies after the leg origin and that is known by i; when
there is none, the first such low confirmed later. The object is confirmed (armed) when both are known, at
bar k. On the bars after k:

- taken: the first low strictly below the level;
- void: a price below the leg origin, or another break of the swing layer in either direction.

A bar that trades below both the level and the leg origin makes it void: the order of the two is unknown and
this is the worse outcome. A bar that takes the level and closes with a new break takes it. Before it is armed
a price below the leg origin or another break ends the wait without a record. Bearish inducements are bullish
ones on negated bars. ``formed_at`` is the bar of the internal swing, ``level`` its price.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    NO_BAR,
    SPANS_GAP,
    TAKEN,
    VOID,
    descend,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.structure.structure import AMBIGUOUS, BOS
from ictcli.kernels import hot_kernel, kernel

IDLE, WAITING, ARMED = 0, 1, 2

SWINGS, BREAKS = 0, 1
"""Feeds."""

STATE = np.dtype(
    [
        ("stage", np.int64),
        ("serial", np.int64),
        ("known", np.int64, 2),  # bar of the latest internal swing by direction, NO_BAR for none
        ("swing", EVENT, 2),  # that swing
        ("leg", EVENT, 1),  # the break that is waited or armed for
        ("held", EVENT, 1),  # the armed object
    ]
)


class InducementParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: none of its own."""


def init_state(_params: InducementParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["known"] = NO_BAR
    return state


@hot_kernel
def watch(state: Any, events: Any, count: int, bar: Any) -> int:
    """Evaluate what is waited or armed for on the current bar."""
    leg = state["leg"][0]
    direction = leg["direction"]
    low = bar["low"] if direction > 0 else -bar["high"]
    lost = low < direction * leg["origin_level"]
    if state["stage"] == WAITING:
        if lost:
            state["stage"] = IDLE
        return count
    held = state["held"][0]
    if lost:
        state["stage"] = IDLE
        return relate(events, count, held, bar, VOID)
    if low < direction * held["bottom"]:
        state["stage"] = IDLE
        return relate(events, count, held, bar, TAKEN)
    return count


@kernel
def hear(state: Any, events: Any, count: int, bar: Any, found: Any) -> int:
    """Take a break of the swing layer."""
    if found["label"] == AMBIGUOUS:
        return count
    if state["stage"] == ARMED:
        count = relate(events, count, state["held"][0], bar, VOID)
    state["stage"] = IDLE
    if found["label"] == BOS:
        state["stage"] = WAITING
        state["leg"][0] = found
    return count


@kernel
def arm(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append the inducement that is waited for once its swing is known."""
    leg = state["leg"][0]
    direction = leg["direction"]
    side = (1 - direction) // 2
    if state["known"][side] <= leg["origin"]:
        return count
    swing = state["swing"][side]
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, swing["formed"]) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = swing["formed"]
    event["formed_ts"] = swing["formed_ts"]
    event["bottom"] = swing["bottom"]
    event["top"] = swing["top"]
    event["origin"] = leg["origin"]
    event["origin_ts"] = leg["origin_ts"]
    event["origin_level"] = leg["origin_level"]
    descend(event, 0, swing, SWINGS)
    descend(event, 1, leg, BREAKS)
    state["held"][0] = event
    state["stage"] = ARMED
    state["serial"] += 1
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    swings: Any,
    first: int,
    last: int,
    breaks: Any,
    first_break: int,
    last_break: int,
) -> int:
    """Take one closed bar and the fed records of it; append what became known; the new count."""
    if state["stage"] != IDLE:
        count = watch(state, events, count, bar)
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            side = (1 - swings[at]["direction"]) // 2
            state["known"][side] = swings[at]["formed"]
            state["swing"][side] = swings[at]
    for at in range(first_break, last_break):
        if breaks[at]["record"] == CONFIRMED:
            count = hear(state, events, count, bar, breaks[at])
    if state["stage"] == WAITING:
        count = arm(state, events, count, bar)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, swings: Any, breaks: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    at = first_record(swings, bars, first)
    broken = first_record(breaks, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        at_end = records_until(swings, at, bars[i]["bar"])
        broken_end = records_until(breaks, broken, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], swings, at, at_end, breaks, broken, broken_end)
        at, broken = at_end, broken_end
    return len(bars), count


DETECTOR = Detector(
    name="inducement",
    version=1,
    summary="minor swings that bait the continuation of a leg",
    phase=6,
    params=InducementParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "spans_gap", "leg_origin_at", "leg_origin"),
    feeds=(Feed("swing", "internal"), Feed("structure", "swing")),
    ends=("taken", "void"),
    extras=(Extra("level_id", "id", 0), Extra("swing_break_id", "id", 1)),
    layers={"": {}},
    uses_atr=False,
)
