"""Liquidity void: one or more fair value gaps of a direction that together are large (ICT.md §5.6, C32).

Gaps of one direction form a run. A new gap continues the current run when its zone touches or overlaps
the union of the run's zones, or when its middle bar follows the middle bar of the run's last gap;
otherwise it starts a new run, and the old one never continues. The union is the span from the run's
lowest bottom to its highest top, spaces between its gaps included.

A void is confirmed with the gap that first makes the union at least ``size_atr_long`` times the long
average true range (200 bars, through the bar before) high; nothing is confirmed while that average is
undefined. ``formed_at`` is the middle bar of the run's first gap; ``spans_gap`` holds when it does for
one of the gaps. Parents are the run's first and the confirming gap.

Every later gap of the run writes "extended" with the new union and "parent_added". What was reached
before stays reached: ``fill`` keeps its points, and the larger zone counts from the next bar on.
``gap_count`` tells the gaps so far. A run ends with its void, or, before there is one, with the first
close beyond the union's far edge.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import NOBODY, add, remove
from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    EXTENDED,
    MOST_PER_BAR,
    NO_BAR,
    PARENT_ADDED,
    SPANS_GAP,
    descend,
    place,
    relate,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.imbalance.bands import open_band, signed_bottom, signed_top
from ictcli.kernels import hot_kernel, kernel

RUN = np.dtype(
    [
        ("gaps", np.int64),  # 0 while there is no run
        ("bottom", np.int64),  # of the union, signed by the side
        ("top", np.int64),
        ("middle", np.int64),  # middle bar of the last gap
        ("marks", np.int64),
        ("void", np.int64),  # serial of its void, NO_BAR before there is one
        ("first", EVENT),
    ]
)

STATE = np.dtype([("zones", ZONES), ("size_atr_long", np.float64), ("serial", np.int64), ("runs", RUN, 2)])


class LiquidityVoidParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        size_atr_long: least height of the union, in average true ranges of 200 bars.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    size_atr_long: Annotated[float, Meta(gt=0)] = 0.75
    max_age: Annotated[int, Meta(ge=0)] = 0
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: LiquidityVoidParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["size_atr_long"] = params.size_atr_long
    return state


@kernel
def lives(state: Any, side: int) -> bool:
    """Whether the run of a side can continue: its void, always the newest of the side, is alive."""
    run = state["runs"][side]
    if run["gaps"] == 0:
        return False
    if run["void"] == NO_BAR:
        return True
    book = state["zones"]["book"]
    newest = book["newest"][side]
    return bool(newest != NOBODY and book["held"][side, newest]["serial"] == run["void"])


@kernel
def begin(run: Any, gap: Any, bottom: int, top: int) -> None:
    """Start a run with its first gap."""
    run["gaps"] = 1
    run["bottom"] = bottom
    run["top"] = top
    run["middle"] = gap["formed"]
    run["marks"] = int(gap["marks"]) & SPANS_GAP
    run["void"] = NO_BAR
    run["first"] = gap


@kernel
def lengthen(run: Any, gap: Any, bottom: int, top: int) -> None:
    """Take one more gap into a run."""
    run["gaps"] += 1
    run["bottom"] = min(run["bottom"], bottom)
    run["top"] = max(run["top"], top)
    run["middle"] = gap["formed"]
    run["marks"] |= int(gap["marks"]) & SPANS_GAP


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, gap: Any) -> int:
    """Append the void of the current run of a side."""
    run = state["runs"][side]
    book = state["zones"]["book"]
    bottom, top = run["bottom"], run["top"]
    count = open_band(book, bar, events, count, side, state["serial"], bottom, top, run["marks"])
    event = events[count - 1]
    event["formed"] = run["first"]["formed"]
    event["formed_ts"] = run["first"]["formed_ts"]
    event["extra"][0] = run["gaps"]
    descend(event, 0, run["first"], 0)
    if run["gaps"] > 1:
        descend(event, 1, gap, 0)
    add(book, side, top, event)
    run["void"] = state["serial"]
    state["serial"] += 1
    return count


@kernel
def extend(state: Any, events: Any, count: int, bar: Any, side: int, gap: Any) -> int:
    """Append the larger union of the current run of a side, and the gap that enlarged it."""
    run = state["runs"][side]
    book = state["zones"]["book"]
    slot = book["newest"][side]
    held = book["held"][side, slot]
    touched = book["touched"][side, slot]
    place(held, 1 - 2 * side, run["bottom"], run["top"])
    held["size_atr"] = in_atr(run["top"] - run["bottom"], bar)
    held["marks"] |= run["marks"]
    held["extra"][0] = run["gaps"]
    count = relate(events, count, held, bar, EXTENDED)
    descend(held, 1, gap, 0)
    count = relate(events, count, held, bar, PARENT_ADDED)
    at = 0
    while book["slot"][side, at] != slot:
        at += 1
    remove(book, side, at)
    add(book, side, run["top"], events[count - 1])
    book["touched"][side, slot] = touched
    return count


@kernel
def take(state: Any, events: Any, count: int, bar: Any, gap: Any) -> int:
    """Continue or start the run of a new gap's direction; append what that makes known."""
    side = (1 - int(gap["direction"])) // 2
    run = state["runs"][side]
    bottom = signed_bottom(gap, side)
    top = signed_top(gap, side)
    # A zone wholly below the union needs a bar that closed below it, which ended the run.
    touches = bottom <= run["top"]
    if lives(state, side) and (touches or gap["formed"] == run["middle"] + 1):
        lengthen(run, gap, bottom, top)
        if run["void"] != NO_BAR:
            return extend(state, events, count, bar, side, gap)
    else:
        begin(run, gap, bottom, top)
    average = bar["atr_long"]
    if average > 0.0 and float(run["top"] - run["bottom"]) >= state["size_atr_long"] * average:
        count = confirm(state, events, count, bar, side, gap)
    return count


@kernel
def end_broken(run: Any, close: int) -> None:
    """End a run without a void at a signed close beyond the far edge of its union."""
    if close < run["bottom"] and run["void"] == NO_BAR:
        run["gaps"] = 0


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, gaps: Any, first: int, last: int) -> int:
    """Take one closed bar and the gaps' records of it; append what became known; the new count."""
    count = watch(state["zones"], bar, events, count)
    end_broken(state["runs"][0], bar["close"])
    end_broken(state["runs"][1], -bar["close"])
    for at in range(first, last):
        if gaps[at]["record"] == CONFIRMED:
            count = take(state, events, count, bar, gaps[at])
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
    name="liquidity_void",
    version=1,
    summary="runs of fair value gaps that together are large",
    phase=5,
    params=LiquidityVoidParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("fvg"),),
    ends=ZONE_ENDS,
    extras=(Extra("gap_count", "count", 0),),
)
