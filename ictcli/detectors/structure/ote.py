"""Optimal trade entry: the deep retracement of the leg that broke structure (ICT.md §8.2, C47).

After a bullish break the leg runs from its origin (``leg_origin``) to its end, the highest high from there
through the bar before the current one (``leg_end``): inside one bar the order of high and low is unknown.
The zone lies between the retracements ``shallow`` and ``deep`` of the leg, with the ``sweet_spot`` in the
middle of the two. On the bars after the break:

- entered: the first bar with ``high - low[j] >= shallow * (high - origin)``, exact in integers;
- broken: the first bar strictly deeper than ``deep``, only once entered;
- invalidated: the first low below the leg origin; ends it;
- extended: a new high before the zone was entered moves the zone;
- superseded: a new high after it was entered, which is the end of a new object with the same origin, or a
  new break in either direction, which starts a new leg.

A bar that does both is entered with the old high and superseded. ``bottom`` and ``top`` are the
edges of the zone, rounded to points, ``sweet_spot`` to half points; only these columns are rounded.
With ``anchors`` "bodies" the leg runs from the lower end of the body of the origin's bar to the highest end
of a body from there on, and all of the above is measured from these two; what reaches the zone, or falls
below the leg origin, are lows and highs as ever. A leg without height, or whose origin lies more than 1023
bars back, then gives no zone.
Bearish legs are bullish ones on negated bars. ``formed_at`` is the bar of the origin.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    BROKEN,
    CONFIRMED,
    ENTERED,
    EVENT,
    EXTENDED,
    INVALIDATED,
    MOST_PER_BAR,
    SPANS_GAP,
    SUPERSEDED,
    descend,
    place,
    reached,
    relate,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.pivots import RING
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.detectors.structure.structure import AMBIGUOUS, WEAK
from ictcli.kernels import hot_kernel, kernel

LEG_END, SWEET_SPOT = 0, 1
"""Numbers of the extras."""

BREAKS, ITSELF = 0, 1
"""Sources of parents: the fed breaks, and after all feeds the detector itself."""

STATE = np.dtype(
    [
        ("shallow", np.int64),  # SHARE_SCALE-ths of the leg
        ("deep", np.int64),
        ("serial", np.int64),
        ("alive", np.int64),  # 1 while the leg holds
        ("held", EVENT, 1),  # the object
        ("leg", EVENT, 1),  # the break that gave the leg
        ("origin", np.int64),  # signed ends of the leg
        ("high", np.int64),
        ("bodies", np.int64),  # 1: the ends of the leg are those of bodies
        ("body", np.int64, (2, RING)),  # signed lower ends of bodies, by side and bar
    ]
)


class OteParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        shallow: retracement at which the zone begins, as a fraction of the leg, four decimals.
        deep: retracement at which it ends, four decimals.
        anchors: whether the leg is measured between ``wicks`` or ``bodies``.
    """

    shallow: Annotated[float, Meta(gt=0, lt=1)] = 0.62
    deep: Annotated[float, Meta(gt=0, le=1)] = 0.79
    anchors: Literal["wicks", "bodies"] = "wicks"

    def __post_init__(self) -> None:
        if self.deep <= self.shallow:
            raise ValueError(f"deep must be above shallow, not {self.deep} and {self.shallow}")


