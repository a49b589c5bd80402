"""Alternating swings: highs and lows that take turns (ICT.md §4.1, alternating variant).

The swings of the same layer are read in the order in which they are confirmed. A swing of the other kind
than the last one is appended. A more extreme one of the same kind takes the last one's place: it is a new
object that names the old one in ``supersedes``, and the old one, which stays in the log because it was the
reference at its time, gets the record "superseded". An equal or less extreme one is ignored.
One bar can confirm a low and a high with the same anchor, whose order nobody knows: the one of the last
kind is read first, so that it prolongs the running leg and the other one turns it; while there is no last
kind, both are passed over.
``formed_at``, ``level`` and ``size_atr`` (prominence) are the swing's. The label compares with the previous
appended swing of the kind, superseded ones left out: HH, LH, LL, HL or EQ; the first has none.
From the bar after its confirmation a swing is "swept" by the first price and "broken" by the first close
beyond it, which ends it (C22): one that is broken before a better one comes gets no "superseded" record.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, add, evict, init_book, nearest, remove
from ictcli.detectors.base.events import (
    BROKEN,
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    NO_BAR,
    SPANS_GAP,
    SUPERSEDED,
    descend,
    place,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.structure.swing import BEYOND, EQUAL, LABELS, WITHIN
from ictcli.kernels import hot_kernel, kernel

SWINGS, ITSELF = 0, 1
"""Sources of parents: the fed swings, and after all feeds the detector itself."""

STATE = np.dtype(
    [
        ("book", BOOK),
        ("last", EVENT, 1),  # the last appended or superseding swing
        ("last_side", np.int64),  # 0 low, 1 high, NO_BAR before the first
        ("serial", np.int64),
        ("seen", np.int64, 2),  # 1 once the side's ``before`` is known
        ("before", np.int64, 2),  # signed price of the side's last swing that is not ``last``
    ]
)


class AlternatingParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        max_active: swings watched per direction; the oldest is evicted.
    """

    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: AlternatingParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    state[0]["last_side"] = NO_BAR
    return state


@kernel
def label_of(state: Any, side: int, low: int) -> int:
    """How a signed price stands to the side's last swing that it does not supersede; 0 for none."""
    if state["seen"][side] == 0:
        return 0
    before = state["before"][side]
    if low < before:
        return BEYOND
    if low > before:
        return WITHIN
    return EQUAL


@kernel
def supersede(state: Any, bar: Any, events: Any, count: int, side: int) -> int:
    """End the last swing in favour of a better one, if it is still alive."""
    book = state["book"]
    for at in range(book["count"][side]):
        slot = book["slot"][side, at]
        if book["held"][side, slot]["serial"] == state["last"][0]["serial"]:
            count = relate(events, count, book["held"][side, slot], bar, SUPERSEDED)
            remove(book, side, at)
            return count
    return count


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, swing: Any, side: int) -> int:
    """Append a swing of a side; ``last`` still is the one before."""
    book = state["book"]
    direction = 1 - 2 * side
    low = direction * swing["bottom"]
    better = state["last_side"] == side
    if better:
        count = supersede(state, bar, events, count, side)
    elif state["last_side"] != NO_BAR:
        state["before"][1 - side] = -direction * state["last"][0]["bottom"]
        state["seen"][1 - side] = 1
    count = evict(book, bar, events, count, side)
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], swing["marks"] & SPANS_GAP)
    event["formed"] = swing["formed"]
    event["formed_ts"] = swing["formed_ts"]
    event["label"] = label_of(state, side, low)
    event["size_atr"] = swing["size_atr"]
    place(event, direction, low, low)
    descend(event, 0, swing, SWINGS)
    if better:
        descend(event, 1, state["last"][0], ITSELF)
    add(book, side, low, event)
    state["last"][0] = event
    state["last_side"] = side
    state["serial"] += 1
    return count


@kernel
def take(state: Any, events: Any, count: int, bar: Any, swing: Any) -> int:
    """Append a swing that the current bar confirms unless the last one of its kind is as good."""
    side = (1 - swing["direction"]) // 2
    inside = swing["direction"] * (swing["bottom"] - state["last"][0]["bottom"]) >= 0
    if state["last_side"] == side and inside:
        return count
    return confirm(state, events, count, bar, swing, side)


@kernel
def take_all(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Read the swings that the current bar confirms: the last kind first."""
    low = high = -1
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            if swings[at]["direction"] > 0:
                low = at
            else:
                high = at
    kind = state["last_side"]
    if low >= 0 and high >= 0 and kind == NO_BAR:
        return count
    if kind == 1 and high >= 0:
        count = take(state, events, count, bar, swings[high])
    if low >= 0:
        count = take(state, events, count, bar, swings[low])
    if kind != 1 and high >= 0:
        count = take(state, events, count, bar, swings[high])
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Take one closed bar and the swings' records of it; append what became known; the new count."""
    book = state["book"]
    if bar["low"] < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, bar["low"], bar["close"], BROKEN)
    if -bar["high"] < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -bar["high"], -bar["close"], BROKEN)
    if first < last:
        count = take_all(state, events, count, bar, swings, first, last)
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
    name="alternating_swing",
    version=1,
    summary="swing highs and lows that take turns, better ones superseding",
    phase=2,
    params=AlternatingParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "size_atr", "spans_gap"),
    feeds=(Feed("swing", None),),
    ends=("broken", "superseded", "evicted"),
    extras=(Extra("supersedes", "id", 1),),
    labels=LABELS,
    layers={"internal": {}, "swing": {}},
    uses_atr=False,
)
