"""Volatility spike: a return far outside what the bars before it show (ICT.md §12).

``r = ln(close[i] / close[i-1])``; sigma is the sample standard deviation (about the window mean, n - 1) of
the n = ``length`` returns before it, bar i excluded; ``z = r / sigma`` without taking the mean off r. An
alert is ``|z| >= threshold_sigma``; its direction is the sign of r, and the columns ``r`` and ``z`` are
sizes. There is no z with fewer than n returns, when the largest and the smallest return of the window are
equal (C9), or when sigma is zero. Logarithms are those of the C library, sums are plain loops over the
window (C7, C8).
With ``scale = "ewma"`` sigma is the root of the mean of the squared returns of the window with weights
0.94, 0.94^2, ... backward in time; with ``scale = "mad"`` it is 1.4826 times the median distance from the
median (the mean of the two middle ones when n is even), so that one spike does not hide the next.
After an alert the detector is silent until it is "rearmed", at the first later bar that is more than
``cooldown`` bars after the alert and, with ``rearm_sigma`` above zero, has ``|z| < rearm_sigma``; a bar can
rearm and alert at once. Under the defaults every bar beyond the threshold is an alert. A bar without z
does not rearm while ``rearm_sigma`` is above zero.
Prices may be negative: a return between two negative closes is minus the logarithm of their ratio, so that
negated bars give negated returns; between closes of different sign, or zero, there is none, and the window
starts anew. Log returns scale with prices but do not survive a shift of them (P5).
Known at the close of bar i.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR, REARMED, SPANS_GAP, relate, stamp
from ictcli.detectors.detector import Detector, Extra
from ictcli.kernels import hot_kernel, kernel

MOST = 1024
"""Longest window."""
DECAY = 0.94
NORMAL = 1.4826
"""Standard deviations of a normal distribution per median absolute deviation."""
SCALES = ("deviation", "ewma", "mad")

STATE = np.dtype(
    [
        ("length", np.int64),
        ("scale", np.int64),  # number in SCALES
        ("threshold", np.float64),
        ("cooldown", np.int64),
        ("rearm", np.float64),
        ("serial", np.int64),
        ("known", np.int64),  # returns in a row
        ("close", np.int64),  # of the previous bar
        ("waiting", np.int64),  # 1 from an alert until it is rearmed
        ("alert", EVENT),
        ("past", np.float64, 2 * MOST),  # ring of returns, written twice so that a window is one stretch
        ("sorted", np.float64, MOST),
    ]
)


class VolatilitySpikeParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        length: returns in the window.
        threshold_sigma: least size of the return, in sigmas.
        scale: how sigma is measured.
        cooldown: bars after an alert without another.
        rearm_sigma: size below which a return must fall before the next alert, in sigmas; 0 for none.
    """

    length: Annotated[int, Meta(ge=2, le=1024)] = 20
    threshold_sigma: Annotated[float, Meta(gt=0)] = 2.0
    scale: Literal["deviation", "ewma", "mad"] = "deviation"
    cooldown: Annotated[int, Meta(ge=0)] = 0
    rearm_sigma: Annotated[float, Meta(ge=0)] = 0.0


def init_state(params: VolatilitySpikeParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["length"] = params.length
    state[0]["scale"] = SCALES.index(params.scale)
    state[0]["threshold"] = params.threshold_sigma
    state[0]["cooldown"] = params.cooldown
    state[0]["rearm"] = params.rearm_sigma
    return state


@kernel
def varies(state: Any) -> bool:
    """Whether the returns of the window differ."""
    past = state["past"]
    at = 1
    while at < state["length"] and past[at] == past[0]:
        at += 1
    return bool(at < state["length"])


@kernel
def deviation(state: Any) -> float:
    """Sample standard deviation of the window."""
    past = state["past"]
    size = state["length"]
    oldest = state["known"] % size
    total = 0.0
    for at in range(oldest, oldest + size):
        total += past[at]
    mean = total / size
    squares = 0.0
    for at in range(oldest, oldest + size):
        away = past[at] - mean
        squares += away * away
    return math.sqrt(squares / (size - 1))


@kernel
def weighted(state: Any) -> float:
    """Root of the exponentially weighted mean square of the window."""
    past = state["past"]
    size = state["length"]
    squares = 0.0
    weights = 0.0
    weight = 1.0
    newest = state["known"] % size + size - 1
    for age in range(size):
        weight *= DECAY
        value = past[newest - age]
        squares += weight * (value * value)
        weights += weight
    return math.sqrt(squares / weights)


@kernel
def median(values: Any, size: int) -> float:
    """The median of the first ``size`` values, which are sorted in place."""
    for at in range(1, size):
        value = values[at]
        place = at
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
    return float((values[(size - 1) // 2] + values[size // 2]) / 2.0)


@kernel
def spread_about_median(state: Any) -> float:
    """Scaled median absolute deviation of the window."""
    values = state["sorted"]
    size = state["length"]
    for at in range(size):
        values[at] = state["past"][at]
    middle = median(values, size)
    for at in range(size):
        values[at] = abs(state["past"][at] - middle)
    return NORMAL * median(values, size)


@kernel
def sigma_of(state: Any) -> float:
    """Sigma of the window before the current bar; 0.0 when there is none."""
    if state["known"] < state["length"] or not varies(state):
        return 0.0
    if state["scale"] == 0:
        return deviation(state)
    if state["scale"] == 1:
        return weighted(state)
    return spread_about_median(state)


@kernel
def rearms(state: Any, bar: Any, value: float, sigma: float) -> bool:
    """Whether the current bar ends the silence after the last alert."""
    if state["waiting"] == 0 or bar["bar"] - state["alert"]["confirmed"] <= state["cooldown"]:
        return False
    return bool(state["rearm"] == 0.0 or (sigma > 0.0 and abs(value) < state["rearm"] * sigma))


@kernel
def judge(state: Any, events: Any, count: int, bar: Any, value: float) -> int:
    """Compare the return of the current bar with the window before it."""
    sigma = sigma_of(state)
    if rearms(state, bar, value, sigma):
        count = relate(events, count, state["alert"], bar, REARMED)
        state["waiting"] = 0
    if sigma == 0.0 or state["waiting"] == 1 or abs(value / sigma) < state["threshold"]:
        return count
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 1) else 0
    count = stamp(events, count, bar, 1 if value > 0.0 else -1, state["serial"], marks)
    event["ratio"][0] = abs(value)
    event["ratio"][1] = sigma
    event["ratio"][2] = abs(value / sigma)
    state["serial"] += 1
    state["waiting"] = 1
    state["alert"] = event
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    close = bar["close"]
    last = state["close"]
    state["close"] = close
    if (close > 0 and last > 0) or (close < 0 and last < 0):
        value = math.log(close / last)
        if close < 0:
            value = -value
        count = judge(state, events, count, bar, value)
        slot = state["known"] % state["length"]
        state["past"][slot] = value
        state["past"][slot + state["length"]] = value
        state["known"] += 1
    else:
        state["known"] = 0
        count = judge(state, events, count, bar, 0.0)
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
    name="volatility_spike",
    version=1,
    summary="returns far outside what the bars before them show",
    phase=3,
    params=VolatilitySpikeParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("spans_gap",),
    ends=("rearmed",),
    extras=(Extra("r", "ratio", 0), Extra("sigma", "ratio", 1), Extra("z", "ratio", 2)),
    uses_atr=False,
)
