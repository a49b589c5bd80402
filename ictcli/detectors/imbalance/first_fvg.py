"""First presented fair value gap: the first gap of a window of the New York day (ICT.md §5.1).

A window begins at each of ``starts`` (New York time) and lasts ``window_minutes``. The first gap, of
either direction, whose middle bar opens within ``[start, end)`` is the one presented; it is known when the
gap is, at the close of the bar after the middle one, even where that bar opens after the window.
``window_start`` is the instant at which the window began. One gap can be the first of several overlapping
windows; each is an object of its own. Gaps whose middle bar opens in closed hours do not count. Windows
and bars must share boundaries: bars whose length does not divide every start and end, counted from
midnight, are refused (C48). A point event; the gap, whose life goes on, is its parent.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import CONFIRMED, MOST_PER_BAR, SPANS_GAP, descend, number, stamp
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.kernels import hot_kernel, kernel

MOST_WINDOWS = 16
DAY_MINUTES = 1440
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_LONG_AGO = -(2**62)
_APART = 12 * NS_PER_HOUR
"""Windows of one start begin further apart than this, on every day of the year."""

STATE = np.dtype(
    [
        ("windows", np.int64),
        ("starts", np.int64, MOST_WINDOWS),  # New York minute of the day
        ("minutes", np.int64),
        ("latest", np.int64, MOST_WINDOWS),  # beginning of the last window that has its gap, ns UTC
        ("serial", np.int64),
        ("ts", np.int64),  # open of the previous bar
        ("minute", np.int64),
        ("closed", np.int64),
    ]
)


class FirstFvgParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        starts: New York times at which windows begin, HH:MM separated by spaces, at most 16.
        window_minutes: length of a window, minutes.
    """

    starts: Annotated[str, Meta(pattern=f"^{_TIME}( {_TIME}){{0,{MOST_WINDOWS - 1}}}$")] = (
        "03:00 09:30 10:00 14:00"
    )
    window_minutes: Annotated[int, Meta(ge=1, le=720)] = 60


def start_minutes(params: FirstFvgParams) -> list[int]:
    """The minutes of the day at which windows begin."""
    return [60 * int(text[:2]) + int(text[3:]) for text in params.starts.split()]


def init_state(params: FirstFvgParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    starts = start_minutes(params)
    state[0]["windows"] = len(starts)
    state[0]["starts"][: len(starts)] = starts
    state[0]["minutes"] = params.window_minutes
    state[0]["latest"] = _LONG_AGO
    return state


def refuses(params: FirstFvgParams, bar_ns: int) -> str:
    """Why windows and bars of this length do not fit; empty when they do."""
    edges = [*start_minutes(params), *(start + params.window_minutes for start in start_minutes(params))]
    if any(minute * NS_PER_MINUTE % bar_ns for minute in edges):
        return (
            f"a window of {params.starts}, {params.window_minutes} minutes long, begins or ends inside a bar"
        )
    return ""


@kernel
def present(
    state: Any, events: Any, count: int, start: int, bar: Any, gap: Any, window: int, began: int
) -> int:
    """Append the first gap of a window; ``start`` is the count the step began with."""
    event = events[count]
    marks = int(gap["marks"]) & SPANS_GAP
    count = stamp(events, count, bar, int(gap["direction"]), state["serial"], marks)
    event["formed"] = gap["formed"]
    event["formed_ts"] = gap["formed_ts"]
    event["bottom"] = gap["bottom"]
    event["top"] = gap["top"]
    event["size_atr"] = gap["size_atr"]
    event["extra"][0] = began
    descend(event, 0, gap, 0)
    number(events, start, count)
    state["latest"][window] = began
    state["serial"] += 1
    return count


@kernel
def take(state: Any, events: Any, count: int, start: int, bar: Any, gap: Any) -> int:
    """Present a new gap in every window that holds its middle bar and has none yet."""
    if state["closed"] == 1:
        return count
    for window in range(state["windows"]):
        elapsed = (state["minute"] - state["starts"][window]) % DAY_MINUTES
        if elapsed < state["minutes"]:
            began = state["ts"] - elapsed * NS_PER_MINUTE
            if began - state["latest"][window] > _APART:
                count = present(state, events, count, start, bar, gap, window, began)
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, gaps: Any, first: int, last: int) -> int:
    """Take one closed bar and the gaps' records of it; append what became known; the new count."""
    start = count
    for at in range(first, last):
        if gaps[at]["record"] == CONFIRMED:
            count = take(state, events, count, start, bar, gaps[at])
    state["ts"] = bar["ts"]
    state["minute"] = bar["minute"]
    state["closed"] = bar["closed"]
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, gaps: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(gaps, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(gaps, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], gaps, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="first_fvg",
    version=1,
    summary="the first fair value gap after 09:30 and in each Silver Bullet window",
    phase=8,
    params=FirstFvgParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap"),
    feeds=(Feed("fvg"),),
    extras=(Extra("window_start", "instant", 0),),
    uses_atr=False,
    refuses=refuses,
)
