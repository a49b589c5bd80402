"""Implied fair value gap: the wicks of three bars overlap, but by less than half (ICT.md §5.4).

Bullish at bar i when there is no true gap (``low[i] <= high[i-2]``) and the midpoint of the lower wick of
bar i lies strictly above the midpoint of the upper wick of bar i-2; the zone lies between the midpoints
and is support. ``formed_at`` is the middle bar i-1, ``confirmed_at`` the close of bar i. Bearish is
bullish on negated bars. ``mid_dir``, ``mid_close_beyond`` and ``mid_is_displacement`` tell of the middle
bar what they tell for ``fvg``.

Midpoints may fall between two points. ``near_midpoint`` (of bar i's wick, the edge that price meets
first) and ``far_midpoint`` are exact, and every rule of the zone's life compares with them: tapped is
``low <= near``, ce half way, filled ``low <= far``, invalidated ``close < far``. ``bottom`` and ``top``
are the exact edges rounded outward to whole points, and ``fill`` is measured in those, as the highest
share that whole prices below the near edge can tell; so doubled prices need not give doubled columns.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add, expire, log, nearest, remove
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CE,
    FILLED,
    INVALIDATED,
    MOST_PER_BAR,
    SPANS_GAP,
    TAPPED,
    reached,
)
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.imbalance.bands import (
    MID_CLOSE_BEYOND,
    MID_DIR_EXTRA,
    MID_IS_DISPLACEMENT,
    MIDDLE,
    describe_middle,
    open_band,
    remember,
    signed_bottom,
    signed_top,
)
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.kernels import hot_kernel, kernel

NEAR_EXTRA = 1
FAR_EXTRA = 2

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("range_atr", np.float64),
        ("body_share", np.int64),
        ("serial", np.int64),
        ("middle", MIDDLE),
        ("outer", np.int64, 2),  # signed highs of the bar before the middle one
        ("outer_wick", np.int64, 2),  # twice the midpoints of its signed upper wicks
    ]
)


class ImpliedFvgParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        range_atr: least range of a displacement bar, in average true ranges.
        body_share: least body of a displacement bar as a fraction of its range, four decimals.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6
    max_age: Annotated[int, Meta(ge=0)] = 100
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: ImpliedFvgParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    return state


@kernel
def touch(
    zones: Any, bar: Any, events: Any, count: int, side: int, at: int, low: int, close: int
) -> tuple[int, bool]:
    """Bring the zone at a position up to date with a bar that reaches it; whether it lives on."""
    book = zones["book"]
    index = bar["bar"]
    slot = book["slot"][side, at]
    held = book["held"][side, slot]
    direction = 1 - 2 * side
    near = direction * held["extra"][NEAR_EXTRA]
    far = direction * held["extra"][FAR_EXTRA]
    depth = min(near - 2 * low, near - far)
    held["fill"] = max(held["fill"], signed_top(held, side) - max(low, signed_bottom(held, side)))
    if book["touched"][side, slot] != index - 1:
        held["touches"] += 1
    book["touched"][side, slot] = index
    if not reached(held, TAPPED):
        count = log(book, bar, events, count, TAPPED, side, slot)
    if not reached(held, CE) and 2 * depth >= near - far:
        count = log(book, bar, events, count, CE, side, slot)
    if not reached(held, FILLED) and depth == near - far:
        count = log(book, bar, events, count, FILLED, side, slot)
    last = low if zones["by_wick"] == 1 else close
    if 2 * last >= far:
        return count, True
    return log(book, bar, events, count, INVALIDATED, side, slot), False


@kernel
def watch_side(zones: Any, bar: Any, events: Any, count: int, side: int, low: int, close: int) -> int:
    """Evaluate all live zones of a side on the current bar, whose prices are signed by the side."""
    book = zones["book"]
    at = book["count"][side] - 1
    while at >= 0 and low <= book["price"][side, at]:
        count, alive = touch(zones, bar, events, count, side, at, low, close)
        if not alive:
            remove(book, side, at)
        at -= 1
    return count


@hot_kernel
def watch(zones: Any, bar: Any, events: Any, count: int) -> int:
    """Expire what is too old, then evaluate all live zones of both directions on the current bar."""
    book = zones["book"]
    count = expire(book, bar, events, count, 0, zones["max_age"])
    count = expire(book, bar, events, count, 1, zones["max_age"])
    if bar["low"] <= nearest(book, 0):
        count = watch_side(zones, bar, events, count, 0, bar["low"], bar["close"])
    if -bar["high"] <= nearest(book, 1):
        count = watch_side(zones, bar, events, count, 1, -bar["high"], -bar["close"])
    return count


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, near: int) -> int:
    """Append the zone of a side up to twice the signed midpoint of the current bar's wick."""
    book = state["zones"]["book"]
    direction = 1 - 2 * side
    far = state["outer_wick"][side]
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 2) else 0
    bottom, top = far // 2, -(-near // 2)
    count = open_band(book, bar, events, count, side, state["serial"], bottom, top, marks)
    event = events[count - 1]
    event["size_atr"] = in_atr(near - far, bar) / 2.0
    event["extra"][NEAR_EXTRA] = direction * near
    event["extra"][FAR_EXTRA] = direction * far
    outer, share = state["outer"][side], state["body_share"]
    describe_middle(event, state["middle"], bar, direction, outer, state["range_atr"], share)
    add(book, side, near // 2, event)
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    count = watch(state["zones"], bar, events, count)
    outer = state["outer"]
    wick = state["outer_wick"]
    middle = state["middle"]
    if bar["bar"] > 1:
        lower = bar["low"] + min(bar["open"], bar["close"])
        upper = bar["high"] + max(bar["open"], bar["close"])
        if lower > wick[0] and bar["low"] <= outer[0]:
            count = confirm(state, events, count, bar, 0, lower)
        if -upper > wick[1] and -bar["high"] <= outer[1]:
            count = confirm(state, events, count, bar, 1, -upper)
    outer[0] = middle["high"]
    outer[1] = -middle["low"]
    wick[0] = middle["high"] + max(middle["open"], middle["close"])
    wick[1] = -middle["low"] - min(middle["open"], middle["close"])
    remember(middle, bar)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        count = step(states[0], events, count, bars[i])
    return len(bars), count


DETECTOR = Detector(
    name="implied_fvg",
    version=1,
    summary="three bars whose wicks overlap by less than half",
    phase=5,
    params=ImpliedFvgParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    ends=ZONE_ENDS,
    extras=(
        Extra("mid_dir", "signed", MID_DIR_EXTRA),
        Extra("near_midpoint", "twice", NEAR_EXTRA),
        Extra("far_midpoint", "twice", FAR_EXTRA),
        Extra("mid_close_beyond", "flag", MID_CLOSE_BEYOND),
        Extra("mid_is_displacement", "flag", MID_IS_DISPLACEMENT),
    ),
)
