"""Power of three: accumulation, manipulation, distribution of a trading day (ICT.md §9).

Every state of a day is an object of its own, so that nothing is rewritten:

- ACCUMULATION: a complete ``asian_range`` has become known; the day waits (known on open, no direction).
- MANIPULATION: one edge of that range has been raided and reclaimed: a price strictly beyond it, then,
  within ``reclaim`` bars, a close at or within it; the first edge for which this happens. Its direction is
  that of the move expected next: bull after a raid of the low. A bar that reclaims both edges decides
  nothing.
- DISTRIBUTION: from the bar of the manipulation on, the first MSS of the internal structure in that
  direction, within the trading day.
- NONE: no manipulation before 12:00 New York (known at the open of the first bar from then on).
- WAITED, MANIPULATED, DISTRIBUTED: the label of the whole day, known at the open of the next trading
  day's first bar, for days that had an accumulation. ``bottom`` and ``top`` are the day's low and high,
  ``size_atr`` their distance, ``range_adr`` the same over the mean range of the five trading days before.
  With a direction: ``manipulation_extreme_at`` is the bar of the extreme on the raided side (the low of a
  bull day), ``distribution_extreme_at`` that of the other, the earliest on ties, and ``close_location``
  is where the day closed between the two (1 at the extreme of the distribution).

Directions -1 are +1 on negated bars. Bars of closed hours do not count. All are point events.
"""

