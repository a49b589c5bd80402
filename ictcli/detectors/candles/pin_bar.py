"""Pin bar: a long wick that rejects prices, with the body at the other end (ICT.md §12).

Bullish when the range is above zero and the lower wick, ``min(open, close) - low``, is at least
``wick_body`` times the body and at least ``wick_share`` of the range, and the body lies in the upper third
of the range: ``3 * (high - min(open, close)) <= high - low``. A bearish pin bar is a bullish one on
negated bars. ``wick_frac`` is the wick over the range; ``size_atr`` the range in average true ranges
through the bar before, of which at least ``min_range_atr`` are asked for (above zero this silences the
detector while the average is undefined). Known at its own close; a point event.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import MOST_PER_BAR, stamp
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype(
    [
        ("wick_body", np.int64),  # ten-thousandths
        ("wick_share", np.int64),  # ten-thousandths
        ("min_range_atr", np.float64),
        ("serial", np.int64),
    ]
)


class PinBarParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        wick_body: least wick as a multiple of the body, four decimals.
        wick_share: least wick as a fraction of the range, four decimals; above one half, so that no bar
            points both ways.
        min_range_atr: least range, in average true ranges; 0 takes every range.
    """

    wick_body: Annotated[float, Meta(ge=0)] = 2.0
    wick_share: Annotated[float, Meta(gt=0.5, le=1)] = 0.6
    min_range_atr: Annotated[float, Meta(ge=0)] = 0.0


def init_state(params: PinBarParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["wick_body"] = round(params.wick_body * SHARE_SCALE)
    state[0]["wick_share"] = round(params.wick_share * SHARE_SCALE)
    state[0]["min_range_atr"] = params.min_range_atr
    return state


@kernel
def is_pin(state: Any, wick: int, body: int, span: int) -> bool:
    """Whether a wick of a bar with this body and range makes it a pin bar."""
    if SHARE_SCALE * wick < state["wick_share"] * span or SHARE_SCALE * wick < state["wick_body"] * body:
        return False
    return bool(3 * (span - wick) <= span)


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, direction: int, wick: int) -> int:
    """Append the pin bar, unless it is too small."""
    span = bar["high"] - bar["low"]
    least = state["min_range_atr"]
    if least > 0.0 and (bar["atr"] <= 0.0 or float(span) < least * bar["atr"]):
        return count
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], 0)
    event["bottom"] = bar["low"]
    event["top"] = bar["high"]
    event["size_atr"] = in_atr(span, bar)
    event["ratio"][0] = wick / span
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    span = bar["high"] - bar["low"]
    if span <= 0:
        return count
    upper = max(bar["open"], bar["close"])
    lower = min(bar["open"], bar["close"])
    if is_pin(state, lower - bar["low"], upper - lower, span):
        return confirm(state, events, count, bar, 1, lower - bar["low"])
    if is_pin(state, bar["high"] - upper, upper - lower, span):
        return confirm(state, events, count, bar, -1, bar["high"] - upper)
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
    name="pin_bar",
    version=1,
    summary="long wicks with the body at the other end",
    phase=3,
    params=PinBarParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr"),
    extras=(Extra("wick_frac", "ratio", 0),),
)
