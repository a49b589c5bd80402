"""Unicorn: a breaker block and a fair value gap of the same direction that overlap (ICT.md §11).

Bullish when a bullish breaker and a bullish gap are confirmed at most ``separation`` bars apart and their
zones overlap by a positive height of at least ``min_overlap`` of the gap's. The zone is the overlap;
``formed_at`` is the breaker's candle, ``confirmed_at`` the close of the later of the two confirmations.
Every pair counts by itself; the parents are the breaker and the gap.

The entry is a limit order at the top of the overlap (``entry_at`` "edge") or in its middle ("ce"). The
stop lies below the leg's extreme, which took the stops (``stop`` "sweep"), or below the breaker ("breaker"),
and never above the overlap; its distance is the largest of the spread, ``buffer`` points and
``buffer_atr`` average true ranges, rounded away from the entry. The target is ``target_r`` times the risk,
rounded away to half points. How the order and the position end is told in ``orders``; a close below
the overlap before the fill invalidates. While ``most_live`` unicorns of a direction are alive, further ones
are passed over: one order or position at a time by default. On bars shorter than a day, pairs whose pattern
spans a gap in time are left out unless ``exclude_spans_gap`` is off.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    NO_BAR,
    SPANS_GAP,
    descend,
    number,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.blocks.turning import LEG_EXTREME
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.setups.orders import (
    MOST_LIVE,
    ORDERS,
    OUTCOMES,
    PLAN,
    RESULT,
    SETUP_ENDS,
    follow,
    has_room,
    init_orders,
    place_order,
    plan,
    rings,
    stop_distance,
)
from ictcli.kernels import hot_kernel, kernel

RECENT = 32
"""Bars whose breakers and gaps are remembered."""
BREAKER, GAP = 0, 1

STATE = np.dtype(
    [
        ("orders", ORDERS),
        ("recent", EVENT, (2, 2, RECENT)),  # what was confirmed: breaker or gap, by side and bar
        ("separation", np.int64),
        ("min_overlap", np.float64),
        ("middle", np.int64),
        ("by_breaker", np.int64),
        ("buffer", np.int64),
        ("buffer_atr", np.float64),
        ("target_r", np.float64),
        ("without_gaps", np.int64),
        ("serial", np.int64),
    ]
)


class UnicornParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        separation: most bars between the two confirmations.
        min_overlap: least overlap as a fraction of the gap's height.
        entry_at: limit order at the near ``edge`` of the overlap or in its middle (``ce``).
        stop: beyond the extreme of the ``sweep`` or beyond the ``breaker``.
        buffer: least distance of the stop from that price, points.
        buffer_atr: least distance of the stop from that price, average true ranges.
        target_r: distance of the target, in units of the risk.
        max_wait: bars an order rests.
        most_live: orders and positions alive at a time, per direction.
        exclude_spans_gap: leave out patterns that span a gap in time, on bars shorter than a day.
    """

    separation: Annotated[int, Meta(ge=0, lt=RECENT)] = 3
    min_overlap: Annotated[float, Meta(ge=0, le=1)] = 0.0
    entry_at: Literal["edge", "ce"] = "edge"
    stop: Literal["sweep", "breaker"] = "sweep"
    buffer: Annotated[int, Meta(ge=0)] = 1
    buffer_atr: Annotated[float, Meta(ge=0)] = 0.1
    target_r: Annotated[float, Meta(gt=0)] = 2.0
    max_wait: Annotated[int, Meta(ge=1)] = 20
    most_live: Annotated[int, Meta(ge=1, le=MOST_LIVE)] = 1
    exclude_spans_gap: bool = True


