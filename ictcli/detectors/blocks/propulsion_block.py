"""Propulsion block: an opposing candle that dips into a live order block and is run over (ICT.md §6.5).

Bullish: Z is a live bullish order block of the same layer, known before bar j and not ended by a close,
a wick or its age on j. Bar j closes below its open and its low lies in Z, edges included. The block is
known at the close of the first bar k of j+1..j+``wait`` that trades above the high of j, unless an earlier
bar of j+1..k-1 closed below the bottom of Z. The zone is the body of j; it is support. ``formed_at`` is j,
``confirmed_at`` the close of k, the parent is Z. Every such j counts by itself and once (C37); where j lies
in several order blocks, the one with the lowest bottom counts, which holds longest, the newer on ties.

``mean`` is the middle of the body. The zone is invalidated by the first low below it, not by a close
beyond the far edge; otherwise it lives as ``zones`` says.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, add, evict, expire, init_book, nearest, remove
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    EVICTED,
    EXPIRED,
    INVALIDATED,
    MOST_PER_BAR,
    NO_BAR,
    SPANS_GAP,
    descend,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, bottom_of, init_zones, touch
from ictcli.detectors.blocks.quiet import stirs
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.kernels import hot_kernel, kernel

MOST_WAIT = 63
"""Largest ``wait``."""

MEAN = 0

CANDIDATE = np.dtype(
    [
        ("bar", np.int64),  # j, NO_BAR when the place is free
        ("ts", np.int64),
        ("high", np.int64),  # signed
        ("bottom", np.int64),  # signed body
        ("top", np.int64),
        ("floor", np.int64),  # signed bottom of the order block
        ("parent", EVENT),
    ]
)

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("blocks", BOOK),  # live order blocks
        ("wait", np.int64),
        ("serial", np.int64),
        ("until", np.int64, 2),  # last bar on which a candidate of the side may be run over
        ("candidates", CANDIDATE, (2, MOST_WAIT + 1)),  # by side and bar
    ]
)


class PropulsionBlockParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        wait: bars after the candle in which its high must be passed.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    wait: Annotated[int, Meta(ge=1, le=MOST_WAIT)] = 5
    max_age: Annotated[int, Meta(ge=0)] = 500
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    mitigation: Literal["touch", "ce", "full", "close"] = "touch"


def init_state(params: PropulsionBlockParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age)
    init_book(state[0]["blocks"], 128)
    state[0]["wait"] = params.wait
    state[0]["until"] = NO_BAR
    state[0]["candidates"]["bar"] = NO_BAR
    return state


@kernel
def watch_side(zones: Any, bar: Any, events: Any, count: int, side: int, low: int) -> int:
    """Evaluate the live zones of a side, which a signed low below their mean ends."""
    book = zones["book"]
    at = book["count"][side] - 1
    while at >= 0 and low <= book["price"][side, at]:
        held = book["held"][side, book["slot"][side, at]]
        bottom = bottom_of(held, side)
        ends = 2 * low < (1 - 2 * side) * held["extra"][MEAN]
        count, alive = touch(zones, bar, events, count, side, at, low, bottom - 1 if ends else bottom)
        if not alive:
            remove(book, side, at)
        at -= 1
    return count


@kernel
def watch_means(zones: Any, bar: Any, events: Any, count: int) -> int:
    """Expire what is too old, then evaluate all live zones of both directions on the current bar."""
    book = zones["book"]
    count = expire(book, bar, events, count, 0, zones["max_age"])
    count = expire(book, bar, events, count, 1, zones["max_age"])
    if bar["low"] <= nearest(book, 0):
        count = watch_side(zones, bar, events, count, 0, bar["low"])
    if -bar["high"] <= nearest(book, 1):
        count = watch_side(zones, bar, events, count, 1, -bar["high"])
    return count


@kernel
def forget(blocks: Any, source: Any) -> None:
    """Take out the order block of a record."""
    side = (1 - source["direction"]) // 2
    for at in range(blocks["count"][side]):
        if blocks["held"][side, blocks["slot"][side, at]]["serial"] == source["serial"]:
            remove(blocks, side, at)
            return


@kernel
def forget_ended(blocks: Any, records: Any, first: int, last: int) -> None:
    """Take out the order blocks that price or age ended on the current bar."""
    for at in range(first, last):
        if records[at]["record"] == INVALIDATED or records[at]["record"] == EXPIRED:
            forget(blocks, records[at])


@kernel
def hear_new(blocks: Any, records: Any, first: int, last: int) -> None:
    """Follow evictions and births among the order blocks, in order."""
    for at in range(first, last):
        source = records[at]
        if source["record"] == EVICTED:
            forget(blocks, source)
        elif source["record"] == CONFIRMED:
            direction = source["direction"]
            top = source["top"] if direction > 0 else -source["bottom"]
            add(blocks, (1 - direction) // 2, top, source)


@kernel
def block(state: Any, events: Any, count: int, bar: Any, side: int, one: Any) -> int:
    """Append the block of a candidate whose high the current bar passes."""
    book = state["zones"]["book"]
    direction = 1 - 2 * side
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, one["bar"]) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = one["bar"]
    event["formed_ts"] = one["ts"]
    event["size_atr"] = in_atr(one["top"] - one["bottom"], bar)
    event["extra"][MEAN] = direction * (one["bottom"] + one["top"])
    place(event, direction, one["bottom"], one["top"])
    descend(event, 0, one["parent"], 0)
    add(book, side, one["top"], event)
    state["serial"] += 1
    return count


@kernel
def judge(state: Any, events: Any, count: int, bar: Any, side: int, high: int, close: int) -> int:
    """Bring the candidates of a side up to date with the current bar, whose prices are signed."""
    index = bar["bar"]
    for back in range(state["wait"], 0, -1):
        one = state["candidates"][side, (index - back) & MOST_WAIT]
        if one["bar"] != index - back or one["bar"] == NO_BAR:
            continue
        if high > one["high"]:
            count = block(state, events, count, bar, side, one)
            one["bar"] = NO_BAR
        elif close < one["floor"]:
            one["bar"] = NO_BAR
    return count


@kernel
def dip(state: Any, bar: Any, side: int, opened: int, high: int, low: int, close: int) -> None:
    """Make the current bar a candidate when its signed low lies in a live order block."""
    blocks = state["blocks"]
    floor = low + 1
    parent = NO_BAR
    for at in range(blocks["count"][side] - 1, -1, -1):
        if low > blocks["price"][side, at]:
            break
        slot = blocks["slot"][side, at]
        held = blocks["held"][side, slot]
        bottom = bottom_of(held, side)
        newer = parent != NO_BAR and held["serial"] > blocks["held"][side, parent]["serial"]
        if bottom < floor or (bottom == floor and newer):
            floor = bottom
            parent = slot
    if parent == NO_BAR:
        return
    one = state["candidates"][side, bar["bar"] & MOST_WAIT]
    one["bar"] = bar["bar"]
    one["ts"] = bar["ts"]
    one["high"] = high
    one["bottom"] = close
    one["top"] = opened
    one["floor"] = floor
    one["parent"] = blocks["held"][side, parent]
    state["until"][side] = bar["bar"] + state["wait"]


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Whether the current bar concerns a live zone, a candidate or a live order block."""
    until = state["until"]
    if bar["bar"] <= until[0] or bar["bar"] <= until[1] or stirs(state["zones"], bar):
        return True
    live = state["blocks"]
    if bar["close"] < bar["open"]:
        return bool(bar["low"] <= nearest(live, 0))
    return bool(bar["close"] > bar["open"] and -bar["high"] <= nearest(live, 1))


