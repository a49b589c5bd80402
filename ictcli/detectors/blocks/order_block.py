"""Order block: the last opposing candle before the leg that broke structure (ICT.md §6.1).

Bullish at a bullish break of structure on bar i of swing high q. The leg origin m is the bar of the
lowest low in q+1..i-1, the latest on ties (C23). The block's candle is, by ``method``:

- ``last_opposite``: m when it closed below its open, else the nearest earlier bar from q on that did,
  else m;
- ``extreme``: m;
- ``extreme_parsed``: the lowest low of q..i-1, the earliest on ties, leaving out bars whose range is at
  least twice the average true range of 200 bars through i-1. Without that average, or when every bar is
  left out, there is no block.

The ``zone`` is the candle's ``range`` [low, high], its ``body``, or ``body_to_low`` [low, upper end of the
body]; it is support. A candle without height gives no block (C13), and neither does a leg that began more
than 1023 bars ago. ``formed_at`` is the candle, ``confirmed_at`` the close of the breaking bar.
``mean`` is the middle of the candle's body; the first low below it is recorded as mean_broken. A zone is
invalidated by a close beyond its far edge and expires after ``max_age`` bars.
While a zone lives, another break that chooses the same candle adds a parent to it (``parent_added``); once
it has ended, a new zone is born (C33).

Told, never used to filter: ``leg_range_atr`` (highest high of m..i less the low of m), ``has_fvg`` (a fair
value gap with its middle bar in m..i that is complete by i), ``has_displacement`` (a displacement in
m..i), ``swept_liquidity`` (the candle's low is below the latest swing low confirmed before it, C34),
``in_discount`` (the middle of the zone is below the middle of the leg), ``validated_at`` (the first later
bar above the candle's high, when that happened by i), ``pre_tapped`` (price left the zone and came back to
it before i ended, C14), ``beyond_idm`` (the whole zone lies below the level of a bullish ``inducement`` that
is armed at i and not taken: price is expected to take that low first, 7.4; what becomes of the inducement
later does not change it). With ``max_size_atr`` above zero larger zones are left out, and all of them
while the average true range is undefined.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import FAR, NOBODY, add, evict
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    MOST_PER_BAR,
    NO_BAR,
    OWN_MARK,
    PARENT_ADDED,
    SPANS_GAP,
    TAKEN,
    VOID,
    descend,
    place,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.pivots import RING
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.blocks.legs import (
    CANDLE,
    came_back,
    close_of,
    earliest,
    has_gap,
    high_of,
    highest,
    low_of,
    open_of,
    opposing_candle,
    remember,
    validation,
)
from ictcli.detectors.blocks.quiet import stirs
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.kernels import hot_kernel, kernel

METHODS = ("last_opposite", "extreme", "extreme_parsed")
ZONE_KINDS = ("range", "body", "body_to_low")
VOLATILE = 2.0
"""A range of this many average true ranges of 200 bars is no order block for ``extreme_parsed``."""

MEAN, VALIDATED = 0, 1
HAS_FVG, HAS_DISPLACEMENT, SWEPT_LIQUIDITY, IN_DISCOUNT, PRE_TAPPED, BEYOND_IDM = (
    OWN_MARK << at for at in range(6)
)

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("past", CANDLE, RING),
        ("support", np.int64, (2, RING)),  # by bar: signed price of the last swing confirmed before it
        ("swing", np.int64, 2),  # the same for the next bar
        ("displaced", np.int64, 2),  # last displacement bar by direction
        ("bait", np.int64, 2),  # signed level of the armed inducement of a direction
        ("method", np.int64),
        ("zone", np.int64),
        ("max_size_atr", np.float64),
        ("serial", np.int64),
    ]
)


class OrderBlockParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        method: which candle of the leg is the block.
        zone: which part of the candle is the zone.
        max_size_atr: largest height, in average true ranges; 0 for no limit.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    method: Literal["last_opposite", "extreme", "extreme_parsed"] = "last_opposite"
    zone: Literal["range", "body", "body_to_low"] = "range"
    max_size_atr: Annotated[float, Meta(ge=0)] = 0.0
    max_age: Annotated[int, Meta(ge=0)] = 500
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "touch"


def init_state(params: OrderBlockParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    init_zones(own["zones"], params.max_active, params.max_age, params.invalidate, MEAN)
    own["method"] = METHODS.index(params.method)
    own["zone"] = ZONE_KINDS.index(params.zone)
    own["max_size_atr"] = params.max_size_atr
    own["swing"] = FAR
    own["displaced"] = NO_BAR
    own["bait"] = FAR
    return state


@kernel
def quiet_extreme(past: Any, bar: Any, side: int, first: int) -> int:
    """The bar of the lowest signed low from ``first`` to the previous bar among those of ordinary range."""
    found = NO_BAR
    average = bar["atr_long"]
    if average <= 0.0:
        return found
    for index in range(first, bar["bar"]):
        low = low_of(past, side, index)
        if float(high_of(past, side, index) - low) >= VOLATILE * average:
            continue
        if found == NO_BAR or low < low_of(past, side, found):
            found = index
    return found


@kernel
def choose_candle(state: Any, bar: Any, side: int, anchor: int, origin: int) -> int:
    """The block's candle in the leg from a broken swing, ``NO_BAR`` when there is none."""
    past = state["past"]
    first = max(anchor, earliest(bar))
    if state["method"] == 2:
        return quiet_extreme(past, bar, side, first)
    if origin < first:
        return NO_BAR
    if state["method"] == 1:
        return origin
    found = opposing_candle(past, side, origin, first)
    return origin if found == NO_BAR else found


