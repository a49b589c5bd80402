"""Rejection block: the long wick of a swing, from its tip to the bodies around it (ICT.md §6.4).

Bullish at a confirmed internal swing low p: ``body_level`` is the lowest open or close of p-1, p and p+1,
the wick is the distance from the low of p up to it. The wick must be at least ``wick_atr`` average true
ranges through p-1 and at least ``wick_frac`` of the range of p; while that average is undefined there is
no block. The zone is [low of p, body_level]; it is support. ``formed_at`` is p, ``confirmed_at`` the
confirmation of the swing. ``wick_size_atr`` tells the wick in the same average; ``swept_liquidity`` that the
swing went below the previous swing low (label LL; BSL likewise for highs, label HH). Trading back to
body_level is "tapped", a close below the low ends the zone, which otherwise lives as ``zones`` says.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add, evict
from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import (
    CONFIRMED,
    MOST_PER_BAR,
    OWN_MARK,
    SPANS_GAP,
    descend,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.pivots import RING
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.blocks.legs import CANDLE, close_of, high_of, low_of, open_of, remember
from ictcli.detectors.blocks.quiet import stirs
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.detectors.structure.swing import BEYOND
from ictcli.kernels import hot_kernel, kernel

BODY_LEVEL = 0
SWEPT_LIQUIDITY = OWN_MARK << 2
"""The bit of the column of the same name in order blocks."""

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("past", CANDLE, RING),
        ("wick_atr", np.float64),
        ("wick_share", np.int64),
        ("serial", np.int64),
    ]
)


class RejectionBlockParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        wick_atr: least wick, in average true ranges.
        wick_frac: least wick as a fraction of the bar's range, four decimals.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    wick_atr: Annotated[float, Meta(gt=0)] = 0.25
    wick_frac: Annotated[float, Meta(ge=0, le=1)] = 0.5
    max_age: Annotated[int, Meta(ge=0)] = 500
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "touch"


def init_state(params: RejectionBlockParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["wick_atr"] = params.wick_atr
    state[0]["wick_share"] = round(params.wick_frac * SHARE_SCALE)
    return state


@kernel
def body_level(past: Any, side: int, pivot: int) -> int:
    """The lowest signed open or close of a bar and its two neighbours."""
    found = min(open_of(past, side, pivot), close_of(past, side, pivot))
    for index in (pivot - 1, pivot + 1):
        found = min(found, open_of(past, side, index), close_of(past, side, index))
    return found


@kernel
def rejects(state: Any, side: int, pivot: int, wick: int) -> bool:
    """Whether the wick of a swing is long enough."""
    past = state["past"]
    average = past[pivot & (RING - 1)]["atr"]
    span = high_of(past, side, pivot) - low_of(past, side, pivot)
    if average <= 0.0 or float(wick) < state["wick_atr"] * average:
        return False
    return bool(wick * SHARE_SCALE >= state["wick_share"] * span)


@kernel
def block(state: Any, events: Any, count: int, bar: Any, swing: Any) -> int:
    """Append the block of a swing that the current bar confirms, when its wick is long enough."""
    past = state["past"]
    book = state["zones"]["book"]
    direction = swing["direction"]
    side = (1 - direction) // 2
    pivot = swing["formed"]
    bottom = low_of(past, side, pivot)
    top = body_level(past, side, pivot)
    if not rejects(state, side, pivot, top - bottom):
        return count
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if swing["marks"] & SPANS_GAP else 0
    if swing["label"] == BEYOND:
        marks |= SWEPT_LIQUIDITY
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = pivot
    event["formed_ts"] = swing["formed_ts"]
    event["size_atr"] = in_atr(top - bottom, bar)
    event["extra"][BODY_LEVEL] = direction * top
    event["ratio"][0] = (top - bottom) / past[pivot & (RING - 1)]["atr"]
    place(event, direction, bottom, top)
    descend(event, 0, swing, 0)
    add(book, side, top, event)
    state["serial"] += 1
    return count


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Remember the current bar; whether it concerns a live zone."""
    remember(state["past"], bar)
    return stirs(state["zones"], bar)


@hot_kernel
def act(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    count = watch(state["zones"], bar, events, count)
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            count = block(state, events, count, bar, swings[at])
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Take one closed bar and the swings' records of it; append what became known; the new count."""
    if note(state, bar) or first < last:
        count = act(state, events, count, bar, swings, first, last)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, swings: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    heard = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        later = records_until(swings, heard, index)
        if note(state, bar) or heard < later:
            count = act(state, events, count, bar, swings, heard, later)
            heard = later
    return len(bars), count


DETECTOR = Detector(
    name="rejection_block",
    version=1,
    summary="long wicks of internal swings",
    phase=5,
    params=RejectionBlockParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("swing", "internal"),),
    ends=ZONE_ENDS,
    extras=(
        Extra("body_level", "price", BODY_LEVEL),
        Extra("wick_size_atr", "ratio", 0),
        Extra("swept_liquidity", "flag", SWEPT_LIQUIDITY),
        Extra("swing_id", "id", 0),
    ),
)
