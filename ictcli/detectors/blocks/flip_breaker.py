"""Flip breaker: an order block that price closed through, now acting from the other side (ICT.md §6.2).

Born when an order block of the same layer is invalidated: same edges, opposite direction, ``confirmed_at``
the close of the invalidating bar, ``formed_at`` still the candle of the order block, which is its parent.
Order blocks that expire or are evicted do not flip, and a flip breaker ends without flipping again (C15,
``generation`` 1). The zone lives as ``zones`` says, with an age of its own (C12).
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add, evict
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import INVALIDATED, MOST_PER_BAR, SPANS_GAP, descend, number, stamp
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.blocks.quiet import stirs
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("zones", ZONES), ("serial", np.int64)])


class FlipBreakerParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    max_age: Annotated[int, Meta(ge=0)] = 500
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "touch"


def init_state(params: FlipBreakerParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    return state


@kernel
def flip(state: Any, events: Any, start: int, count: int, bar: Any, source: Any) -> int:
    """Append the zone that an invalidated order block leaves behind."""
    book = state["zones"]["book"]
    direction = -source["direction"]
    side = (1 - direction) // 2
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, source["formed"]) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = source["formed"]
    event["formed_ts"] = source["formed_ts"]
    event["bottom"] = source["bottom"]
    event["top"] = source["top"]
    event["extra"][0] = 1
    event["size_atr"] = in_atr(source["top"] - source["bottom"], bar)
    descend(event, 0, source, 0)
    number(events, start, count)
    add(book, side, source["top"] if direction > 0 else -source["bottom"], event)
    state["serial"] += 1
    return count


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Whether the current bar concerns a live zone."""
    return stirs(state["zones"], bar)


@hot_kernel
def act(state: Any, events: Any, count: int, bar: Any, blocks: Any, first: int, last: int) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    start = count
    count = watch(state["zones"], bar, events, count)
    for at in range(first, last):
        if blocks[at]["record"] == INVALIDATED:
            count = flip(state, events, start, count, bar, blocks[at])
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
    name="flip_breaker",
    version=1,
    summary="order blocks that price closed through, turned around",
    phase=5,
    params=FlipBreakerParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("order_block", None),),
    ends=ZONE_ENDS,
    extras=(Extra("parent_id", "id", 0), Extra("generation", "count", 0)),
    layers={"internal": {}, "swing": {}},
)
