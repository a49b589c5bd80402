"""Judas swing: the false first move of the day, taken back (ICT.md §9).

The references are the two edges of a complete ``asian_range``, from the bar at whose open it is known to
the end of the trading day. Written for the low (bull, a false move down): the first price strictly below
it, at bar j, consumes it. When j opens within ``windows`` and a close at or above the low comes back
within ``reclaim`` bars, j included, and the lowest price from j on is at or below the midnight open, the
first stage (label JUDAS) is confirmed at the close of that bar r. The midnight open is the open of the
trading day's first bar from 00:00 New York on; without it there is no Judas swing. False moves up are
false moves down on negated bars.
The second stage (label SHIFT) is an object of its own: the first bullish MSS of the internal structure
from r to ``shift_within`` bars after it.
``formed_at`` is bar j; ``bottom`` and ``top`` are the extreme and the edge, ``depth`` their distance,
``bars_to_reclaim`` is r - j. ``both_sides`` tells that by then the other edge had been raided too, whether
or not it was a Judas swing (a day of consolidation). Bars of closed hours do not count. Parents are the
edge and, for a shift, the MSS.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import FAR
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    MSS,
    OWN_MARK,
    SPANS_GAP,
    descend,
    number,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.sessions.reclaims import EDGES, arm, begin_raid, disarm, reclaims, stirs
from ictcli.detectors.sessions.windows import COMPLETE, fits, refusal
from ictcli.kernels import hot_kernel, kernel
from ictcli.market.windows import DAY_MINUTES, open_minutes

JUDAS = 1
SHIFT = 2
BOTH_SIDES = OWN_MARK
MIDNIGHT_OPEN, BARS_TO_RECLAIM, DEPTH = range(3)
ROLL_MINUTE = 17 * 60

STATE = np.dtype(
    [
        ("edges", EDGES),
        ("allowed", np.int64, DAY_MINUTES),  # 1 for the minutes of the windows
        ("shift_within", np.int64),
        ("serial", np.int64),
        ("day", np.int64),  # trading day of the last bar
        ("midnight", np.int64),  # midnight open
        ("midnight_day", np.int64),  # trading day it belongs to
        ("raided", np.int64, 2),  # 1 once the side's edge is consumed
        ("inside", np.int64, 2),  # 1 when that happened within the windows
        ("until", np.int64, 2),  # last bar of the wait for a shift
        ("range", EVENT, 2),  # edges of the Asian range by side
        ("first", EVENT, 2),  # first stages that wait for their shift
    ]
)

LABELS = {(direction, JUDAS): "JUDAS" for direction in (1, -1)} | {
    (direction, SHIFT): "SHIFT" for direction in (1, -1)
}


class JudasParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        windows: New York windows of the raid, ``HH:MM-HH:MM`` joined by commas, end exclusive.
        reclaim: bars, the raiding one included, in which a close must come back.
        shift_within: bars after the first stage in which the shift must come.
    """

    windows: Annotated[str, Meta(min_length=1)] = "02:00-05:00,08:30-10:00"
    reclaim: Annotated[int, Meta(ge=1, le=100)] = 3
    shift_within: Annotated[int, Meta(ge=0)] = 12


