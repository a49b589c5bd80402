"""Higher-timeframe bias: which side four causal readings of the larger picture favour (ICT.md §10.2, C49).

At the close of every bar each reading gives +1, -1 or 0:

- structure: the direction of the last break of structure on complete bars of the higher timeframe (the
  layer: H1, H4, D1; swings of ``left`` and ``right`` of its bars);
- day: of the last complete trading day against the one before it: +1 for a close above that day's high,
  -1 below its low; -1 when it only wicked above the high, +1 when it only wicked below the low; 0 when it
  wicked both; an inside day keeps the reading before it (0 at the start);
- range: +1 while the close is in the lower half of the last ``range_days`` complete days (discount), -1
  in the upper half, 0 at the middle or before that many days are known;
- open: +1 below the midnight open of the trading day (discount), -1 above it, 0 on it or before it. The
  sources leave the sign open; discount means buying here as it does in the range.

The bias is the sign of the weighted sum; it is 0 while the sum is less than a quarter of all weights.
Every change of the bias is an object, confirmed at the close that changed it and superseded by the next.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import CONFIRMED, EVENT, MOST_PER_BAR, SUPERSEDED, relate, stamp
from ictcli.detectors.bias.higher import HIGHER, init_higher, leave, take
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.structure import structure, swing
from ictcli.kernels import hot_kernel, kernel

MOST_DAYS = 60
_NESTED = 16
"""Levels the nested swing and structure steps may keep; only the last break is asked of them."""

DAYS = np.dtype(
    [
        ("known", np.int64),  # complete trading days seen
        ("day", np.int64),  # the one in progress, -1 before the first
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64),
        ("highs", np.int64, MOST_DAYS),  # ring of complete days
        ("lows", np.int64, MOST_DAYS),
        ("top", np.int64),  # of the last ``range_days`` complete days
        ("bottom", np.int64),
        ("reading", np.int64),
        ("opened", np.int64),  # trading day whose midnight open is known
        ("midnight", np.int64),
    ]
)

STATE = np.dtype(
    [
        ("higher", HIGHER),
        ("swing", swing.STATE),
        ("structure", structure.STATE),
        ("days", DAYS),
        ("range_days", np.int64),
        ("weights", np.int64, 4),
        ("trend", np.int64),
        ("serial", np.int64),
        ("held", EVENT),
    ]
)


class HtfBiasParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        minutes: length of the higher timeframe's bars.
        left: higher bars before a swing that it must strictly exceed.
        right: higher bars after a swing that may not exceed it.
        range_days: complete trading days of the range reading.
        structure_weight: weight of the structure reading.
        day_weight: weight of the day reading.
        range_weight: weight of the range reading.
        open_weight: weight of the open reading.
    """

    minutes: Annotated[int, Meta(ge=2, le=1440)] = 240
    left: Annotated[int, Meta(ge=1, le=100)] = 2
    right: Annotated[int, Meta(ge=1, le=100)] = 2
    range_days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 20
    structure_weight: Annotated[int, Meta(ge=0, le=100)] = 1
    day_weight: Annotated[int, Meta(ge=0, le=100)] = 1
    range_weight: Annotated[int, Meta(ge=0, le=100)] = 1
    open_weight: Annotated[int, Meta(ge=0, le=100)] = 1


