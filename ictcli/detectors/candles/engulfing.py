"""Engulfing: a body that swallows the opposite body before it (ICT.md §12).

Bullish at bar i when bar i-1 closes below its open, bar i closes above its own, opens at or below the
close of i-1, closes at or above the open of i-1, and its body is larger (strictly). The opens compare
non-strictly, because in currencies a bar opens where the last one closed. A bearish engulfing is a bullish
one on negated bars.
Two filters, off by default as those of the other detectors are: ``min_body_atr`` asks for a body of bar i
of at least so many average true ranges through bar i-1 (§12 names 0.5) and silences the detector while the
average is undefined; ``require_trend`` asks for ``against_trend``.
``against_trend`` tells whether the closes came from the other side: ``close[i-2] < close[i-7]`` for a
bullish one (false for the first seven bars).
``bottom`` and ``top`` are the lowest low and the highest high of both bars; ``size_atr`` is the body.
Anchor is bar i. Known at its close; a point event.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, OWN_MARK, SPANS_GAP, stamp
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

BEFORE = 7
"""Bars back to the older of the two closes that show the trend."""
RING = 8
AGAINST_TREND = OWN_MARK

STATE = np.dtype(
    [
        ("min_body_atr", np.float64),
        ("require_trend", np.int64),
        ("serial", np.int64),
        ("open", np.int64),  # of the previous bar
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64, RING),  # by bar
    ]
)


class EngulfingParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        min_body_atr: least body of the engulfing bar, in average true ranges; 0 takes every body.
        require_trend: whether the closes before must have moved the other way.
    """

    min_body_atr: Annotated[float, Meta(ge=0)] = 0.0
    require_trend: bool = False


def init_state(params: EngulfingParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["min_body_atr"] = params.min_body_atr
    state[0]["require_trend"] = params.require_trend
    return state


@kernel
def engulfs(state: Any, bar: Any, direction: int) -> bool:
    """Whether the bar engulfs the one before it in this direction."""
    before = direction * (state["close"][(bar["bar"] - 1) % RING] - state["open"])
    body = direction * (bar["close"] - bar["open"])
    if before >= 0 or body <= -before:
        return False
    if direction * (bar["open"] - state["close"][(bar["bar"] - 1) % RING]) > 0:
        return False
    if direction * (bar["close"] - state["open"]) < 0:
        return False
    least = state["min_body_atr"]
    return bool(least == 0.0 or (bar["atr"] > 0.0 and float(body) >= least * bar["atr"]))


@kernel
def against_trend(state: Any, bar: Any, direction: int) -> bool:
    """Whether the closes before the pattern moved the other way."""
    index = bar["bar"]
    if index < BEFORE:
        return False
    return bool(
        direction * (state["close"][(index - 2) % RING] - state["close"][(index - BEFORE) % RING]) < 0
    )


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, direction: int) -> int:
    """Append the engulfing bar, unless its trend is wanted and wrong."""
    turning = against_trend(state, bar, direction)
    if state["require_trend"] == 1 and not turning:
        return count
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 1) else 0
    if turning:
        marks |= AGAINST_TREND
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["bottom"] = min(bar["low"], state["low"])
    event["top"] = max(bar["high"], state["high"])
    event["size_atr"] = in_atr(abs(bar["close"] - bar["open"]), bar)
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    close = bar["close"]
    open_ = bar["open"]
    if bar["bar"] > 0 and close != open_:
        direction = 1 if close > open_ else -1
        if engulfs(state, bar, direction):
            count = confirm(state, events, count, bar, direction)
    state["open"] = open_
    state["high"] = bar["high"]
    state["low"] = bar["low"]
    state["close"][bar["bar"] % RING] = close
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
    name="engulfing",
    version=2,
    summary="bodies that swallow the opposite body before them",
    phase=3,
    params=EngulfingParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap"),
    extras=(Extra("against_trend", "flag", AGAINST_TREND),),
)
