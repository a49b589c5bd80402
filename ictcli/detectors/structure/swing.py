"""Swing highs and lows: fractal extremes with their labels, their prominence and their end.

A swing low is a pivot low of ``left`` and ``right`` bars (``pivots``, ICT.md §4.1); it is support
(bull). A swing high is a swing low on negated bars; it is resistance (bear). ``formed_at`` is the
extreme bar p, ``confirmed_at`` the close of bar p + right. The label compares with the previous
confirmed swing of the same kind: HH, LH (highs), LL, HL (lows) or EQ; the first has none (C20).
The prominence of a low is the smaller of its two rises, to the highest high in the ``left`` bars before
and in the ``right`` bars after, in average true ranges through bar p + right - 1 (C21).
From the bar after its confirmation a swing is "swept" by the first price beyond it and "broken" by the
first close beyond it, after which nothing more is recorded (C22).
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import BROKEN, MOST_PER_BAR, SPANS_GAP, place, stamp
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.base.pivots import PIVOTS, highest_opposite, init_pivots, is_pivot, low_at, push_bar
from ictcli.detectors.detector import Detector
from ictcli.kernels import hot_kernel, kernel

BEYOND = 1
"""Label of a swing further out than the last: LL for lows, HH for highs."""
WITHIN = 2
"""Label of a swing less far out than the last: HL for lows, LH for highs."""
EQUAL = 3
"""Label of a swing exactly at the last: EQ."""

STATE = np.dtype(
    [
        ("pivots", PIVOTS),
        ("book", BOOK),
        ("serial", np.int64),
        ("seen", np.int64, 2),  # 1 once a swing of the side is known
        ("last", np.int64, 2),  # its signed price
    ]
)

LABELS = {
    (1, BEYOND): "LL",
    (1, WITHIN): "HL",
    (1, EQUAL): "EQ",
    (-1, BEYOND): "HH",
    (-1, WITHIN): "LH",
    (-1, EQUAL): "EQ",
}


class SwingParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        left: bars before the extreme that it must strictly exceed.
        right: bars after the extreme that may not exceed it, which is also the delay until it is known.
        max_active: swings watched per direction; the oldest is evicted.
    """

    left: Annotated[int, Meta(ge=1, le=500)] = 5
    right: Annotated[int, Meta(ge=1, le=500)] = 5
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: SwingParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_pivots(state[0]["pivots"], params.left, params.right)
    init_book(state[0]["book"], params.max_active)
    return state


@kernel
def label_of(state: Any, side: int, low: int) -> int:
    """How a new swing's signed price stands to the last one of its side; 0 for the first."""
    if state["seen"][side] == 0:
        return 0
    last = state["last"][side]
    if low < last:
        return BEYOND
    if low > last:
        return WITHIN
    return EQUAL


@kernel
def prominence(state: Any, bar: Any, side: int, pivot: int) -> float:
    """The smaller of the two moves away from the pivot, in average true ranges."""
    pivots = state["pivots"]
    before = highest_opposite(pivots, side, pivot - pivots["left"], pivot - 1)
    after = highest_opposite(pivots, side, pivot + 1, pivot + pivots["right"])
    return in_atr(min(before, after) - low_at(pivots, side, pivot), bar)


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int) -> int:
    """Append the swing of a side that the current bar confirms."""
    pivots = state["pivots"]
    book = state["book"]
    count = evict(book, bar, events, count, side)
    pivot = bar["bar"] - pivots["right"]
    low = low_at(pivots, side, pivot)
    marks = SPANS_GAP if spans_gap(bar, pivot - pivots["left"]) else 0
    event = events[count]
    count = stamp(events, count, bar, 1 - 2 * side, state["serial"], marks)
    event["formed"] = pivot
    event["formed_ts"] = pivots["ts"][pivot % len(pivots["ts"])]
    event["label"] = label_of(state, side, low)
    event["size_atr"] = prominence(state, bar, side, pivot)
    place(event, 1 - 2 * side, low, low)
    add(book, side, low, event)
    state["serial"] += 1
    state["seen"][side] = 1
    state["last"][side] = low
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    book = state["book"]
    low = bar["low"]
    high = bar["high"]
    if low < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, low, bar["close"], BROKEN)
    if -high < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -high, -bar["close"], BROKEN)
    push_bar(state["pivots"], bar["bar"], bar["ts"], high, low)
    if is_pivot(state["pivots"], 0, bar["bar"]):
        count = confirm(state, events, count, bar, 0)
    if is_pivot(state["pivots"], 1, bar["bar"]):
        count = confirm(state, events, count, bar, 1)
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
    name="swing",
    version=2,
    summary="swing highs and lows with label, prominence, sweep and break",
    phase=2,
    params=SwingParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "size_atr", "spans_gap"),
    ends=("broken", "evicted"),
    labels=LABELS,
    layers={
        "short": {"left": 1, "right": 1},
        "internal": {"left": 5, "right": 5},
        "swing": {"left": 50, "right": 50},
    },
)
