"""Highs and lows of the previous day, week and month (ICT.md §7.5, C42-C45).

PDH and PDL are the highest high and lowest low of the previous existing trading day, PWH, PWL, PMH and PML
those of the previous trading week and month. A trading day rolls at 17:00 New York and is named by the
date it leads into; Sunday evening belongs to Monday, and where markets keep a week, bars after Friday 17:00
belong to Friday. Weeks run from Monday to Sunday, weeks and months consist of whole trading days. A bar
belongs to the day in which it opens.
A level is known when the first bar of the new period opens, and that whole bar can already take it.
``formed_at`` is the bar of the extreme (the earliest on ties). Lows are support (bull), highs resistance
(bear): "swept" by the first price strictly beyond, "broken" by the first close beyond, "expired" on the
first bar of the next period of its kind.
With the last close of the period (``period_close``) and its number of bars. ``complete`` is false for the
period in which the data begin, and for a day with fewer than half of the expected bars: the median bar
count of up to 20 trading days before it, untested with fewer than five.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.book import BOOK, CAPACITY, add, init_book, log, nearest, remove
from ictcli.detectors.base.events import (
    BROKEN,
    EXPIRED,
    MOST_PER_BAR,
    OWN_MARK,
    known_on_open,
    number,
    place,
    stamp,
)
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

DAY = 1
"""Label of PDH and PDL."""
WEEK = 2
"""Label of PWH and PWL."""
MONTH = 3
"""Label of PMH and PML."""

COMPLETE = OWN_MARK
"""Mark of a level whose period has no part missing."""

MOST_DAYS = 20
"""Trading days that tell how many bars to expect."""
LEAST_DAYS = 5
"""Fewer of them tell nothing."""

PERIOD = np.dtype(
    [
        ("number", np.int64),  # of the current one: day, week or month
        ("is_first", np.int64),  # 1 when the data begin in it
        ("bars", np.int64),
        ("close", np.int64),
        ("low", np.int64, 2),  # signed by side, of its bars so far
        ("bar", np.int64, 2),  # of that low
        ("ts", np.int64, 2),
    ]
)

STATE = np.dtype(
    [
        ("book", BOOK),
        ("serial", np.int64),
        ("started", np.int64),
        ("day", PERIOD),
        ("week", PERIOD),  # without the current day
        ("month", PERIOD),  # without the current day
        ("days", np.int64),  # completed so far
        ("day_bars", np.int64, MOST_DAYS),  # their bars, by number of the day modulo the size
    ]
)


class PrevLevelsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """There are none."""


def init_state(_params: PrevLevelsParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], CAPACITY)
    for name in ("day", "week", "month"):
        state[0][name]["is_first"] = 1
    return state


def refuses(_params: PrevLevelsParams, bar_ns: int) -> str:
    """Why bars of a length have no days; empty when they have."""
    return "needs bars of at most one day" if bar_ns > NS_PER_DAY else ""


@kernel
def begin(period: Any, which: int) -> None:
    """Start a period without bars."""
    period["number"] = which
    period["bars"] = 0


@kernel
def follow(period: Any, side: int, low: int, bar: int, ts: int) -> None:
    """Take a signed low into a period; the caller counts its bars afterwards."""
    if period["bars"] == 0 or low < period["low"][side]:
        period["low"][side] = low
        period["bar"][side] = bar
        period["ts"][side] = ts


@kernel
def absorb(period: Any, day: Any) -> None:
    """Take a completed day into its week or month."""
    for side in range(2):
        follow(period, side, day["low"][side], day["bar"][side], day["ts"][side])
    period["bars"] += day["bars"]
    period["close"] = day["close"]


@kernel
def ranked(state: Any, known: int, rank: int) -> int:
    """The bar count with ``rank`` smaller ones among those of the last ``known`` days."""
    counts = state["day_bars"]
    for one in range(known):
        below = 0
        same = 0
        for other in range(known):
            if counts[other] < counts[one]:
                below += 1
            elif counts[other] == counts[one]:
                same += 1
        if below <= rank < below + same:
            return int(counts[one])
    return 0


@kernel
def full_day(state: Any) -> bool:
    """Whether the current day, just completed, has at least half of the bars it should have."""
    known = min(state["days"], MOST_DAYS)
    if known < LEAST_DAYS:
        return True
    twice_median = ranked(state, known, (known - 1) // 2) + ranked(state, known, known // 2)
    return bool(4 * state["day"]["bars"] >= twice_median)


@kernel
def confirm(
    state: Any, events: Any, start: int, count: int, bar: Any, side: int, period: Any, label: int, marks: int
) -> int:
    """Append the level of a side of a completed period."""
    direction = 1 - 2 * side
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], marks)
    known_on_open(event, bar)
    low = period["low"][side]
    event["formed"] = period["bar"][side]
    event["formed_ts"] = period["ts"][side]
    event["label"] = label
    event["extra"][0] = period["bars"]
    event["extra"][1] = period["close"]
    place(event, direction, low, low)
    number(events, start, count)
    add(state["book"], side, low, event)
    state["serial"] += 1
    return count


@kernel
def expire_levels(book: Any, events: Any, count: int, bar: Any, label: int) -> int:
    """End what is left of the levels of a kind."""
    for side in range(2):
        at = book["count"][side] - 1
        while at >= 0:
            slot = book["slot"][side, at]
            if book["held"][side, slot]["label"] == label:
                count = log(book, bar, events, count, EXPIRED, side, slot)
                remove(book, side, at)
            at -= 1
    return count


@kernel
def turn(
    state: Any, events: Any, start: int, count: int, bar: Any, period: Any, label: int, marks: int
) -> int:
    """Put the levels of a completed period in the place of the last; only the first one has no ``marks``."""
    if period["is_first"] == 1:
        marks = 0
    count = expire_levels(state["book"], events, count, bar, label)
    count = confirm(state, events, start, count, bar, 0, period, label, marks)
    count = confirm(state, events, start, count, bar, 1, period, label, marks)
    period["is_first"] = 0
    return count


@kernel
def roll(state: Any, events: Any, count: int, bar: Any) -> int:
    """Complete the day, and what ends with it, at the first bar of the next one."""
    start = count
    day, week, month = state["day"], state["week"], state["month"]
    absorb(week, day)
    absorb(month, day)
    count = turn(state, events, start, count, bar, day, DAY, COMPLETE if full_day(state) else 0)
    state["day_bars"][state["days"] % MOST_DAYS] = day["bars"]
    state["days"] += 1
    begin(day, bar["day"])
    if bar["week"] != week["number"]:
        count = turn(state, events, start, count, bar, week, WEEK, COMPLETE)
        begin(week, bar["week"])
    if bar["month"] != month["number"]:
        count = turn(state, events, start, count, bar, month, MONTH, COMPLETE)
        begin(month, bar["month"])
    return count


@kernel
def start_periods(state: Any, bar: Any) -> None:
    """Begin the first day, week and month."""
    state["started"] = 1
    begin(state["day"], bar["day"])
    begin(state["week"], bar["week"])
    begin(state["month"], bar["month"])


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    book = state["book"]
    day = state["day"]
    low = bar["low"]
    high = bar["high"]
    if state["started"] == 0:
        start_periods(state, bar)
    elif bar["day"] != day["number"]:
        count = roll(state, events, count, bar)
    follow(day, 0, low, bar["bar"], bar["ts"])
    follow(day, 1, -high, bar["bar"], bar["ts"])
    day["bars"] += 1
    day["close"] = bar["close"]
    if low < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, low, bar["close"], BROKEN)
    if -high < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -high, -bar["close"], BROKEN)
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
    name="prev_levels",
    version=1,
    summary="highs and lows of the previous day, week and month",
    phase=0,
    params=PrevLevelsParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label"),
    ends=("broken", "expired"),
    extras=(
        Extra("n_bars", "count", 0),
        Extra("period_close", "price", 1),
        Extra("complete", "flag", COMPLETE),
    ),
    labels={
        (1, DAY): "PDL",
        (-1, DAY): "PDH",
        (1, WEEK): "PWL",
        (-1, WEEK): "PWH",
        (1, MONTH): "PML",
        (-1, MONTH): "PMH",
    },
    uses_atr=False,
    refuses=refuses,
)
