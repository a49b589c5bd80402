"""Displacement: a wide, full-bodied bar, or a short run of bars, that shows urgency (ICT.md §4.4, C28).

Bar form: bar i is a displacement when its range is above zero, at least ``range_atr`` times the average
true range through bar i-1, and its body is at least ``body_share`` of its range; its direction is that of
its body. Leg form: the last m bars, m = 2 or else 3, all close on the same side of their opens; from the
first open to the last close they go at least ``leg_atr`` times the average true range through the bar
before them; and their bodies together are at least ``body_share`` of the range they span. A bar without
body breaks the run. One event for the smallest m.
``form`` chooses the bars, the legs, or both; the label says which one it is. ``formed_at`` is the first
bar, ``confirmed_at`` the close of the last; a point event without a life. ``size_atr`` is the range,
``net_atr`` the way from first open to last close in the same unit, ``body_frac`` the share of the bodies in
the range. While the average true range is undefined or zero (C6) the detector is silent.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, stamp
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

SHARE_SCALE = 10_000
"""Fractions are compared as integers with four decimals, never as floats (C7)."""

SINGLE = 1
LEG = 2

MOST_LEG = 3
"""Bars of the longest leg."""

PAST = np.dtype(
    [
        ("open", np.int64),
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64),
        ("ts", np.int64),
        ("atr", np.float64),
    ]
)

STATE = np.dtype(
    [
        ("range_atr", np.float64),
        ("body_share", np.int64),
        ("leg_atr", np.float64),
        ("singles", np.int64),  # 1 when bars are reported
        ("legs", np.int64),  # 1 when legs are reported
        ("serial", np.int64),
        ("past", PAST, MOST_LEG),  # by bar index modulo their number
    ]
)

LABELS = {(1, SINGLE): "BAR", (-1, SINGLE): "BAR", (1, LEG): "LEG", (-1, LEG): "LEG"}


class DisplacementParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        range_atr: least range, in average true ranges.
        body_share: least body as a fraction of the range, four decimals.
        form: ``bar``, ``leg`` or ``both``.
        leg_atr: least way of a leg, in average true ranges.
    """

    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6
    form: Literal["bar", "leg", "both"] = "bar"
    leg_atr: Annotated[float, Meta(gt=0)] = 2.0


def init_state(params: DisplacementParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    state[0]["leg_atr"] = params.leg_atr
    state[0]["singles"] = params.form != "leg"
    state[0]["legs"] = params.form != "bar"
    return state


@kernel
def displacement_direction(
    open_: int, high: int, low: int, close: int, atr: float, range_atr: float, body_share: int
) -> int:
    """+1 or -1 when the bar is a displacement, else 0; ``body_share`` in ten-thousandths."""
    span = high - low
    body = close - open_
    if span <= 0 or atr <= 0.0 or float(span) < range_atr * atr:
        return 0
    if SHARE_SCALE * abs(body) < body_share * span:
        return 0
    if body > 0:
        return 1
    if body < 0:
        return -1
    return 0


@kernel
def confirm(
    state: Any, events: Any, count: int, bar: Any, bars: int, bodies: int, high: int, low: int
) -> int:
    """Append the displacement of the last ``bars`` bars, whose bodies add up to ``bodies``, signed."""
    first = state["past"][(bar["bar"] - bars + 1) % MOST_LEG]
    direction = 1 if bodies > 0 else -1
    start = bar["bar"] - bars + 1
    marks = SPANS_GAP if spans_gap(bar, start) else 0
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = start
    event["formed_ts"] = first["ts"]
    event["label"] = SINGLE if bars == 1 else LEG
    event["bottom"] = low
    event["top"] = high
    event["size_atr"] = (high - low) / first["atr"]
    event["extra"][0] = bars
    event["ratio"][0] = abs(bodies) / (high - low)
    event["ratio"][1] = abs(bar["close"] - first["open"]) / first["atr"]
    state["serial"] += 1
    return count


@kernel
def confirm_leg(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append the shortest leg that ends with the current bar, if there is one."""
    past = state["past"]
    index = bar["bar"]
    bodies, high, low = bar["close"] - bar["open"], bar["high"], bar["low"]
    colour = bodies
    for bars in range(2, min(MOST_LEG, index + 1) + 1):
        first = past[(index - bars + 1) % MOST_LEG]
        body = first["close"] - first["open"]
        if (colour > 0) != (body > 0) or (colour < 0) != (body < 0) or body == 0:
            return count
        bodies += body
        high = max(high, first["high"])
        low = min(low, first["low"])
        net = abs(bar["close"] - first["open"])
        far = first["atr"] > 0.0 and float(net) >= state["leg_atr"] * first["atr"]
        if far and SHARE_SCALE * abs(bodies) >= state["body_share"] * (high - low):
            return confirm(state, events, count, bar, bars, bodies, high, low)
    return count


@kernel
def remember(state: Any, bar: Any) -> None:
    """Keep the current bar."""
    past = state["past"][bar["bar"] % MOST_LEG]
    past["open"] = bar["open"]
    past["high"] = bar["high"]
    past["low"] = bar["low"]
    past["close"] = bar["close"]
    past["ts"] = bar["ts"]
    past["atr"] = bar["atr"]


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    high, low = bar["high"], bar["low"]
    direction = 0
    if state["singles"] == 1:
        direction = displacement_direction(
            bar["open"], high, low, bar["close"], bar["atr"], state["range_atr"], state["body_share"]
        )
    if direction != 0 or state["legs"] == 1:
        remember(state, bar)
    if direction != 0:
        count = confirm(state, events, count, bar, 1, bar["close"] - bar["open"], high, low)
    if state["legs"] == 1:
        count = confirm_leg(state, events, count, bar)
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
    name="displacement",
    version=3,
    summary="wide, full-bodied bars and short runs",
    phase=3,
    params=DisplacementParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "spans_gap"),
    extras=(Extra("bars", "count", 0), Extra("body_frac", "ratio", 0), Extra("net_atr", "ratio", 1)),
    labels=LABELS,
)
