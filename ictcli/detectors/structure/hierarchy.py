"""The hierarchy of swings: intermediate- and long-term highs and lows (ICT.md §4.1, ICT hierarchy).

Short-term highs (STH) are the swings of the layer "short". An intermediate-term high (ITH) is a short-term
high strictly higher than the short-term high before it and at least as high as the one after it; it is
known when the one after it is, not earlier. A long-term high (LTH) is an intermediate-term high that stands
in the same way among intermediate-term highs. Lows (ITL, LTL) are highs on negated bars.
``formed_at`` is the bar of the extreme; a long-term high is an object of its own with the intermediate-term
high as its second parent. From the bar after its confirmation a level is "swept" by the first price and
"broken" by the first close beyond it, which ends it (C22).
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import (
    BROKEN,
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    SPANS_GAP,
    descend,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector, Feed
from ictcli.kernels import hot_kernel, kernel

INTERMEDIATE = 1
LONG = 2

SWINGS, ITSELF = 0, 1
"""Sources of parents: the fed swings, and after all feeds the detector itself."""

STATE = np.dtype(
    [
        ("book", BOOK),
        ("serial", np.int64),
        ("seen", np.int64, (2, 2)),  # by side and rank (0 short, 1 intermediate): 1 once ``last`` is known
        ("beyond", np.int64, (2, 2)),  # 1 while ``last`` is strictly beyond the one before it
        ("last", EVENT, (2, 2)),  # the latest of the rank
        ("swing", EVENT, 2),  # by side: the short-term swing behind the latest intermediate one
    ]
)

LABELS = {
    (1, INTERMEDIATE): "ITL",
    (1, LONG): "LTL",
    (-1, INTERMEDIATE): "ITH",
    (-1, LONG): "LTH",
}


class HierarchyParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        max_active: levels watched per direction; the oldest is evicted.
    """

    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: HierarchyParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    return state


@kernel
def promotes(state: Any, side: int, rank: int, event: Any) -> bool:
    """Take the next of a rank; whether it shows that the one before it belongs to the rank above."""
    signed = event["direction"] * event["bottom"]
    last = event["direction"] * state["last"][side, rank]["bottom"]
    seen = state["seen"][side, rank] == 1
    promoted = seen and state["beyond"][side, rank] == 1 and last <= signed
    state["beyond"][side, rank] = 1 if seen and signed < last else 0
    state["seen"][side, rank] = 1
    return bool(promoted)


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, rank: int) -> int:
    """Append the level that the latest of a rank, shown by the current bar, becomes."""
    book = state["book"]
    direction = 1 - 2 * side
    source = state["last"][side, rank]
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, source["formed"]) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = source["formed"]
    event["formed_ts"] = source["formed_ts"]
    event["label"] = rank + INTERMEDIATE
    event["size_atr"] = source["size_atr"]
    price = direction * source["bottom"]
    place(event, direction, price, price)
    if rank == 0:
        descend(event, 0, source, SWINGS)
    else:
        descend(event, 0, state["swing"][side], SWINGS)
        descend(event, 1, source, ITSELF)
    add(book, side, price, event)
    state["serial"] += 1
    return count


@kernel
def take(state: Any, events: Any, count: int, bar: Any, swing: Any) -> int:
    """Take a short-term swing that the current bar confirms; append the levels it shows."""
    side = (1 - swing["direction"]) // 2
    last = state["last"]
    if promotes(state, side, 0, swing):
        count = confirm(state, events, count, bar, side, 0)
        intermediate = events[count - 1]
        if promotes(state, side, 1, intermediate):
            count = confirm(state, events, count, bar, side, 1)
        last[side, 1] = intermediate
        state["swing"][side] = last[side, 0]
    last[side, 0] = swing
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Take one closed bar and the swings' records of it; append what became known; the new count."""
    book = state["book"]
    if bar["low"] < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, bar["low"], bar["close"], BROKEN)
    if -bar["high"] < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -bar["high"], -bar["close"], BROKEN)
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            count = take(state, events, count, bar, swings[at])
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
    name="hierarchy",
    version=1,
    summary="intermediate- and long-term highs and lows",
    phase=2,
    params=HierarchyParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "size_atr", "spans_gap"),
    feeds=(Feed("swing", "short"),),
    ends=("broken", "evicted"),
    labels=LABELS,
    uses_atr=False,
)