def init_state(params: HtfBiasParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    init_higher(own["higher"], params.minutes)
    swings = swing.SwingParams(left=params.left, right=params.right, max_active=_NESTED)
    own["swing"] = swing.init_state(swings, bar_ns)[0]
    own["structure"] = structure.init_state(structure.StructureParams(max_active=_NESTED), bar_ns)[0]
    own["days"]["day"] = own["days"]["opened"] = -(2**31)
    own["range_days"] = params.range_days
    own["weights"] = (
        *(params.structure_weight, params.day_weight),
        *(params.range_weight, params.open_weight),
    )
    return state


def refuses(params: HtfBiasParams, bar_ns: int) -> str:
    """Why it cannot work on bars of this length."""
    if bar_ns >= params.minutes * NS_PER_MINUTE or bar_ns % NS_PER_MINUTE:
        return f"needs bars shorter than {params.minutes} minutes"
    return ""


@kernel
def follow_structure(state: Any, events: Any, count: int) -> None:
    """Give the complete higher bar to the nested swings and breaks; ``events`` is scratch from ``count``."""
    bar = state["higher"]["complete"]
    swings = swing.step(state["swing"], events, count, bar)
    last = structure.step(state["structure"], events, swings, bar, events, count, swings)
    for at in range(swings, last):
        if events[at]["record"] == CONFIRMED:
            state["trend"] = events[at]["direction"]


@kernel
def read_day(days: Any, high: int, low: int, close: int) -> int:
    """The reading of a day of these prices, which is now complete, against the day before it."""
    last = (days["known"] - 1) % MOST_DAYS
    above = days["highs"][last]
    below = days["lows"][last]
    if close > above:
        return 1
    if close < below:
        return -1
    if high > above and low < below:
        return 0
    if high > above:
        return -1
    if low < below:
        return 1
    return int(days["reading"])


@kernel
def end_day(days: Any, range_days: int) -> None:
    """Take the day in progress as complete."""
    if days["known"] > 0:
        days["reading"] = read_day(days, days["high"], days["low"], days["close"])
    slot = days["known"] % MOST_DAYS
    days["highs"][slot] = days["high"]
    days["lows"][slot] = days["low"]
    days["known"] += 1
    if days["known"] >= range_days:
        top = days["high"]
        bottom = days["low"]
        for back in range(1, range_days):
            other = (days["known"] - 1 - back) % MOST_DAYS
            top = max(top, days["highs"][other])
            bottom = min(bottom, days["lows"][other])
        days["top"] = top
        days["bottom"] = bottom


@kernel
def follow_day(days: Any, bar: Any, range_days: int) -> None:
    """Take the current bar into its trading day."""
    if bar["day"] != days["day"]:
        if days["day"] != -(2**31):
            end_day(days, range_days)
        days["day"] = bar["day"]
        days["high"] = bar["high"]
        days["low"] = bar["low"]
    days["high"] = max(days["high"], bar["high"])
    days["low"] = min(days["low"], bar["low"])
    days["close"] = bar["close"]
    if days["opened"] != bar["day"] and bar["minute"] < 17 * 60 and bar["closed"] == 0:
        days["opened"] = bar["day"]
        days["midnight"] = bar["open"]


@kernel
def sign(value: int) -> int:
    """+1, 0 or -1."""
    if value > 0:
        return 1
    if value < 0:
        return -1
    return 0


@kernel
def announce(state: Any, events: Any, count: int, bar: Any, bias: int, readings: tuple[int, int, int]) -> int:
    """End the last bias and confirm a new one."""
    held = state["held"]
    if state["serial"] > 0:
        count = relate(events, count, held, bar, SUPERSEDED)
    event = events[count]
    count = stamp(events, count, bar, bias, state["serial"], 0)
    event["extra"][0] = state["trend"]
    event["extra"][1] = readings[0]
    event["extra"][2] = readings[1]
    event["extra"][3] = readings[2]
    event["bottom"] = bar["close"]
    event["top"] = bar["close"]
    state["held"] = event
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    higher = state["higher"]
    if leave(higher, bar):
        follow_structure(state, events, count)
    if take(higher, bar):
        follow_structure(state, events, count)
    days = state["days"]
    follow_day(days, bar, state["range_days"])
    close = bar["close"]
    day = days["reading"]
    place = 0
    if days["known"] >= state["range_days"]:
        place = sign(days["top"] + days["bottom"] - 2 * close)
    opened = 0
    if days["opened"] == bar["day"]:
        opened = sign(days["midnight"] - close)
    weights = state["weights"]
    total = weights[0] * state["trend"] + weights[1] * day + weights[2] * place + weights[3] * opened
    bias = sign(total)
    if 4 * abs(total) < weights[0] + weights[1] + weights[2] + weights[3]:
        bias = 0
    held = state["held"]
    last = 0
    if state["serial"] > 0:
        last = held["direction"]
    if bias != last:
        count = announce(state, events, count, bar, bias, (day, place, opened))
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
    name="htf_bias",
    version=1,
    summary="bias of the higher timeframe from structure, day, range and open",
    phase=8,
    params=HtfBiasParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level",),
    ends=("superseded",),
    extras=(
        Extra("structure_reading", "signed", 0),
        Extra("day_reading", "signed", 1),
        Extra("range_reading", "signed", 2),
        Extra("open_reading", "signed", 3),
    ),
    layers={"H1": {"minutes": 60}, "H4": {"minutes": 240}, "D1": {"minutes": 1440}},
    uses_atr=False,
    refuses=refuses,
)
