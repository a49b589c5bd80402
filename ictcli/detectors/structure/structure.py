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

from ictcli.detectors.base.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    FAILED,
    INITIAL,
    MOST_PER_BAR,
    MSS,
    SPANS_GAP,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.levels import watch_closes
from ictcli.detectors.base.pivots import PIVOTS, low_at, push_bar
from ictcli.detectors.detector import Detector, Feed
from ictcli.detectors.structure.displacement import SHARE_SCALE, displacement_direction
from ictcli.kernels import kernel

BOS = 1
CHOCH = 2

STATE = np.dtype(
    [
        ("past", PIVOTS),  # highs and lows of the bars before
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

LABELS = {(direction, BOS): "BOS" for direction in (1, -1)} | {
    (direction, CHOCH): "CHoCH" for direction in (1, -1)
}


class StructureParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        displacement_lookback: bars up to the breaking one searched for the displacement of an MSS.
        range_atr: least range of a displacement bar, in average true ranges.
        body_share: least body of a displacement bar as a fraction of its range, four decimals.
        max_active: breaks watched for failure per direction; the oldest is evicted.
    """

    displacement_lookback: Annotated[int, Meta(ge=1)] = 3
    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: StructureParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    state[0]["lookback"] = params.displacement_lookback
    state[0]["displaced"] = -params.displacement_lookback
    return state


@kernel
def install(state: Any, bar: Any, swing: Any) -> None:
    """Make a swing that the current bar confirms the reference of its side (0: high to break upward)."""
    past = state["past"]
    side = (1 + swing["direction"]) // 2
    anchor = swing["formed"]
    state["armed"][side] = 1
    state["reference"][side] = (1 - 2 * side) * swing["bottom"]
    state["anchor"][side] = anchor
    state["anchor_ts"][side] = swing["formed_ts"]
    origin = anchor + 1
    for later in range(anchor + 2, bar["bar"]):
        if low_at(past, side, later) <= low_at(past, side, origin):
            origin = later
    state["origin"][side] = origin
    state["origin_ts"][side] = past["ts"][origin % len(past["ts"])]
    state["origin_low"][side] = low_at(past, side, origin)


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
def breaks(state: Any, side: int, close: int) -> bool:
    """Whether a signed close breaks the reference of the side."""
    return bool(state["armed"][side] == 1 and close > state["reference"][side])


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, close: int) -> int:
    """Append the break of a side that the current bar's signed close makes."""
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
    event["size_atr"] = in_atr(close - reference, bar)
    place(event, direction, reference, reference)
    add(book, side, state["origin_low"][side], event)
    state["armed"][side] = 0
    state["trend"] = direction
    state["serial"] += 1
    return count


@kernel
def follow_leg(state: Any, bar: Any, side: int, low: int) -> None:
    """Move the leg origin to the current bar when its signed low is the lowest since the anchor."""
    if state["armed"][side] == 1 and low <= state["origin_low"][side]:
        state["origin_low"][side] = low
        state["origin"][side] = bar["bar"]
        state["origin_ts"][side] = bar["ts"]


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


@kernel
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
    if breaks(state, 0, close):
        count = confirm(state, events, count, bar, 0, close)
    if breaks(state, 1, -close):
        count = confirm(state, events, count, bar, 1, -close)
    follow_leg(state, bar, 0, bar["low"])
    follow_leg(state, bar, 1, -bar["high"])
    return count


@kernel
def run(state: Any, events: Any, bars: Any, first: int, swings: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(swings, heard, bars[i]["bar"])
        count = step(state, events, count, bars[i], swings, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="structure",
    version=2,
    summary="breaks of structure: BOS, CHoCH, MSS",
    phase=4,
    params=StructureParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "initial", "mss", "size_atr", "spans_gap", "leg_origin_at", "leg_origin"),
    feeds=(Feed("swing", None),),
    ends=("failed", "evicted"),
    labels=LABELS,
    layers={"internal": {}, "swing": {}},
)