import math
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import FAR
from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import (
    CONFIRMED,
    MOST_PER_BAR,
    MSS,
    NO_BAR,
    descend,
    known_on_open,
    number,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.sessions.reclaims import EDGES, arm, begin_raid, disarm, reclaims, stirs
from ictcli.detectors.sessions.windows import COMPLETE
from ictcli.kernels import hot_kernel, kernel

IDLE, ACCUMULATION, MANIPULATION, DISTRIBUTION, NONE, WAITED, MANIPULATED, DISTRIBUTED = range(8)
"""States of the day; the last three label it when it is over."""
NOON, ROLL_MINUTE = 12 * 60, 17 * 60
ADR_DAYS = 5
MANIPULATION_AT, DISTRIBUTION_AT = 0, 1
CLOSE_LOCATION, RANGE_ADR = 0, 1

STATE = np.dtype(
    [
        ("edges", EDGES),
        ("serial", np.int64),
        ("stage", np.int64),
        ("direction", np.int64),  # of the manipulation, 0 without
        ("day", np.int64),  # trading day of the last bar
        ("days", np.int64),  # completed so far
        ("spans", np.int64, ADR_DAYS),  # ranges of completed days
        ("first", np.int64),  # first bar of the day
        ("first_ts", np.int64),
        ("bars", np.int64),
        ("low", np.int64, 2),  # lowest signed price by side
        ("low_ts", np.int64, 2),
        ("close", np.int64),
    ]
)

LABELS = {
    (0, ACCUMULATION): "ACCUMULATION",
    (1, MANIPULATION): "MANIPULATION",
    (-1, MANIPULATION): "MANIPULATION",
    (1, DISTRIBUTION): "DISTRIBUTION",
    (-1, DISTRIBUTION): "DISTRIBUTION",
    (0, NONE): "NONE",
    (0, WAITED): "WAITED",
    (1, MANIPULATED): "MANIPULATED",
    (-1, MANIPULATED): "MANIPULATED",
    (1, DISTRIBUTED): "DISTRIBUTED",
    (-1, DISTRIBUTED): "DISTRIBUTED",
}


class AmdParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        reclaim: bars, the raiding one included, in which a close must come back.
    """

    reclaim: Annotated[int, Meta(ge=1, le=100)] = 3


def init_state(params: AmdParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["edges"]["reclaim"] = params.reclaim
    state[0]["edges"]["trigger"] = FAR
    state[0]["day"] = NO_BAR
    return state


@kernel
def enter(state: Any, events: Any, count: int, bar: Any, direction: int, stage: int) -> int:
    """Append the object of a state; geometry stays to be filled in by the caller."""
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], 0)
    event["label"] = stage
    event["extra"][MANIPULATION_AT] = NO_BAR
    event["extra"][DISTRIBUTION_AT] = NO_BAR
    event["ratio"][CLOSE_LOCATION] = math.nan
    event["ratio"][RANGE_ADR] = math.nan
    state["serial"] += 1
    return count


@kernel
def label_day(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append the label of the trading day that has ended."""
    direction = state["direction"]
    label = WAITED
    if direction != 0:
        label = DISTRIBUTED if state["stage"] == DISTRIBUTION else MANIPULATED
    event = events[count]
    count = enter(state, events, count, bar, direction, label)
    known_on_open(event, bar)
    event["formed"] = state["first"]
    event["formed_ts"] = state["first_ts"]
    low, high = state["low"][0], -state["low"][1]
    event["bottom"] = low
    event["top"] = high
    event["size_atr"] = in_atr(high - low, bar)
    if direction != 0:
        side = (1 - direction) // 2
        event["extra"][MANIPULATION_AT] = state["low_ts"][side]
        event["extra"][DISTRIBUTION_AT] = state["low_ts"][1 - side]
        event["ratio"][CLOSE_LOCATION] = (direction * state["close"] - state["low"][side]) / (high - low)
    if state["days"] >= ADR_DAYS:
        total = 0
        for day in range(ADR_DAYS):
            total += state["spans"][day]
        if total > 0:
            event["ratio"][RANGE_ADR] = ADR_DAYS * (high - low) / total
    return count


@kernel
def roll(state: Any, events: Any, count: int, bar: Any) -> int:
    """End the last trading day and begin the next one at the current bar."""
    if state["bars"] > 0:
        if state["stage"] != IDLE:
            count = label_day(state, events, count, bar)
        state["spans"][state["days"] % ADR_DAYS] = -state["low"][1] - state["low"][0]
        state["days"] += 1
    disarm(state["edges"])
    state["edges"]["pending"][0] = 0
    state["edges"]["pending"][1] = 0
    state["stage"] = IDLE
    state["direction"] = 0
    state["day"] = bar["day"]
    state["bars"] = 0
    return count


@kernel
def follow_day(state: Any, bar: Any) -> None:
    """Take the current bar into the day's extremes."""
    if state["bars"] == 0:
        state["first"] = bar["bar"]
        state["first_ts"] = bar["ts"]
    if state["bars"] == 0 or bar["low"] < state["low"][0]:
        state["low"][0] = bar["low"]
        state["low_ts"][0] = bar["ts"]
    if state["bars"] == 0 or -bar["high"] < state["low"][1]:
        state["low"][1] = -bar["high"]
        state["low_ts"][1] = bar["ts"]
    state["bars"] += 1
    state["close"] = bar["close"]


@kernel
def accumulate(
    state: Any, events: Any, start: int, count: int, bar: Any, ranges: Any, first: int, last: int
) -> int:
    """Begin the wait with an Asian range that has become known, if it is complete."""
    for at in range(first, last):
        edge = ranges[at]
        if edge["direction"] > 0 and edge["marks"] & COMPLETE and state["stage"] == IDLE:
            event = events[count]
            count = enter(state, events, count, bar, 0, ACCUMULATION)
            known_on_open(event, bar)
            event["formed"] = edge["formed"]
            event["formed_ts"] = edge["formed_ts"]
            event["bottom"] = edge["bottom"]
            event["top"] = edge["top"]
            event["size_atr"] = edge["size_atr"]
            descend(event, 0, edge, 0)
            number(events, start, count)
            state["stage"] = ACCUMULATION
            arm(state["edges"], edge["bottom"], edge["top"])
    return count


@kernel
def give_up(state: Any, events: Any, start: int, count: int, bar: Any) -> int:
    """Append that nothing came before noon."""
    edges = state["edges"]
    event = events[count]
    count = enter(state, events, count, bar, 0, NONE)
    known_on_open(event, bar)
    event["bottom"] = edges["edge"][0]
    event["top"] = -edges["edge"][1]
    number(events, start, count)
    state["stage"] = NONE
    return count


@kernel
def manipulate(state: Any, events: Any, start: int, count: int, bar: Any) -> int:
    """Look for the first reclaimed raid."""
    edges = state["edges"]
    begin_raid(edges, bar, 0, bar["low"])
    begin_raid(edges, bar, 1, -bar["high"])
    low_back = reclaims(edges, bar, 0, bar["low"], bar["close"])
    high_back = reclaims(edges, bar, 1, -bar["high"], -bar["close"])
    if low_back == high_back:
        return count
    side = 0 if low_back else 1
    direction = 1 - 2 * side
    event = events[count]
    count = enter(state, events, count, bar, direction, MANIPULATION)
    event["formed"] = edges["since"][side]
    event["formed_ts"] = edges["since_ts"][side]
    event["size_atr"] = in_atr(edges["edge"][side] - edges["extreme"][side], bar)
    place(event, direction, edges["extreme"][side], edges["edge"][side])
    number(events, start, count)
    state["stage"] = MANIPULATION
    state["direction"] = direction
    return count


@kernel
def is_shift(state: Any, broken: Any) -> bool:
    """Whether a record of the structure is an MSS in the direction of the manipulation."""
    if broken["record"] != CONFIRMED or broken["direction"] != state["direction"]:
        return False
    return bool(broken["marks"] & MSS != 0)


@kernel
def distribute(
    state: Any, events: Any, start: int, count: int, bar: Any, breaks: Any, first: int, last: int
) -> int:
    """Look for the shift of structure that begins the distribution."""
    for at in range(first, last):
        if state["stage"] == MANIPULATION and is_shift(state, breaks[at]):
            broken = breaks[at]
            event = events[count]
            count = enter(state, events, count, bar, state["direction"], DISTRIBUTION)
            event["bottom"] = broken["bottom"]
            event["top"] = broken["top"]
            event["size_atr"] = broken["size_atr"]
            descend(event, 0, broken, 1)
            number(events, start, count)
            state["stage"] = DISTRIBUTION
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
    if bar["day"] != state["day"]:
        count = roll(state, events, count, bar)
    if bar["closed"] == 1:
        return count
    follow_day(state, bar)
    if last_range > first_range:
        count = accumulate(state, events, start, count, bar, ranges, first_range, last_range)
    if state["stage"] == ACCUMULATION:
        if NOON <= bar["minute"] < ROLL_MINUTE:
            count = give_up(state, events, start, count, bar)
        elif stirs(state["edges"], bar):
            count = manipulate(state, events, start, count, bar)
    if state["stage"] == MANIPULATION and last_break > first_break:
        count = distribute(state, events, start, count, bar, breaks, first_break, last_break)
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
    name="amd",
    version=1,
    summary="accumulation, manipulation and distribution of the trading day",
    phase=8,
    params=AmdParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr"),
    feeds=(Feed("asian_range"), Feed("structure", "internal")),
    extras=(
        Extra("manipulation_extreme_at", "instant", MANIPULATION_AT),
        Extra("distribution_extreme_at", "instant", DISTRIBUTION_AT),
        Extra("close_location", "ratio", CLOSE_LOCATION),
        Extra("range_adr", "ratio", RANGE_ADR),
    ),
    labels=LABELS,
)
