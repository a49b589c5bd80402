"""Average daily range: the mean range of the last 5 or 20 whole trading days (ICT.md §8.4, C45).

At the first bar of a trading day the range (high less low) of the day before it is added, unless
``prev_levels`` calls that day incomplete: the day in which the data begin, or one with fewer than half of
the bars to expect. From the ``days``-th whole day on each one confirms an average, known at the open of
that bar; a point event without direction. The average is ``range_sum / days``, given as these two whole
numbers because a mean of prices is not one; ``size_atr`` is the average in average true ranges of the bars.
``level`` is the open of the day, from which the average is drawn up and down. What part of it a day has used
by a bar is ``(high - low of the day so far) / average``.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.events import CONFIRMED, MOST_PER_BAR, known_on_open, place, stamp
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.liquidity.prev_levels import COMPLETE, DAY
from ictcli.kernels import hot_kernel, kernel

MOST_DAYS = 256
"""Largest ``days``."""

STATE = np.dtype(
    [
        ("days", np.int64),
        ("serial", np.int64),
        ("known", np.int64),  # whole days so far
        ("total", np.int64),  # of the ranges of the last ``days`` of them
        ("span", np.int64, MOST_DAYS),  # range by number of the day modulo ``days``
    ]
)


class AdrParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        days: whole trading days of the average.
    """

    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 5


def init_state(params: AdrParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["days"] = params.days
    return state


def refuses(_params: AdrParams, bar_ns: int) -> str:
    """Why bars of a length have no days; empty when they have."""
    return "needs bars of at most one day" if bar_ns > NS_PER_DAY else ""


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append the average, known at the open of the current bar."""
    event = events[count]
    count = stamp(events, count, bar, 0, state["serial"], 0)
    known_on_open(event, bar)
    days = state["days"]
    total = state["total"]
    event["extra"][0] = total
    event["extra"][1] = days
    place(event, 1, bar["open"], bar["open"])
    if bar["atr"] > 0.0:
        event["size_atr"] = total / (days * bar["atr"])
    state["serial"] += 1
    return count


@kernel
def add_day(state: Any, events: Any, count: int, bar: Any, span: int) -> int:
    """Take the range of the whole day just completed."""
    row = state["known"] % state["days"]
    state["total"] += span - state["span"][row]
    state["span"][row] = span
    state["known"] += 1
    if state["known"] < state["days"]:
        return count
    return confirm(state, events, count, bar)


@kernel
def hear(state: Any, events: Any, count: int, bar: Any, levels: Any, first: int, last: int) -> int:
    """Take the levels' records of the current bar."""
    span = 0
    days = 0
    for at in range(first, last):
        level = levels[at]
        if level["record"] == CONFIRMED and level["label"] == DAY and level["marks"] & COMPLETE != 0:
            span -= level["direction"] * level["bottom"]
            days += 1
    if days == 0:
        return count
    return add_day(state, events, count, bar, span)


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, levels: Any, first: int, last: int) -> int:
    """Take one closed bar and the day levels' records of it; append what became known; the new count."""
    if first == last:
        return count
    return hear(state, events, count, bar, levels, first, last)


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
    name="adr",
    version=1,
    summary="average daily range of the last 5 and 20 trading days",
    phase=0,
    params=AdrParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "size_atr"),
    feeds=(Feed("prev_levels"),),
    extras=(Extra("range_sum", "points", 0), Extra("days", "count", 1)),
    layers={"5": {"days": 5}, "20": {"days": 20}},
    refuses=refuses,
)
