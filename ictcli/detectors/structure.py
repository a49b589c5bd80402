"""Market structure: BOS, CHoCH and the MSS mark (ICT.md §4.3, C23, C24).

The reference high is the latest confirmed swing high. A close strictly above it is a bullish break, once
per swing: CHoCH (change of character) when the trend was down, otherwise BOS (break of structure); the
very first break carries the mark ``initial``. The trend then is up. Bearish breaks are bullish ones on
negated bars. ``formed_at`` is the broken swing's bar, ``confirmed_at`` the close of the breaking bar.
A CHoCH is an MSS (market structure shift) when a displacement bar in its direction lies among the last
``displacement_lookback`` bars, the breaking one included.
The leg origin is the bar of the lowest low between the broken swing and the breaking bar, both excluded,
the latest on ties (C23). A break has "failed" at the first later close beyond its leg origin.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.displacement import SHARE_SCALE, displacement_direction
from ictcli.detectors.events import CONFIRMED, FAILED, INITIAL, MOST_PER_BAR, MSS, SPANS_GAP, place, stamp
from ictcli.detectors.frame import FRAME, close_bar, in_atr, init_frame, open_bar, spans_gap
from ictcli.detectors.levels import watch_closes
from ictcli.detectors.pivots import PIVOTS, init_pivots, is_pivot, low_at, push_bar
from ictcli.kernels import kernel

BOS = 1
CHOCH = 2

STATE = np.dtype(
    [
        ("frame", FRAME),
        ("pivots", PIVOTS),
        ("book", BOOK),  # leg origins of past breaks
        ("range_atr", np.float64),
        ("body_share", np.int64),
        ("lookback", np.int64),
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
    ]
)

COLUMNS = (
    *("level", "label", "layer", "initial", "mss", "size_atr", "spans_gap"),
    *("leg_origin_at", "leg_origin", "failed_at", "evicted_at"),
)
"""Filled output columns; ``size_atr`` is how far the close went beyond the level."""
LABELS = {(direction, BOS): "BOS" for direction in (1, -1)} | {
    (direction, CHOCH): "CHoCH" for direction in (1, -1)
}


class StructureParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        left: bars before a reference swing that it must strictly exceed.
        right: bars after a reference swing that may not exceed it.
        displacement_lookback: bars up to the breaking one searched for the displacement of an MSS.
        range_atr: least range of a displacement bar, in average true ranges.
        body_share: least body of a displacement bar as a fraction of its range, four decimals.
        atr_length: bars of the average true range.
        max_active: breaks watched for failure per direction; the oldest is evicted.
        layer: name of this size of swing, shown in the output.
    """

    left: Annotated[int, Meta(ge=1, le=500)] = 5
    right: Annotated[int, Meta(ge=1, le=500)] = 5
    displacement_lookback: Annotated[int, Meta(ge=1)] = 3
    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6
    atr_length: Annotated[int, Meta(ge=2, le=500)] = 14
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    layer: str = "internal"


def init_state(params: StructureParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_frame(state[0]["frame"], bar_ns, params.atr_length)
    init_pivots(state[0]["pivots"], params.left, params.right)
    init_book(state[0]["book"], params.max_active)
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    state[0]["lookback"] = params.displacement_lookback
    state[0]["displaced"] = -params.displacement_lookback
    return state


@kernel
def install(state: Any, side: int) -> None:
    """Make a swing that the current bar confirms the reference of the side (0: high to break upward)."""
    pivots = state["pivots"]
    bar = state["frame"]["bar"]
    other = 1 - side
    if not is_pivot(pivots, other, bar):
        return
    anchor = bar - pivots["right"]
    state["armed"][side] = 1
    state["reference"][side] = -low_at(pivots, other, anchor)
    state["anchor"][side] = anchor
    state["anchor_ts"][side] = pivots["ts"][anchor % len(pivots["ts"])]
    origin = anchor + 1
    for later in range(anchor + 2, bar):
        if low_at(pivots, side, later) <= low_at(pivots, side, origin):
            origin = later
    state["origin"][side] = origin
    state["origin_ts"][side] = pivots["ts"][origin % len(pivots["ts"])]
    state["origin_low"][side] = low_at(pivots, side, origin)


@kernel
def break_marks(state: Any, side: int, label: int) -> int:
    """The marks of a break that happens on the current bar."""
    frame = state["frame"]
    marks = 0
    if spans_gap(frame, state["anchor"][side]):
        marks |= SPANS_GAP
    if state["trend"] == 0:
        marks |= INITIAL
    if label == CHOCH and frame["bar"] - state["displaced"][side] < state["lookback"]:
        marks |= MSS
    return marks


@kernel
def breaks(state: Any, side: int, close: int) -> bool:
    """Whether a signed close breaks the reference of the side."""
    return bool(state["armed"][side] == 1 and close > state["reference"][side])


@kernel
def confirm(state: Any, events: Any, count: int, side: int, close: int) -> int:
    """Append the break of a side that the current bar's signed close makes."""
    frame = state["frame"]
    book = state["book"]
    direction = 1 - 2 * side
    count = evict(book, frame, events, count, side)
    label = CHOCH if state["trend"] == -direction else BOS
    event = events[count]
    marks = break_marks(state, side, label)
    count = stamp(events, count, frame, CONFIRMED, direction, state["serial"], marks)
    reference = state["reference"][side]
    event["formed"] = state["anchor"][side]
    event["formed_ts"] = state["anchor_ts"][side]
    event["label"] = label
    event["origin"] = state["origin"][side]
    event["origin_ts"] = state["origin_ts"][side]
    event["origin_level"] = direction * state["origin_low"][side]
    event["size_atr"] = in_atr(close - reference, frame)
    place(event, direction, reference, reference)
    add(book, side, state["origin_low"][side], event)
    state["armed"][side] = 0
    state["trend"] = direction
    state["serial"] += 1
    return count


@kernel
def follow_leg(state: Any, side: int, low: int) -> None:
    """Move the leg origin to the current bar when its signed low is the lowest since the anchor."""
    if state["armed"][side] == 1 and low <= state["origin_low"][side]:
        state["origin_low"][side] = low
        state["origin"][side] = state["frame"]["bar"]
        state["origin_ts"][side] = state["frame"]["ts"]


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
    bar = open_bar(frame, ts, ts_close)
    if close < nearest(book, 0):
        count = watch_closes(book, frame, events, count, 0, close, FAILED)
    if -close < nearest(book, 1):
        count = watch_closes(book, frame, events, count, 1, -close, FAILED)
    moved = displacement_direction(
        open_, high, low, close, frame["atr"], state["range_atr"], state["body_share"]
    )
    if moved != 0:
        state["displaced"][(1 - moved) // 2] = bar
    push_bar(state["pivots"], bar, ts, high, low)
    install(state, 0)
    install(state, 1)
    if breaks(state, 0, close):
        count = confirm(state, events, count, 0, close)
    if breaks(state, 1, -close):
        count = confirm(state, events, count, 1, -close)
    follow_leg(state, 0, low)
    follow_leg(state, 1, -high)
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