@hot_kernel
def act(state: Any, events: Any, count: int, bar: Any, blocks: Any, first: int, last: int) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    count = watch_means(state["zones"], bar, events, count)
    index = bar["bar"]
    if index <= state["until"][0]:
        count = judge(state, events, count, bar, 0, bar["high"], bar["close"])
    if index <= state["until"][1]:
        count = judge(state, events, count, bar, 1, -bar["low"], -bar["close"])
    live = state["blocks"]
    if first < last:
        forget_ended(live, blocks, first, last)
    if bar["close"] < bar["open"] and bar["low"] <= nearest(live, 0):
        dip(state, bar, 0, bar["open"], bar["high"], bar["low"], bar["close"])
    elif bar["close"] > bar["open"] and -bar["high"] <= nearest(live, 1):
        dip(state, bar, 1, -bar["open"], -bar["low"], -bar["high"], -bar["close"])
    if first < last:
        hear_new(live, blocks, first, last)
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, blocks: Any, first: int, last: int) -> int:
    """Take one closed bar and the order blocks' records of it; append what became known; the new count."""
    if note(state, bar) or first < last:
        count = act(state, events, count, bar, blocks, first, last)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, blocks: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    heard = first_record(blocks, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        later = records_until(blocks, heard, index)
        if note(state, bar) or heard < later:
            count = act(state, events, count, bar, blocks, heard, later)
            heard = later
    return len(bars), count


DETECTOR = Detector(
    name="propulsion_block",
    version=1,
    summary="opposing candles that dip into an order block and are run over",
    phase=5,
    params=PropulsionBlockParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("order_block", None),),
    ends=ZONE_ENDS,
    extras=(Extra("mean", "twice", MEAN), Extra("parent_ob", "id", 0)),
    layers={"internal": {}, "swing": {}},
)
