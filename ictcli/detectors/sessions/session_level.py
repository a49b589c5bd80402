"""Session levels: high and low of a finished session, where stops rest (ICT.md §7.1, C42, C43).

When a kill zone closes (Asia, London open, New York morning, lunch, afternoon; not the London close, which
overlaps others) its high becomes a level of resistance (bear, buy-side liquidity) and its low one of
support (bull, sell-side liquidity), known on open at the first bar at or after its end. That bar is the
first one examined, because all of it trades after its open (C42). "swept" is the first price beyond the
level, "broken" the first close beyond it; both may fall on one bar. A level lives through the trading day
after its session's and is "expired" at the first bar of the one after that (C43); trading days without
bars do not count. ``complete`` tells whether the session had at least half of its bars. Anchor is the
session's first bar; the session is the parent.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.book import BOOK, add, end_oldest, evict, init_book, nearest
from ictcli.detectors.base.events import (
    BROKEN,
    CLOSED,
    EXPIRED,
    MOST_PER_BAR,
    descend,
    known_on_open,
    number,
    place,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.sessions.kill_zone import LABELS as ZONES
from ictcli.detectors.sessions.windows import COMPLETE, TRADING_DAY
from ictcli.kernels import hot_kernel, kernel

LONDON_CLOSE = 4
LIVES = 2
"""Trading days through which a level lives, its own included."""
DAY, NUMBER = 0, 1
"""Extras: the trading day as an instant, and its number among the days with bars."""

STATE = np.dtype(
    [
        ("book", BOOK),
        ("serial", np.int64),
        ("day", np.int64),  # trading day of the last bar
        ("days", np.int64),  # trading days with bars so far
    ]
)

LABELS = {
    (direction, number): f"{name}_{side}"
    for (_, number), name in ZONES.items()
    if number != LONDON_CLOSE
    for direction, side in ((1, "LOW"), (-1, "HIGH"))
}


class SessionLevelParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters; the sessions are those of ``kill_zone``.

    Attributes:
        max_active: levels watched per direction; the oldest is evicted.
    """

    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: SessionLevelParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    return state


@kernel
def roll(state: Any, events: Any, count: int, bar: Any) -> int:
    """Begin a trading day: levels that have lived through theirs and the next one expire."""
    state["day"] = bar["day"]
    state["days"] += 1
    book = state["book"]
    for side in range(2):
        while book["count"][side] > 0:
            held = book["held"][side, book["oldest"][side]]
            if held["extra"][NUMBER] + LIVES > state["days"]:
                break
            count = end_oldest(book, bar, events, count, EXPIRED, side)
    return count


@kernel
def confirm(state: Any, events: Any, start: int, count: int, bar: Any, zone: Any, side: int) -> int:
    """Append the level of a side of a session that has closed."""
    book = state["book"]
    count = evict(book, bar, events, count, side)
    direction = 1 - 2 * side
    level = zone["bottom"] if side == 0 else -zone["top"]
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], zone["marks"] & COMPLETE)
    known_on_open(event, bar)
    event["formed"] = zone["formed"]
    event["formed_ts"] = zone["formed_ts"]
    event["label"] = zone["label"]
    day = zone["extra"][TRADING_DAY]
    event["extra"][DAY] = day
    event["extra"][NUMBER] = state["days"] - (1 if bar["day"] * NS_PER_DAY > day else 0)
    place(event, direction, level, level)
    descend(event, 0, zone, 0)
    number(events, start, count)
    add(book, side, level, event)
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, zones: Any, first: int, last: int) -> int:
    """Take one closed bar and the kill zones' records of it; append what became known; the new count."""
    book = state["book"]
    if state["days"] == 0 or bar["day"] != state["day"]:
        count = roll(state, events, count, bar)
    start = count
    for at in range(first, last):
        if zones[at]["record"] == CLOSED and zones[at]["label"] != LONDON_CLOSE:
            count = confirm(state, events, start, count, bar, zones[at], 0)
            count = confirm(state, events, start, count, bar, zones[at], 1)
    if bar["low"] < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, bar["low"], bar["close"], BROKEN)
    if -bar["high"] < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -bar["high"], -bar["close"], BROKEN)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, zones: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(zones, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(zones, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], zones, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="session_level",
    version=1,
    summary="highs and lows of finished sessions until they are swept, broken or two days old",
    phase=2,
    params=SessionLevelParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label"),
    feeds=(Feed("kill_zone"),),
    ends=("broken", "expired", "evicted"),
    extras=(
        Extra("trading_day", "instant", DAY),
        Extra("complete", "flag", COMPLETE),
        Extra("session_id", "id", 0),
    ),
    labels=LABELS,
    uses_atr=False,
)
