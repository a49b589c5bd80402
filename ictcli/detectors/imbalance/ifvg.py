"""Inversion fair value gap: a gap that failed and now works from the other side (ICT.md §5.2).

Born at the bar j that inverts a live fair value gap: same bounds, opposite direction, ``formed_at`` and
``spans_gap`` of the gap, ``confirmed_at`` the close of bar j, the gap as parent. From bar j+1 on it lives
like every zone and expires after ``max_age`` bars of its own. It is not inverted again: ``generation`` is
always 1. What inverts a gap, for a bullish one:

- ``inversion = "close"``: its end, recorded as "invalidated" (a close below its bottom, or whatever else
  the parameter ``invalidate`` of the gaps says);
- ``"wick"``: the first ``low < bottom`` after its confirmation, a weak sign;
- ``"ce"``: the first close below its midpoint after its confirmation, an early sign.

By wick or midpoint the gap itself may live on. A gap that ended before never inverts, nor does one that
expires or is evicted on that bar (C11, C15).
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, CAPACITY, add, init_book, nearest, remove
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVICTED,
    EXPIRED,
    INVALIDATED,
    MOST_PER_BAR,
    SPANS_GAP,
    descend,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.imbalance.bands import open_band, signed_bottom, signed_top
from ictcli.kernels import hot_kernel, kernel

RULES = ("close", "wick", "ce")
BY_CLOSE = 0
BY_WICK = 1

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("gaps", BOOK),  # live gaps not yet inverted, by the signed number that must be undercut
        ("rule", np.int64),  # index into RULES
        ("serial", np.int64),
    ]
)


class IfvgParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        inversion: what inverts a gap: its end (``close``), a ``wick`` through it, or a close beyond its
            midpoint (``ce``).
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    inversion: Literal["close", "wick", "ce"] = "close"
    max_age: Annotated[int, Meta(ge=0)] = 100
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: IfvgParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    init_book(state[0]["gaps"], CAPACITY)
    state[0]["rule"] = RULES.index(params.inversion)
    return state


@kernel
def invert(state: Any, events: Any, count: int, bar: Any, gap: Any) -> int:
    """Append the inversion of a gap at the current bar."""
    book = state["zones"]["book"]
    side = (1 + int(gap["direction"])) // 2
    bottom = signed_bottom(gap, side)
    top = signed_top(gap, side)
    marks = int(gap["marks"]) & SPANS_GAP
    count = open_band(book, bar, events, count, side, state["serial"], bottom, top, marks)
    event = events[count - 1]
    event["formed"] = gap["formed"]
    event["formed_ts"] = gap["formed_ts"]
    event["extra"][0] = 1
    descend(event, 0, gap, 0)
    add(book, side, top, event)
    state["serial"] += 1
    return count


@kernel
def enlist(state: Any, gap: Any) -> None:
    """Wait for a gap to be inverted by wick or midpoint."""
    side = (1 - int(gap["direction"])) // 2
    limit = signed_bottom(gap, side)
    if state["rule"] != BY_WICK:
        limit += signed_top(gap, side)
    add(state["gaps"], side, limit, gap)


@kernel
def forget(state: Any, gap: Any) -> None:
    """Stop waiting for a gap, if it is waited for."""
    gaps = state["gaps"]
    side = (1 - int(gap["direction"])) // 2
    at = gaps["count"][side] - 1
    while at >= 0:
        if gaps["held"][side, gaps["slot"][side, at]]["serial"] == gap["serial"]:
            remove(gaps, side, at)
            return
        at -= 1


@kernel
def invert_reached(state: Any, events: Any, count: int, bar: Any, side: int, low: int, close: int) -> int:
    """Invert all waiting gaps of a side that the current bar's signed prices reach."""
    gaps = state["gaps"]
    number = low if state["rule"] == BY_WICK else 2 * close
    at = gaps["count"][side] - 1
    while at >= 0 and number < gaps["price"][side, at]:
        count = invert(state, events, count, bar, gaps["held"][side, gaps["slot"][side, at]])
        remove(gaps, side, at)
        at -= 1
    return count


@kernel
def watch_gaps(state: Any, events: Any, count: int, bar: Any, records: Any, first: int, last: int) -> int:
    """Invert gaps by wick or midpoint, and follow which gaps are alive."""
    for at in range(first, last):
        if records[at]["record"] == EXPIRED:
            forget(state, records[at])
    count = invert_reached(state, events, count, bar, 0, bar["low"], bar["close"])
    count = invert_reached(state, events, count, bar, 1, -bar["high"], -bar["close"])
    for at in range(first, last):
        record = records[at]["record"]
        if record in (INVALIDATED, EVICTED):
            forget(state, records[at])
        elif record == CONFIRMED:
            enlist(state, records[at])
    return count


@kernel
def reaches(state: Any, bar: Any) -> bool:
    """Whether the current bar inverts the nearest waiting gap of either side."""
    gaps = state["gaps"]
    if state["rule"] == BY_WICK:
        return bool(bar["low"] < nearest(gaps, 0) or -bar["high"] < nearest(gaps, 1))
    return bool(2 * bar["close"] < nearest(gaps, 0) or -2 * bar["close"] < nearest(gaps, 1))


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, gaps: Any, first: int, last: int) -> int:
    """Take one closed bar and the gaps' records of it; append what became known; the new count."""
    count = watch(state["zones"], bar, events, count)
    if state["rule"] == BY_CLOSE:
        for at in range(first, last):
            if gaps[at]["record"] == INVALIDATED:
                count = invert(state, events, count, bar, gaps[at])
    elif first < last or reaches(state, bar):
        count = watch_gaps(state, events, count, bar, gaps, first, last)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, gaps: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(gaps, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(gaps, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], gaps, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="ifvg",
    version=1,
    summary="inversion fair value gaps: failed gaps with their direction flipped",
    phase=5,
    params=IfvgParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("fvg"),),
    ends=ZONE_ENDS,
    extras=(Extra("parent_id", "id", 0), Extra("generation", "count", 0)),
)