def init_state(params: JudasParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    own["edges"]["reclaim"] = params.reclaim
    own["edges"]["trigger"] = FAR
    fitting = [text for text in params.windows.split(",") if fits(text, bar_ns)]
    own["allowed"] = open_minutes(",".join(fitting))
    own["shift_within"] = params.shift_within
    own["day"] = own["midnight_day"] = -1
    own["until"] = -1
    return state


def refuses(params: JudasParams, bar_ns: int) -> str:
    """Why no window fits bars of this length; empty when one does."""
    return refusal(params.windows.split(","), bar_ns)


@kernel
def take_range(state: Any, ranges: Any, first: int, last: int) -> None:
    """Watch the edges of an Asian range that has become known, if it is complete."""
    for at in range(first, last):
        edge = ranges[at]
        state["range"][(1 - edge["direction"]) // 2] = edge
        state["raided"][0] = 0
        state["raided"][1] = 0
        if edge["marks"] & COMPLETE:
            arm(state["edges"], edge["bottom"], edge["top"])
        else:
            disarm(state["edges"])


@kernel
def tell_day(state: Any, bar: Any) -> None:
    """Begin a trading day, and note its midnight open."""
    day = bar["day"]
    if day != state["day"]:
        state["day"] = day
        disarm(state["edges"])
    if state["midnight_day"] != day and bar["minute"] < ROLL_MINUTE and bar["closed"] == 0:
        state["midnight_day"] = day
        state["midnight"] = bar["open"]


@kernel
def begin(state: Any, bar: Any, side: int, low: int) -> None:
    """Note the raid that the current bar begins on a side."""
    if begin_raid(state["edges"], bar, side, low):
        state["raided"][side] = 1
        state["inside"][side] = state["allowed"][bar["minute"]]


@kernel
def is_judas(state: Any, side: int) -> bool:
    """Whether a reclaimed raid was in time and beyond the midnight open."""
    if state["inside"][side] == 0 or state["midnight_day"] != state["day"]:
        return False
    return bool(state["edges"]["extreme"][side] <= (1 - 2 * side) * state["midnight"])


@kernel
def confirm(state: Any, events: Any, start: int, count: int, bar: Any, side: int) -> int:
    """Append the first stage on a side."""
    edges = state["edges"]
    direction = 1 - 2 * side
    since = edges["since"][side]
    marks = SPANS_GAP if spans_gap(bar, since) else 0
    if state["raided"][1 - side] == 1:
        marks |= BOTH_SIDES
    depth = edges["edge"][side] - edges["extreme"][side]
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = since
    event["formed_ts"] = edges["since_ts"][side]
    event["label"] = JUDAS
    event["size_atr"] = in_atr(depth, bar)
    event["extra"][MIDNIGHT_OPEN] = state["midnight"]
    event["extra"][BARS_TO_RECLAIM] = bar["bar"] - since
    event["extra"][DEPTH] = depth
    place(event, direction, edges["extreme"][side], edges["edge"][side])
    descend(event, 0, state["range"][side], 0)
    number(events, start, count)
    state["serial"] += 1
    state["first"][side] = event
    state["until"][side] = bar["bar"] + state["shift_within"]
    return count


@kernel
def shift(state: Any, events: Any, start: int, count: int, bar: Any, broken: Any) -> int:
    """Append the second stage when a break of structure is the shift that a first stage waits for."""
    side = (1 - broken["direction"]) // 2
    if broken["record"] != CONFIRMED or broken["marks"] & MSS == 0 or bar["bar"] > state["until"][side]:
        return count
    judas = state["first"][side]
    marks = judas["marks"] & BOTH_SIDES
    if state["raided"][1 - side] == 1:
        marks |= BOTH_SIDES
    if spans_gap(bar, judas["formed"]):
        marks |= SPANS_GAP
    event = events[count]
    count = stamp(events, count, bar, judas["direction"], state["serial"], marks)
    event["formed"] = judas["formed"]
    event["formed_ts"] = judas["formed_ts"]
    event["bottom"] = judas["bottom"]
    event["top"] = judas["top"]
    event["label"] = SHIFT
    event["size_atr"] = judas["size_atr"]
    for slot in range(3):
        event["extra"][slot] = judas["extra"][slot]
    event["parent"][0] = judas["parent"][0]
    descend(event, 1, broken, 1)
    number(events, start, count)
    state["serial"] += 1
    state["until"][side] = -1
    return count


@kernel
def raid(state: Any, events: Any, count: int, bar: Any) -> int:
    """Begin and judge raids of both edges on the current bar."""
    edges = state["edges"]
    start = count
    begin(state, bar, 0, bar["low"])
    begin(state, bar, 1, -bar["high"])
    if reclaims(edges, bar, 0, bar["low"], bar["close"]) and is_judas(state, 0):
        count = confirm(state, events, start, count, bar, 0)
    if reclaims(edges, bar, 1, -bar["high"], -bar["close"]) and is_judas(state, 1):
        count = confirm(state, events, start, count, bar, 1)
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    ranges: Any,
    first_range: int,
    last_range: int,
    breaks: Any,
    first_break: int,
    last_break: int,
) -> int:
    """Take one closed bar and its records of ranges and structure; append what became known."""
    start = count
    tell_day(state, bar)
    if last_range > first_range:
        take_range(state, ranges, first_range, last_range)
    if stirs(state["edges"], bar) and bar["closed"] == 0:
        count = raid(state, events, count, bar)
    for at in range(first_break, last_break):
        count = shift(state, events, start, count, bar, breaks[at])
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, ranges: Any, breaks: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    ranges_at = first_record(ranges, bars, first)
    breaks_at = first_record(breaks, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        ranges_end = records_until(ranges, ranges_at, bars[i]["bar"])
        breaks_end = records_until(breaks, breaks_at, bars[i]["bar"])
        count = step(
            states[0], events, count, bars[i], ranges, ranges_at, ranges_end, breaks, breaks_at, breaks_end
        )
        ranges_at = ranges_end
        breaks_at = breaks_end
    return len(bars), count


DETECTOR = Detector(
    name="judas",
    version=1,
    summary="false first moves beyond the Asian range, and the shift that follows",
    phase=8,
    params=JudasParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "spans_gap"),
    feeds=(Feed("asian_range"), Feed("structure", "internal")),
    extras=(
        Extra("midnight_open", "price", MIDNIGHT_OPEN),
        Extra("bars_to_reclaim", "count", BARS_TO_RECLAIM, -1),
        Extra("depth", "points", DEPTH),
        Extra("both_sides", "flag", BOTH_SIDES),
        Extra("level_id", "id", 0),
        Extra("mss_id", "id", 1),
    ),
    labels=LABELS,
    refuses=refuses,
)
