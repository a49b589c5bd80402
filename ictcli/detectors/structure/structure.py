"""Market structure: BOS, CHoCH and the MSS mark (ICT.md §4.3, C23, C24, C27).

The reference high is the latest confirmed swing high. A close strictly above it is a bullish break, once
per swing: CHoCH (change of character) when the trend was down, otherwise BOS (break of structure); the
very first break carries the mark ``initial``. The trend then is up. Bearish breaks are bullish ones on
negated bars. ``formed_at`` is the broken swing's bar, ``confirmed_at`` the close of the breaking bar.
A CHoCH is an MSS (market structure shift) when a displacement bar in its direction lies among the last
``displacement_lookback`` bars, the breaking one included.
The leg origin is the bar of the lowest low between the broken swing and the breaking bar, both excluded,
the latest on ties (C23). It is the strong level of the new trend; the weak level is the highest high from
there through the breaking bar. A break has "failed" at the first later close beyond its leg origin.

With ``break_by`` "wick" a price beyond the reference breaks it. When one bar trades beyond both
references, the one nearer to its open breaks first, then the other; when both are equally near, nothing
changes and the bar is recorded as AMBIGUOUS: without direction, at its open, void at once.
With ``reference`` "protected" the reference against the trend is the leg origin of the last break in the
trend's direction, until it is broken or the next such break replaces it; swings are the references with
the trend, and both ways before the first break. (A leg origin is looked for in the last 1024 bars.)

Both layers report their own breaks: a level that both share has the same ``formed_at`` and ``level``.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, FAR, add, evict, init_book, nearest
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    FAILED,
    INITIAL,
    MOST_PER_BAR,
    MSS,
    SPANS_GAP,
    VOID,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.levels import watch_closes
from ictcli.detectors.base.pivots import PIVOTS, RING, low_at, push_bar
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.structure.displacement import SHARE_SCALE, displacement_direction
from ictcli.kernels import hot_kernel, kernel

BOS = 1
CHOCH = 2
AMBIGUOUS = 3

STRONG, WEAK = 0, 1
"""Numbers of the extras."""

STATE = np.dtype(
    [
        ("past", PIVOTS),  # highs and lows of the bars before
        ("book", BOOK),  # leg origins of past breaks
        ("range_atr", np.float64),
        ("body_share", np.int64),
        ("lookback", np.int64),
        ("by_wick", np.int64),
        ("protects", np.int64),  # 1 when the reference against the trend is the last leg origin
        ("serial", np.int64),
        ("trend", np.int64),  # direction of the last break, 0 before the first
        ("displaced", np.int64, 2),  # last displacement bar by direction
        ("armed", np.int64, 2),  # 1 while the reference of the side is unbroken
        ("reference", np.int64, 2),  # signed price to close above
        ("anchor", np.int64, 2),  # bar of the reference swing
        ("anchor_ts", np.int64, 2),
        ("origin", np.int64, 2),  # bar of the lowest signed low since the anchor
        ("origin_ts", np.int64, 2),
        ("origin_low", np.int64, 2),
        ("crest", np.int64, 2),  # highest signed high from the origin on
    ]
)

LABELS = {
    (1, BOS): "BOS",
    (-1, BOS): "BOS",
    (1, CHOCH): "CHoCH",
    (-1, CHOCH): "CHoCH",
    (0, AMBIGUOUS): "AMBIGUOUS",
}


class StructureParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        displacement_lookback: bars up to the breaking one searched for the displacement of an MSS.
        range_atr: least range of a displacement bar, in average true ranges.
        body_share: least body of a displacement bar as a fraction of its range, four decimals.
        break_by: what breaks a reference: a ``close`` beyond it, or a ``wick``.
        reference: against the trend, the ``last_swing`` or the ``protected`` leg origin.
        max_active: breaks watched for failure per direction; the oldest is evicted.
    """

    displacement_lookback: Annotated[int, Meta(ge=1)] = 3
    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6
    break_by: Literal["close", "wick"] = "close"
    reference: Literal["last_swing", "protected"] = "last_swing"
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: StructureParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    state[0]["lookback"] = params.displacement_lookback
    state[0]["displaced"] = -params.displacement_lookback
    state[0]["by_wick"] = params.break_by == "wick"
    state[0]["protects"] = params.reference == "protected"
    return state


@kernel
def arm(state: Any, bar: Any, side: int, anchor: int, anchor_ts: int, price: int) -> None:
    """Make a signed price, last reached at an earlier bar, the reference of a side (0: to break upward)."""
    past = state["past"]
    state["armed"][side] = 1
    state["reference"][side] = price
    state["anchor"][side] = anchor
    state["anchor_ts"][side] = anchor_ts
    origin = max(anchor + 1, bar["bar"] - RING + 1)
    for later in range(origin + 1, bar["bar"]):
        if low_at(past, side, later) <= low_at(past, side, origin):
            origin = later
    crest = -low_at(past, 1 - side, origin)
    for later in range(origin + 1, bar["bar"]):
        crest = max(crest, -low_at(past, 1 - side, later))
    state["origin"][side] = origin
    state["origin_ts"][side] = past["ts"][origin % RING]
    state["origin_low"][side] = low_at(past, side, origin)
    state["crest"][side] = crest


@kernel
def install(state: Any, bar: Any, swing: Any) -> None:
    """Make a swing that the current bar confirms the reference of its side, unless that is protected."""
    side = (1 + swing["direction"]) // 2
    if state["protects"] == 0 or state["trend"] != 2 * side - 1:
        price = (1 - 2 * side) * swing["bottom"]
        arm(state, bar, side, swing["formed"], swing["formed_ts"], price)


