"""Turtle soup: a failed break of the extreme of the last bars (ICT.md §7.3, after Raschke and Connors).

Bullish at bar j: the reference is the lowest low of the ``lookback`` bars before j, of its most recent bar
q on ties; q lies at least ``min_age`` bars before j; bar j trades strictly below the reference and closes
strictly above it. Bearish is the same on negated bars. Known at the close of j; a point event, silent
while fewer than ``lookback`` bars lie before j. The original trades days; any bars will do.
With ``plus_one`` a bar j that trades below the reference and does not close above it has one more bar to
fail: when bar j+1 closes strictly above the reference, the pattern is known at the close of j+1, labelled
PLUS_ONE. The reference stays that of bar j.
``formed_at`` is the bar j, ``level`` the reference, ``reference_at`` the open of q, ``reference_age`` the
bars from q to j; ``depth`` is the distance from the reference to the extreme of j (or of j and j+1), beyond
which the stop goes.
"""

import math
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, place, stamp
from ictcli.detectors.base.pivots import PIVOTS, low_at, push_bar
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

MOST_BARS = 500
"""Largest ``lookback``."""

SAME_BAR, PLUS_ONE = 1, 2
"""Labels."""

STATE = np.dtype(
    [
        ("past", PIVOTS),  # highs and lows of the bars before
        ("lookback", np.int64),
        ("min_age", np.int64),
        ("serial", np.int64),
        ("lowest", np.int64, 2),  # signed, of the last ``lookback`` bars
        ("at", np.int64, 2),  # its bar, the latest on ties
        ("plus_one", np.int64),
        ("waiting", np.int64, 2),  # 1 when the last bar broke the side's reference and did not fail
        ("broken", np.int64, 2),  # that reference, signed
        ("broken_at", np.int64, 2),  # its bar
    ]
)


class TurtleSoupParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        lookback: bars before the current one whose extreme is the reference.
        min_age: least number of bars from the reference to the current one.
        plus_one: whether a break may also fail on the bar after it.
    """

    lookback: Annotated[int, Meta(ge=1, le=MOST_BARS)] = 20
    min_age: Annotated[int, Meta(ge=1, le=MOST_BARS)] = 4
    plus_one: bool = False


def init_state(params: TurtleSoupParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["lookback"] = params.lookback
    state[0]["min_age"] = params.min_age
    state[0]["plus_one"] = params.plus_one
    return state


@kernel
def confirm(
    state: Any, events: Any, count: int, bar: Any, side: int, low: int, reference: int, at: int, formed: int
) -> int:
    """Append the failed break of a reference, the signed low of bar ``at``, by the bar ``formed``."""
    past = state["past"]
    event = events[count]
    count = stamp(events, count, bar, 1 - 2 * side, state["serial"], SPANS_GAP if spans_gap(bar, at) else 0)
    event["label"] = SAME_BAR
    if formed < bar["bar"]:
        event["label"] = PLUS_ONE
        event["formed"] = formed
        event["formed_ts"] = past["ts"][formed % len(past["ts"])]
    depth = reference - low
    event["extra"][0] = past["ts"][at % len(past["ts"])]
    event["extra"][1] = formed - at
    event["extra"][2] = depth
    event["ratio"][0] = depth / bar["atr"] if bar["atr"] > 0.0 else math.nan
    place(event, 1 - 2 * side, reference, reference)
    state["serial"] += 1
    return count


@kernel
def judge(state: Any, events: Any, count: int, bar: Any, side: int, low: int, close: int) -> int:
    """Take a bar that trades beyond the reference of a side."""
    index = bar["bar"]
    at = state["at"][side]
    if index < state["lookback"] or index - at < state["min_age"]:
        return count
    reference = state["lowest"][side]
    if close > reference:
        return confirm(state, events, count, bar, side, low, reference, at, index)
    state["waiting"][side] = state["plus_one"]
    state["broken"][side] = reference
    state["broken_at"][side] = at
    return count


@kernel
def judge_later(state: Any, events: Any, count: int, bar: Any, side: int, low: int, close: int) -> int:
    """Take the bar after one that broke the reference of a side."""
    state["waiting"][side] = 0
    reference = state["broken"][side]
    if close <= reference:
        return count
    before = bar["bar"] - 1
    low = min(low, low_at(state["past"], side, before))
    return confirm(state, events, count, bar, side, low, reference, state["broken_at"][side], before)


@kernel
def look_back(state: Any, bar: Any, side: int, low: int) -> None:
    """Bring the reference of a side up to date once the current bar is remembered."""
    index = bar["bar"]
    if index == 0 or low <= state["lowest"][side]:
        state["lowest"][side] = low
        state["at"][side] = index
        return
    oldest = index - state["lookback"] + 1
    if state["at"][side] >= oldest:
        return
    best = oldest
    for other in range(oldest + 1, index + 1):
        if low_at(state["past"], side, other) <= low_at(state["past"], side, best):
            best = other
    state["at"][side] = best
    state["lowest"][side] = low_at(state["past"], side, best)


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    low = bar["low"]
    high = bar["high"]
    if state["waiting"][0] == 1:
        count = judge_later(state, events, count, bar, 0, low, bar["close"])
    if state["waiting"][1] == 1:
        count = judge_later(state, events, count, bar, 1, -high, -bar["close"])
    if low < state["lowest"][0]:
        count = judge(state, events, count, bar, 0, low, bar["close"])
    if -high < state["lowest"][1]:
        count = judge(state, events, count, bar, 1, -high, -bar["close"])
    push_bar(state["past"], bar["bar"], bar["ts"], high, low)
    look_back(state, bar, 0, low)
    look_back(state, bar, 1, -high)
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
    name="turtle_soup",
    version=1,
    summary="failed breaks of the extreme of the last bars",
    phase=6,
    params=TurtleSoupParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "spans_gap"),
    extras=(
        Extra("reference_at", "instant", 0),
        Extra("reference_age", "count", 1),
        Extra("depth", "points", 2),
        Extra("depth_atr", "ratio", 0),
    ),
    labels={
        (direction, number): word
        for direction in (1, -1)
        for number, word in ((SAME_BAR, "SAME_BAR"), (PLUS_ONE, "PLUS_ONE"))
    },
)
