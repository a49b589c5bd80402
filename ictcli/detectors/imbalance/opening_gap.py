"""Opening gaps: from the last close of a trading day or week to the next open (ICT.md §5.5, C12, C44).

The trading day rolls at 17:00 New York. At the first bar i of a new one, when ``open[i]`` and the close of
the last bar before it are at least ``min_gap`` points apart, the zone between the two prices is a new week
opening gap (NWOG) if the trading week changed too, otherwise a new day opening gap (NDOG). Its direction is
that of the step from close to open. It is known when bar i opens (``known_on_open``); its life begins with
bar i+1, because the open lies on its edge and the order of prices inside bar i is unknown. "Last bar"
means what the data has, not a clock time: early closes, holidays and brokers that stop at 16:5x only
lengthen the gap. Bars in closed hours belong to the trading day that just ended, so they make no day of
their own.

``ce`` is the midpoint; ``near_quarter`` and ``far_quarter`` lie a quarter and three quarters of the way from
the open back to the close, rounded to half points away from the edges. ``trading_day`` is midnight UTC of
the new day's date.

Besides the ends of every zone, an NDOG expires when the next trading week begins, and an NWOG when the
``newer_weeks``-th newer NWOG appears, whatever became of those in between (weeks without a gap do not
count). Both are known at that bar's open, and nothing else is recorded of the zone on that bar.
Detection needs bars shorter than a day.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.book import add, log, remove
from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import EXPIRED, MOST_PER_BAR, NO_BAR, SPANS_GAP, known_on_open
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.imbalance.bands import open_band
from ictcli.kernels import hot_kernel, kernel

NDOG = 1
NWOG = 2
LABELS = {(direction, NDOG): "NDOG" for direction in (1, -1)} | {
    (direction, NWOG): "NWOG" for direction in (1, -1)
}
MOST_WEEKS = 52

PREV_CLOSE, OPEN, TRADING_DAY, MIDPOINT, NEAR_QUARTER, FAR_QUARTER = range(6)
"""Extras by slot."""

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("min_gap", np.int64),
        ("newer_weeks", np.int64),
        ("serial", np.int64),
        ("day", np.int64),  # trading day of the previous bar
        ("week", np.int64),  # its trading week
        ("close", np.int64),
        ("weekly", np.int64),  # NWOGs so far
        ("recent", np.int64, MOST_WEEKS),  # serials of the last newer_weeks NWOGs, a ring
    ]
)


class OpeningGapParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        min_gap: least distance between close and open, points.
        newer_weeks: newer NWOGs that end one.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    min_gap: Annotated[int, Meta(ge=1)] = 1
    newer_weeks: Annotated[int, Meta(ge=1, le=MOST_WEEKS)] = 6
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: OpeningGapParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, 0, params.invalidate)
    state[0]["min_gap"] = params.min_gap
    state[0]["newer_weeks"] = params.newer_weeks
    state[0]["recent"] = NO_BAR
    return state


def refuses(_params: OpeningGapParams, bar_ns: int) -> str:
    """Why bars of this length have no opening gaps of days; empty when they do."""
    return "needs bars shorter than a day" if bar_ns >= NS_PER_DAY else ""


@kernel
def end_at_open(book: Any, bar: Any, events: Any, count: int, side: int, at: int) -> int:
    """End the zone at a position, known at the current bar's open."""
    count = log(book, bar, events, count, EXPIRED, side, book["slot"][side, at])
    events[count - 1]["at_ts"] = bar["ts"]
    remove(book, side, at)
    return count


@kernel
def end_week(state: Any, events: Any, count: int, bar: Any, leaving: int) -> int:
    """End all NDOGs, and the NWOG with the serial ``leaving``."""
    book = state["zones"]["book"]
    for side in range(2):
        at = book["count"][side] - 1
        while at >= 0:
            held = book["held"][side, book["slot"][side, at]]
            if held["label"] == NDOG or held["serial"] == leaving:
                count = end_at_open(book, bar, events, count, side, at)
            at -= 1
    return count


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, label: int) -> int:
    """Append the gap between the last close and the current open."""
    book = state["zones"]["book"]
    close = state["close"]
    side = 0 if bar["open"] > close else 1
    direction = 1 - 2 * side
    far = direction * close
    near = direction * bar["open"]
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 1) else 0
    count = open_band(book, bar, events, count, side, state["serial"], far, near, marks)
    event = events[count - 1]
    known_on_open(event, bar)
    event["label"] = label
    event["extra"][PREV_CLOSE] = close
    event["extra"][OPEN] = bar["open"]
    event["extra"][TRADING_DAY] = bar["day"] * NS_PER_DAY
    event["extra"][MIDPOINT] = close + bar["open"]
    event["extra"][NEAR_QUARTER] = direction * ((far + 3 * near) // 2)
    event["extra"][FAR_QUARTER] = direction * -((-3 * far - near) // 2)
    add(book, side, near, event)
    state["serial"] += 1
    return count


@kernel
def roll(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take the first bar of a trading day."""
    weekly = bar["week"] != state["week"]
    wide = abs(bar["open"] - state["close"]) >= state["min_gap"]
    place = state["weekly"] % state["newer_weeks"]
    if weekly:
        leaving = state["recent"][place] if wide else NO_BAR
        count = end_week(state, events, count, bar, leaving)
    count = watch(state["zones"], bar, events, count)
    if wide:
        if weekly:
            state["recent"][place] = state["serial"]
            state["weekly"] += 1
        count = confirm(state, events, count, bar, NWOG if weekly else NDOG)
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    if bar["bar"] > 0 and bar["day"] != state["day"]:
        count = roll(state, events, count, bar)
    else:
        count = watch(state["zones"], bar, events, count)
    state["day"] = bar["day"]
    state["week"] = bar["week"]
    state["close"] = bar["close"]
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
    name="opening_gap",
    version=1,
    summary="gaps between trading days (NDOG) and weeks (NWOG)",
    phase=5,
    params=OpeningGapParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "fill", "touch_count", "spans_gap"),
    ends=ZONE_ENDS,
    extras=(
        Extra("prev_close", "price", PREV_CLOSE),
        Extra("open", "price", OPEN),
        Extra("trading_day", "instant", TRADING_DAY),
        Extra("ce", "twice", MIDPOINT),
        Extra("near_quarter", "twice", NEAR_QUARTER),
        Extra("far_quarter", "twice", FAR_QUARTER),
    ),
    labels=LABELS,
    refuses=refuses,
)