@kernel
def break_marks(state: Any, bar: Any, side: int, label: int) -> int:
    """The marks of a break that happens on the current bar."""
    marks = 0
    if spans_gap(bar, state["anchor"][side]):
        marks |= SPANS_GAP
    if state["trend"] == 0:
        marks |= INITIAL
    if label == CHOCH and bar["bar"] - state["displaced"][side] < state["lookback"]:
        marks |= MSS
    return marks


@kernel
def breaks(state: Any, side: int, price: int) -> bool:
    """Whether a signed price breaks the reference of the side."""
    return bool(state["armed"][side] == 1 and price > state["reference"][side])


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, price: int) -> int:
    """Append the break of a side that a signed price of the current bar makes."""
    book = state["book"]
    direction = 1 - 2 * side
    count = evict(book, bar, events, count, side)
    label = CHOCH if state["trend"] == -direction else BOS
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], break_marks(state, bar, side, label))
    reference = state["reference"][side]
    event["formed"] = state["anchor"][side]
    event["formed_ts"] = state["anchor_ts"][side]
    event["label"] = label
    event["origin"] = state["origin"][side]
    event["origin_ts"] = state["origin_ts"][side]
    event["origin_level"] = direction * state["origin_low"][side]
    high = bar["high"] if side == 0 else -bar["low"]
    event["extra"][STRONG] = event["origin_level"]
    event["extra"][WEAK] = direction * max(state["crest"][side], high)
    event["size_atr"] = in_atr(price - reference, bar)
    place(event, direction, reference, reference)
    add(book, side, state["origin_low"][side], event)
    state["armed"][side] = 0
    state["trend"] = direction
    state["serial"] += 1
    if state["protects"] == 1:
        arm(state, bar, 1 - side, state["origin"][side], state["origin_ts"][side], -state["origin_low"][side])
    return count


@kernel
def confirm_both(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append what a bar that trades beyond both references makes of them."""
    first = abs(state["reference"][0] - bar["open"])
    second = abs(state["reference"][1] + bar["open"])
    if first < second:
        count = confirm(state, events, count, bar, 0, bar["high"])
        if breaks(state, 1, -bar["low"]):
            count = confirm(state, events, count, bar, 1, -bar["low"])
        return count
    if second < first:
        count = confirm(state, events, count, bar, 1, -bar["low"])
        if breaks(state, 0, bar["high"]):
            count = confirm(state, events, count, bar, 0, bar["high"])
        return count
    event = events[count]
    count = stamp(events, count, bar, 0, state["serial"], 0)
    event["label"] = AMBIGUOUS
    event["extra"][STRONG] = FAR
    event["extra"][WEAK] = FAR
    place(event, 1, bar["open"], bar["open"])
    state["serial"] += 1
    events[count] = event
    end = events[count]
    end["record"] = VOID
    end["reached"] |= 1 << VOID
    return count + 1


@kernel
def follow_leg(state: Any, bar: Any, side: int, low: int, high: int) -> None:
    """Move the leg origin to the current bar when its signed low is the lowest since the anchor."""
    if state["armed"][side] == 1:
        if low <= state["origin_low"][side]:
            state["origin_low"][side] = low
            state["origin"][side] = bar["bar"]
            state["origin_ts"][side] = bar["ts"]
            state["crest"][side] = high
        elif high > state["crest"][side]:
            state["crest"][side] = high


@kernel
def note_displacement(state: Any, bar: Any) -> None:
    """Remember the current bar when it is a displacement."""
    moved = displacement_direction(
        bar["open"],
        bar["high"],
        bar["low"],
        bar["close"],
        bar["atr"],
        state["range_atr"],
        state["body_share"],
    )
    if moved != 0:
        state["displaced"][(1 - moved) // 2] = bar["bar"]


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Take one closed bar and the swings' records of it; append what became known; the new count."""
    book = state["book"]
    close = bar["close"]
    if close < nearest(book, 0):
        count = watch_closes(book, bar, events, count, 0, close, FAILED)
    if -close < nearest(book, 1):
        count = watch_closes(book, bar, events, count, 1, -close, FAILED)
    note_displacement(state, bar)
    push_bar(state["past"], bar["bar"], bar["ts"], bar["high"], bar["low"])
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            install(state, bar, swings[at])
    upmost, lowest = close, close
    if state["by_wick"] == 1:
        upmost, lowest = bar["high"], bar["low"]
    upward = breaks(state, 0, upmost)
    downward = breaks(state, 1, -lowest)
    if upward and downward:
        count = confirm_both(state, events, count, bar)
    elif upward:
        count = confirm(state, events, count, bar, 0, upmost)
    elif downward:
        count = confirm(state, events, count, bar, 1, -lowest)
    follow_leg(state, bar, 0, bar["low"], bar["high"])
    follow_leg(state, bar, 1, -bar["high"], -bar["low"])
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, swings: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(swings, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], swings, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="structure",
    version=3,
    summary="breaks of structure: BOS, CHoCH, MSS",
    phase=4,
    params=StructureParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "initial", "mss", "size_atr", "spans_gap", "leg_origin_at", "leg_origin"),
    feeds=(Feed("swing", None),),
    ends=("failed", "void", "evicted"),
    extras=(Extra("strong_level", "price", STRONG, FAR), Extra("weak_level", "price", WEAK, FAR)),
    labels=LABELS,
    layers={"internal": {}, "swing": {}},
)
