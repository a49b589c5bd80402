"""Opening prices: midnight, 08:30, 09:30 and 18:00 New York, and that of the week (ICT.md §9).

Each is the open of the first bar of the trading day that opens at or after the time, whenever that is
(``minutes_late`` says how much later on the New York clock), and known at that open. The week's is the open
of its first bar, late from Sunday 17:00 on. There is none when a bar straddles the time (C48: on H1 no
08:30 open), and none whose time lies before the first bar of the data. Bars of a shut market open nothing.
A price has no direction; it ends with "expired" on the first bar of the next trading day, that of the week
on the first bar of the next week.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.events import (
    EVENT,
    EXPIRED,
    MOST_PER_BAR,
    known_on_open,
    number,
    place,
    relate,
    stamp,
)
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

EVENING = 0
"""Label of the price at 18:00 of the evening before; as all labels also its place in the state."""
MIDNIGHT = 1
NEWS = 2
"""Label of the price at 08:30."""
STOCKS = 3
"""Label of the price at 09:30."""
WEEK = 4

MINUTES = (60, 420, 930, 990)
"""When those of every day begin, by label, in minutes of the New York clock after the roll at 17:00."""

DAILY = 4
"""How many these are."""

STATE = np.dtype(
    [
        ("started", np.int64),
        ("day", np.int64),
        ("week", np.int64),
        ("serial", np.int64),
        ("ts_close", np.int64),  # of the bar before
        ("next", np.int64),  # the first label that the day still lacks
        ("live", np.int64, DAILY + 1),  # 1 while the price of a label is in force
        ("held", EVENT, DAILY + 1),
    ]
)


class OpeningPriceParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """There are none."""


def init_state(_params: OpeningPriceParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


def refuses(_params: OpeningPriceParams, bar_ns: int) -> str:
    """Why bars of a length have no days; empty when they have."""
    return "needs bars of at most one day" if bar_ns > NS_PER_DAY else ""


@kernel
def since_roll(bar: Any) -> int:
    """Minutes on the New York clock from 17:00 to the open of a bar."""
    return int((bar["minute"] + 420) % 1440)


@kernel
def confirm(state: Any, events: Any, start: int, count: int, bar: Any, label: int, late: int) -> int:
    """Append an opening price, known at the open of the current bar."""
    event = events[count]
    count = stamp(events, count, bar, 0, state["serial"], 0)
    known_on_open(event, bar)
    event["label"] = label + 1
    event["extra"][0] = late
    place(event, 1, bar["open"], bar["open"])
    number(events, start, count)
    state["serial"] += 1
    state["live"][label] = 1
    state["held"][label] = event
    return count


@kernel
def try_open(state: Any, events: Any, start: int, count: int, bar: Any, label: int, late: int) -> int:
    """Append an opening price unless the bar before straddles its time or may never have been seen."""
    time = (bar["ts"] // NS_PER_MINUTE - late) * NS_PER_MINUTE
    seen_until = state["ts_close"] if state["started"] == 1 else bar["ts"]
    if seen_until > time:
        return count
    return confirm(state, events, start, count, bar, label, late)


@kernel
def expire_price(state: Any, events: Any, count: int, bar: Any, label: int) -> int:
    """End the price of a label, if there is one."""
    if state["live"][label] == 0:
        return count
    state["live"][label] = 0
    return relate(events, count, state["held"][label], bar, EXPIRED)


@kernel
def turn_day(state: Any, events: Any, start: int, count: int, bar: Any) -> int:
    """End what the day before had, and the week before when the current bar begins a week."""
    for label in range(DAILY):
        count = expire_price(state, events, count, bar, label)
    state["day"] = bar["day"]
    state["next"] = 0
    if state["started"] == 0 or bar["week"] != state["week"]:
        count = expire_price(state, events, count, bar, WEEK)
        state["week"] = bar["week"]
        late = (bar["day"] + 3) % 7 * 1440 + since_roll(bar)
        count = try_open(state, events, start, count, bar, WEEK, late)
    return count


@kernel
def open_day(state: Any, events: Any, start: int, count: int, bar: Any) -> int:
    """Append the prices of the day whose time has come."""
    since = since_roll(bar)
    while state["next"] < DAILY and since >= MINUTES[state["next"]]:
        label = state["next"]
        count = try_open(state, events, start, count, bar, label, since - MINUTES[label])
        state["next"] = label + 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    start = count
    if bar["closed"] == 0:
        if state["started"] == 0 or bar["day"] != state["day"]:
            count = turn_day(state, events, start, count, bar)
        if state["next"] < DAILY:
            count = open_day(state, events, start, count, bar)
    state["started"] = 1
    state["ts_close"] = bar["ts_close"]
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
    name="opening_price",
    version=1,
    summary="opening prices of midnight, 08:30, 09:30, 18:00 and the week",
    phase=0,
    params=OpeningPriceParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label"),
    ends=("expired",),
    extras=(Extra("minutes_late", "count", 0),),
    labels={
        (0, EVENING + 1): "18:00 open",
        (0, MIDNIGHT + 1): "midnight open",
        (0, NEWS + 1): "08:30 open",
        (0, STOCKS + 1): "09:30 open",
        (0, WEEK + 1): "week open",
    },
    uses_atr=False,
    refuses=refuses,
)
