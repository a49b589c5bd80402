"""Fair value gap: three bars of which the outer two do not overlap (ICT.md §5.1).

Bullish at bar i when ``low[i] > high[i-2]`` (strictly); the zone is ``[high[i-2], low[i]]`` and is
support. ``formed_at`` is the middle bar i-1, ``confirmed_at`` the close of bar i. A bearish gap is a
bullish one on negated bars. The zone lives as ``zones`` says: tapped, ce, filled, invalidated by a close
beyond its far edge. With ``min_size_atr`` above zero only gaps of at least that many average true ranges
(through bar i-1) count, and none while the average is undefined.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.events import CONFIRMED, MOST_PER_BAR, SPANS_GAP, place, stamp
from ictcli.detectors.frame import FRAME, close_bar, in_atr, init_frame, open_bar, spans_gap
from ictcli.detectors.zones import expire, watch_zones
from ictcli.kernels import kernel

STATE = np.dtype(
    [
        ("frame", FRAME),
        ("book", BOOK),
        ("max_age", np.int64),
        ("min_size_atr", np.float64),
        ("serial", np.int64),
        ("ts", np.int64),  # open of the previous bar
        ("middle", np.int64, 2),  # signed highs of the previous bar
        ("outer", np.int64, 2),  # signed highs of the bar before that
    ]
)

COLUMNS = (
    *("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    *("tapped_at", "ce_at", "filled_at", "invalidated_at", "expired_at", "evicted_at"),
)
"""Filled output columns; ``size_atr`` is the height in average true ranges."""


class FvgParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        min_size_atr: least height, in average true ranges; 0 takes every gap.
        max_age: bars after which a zone expires; 0 for never.
        atr_length: bars of the average true range.
        max_active: live zones kept per direction; the oldest is evicted.
    """

    min_size_atr: Annotated[float, Meta(ge=0)] = 0.0
    max_age: Annotated[int, Meta(ge=0)] = 0
    atr_length: Annotated[int, Meta(ge=2, le=500)] = 14
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: FvgParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_frame(state[0]["frame"], bar_ns, params.atr_length)
    init_book(state[0]["book"], params.max_active)
    state[0]["max_age"] = params.max_age
    state[0]["min_size_atr"] = params.min_size_atr
    return state


@kernel
def is_gap(state: Any, side: int, low: int) -> bool:
    """Whether the current bar, with this signed low, completes a gap of the side."""
    frame = state["frame"]
    height = low - state["outer"][side]
    if frame["bar"] < 2 or height <= 0:
        return False
    least = state["min_size_atr"]
    return bool(least == 0.0 or (frame["atr"] > 0.0 and float(height) >= least * frame["atr"]))


@kernel
def confirm(state: Any, events: Any, count: int, side: int, low: int) -> int:
    """Append the gap of a side that the current bar completes."""
    frame = state["frame"]
    book = state["book"]
    bar = frame["bar"]
    bottom = state["outer"][side]
    count = evict(book, frame, events, count, side)
    marks = SPANS_GAP if spans_gap(frame, bar - 2) else 0
    event = events[count]
    count = stamp(events, count, frame, CONFIRMED, 1 - 2 * side, state["serial"], marks)
    event["formed"] = bar - 1
    event["formed_ts"] = state["ts"]
    event["size_atr"] = in_atr(low - bottom, frame)
    place(event, 1 - 2 * side, bottom, low)
    add(book, side, low, event)
    state["serial"] += 1
    return count


@kernel
def step(
    state: Any,
    events: Any,
    count: int,
    ts: int,
    ts_close: int,
    open_: int,
    high: int,
    low: int,
    close: int,
) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    frame = state["frame"]
    book = state["book"]
    middle = state["middle"]
    outer = state["outer"]
    open_bar(frame, ts, ts_close)
    if state["max_age"] > 0:
        count = expire(book, frame, events, count, 0, state["max_age"])
        count = expire(book, frame, events, count, 1, state["max_age"])
    if low <= nearest(book, 0):
        count = watch_zones(book, frame, events, count, 0, low, close)
    if -high <= nearest(book, 1):
        count = watch_zones(book, frame, events, count, 1, -high, -close)
    if is_gap(state, 0, low):
        count = confirm(state, events, count, 0, low)
    if is_gap(state, 1, -high):
        count = confirm(state, events, count, 1, -high)
    outer[0] = middle[0]
    outer[1] = middle[1]
    middle[0] = high
    middle[1] = -low
    state["ts"] = ts
    close_bar(frame, high, low, close)
    return count


@kernel
def run(
    state: Any,
    events: Any,
    ts: Any,
    ts_close: Any,
    opens: Any,
    highs: Any,
    lows: Any,
    closes: Any,
    first: int,
) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(ts)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        count = step(state, events, count, ts[i], ts_close[i], opens[i], highs[i], lows[i], closes[i])
    return len(ts), count