@kernel
def edges(state: Any, side: int, candle: int) -> tuple[int, int]:
    """The signed edges of the zone of a candle."""
    past = state["past"]
    opened = open_of(past, side, candle)
    closed = close_of(past, side, candle)
    bottom = low_of(past, side, candle)
    top = max(opened, closed)
    if state["zone"] == 0:
        top = high_of(past, side, candle)
    elif state["zone"] == 1:
        bottom = min(opened, closed)
    return bottom, top


@kernel
def describe_leg(state: Any, event: Any, bar: Any, side: int, candle: int, origin: int) -> None:
    """Fill in what is told of the leg and of the zone's past."""
    past = state["past"]
    last = bar["bar"]
    bottom, top = edges(state, side, candle)
    origin = max(origin, earliest(bar))
    high = highest(past, side, origin, last)
    low = low_of(past, side, origin)
    event["extra"][VALIDATED] = validation(past, side, candle, last)
    event["ratio"][0] = float(high - low) / bar["atr"] if bar["atr"] > 0.0 else math.nan
    if has_gap(past, side, origin, last):
        event["marks"] |= HAS_FVG
    if state["displaced"][side] >= origin:
        event["marks"] |= HAS_DISPLACEMENT
    support = state["support"][side, candle & (RING - 1)]
    if support != FAR and low_of(past, side, candle) < support:
        event["marks"] |= SWEPT_LIQUIDITY
    if bottom + top < low + high:
        event["marks"] |= IN_DISCOUNT
    if came_back(past, side, candle, last, top):
        event["marks"] |= PRE_TAPPED


@kernel
def living(book: Any, side: int, candle: int) -> int:
    """The slot of the live zone of a candle, ``NOBODY`` when there is none."""
    for at in range(book["count"][side]):
        slot = book["slot"][side, at]
        if book["held"][side, slot]["formed"] == candle:
            return int(slot)
    return NOBODY


@kernel
def too_large(state: Any, bar: Any, height: int) -> bool:
    """Whether a zone exceeds the size limit or cannot be measured."""
    most = state["max_size_atr"]
    return bool(most > 0.0 and (bar["atr"] <= 0.0 or float(height) > most * bar["atr"]))


@kernel
def block(state: Any, events: Any, count: int, bar: Any, source: Any) -> int:
    """Append the zone that a break of structure makes known, or one more parent of a live one."""
    book = state["zones"]["book"]
    past = state["past"]
    direction = source["direction"]
    side = (1 - direction) // 2
    candle = choose_candle(state, bar, side, source["formed"], source["origin"])
    if candle == NO_BAR:
        return count
    bottom, top = edges(state, side, candle)
    if top <= bottom or too_large(state, bar, top - bottom):
        return count
    slot = living(book, side, candle)
    if slot != NOBODY:
        held = book["held"][side, slot]
        descend(held, 1, source, 0)
        return relate(events, count, held, bar, PARENT_ADDED)
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, candle) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = candle
    event["formed_ts"] = past[candle & (RING - 1)]["ts"]
    event["size_atr"] = in_atr(top - bottom, bar)
    event["extra"][MEAN] = direction * (open_of(past, side, candle) + close_of(past, side, candle))
    place(event, direction, bottom, top)
    descend(event, 0, source, 0)
    describe_leg(state, event, bar, side, candle, source["origin"])
    if top < state["bait"][side]:
        event["marks"] |= BEYOND_IDM
    add(book, side, top, event)
    state["serial"] += 1
    return count


