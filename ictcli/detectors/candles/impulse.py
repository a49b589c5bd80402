"""Impulse: a net move of few bars that is large and straight (ICT.md §12).

At bar i the closes moved by ``d = close[i] - close[i-m]`` (m = ``length``); it is an impulse when
``|d| >= range_atr * ATR * sqrt(m)`` with the average true range through bar i-m, so that the move does not
raise its own hurdle, and ``|d| >= efficiency`` times the sum of the m true ranges. Its direction is the
sign of d. After an impulse the next m bars give none of the same direction (one report per run).
While the average is undefined or zero (C6) the detector is silent.
``formed_at`` is bar i-m+1, the first of the move; ``bottom`` and ``top`` are the two closes; ``size_atr``
is ``|d|`` in those average true ranges; ``path_share`` is ``|d|`` over the sum of the true ranges.
Known at the close of bar i; a point event.
"""

import math
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, place, stamp
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.kernels import hot_kernel, kernel

RING = 64
"""Bars remembered; ``length`` stays below it."""

STATE = np.dtype(
    [
        ("length", np.int64),
        ("least_atr", np.float64),  # range_atr times the root of the length
        ("efficiency", np.int64),  # ten-thousandths
        ("serial", np.int64),
        ("quiet", np.int64, 2),  # by side: bar up to which no impulse is reported
        ("close", np.int64, RING),  # by bar
        ("true_range", np.int64, RING),
        ("atr", np.float64, RING),  # through the bar before
        ("ts", np.int64, RING),
    ]
)


class ImpulseParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        length: bars of the move.
        range_atr: least net move over the root of ``length``, in average true ranges.
        efficiency: least net move as a fraction of the sum of the true ranges, four decimals.
    """

    length: Annotated[int, Meta(ge=1, le=60)] = 3
    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    efficiency: Annotated[float, Meta(ge=0, le=1)] = 0.6


def init_state(params: ImpulseParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["length"] = params.length
    state[0]["least_atr"] = params.range_atr * math.sqrt(params.length)
    state[0]["efficiency"] = round(params.efficiency * SHARE_SCALE)
    state[0]["quiet"] = -1
    return state


@kernel
def remember(state: Any, bar: Any) -> None:
    """Take the current bar into the rings."""
    slot = bar["bar"] % RING
    true_range = bar["high"] - bar["low"]
    if bar["bar"] > 0:
        previous = state["close"][(bar["bar"] - 1) % RING]
        true_range = max(true_range, abs(bar["high"] - previous), abs(bar["low"] - previous))
    state["close"][slot] = bar["close"]
    state["true_range"][slot] = true_range
    state["atr"][slot] = bar["atr"]
    state["ts"][slot] = bar["ts"]


@kernel
def path(state: Any, index: int) -> int:
    """The sum of the true ranges of the ``length`` bars up to the current one."""
    total = 0
    for bar in range(index - state["length"] + 1, index + 1):
        total += state["true_range"][bar % RING]
    return total


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, move: int, scale: float) -> int:
    """Append the impulse of a net move, unless it is crooked or belongs to one already told."""
    index = bar["bar"]
    side = 0 if move > 0 else 1
    travelled = path(state, index)
    if index <= state["quiet"][side] or SHARE_SCALE * abs(move) < state["efficiency"] * travelled:
        return count
    direction = 1 - 2 * side
    first = index - state["length"]
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], SPANS_GAP if spans_gap(bar, first) else 0)
    event["formed"] = first + 1
    event["formed_ts"] = state["ts"][(first + 1) % RING]
    signed_close = direction * bar["close"]
    place(event, direction, signed_close - abs(move), signed_close)
    event["size_atr"] = abs(move) / scale
    event["ratio"][0] = abs(move) / travelled
    state["quiet"][side] = index + state["length"]
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    remember(state, bar)
    first = bar["bar"] - state["length"]
    if first >= 0:
        move = bar["close"] - state["close"][first % RING]
        scale = state["atr"][(first + 1) % RING]
        if scale > 0.0 and move != 0 and float(abs(move)) >= state["least_atr"] * scale:
            count = confirm(state, events, count, bar, move, scale)
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
    name="impulse",
    version=1,
    summary="large and straight net moves of few bars",
    phase=3,
    params=ImpulseParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap"),
    extras=(Extra("path_share", "ratio", 0),),
)