def init_state(params: UnicornParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    init_orders(own["orders"], params.most_live, params.max_wait)
    own["recent"]["confirmed"] = NO_BAR
    own["separation"] = params.separation
    own["min_overlap"] = params.min_overlap
    own["middle"] = params.entry_at == "ce"
    own["by_breaker"] = params.stop == "breaker"
    own["buffer"] = params.buffer
    own["buffer_atr"] = params.buffer_atr
    own["target_r"] = params.target_r
    own["without_gaps"] = params.exclude_spans_gap and bar_ns < NS_PER_DAY
    return state


@kernel
def arm(state: Any, events: Any, count: int, bar: Any, side: int, bottom: int, top: int, source: Any) -> int:
    """Append a unicorn on the signed overlap of a breaker with a gap."""
    direction = 1 - 2 * side
    marks = SPANS_GAP if spans_gap(bar, source["formed"]) else 0
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = source["formed"]
    event["formed_ts"] = source["formed_ts"]
    event["size_atr"] = in_atr(top - bottom, bar)
    place(event, direction, bottom, top)
    entry = bottom + top if state["middle"] == 1 else 2 * top
    behind = bottom_of(source, side)
    if state["by_breaker"] == 0:
        behind = direction * source["extra"][LEG_EXTREME]
    stop = min(behind, bottom) - stop_distance(bar, state["buffer"], state["buffer_atr"])
    target = entry + math.ceil(state["target_r"] * (entry - 2 * stop))
    plan(event, side, entry, stop, int(target))
    state["serial"] += 1
    return count


@kernel
def overlaps(state: Any, bottom: int, top: int, gap: Any) -> bool:
    """Whether the overlap with a gap is high enough."""
    height = top - bottom
    return bool(height > 0 and float(height) >= state["min_overlap"] * float(gap["top"] - gap["bottom"]))


@kernel
def pair(state: Any, events: Any, start: int, count: int, bar: Any, side: int, source: Any, gap: Any) -> int:
    """Append the unicorn of a breaker and a gap when they make one and there is room."""
    bottom = max(bottom_of(source, side), bottom_of(gap, side))
    top = -max(bottom_of(source, 1 - side), bottom_of(gap, 1 - side))
    if not overlaps(state, bottom, top, gap) or not has_room(state["orders"], side):
        return count
    first = min(source["formed"], gap["formed"] - 1)
    if state["without_gaps"] == 1 and spans_gap(bar, first):
        return count
    count = arm(state, events, count, bar, side, bottom, top, source)
    event = events[count - 1]
    descend(event, 0, source, 0)
    descend(event, 1, gap, 1)
    number(events, start, count)
    place_order(state["orders"], side, bar["day"], event)
    return count


@kernel
def hear(state: Any, kind: int, records: Any, first: int, last: int) -> int:
    """Remember what the current bar confirms; bit ``side`` of the result tells for which sides."""
    sides = 0
    for at in range(first, last):
        if records[at]["record"] == CONFIRMED:
            side = (1 - records[at]["direction"]) // 2
            state["recent"][kind, side, records[at]["confirmed"] & (RECENT - 1)] = records[at]
            sides |= 1 << side
    return sides


@kernel
def match(state: Any, events: Any, start: int, count: int, bar: Any, side: int, new: int) -> int:
    """Pair what the current bar confirms on a side; bit 0 of ``new`` for a breaker, bit 1 for a gap."""
    recent = state["recent"]
    index = bar["bar"]
    for back in range(state["separation"], -1, -1):
        at = (index - back) & (RECENT - 1)
        now = index & (RECENT - 1)
        if new & 1 and recent[GAP, side, at]["confirmed"] == index - back:
            breaker = recent[BREAKER, side, now]
            count = pair(state, events, start, count, bar, side, breaker, recent[GAP, side, at])
        if back > 0 and new & 2 and recent[BREAKER, side, at]["confirmed"] == index - back:
            gap = recent[GAP, side, now]
            count = pair(state, events, start, count, bar, side, recent[BREAKER, side, at], gap)
    return count


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Whether the current bar may change a live setup."""
    return rings(state["orders"], bar)


@hot_kernel
def act(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breakers: Any,
    first_breaker: int,
    last_breaker: int,
    gaps: Any,
    first_gap: int,
    last_gap: int,
) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    start = count
    count = follow(state["orders"], bar, events, count)
    new_breakers = hear(state, BREAKER, breakers, first_breaker, last_breaker)
    new_gaps = hear(state, GAP, gaps, first_gap, last_gap)
    if new_breakers | new_gaps:
        for side in range(2):
            new = (new_breakers >> side & 1) | (new_gaps >> side & 1) << 1
            if new:
                count = match(state, events, start, count, bar, side, new)
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breakers: Any,
    first_breaker: int,
    last_breaker: int,
    gaps: Any,
    first_gap: int,
    last_gap: int,
) -> int:
    """Take one closed bar and the records of it; append what became known; the new number of records."""
    if note(state, bar) or first_breaker < last_breaker or first_gap < last_gap:
        count = act(
            state, events, count, bar, breakers, first_breaker, last_breaker, gaps, first_gap, last_gap
        )
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, breakers: Any, gaps: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    a = first_record(breakers, bars, first)
    b = first_record(gaps, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        to_b = b
        to_a = records_until(breakers, a, index)
        born = False
        while to_b < len(gaps) and gaps[to_b]["at"] <= index:
            born = born or gaps[to_b]["record"] == CONFIRMED
            to_b += 1
        if note(state, bar) or a < to_a or born:
            count = act(state, events, count, bar, breakers, a, to_a, gaps, b, to_b)
        a, b = to_a, to_b
    return len(bars), count


DETECTOR = Detector(
    name="unicorn",
    version=1,
    summary="breakers that overlap a fair value gap, with entry, stop and target",
    phase=8,
    params=UnicornParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "spans_gap"),
    feeds=(Feed("breaker", None), Feed("fvg")),
    ends=SETUP_ENDS,
    extras=(*PLAN, *RESULT, Extra("breaker_id", "id", 0), Extra("fvg_id", "id", 1)),
    labels=OUTCOMES,
    layers={"internal": {}, "swing": {}},
)
