"""IPDA ranges: highest high and lowest low of the last 20, 40 or 60 trading days (ICT.md §8.4).

At the first bar of a trading day the highest high and the lowest low of the last ``days`` completed trading
days are known (``prev_levels`` gives the days). Where the price differs from the one known so far, the old
level is "superseded" and the new one confirmed, known at that bar's open; an unchanged price writes
nothing. The low is support (bull), the high resistance (bear). ``formed_at`` is the bar of the extreme, of
the latest day on ties. A level is "swept" by the first price strictly beyond it, from the first bar on, and
"broken" by the first close beyond. ``complete`` is false as long as the day in which the data begin is among
the days. Nothing is written before ``days`` days are completed.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.events import (
    BROKEN,
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    OWN_MARK,
    SUPERSEDED,
    SWEPT,
    known_on_open,
    place,
    reached,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.liquidity.prev_levels import DAY
from ictcli.kernels import hot_kernel, kernel

EXTREME = 1
"""Label of every level."""

COMPLETE = OWN_MARK
"""Mark of a level whose days are all whole ones of the data."""

MOST_DAYS = 256
"""Days remembered; ``days`` may not exceed it."""

STATE = np.dtype(
    [
        ("days", np.int64),
        ("serial", np.int64),
        ("known", np.int64, 2),  # completed days so far
        ("low", np.int64, (2, MOST_DAYS)),  # signed by side
        ("bar", np.int64, (2, MOST_DAYS)),
        ("ts", np.int64, (2, MOST_DAYS)),
        ("live", np.int64, 2),  # 1 while a level of the side is watched
        ("price", np.int64, 2),  # the last level of the side, signed
        ("held", EVENT, 2),
    ]
)


class IpdaParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        days: completed trading days of the range.
    """

    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 20


def init_state(params: IpdaParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["days"] = params.days
    return state


def refuses(_params: IpdaParams, bar_ns: int) -> str:
    """Why bars of a length have no days; empty when they have."""
    return "needs bars of at most one day" if bar_ns > NS_PER_DAY else ""


@kernel
def lowest_day(state: Any, side: int) -> int:
    """Row of the lowest signed low of the last ``days`` days, of the latest on ties."""
    known = state["known"][side]
    best = (known - 1) % MOST_DAYS
    for back in range(2, state["days"] + 1):
        row = (known - back) % MOST_DAYS
        if state["low"][side, row] < state["low"][side, best]:
            best = row
    return int(best)


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, row: int) -> int:
    """Append the level of a side that the day in ``row`` made."""
    direction = 1 - 2 * side
    event = events[count]
    marks = COMPLETE if state["known"][side] > state["days"] else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    known_on_open(event, bar)
    low = state["low"][side, row]
    event["formed"] = state["bar"][side, row]
    event["formed_ts"] = state["ts"][side, row]
    event["label"] = EXTREME
    event["extra"][0] = state["days"]
    place(event, direction, low, low)
    state["serial"] += 1
    state["live"][side] = 1
    state["price"][side] = low
    state["held"][side] = event
    return count


@kernel
def add_day(state: Any, events: Any, count: int, bar: Any, level: Any) -> int:
    """Take an extreme of the day just completed; append the range's extreme when it changes."""
    side = (1 - level["direction"]) // 2
    known = state["known"][side]
    row = known % MOST_DAYS
    state["low"][side, row] = level["direction"] * level["bottom"]
    state["bar"][side, row] = level["formed"]
    state["ts"][side, row] = level["formed_ts"]
    state["known"][side] = known + 1
    if known + 1 < state["days"]:
        return count
    best = lowest_day(state, side)
    if known + 1 > state["days"] and state["low"][side, best] == state["price"][side]:
        return count
    if state["live"][side] == 1:
        count = relate(events, count, state["held"][side], bar, SUPERSEDED)
    return confirm(state, events, count, bar, side, best)


@kernel
def watch_level(state: Any, events: Any, count: int, bar: Any, side: int, close: int) -> int:
    """Write what a bar that trades beyond the level of a side does to it."""
    held = state["held"][side]
    if not reached(held, SWEPT):
        count = relate(events, count, held, bar, SWEPT)
    if close < state["price"][side]:
        count = relate(events, count, held, bar, BROKEN)
        state["live"][side] = 0
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, levels: Any, first: int, last: int) -> int:
    """Take one closed bar and the day levels' records of it; append what became known; the new count."""
    for at in range(first, last):
        if levels[at]["record"] == CONFIRMED and levels[at]["label"] == DAY:
            count = add_day(state, events, count, bar, levels[at])
    if state["live"][0] == 1 and bar["low"] < state["price"][0]:
        count = watch_level(state, events, count, bar, 0, bar["close"])
    if state["live"][1] == 1 and -bar["high"] < state["price"][1]:
        count = watch_level(state, events, count, bar, 1, -bar["close"])
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, levels: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(levels, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(levels, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], levels, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="ipda",
    version=1,
    summary="highs and lows of the last 20, 40 and 60 trading days",
    phase=0,
    params=IpdaParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label"),
    feeds=(Feed("prev_levels"),),
    ends=("broken", "superseded"),
    extras=(Extra("days", "count", 0), Extra("complete", "flag", COMPLETE)),
    labels={(1, EXTREME): "IPDA low", (-1, EXTREME): "IPDA high"},
    layers={"20": {"days": 20}, "40": {"days": 40}, "60": {"days": 60}},
    uses_atr=False,
    refuses=refuses,
)