@kernel
def hear_baits(state: Any, baits: Any, first: int, last: int) -> None:
    """Follow which inducements are armed."""
    for at in range(first, last):
        bait = baits[at]
        side = (1 - bait["direction"]) // 2
        if bait["record"] == CONFIRMED:
            state["bait"][side] = bait["direction"] * bait["bottom"]
        elif bait["record"] in (TAKEN, VOID):
            state["bait"][side] = FAR


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Remember the current bar; whether it concerns a live zone."""
    remember(state["past"], bar)
    slot = bar["bar"] & (RING - 1)
    state["support"][0, slot] = state["swing"][0]
    state["support"][1, slot] = state["swing"][1]
    return stirs(state["zones"], bar)


@hot_kernel
def act(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breaks: Any,
    first_break: int,
    last_break: int,
    moves: Any,
    first_move: int,
    last_move: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
    baits: Any,
    first_bait: int,
    last_bait: int,
) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    count = watch(state["zones"], bar, events, count)
    hear_baits(state, baits, first_bait, last_bait)
    for at in range(first_move, last_move):
        state["displaced"][(1 - moves[at]["direction"]) // 2] = bar["bar"]
    for at in range(first_break, last_break):
        if breaks[at]["record"] == CONFIRMED:
            count = block(state, events, count, bar, breaks[at])
    for at in range(first_swing, last_swing):
        swing = swings[at]
        if swing["record"] == CONFIRMED:
            state["swing"][(1 - swing["direction"]) // 2] = swing["direction"] * swing["bottom"]
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breaks: Any,
    first_break: int,
    last_break: int,
    moves: Any,
    first_move: int,
    last_move: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
    baits: Any,
    first_bait: int,
    last_bait: int,
) -> int:
    """Take one closed bar and the records of it; append what became known; the new number of records."""
    heard = first_break < last_break or first_move < last_move or first_swing < last_swing
    if note(state, bar) or heard or first_bait < last_bait:
        count = act(
            state,
            events,
            count,
            bar,
            breaks,
            first_break,
            last_break,
            moves,
            first_move,
            last_move,
            swings,
            first_swing,
            last_swing,
            baits,
            first_bait,
            last_bait,
        )
    return count


@kernel
def run(
    states: Any, events: Any, bars: Any, first: int, breaks: Any, moves: Any, swings: Any, baits: Any
) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    a = first_record(breaks, bars, first)
    b = first_record(moves, bars, first)
    c = first_record(swings, bars, first)
    d = first_record(baits, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        to_a = records_until(breaks, a, index)
        to_b = records_until(moves, b, index)
        to_c = records_until(swings, c, index)
        to_d = records_until(baits, d, index)
        if note(state, bar) or a < to_a or b < to_b or c < to_c or d < to_d:
            count = act(
                state, events, count, bar, breaks, a, to_a, moves, b, to_b, swings, c, to_c, baits, d, to_d
            )
            a, b, c, d = to_a, to_b, to_c, to_d
    return len(bars), count


DETECTOR = Detector(
    name="order_block",
    version=1,
    summary="last opposing candles before a break of structure",
    phase=5,
    params=OrderBlockParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("structure", None), Feed("displacement"), Feed("swing", None), Feed("inducement")),
    ends=ZONE_ENDS,
    extras=(
        Extra("mean", "twice", MEAN),
        Extra("validated_at", "instant", VALIDATED),
        Extra("leg_range_atr", "ratio", 0),
        Extra("has_fvg", "flag", HAS_FVG),
        Extra("has_displacement", "flag", HAS_DISPLACEMENT),
        Extra("swept_liquidity", "flag", SWEPT_LIQUIDITY),
        Extra("in_discount", "flag", IN_DISCOUNT),
        Extra("pre_tapped", "flag", PRE_TAPPED),
        Extra("beyond_idm", "flag", BEYOND_IDM),
        Extra("break_id", "id", 0),
    ),
    layers={"internal": {}, "swing": {}},
)