def init_state(params: OteParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["shallow"] = round(params.shallow * SHARE_SCALE)
    state[0]["deep"] = round(params.deep * SHARE_SCALE)
    state[0]["bodies"] = params.anchors == "bodies"
    return state


@kernel
def share_of(height: int, share: int) -> int:
    """A share of a height to the nearest point, halves up."""
    return int((2 * height * share + SHARE_SCALE) // (2 * SHARE_SCALE))


@kernel
def describe(state: Any, event: Any) -> None:
    """Write the zone of the leg in the state into a record."""
    direction = event["direction"]
    high = state["high"]
    height = high - state["origin"]
    place(event, direction, high - share_of(height, state["deep"]), high - share_of(height, state["shallow"]))
    event["extra"][LEG_END] = direction * high
    event["extra"][SWEET_SPOT] = direction * (2 * high - share_of(height, state["shallow"] + state["deep"]))


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append the zone of the leg in the state."""
    leg = state["leg"][0]
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, leg["origin"]) else 0
    count = stamp(events, count, bar, leg["direction"], state["serial"], marks)
    event["formed"] = leg["origin"]
    event["formed_ts"] = leg["origin_ts"]
    event["origin"] = leg["origin"]
    event["origin_ts"] = leg["origin_ts"]
    event["origin_level"] = leg["direction"] * state["origin"]
    event["size_atr"] = in_atr(state["high"] - state["origin"], bar)
    describe(state, event)
    descend(event, 0, leg, BREAKS)
    state["serial"] += 1
    state["alive"] = 1
    return count


@kernel
def remember(state: Any, bar: Any) -> None:
    """Remember the body of the current bar."""
    slot = bar["bar"] & (RING - 1)
    state["body"][0, slot] = min(bar["open"], bar["close"])
    state["body"][1, slot] = -max(bar["open"], bar["close"])


@kernel
def measure(state: Any, bar: Any, found: Any) -> bool:
    """Set the ends of the leg of a break; whether it has a height."""
    direction = found["direction"]
    state["origin"] = direction * found["origin_level"]
    state["high"] = direction * found["extra"][WEAK]
    if state["bodies"] == 0:
        return True
    origin, last = found["origin"], bar["bar"]
    if last - origin >= RING:
        return False
    side = (1 - direction) // 2
    high = -state["body"][1 - side, last & (RING - 1)]
    for at in range(origin, last):
        high = max(high, -state["body"][1 - side, at & (RING - 1)])
    state["origin"] = state["body"][side, origin & (RING - 1)]
    state["high"] = high
    return bool(high > state["origin"])


@kernel
def hear(state: Any, events: Any, count: int, bar: Any, found: Any) -> int:
    """Start the leg of a break."""
    if state["alive"] == 1:
        count = relate(events, count, state["held"][0], bar, SUPERSEDED)
        state["alive"] = 0
    state["leg"][0] = found
    if not measure(state, bar, found):
        return count
    count = confirm(state, events, count, bar)
    state["held"][0] = events[count - 1]
    return count


@hot_kernel
def watch(state: Any, events: Any, count: int, bar: Any) -> int:
    """Evaluate the zone on the current bar, with the high through the bar before."""
    held = state["held"][0]
    low = bar["low"] if held["direction"] > 0 else -bar["high"]
    height = state["high"] - state["origin"]
    depth = SHARE_SCALE * (state["high"] - low)
    if not reached(held, ENTERED) and depth >= state["shallow"] * height:
        count = relate(events, count, held, bar, ENTERED)
    if not reached(held, BROKEN) and depth > state["deep"] * height:
        count = relate(events, count, held, bar, BROKEN)
    if low < state["origin"]:
        count = relate(events, count, held, bar, INVALIDATED)
        state["alive"] = 0
    return count


@kernel
def follow(state: Any, events: Any, count: int, bar: Any, high: int) -> int:
    """Move the end of the leg to a new signed high of the current bar."""
    held = state["held"][0]
    state["high"] = high
    if not reached(held, ENTERED):
        describe(state, held)
        return relate(events, count, held, bar, EXTENDED)
    count = relate(events, count, held, bar, SUPERSEDED)
    count = confirm(state, events, count, bar)
    descend(events[count - 1], 1, held, ITSELF)
    state["held"][0] = events[count - 1]
    return count


@hot_kernel
def end_of(state: Any, bar: Any) -> int:
    """The signed price of the current bar that may be a new end of the leg."""
    direction = state["held"][0]["direction"]
    if state["bodies"] == 1:
        return int(max(direction * bar["open"], direction * bar["close"]))
    return int(bar["high"] if direction > 0 else -bar["low"])


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, breaks: Any, first: int, last: int) -> int:
    """Take one closed bar and the breaks of it; append what became known; the new count."""
    if state["alive"] == 1:
        count = watch(state, events, count, bar)
    if state["bodies"] == 1:
        remember(state, bar)
    start = state["serial"]
    for at in range(first, last):
        if breaks[at]["record"] == CONFIRMED and breaks[at]["label"] != AMBIGUOUS:
            count = hear(state, events, count, bar, breaks[at])
    if state["alive"] == 1 and state["serial"] == start:
        high = end_of(state, bar)
        if high > state["high"]:
            count = follow(state, events, count, bar, high)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, breaks: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(breaks, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(breaks, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], breaks, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="ote",
    version=1,
    summary="optimal trade entry zones of the current leg",
    phase=5,
    params=OteParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap", "leg_origin_at", "leg_origin"),
    feeds=(Feed("structure", None),),
    ends=("superseded", "invalidated"),
    extras=(Extra("leg_end", "price", LEG_END), Extra("sweet_spot", "twice", SWEET_SPOT)),
    layers={"internal": {}, "swing": {}},
)
