"""Round numbers: multiples of a price step above and below the day's open (ICT.md §7.1).

At the first bar of a trading day, which begins at 17:00 New York, the ``each_side`` nearest multiples of
``spacing`` points strictly below the open of that bar are support (bull), as many strictly above it are
resistance (bear); a multiple at the open itself is neither. They are known at that open, and the whole bar
can already take them: "swept" by the first price strictly beyond, "broken" by the first close beyond,
"expired" at the open of the next trading day's first bar. ``steps`` counts from the open outwards. The
definition names round numbers without saying which; this choice keeps them few and known in advance, and
depends on where the data begin for the first day only.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.book import BOOK, CAPACITY, add, end_oldest, init_book, nearest
from ictcli.detectors.base.events import (
    BROKEN,
    EXPIRED,
    MOST_PER_BAR,
    known_on_open,
    number,
    place,
    stamp,
)
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

ROUND = 1
"""Label of every level."""

STATE = np.dtype(
    [
        ("book", BOOK),
        ("spacing", np.int64),
        ("each_side", np.int64),
        ("started", np.int64),
        ("day", np.int64),
        ("serial", np.int64),
    ]
)


class RoundNumberParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        spacing: distance between round numbers, points.
        each_side: levels above and below the open of the day.
    """

    spacing: Annotated[int, Meta(ge=1)] = 500
    each_side: Annotated[int, Meta(ge=1, le=16)] = 2


def init_state(params: RoundNumberParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], CAPACITY)
    state[0]["spacing"] = params.spacing
    state[0]["each_side"] = params.each_side
    return state


def refuses(_params: RoundNumberParams, bar_ns: int) -> str:
    """Why bars of a length have no days; empty when they have."""
    return "needs bars of at most one day" if bar_ns > NS_PER_DAY else ""


@kernel
def confirm(state: Any, events: Any, start: int, count: int, bar: Any, side: int, steps: int) -> int:
    """Append the level so many steps from the open of the current bar."""
    direction = 1 - 2 * side
    spacing = state["spacing"]
    level = (direction * bar["open"] - 1) // spacing * spacing - (steps - 1) * spacing
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], 0)
    known_on_open(event, bar)
    event["label"] = ROUND
    event["extra"][0] = steps
    place(event, direction, level, level)
    number(events, start, count)
    add(state["book"], side, level, event)
    state["serial"] += 1
    return count


@kernel
def roll(state: Any, events: Any, count: int, bar: Any) -> int:
    """Begin a trading day: its levels take the place of those of the day before."""
    state["started"] = 1
    state["day"] = bar["day"]
    book = state["book"]
    for side in range(2):
        while book["count"][side] > 0:
            count = end_oldest(book, bar, events, count, EXPIRED, side)
            events[count - 1]["at_ts"] = bar["ts"]
    start = count
    for side in range(2):
        for steps in range(1, state["each_side"] + 1):
            count = confirm(state, events, start, count, bar, side, steps)
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    book = state["book"]
    if bar["day"] != state["day"] or state["started"] == 0:
        count = roll(state, events, count, bar)
    if bar["low"] < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, bar["low"], bar["close"], BROKEN)
    if -bar["high"] < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -bar["high"], -bar["close"], BROKEN)
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
    name="round_number",
    version=1,
    summary="round numbers around the day's open until they are broken or the day ends",
    phase=0,
    params=RoundNumberParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label"),
    ends=("broken", "expired"),
    extras=(Extra("steps", "count", 0),),
    labels={(1, ROUND): "ROUND", (-1, ROUND): "ROUND"},
    uses_atr=False,
    refuses=refuses,
)
