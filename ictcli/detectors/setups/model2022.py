"""The 2022 model: sweep, market structure shift, gap; then an order and what becomes of it (ICT.md §11).

A setup is what ``model2022_search`` takes; its definition and parameters (hours, stop, target, least
reward) are told there. ``formed_at`` is the penetrating bar of the sweep, ``confirmed_at`` the close of the
setup bar k; the zone is the fair value gap, the parent is the hunt, which names the sweep and the shift.
The order rests from bar k+1 for ``max_wait`` bars; how it and the position end is told in ``orders``, with
the bar of the fill (entered), the end (closed, labelled target, stop or time) and the result. With
``day_end`` orders lapse and positions are closed at the first bar that opens at or after 16:00 New York, or
on a later trading day. While ``most_live`` setups of a direction are alive, further ones are passed over:
one order or position at a time by default.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, TAKEN, descend, stamp
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.setups.orders import (
    ENTRY,
    MOST_LIVE,
    ORDERS,
    OUTCOMES,
    PLAN,
    RESULT,
    SETUP_ENDS,
    STOP,
    TARGET,
    follow,
    has_room,
    init_orders,
    place_order,
    plan,
    rings,
)
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("orders", ORDERS), ("serial", np.int64)])


class Model2022Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        max_wait: bars an order rests.
        most_live: orders and positions alive at a time, per direction.
        day_end: whether nothing is held beyond 16:00 New York.
    """

    max_wait: Annotated[int, Meta(ge=1)] = 20
    most_live: Annotated[int, Meta(ge=1, le=MOST_LIVE)] = 1
    day_end: bool = True


def init_state(params: Model2022Params, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_orders(state[0]["orders"], params.most_live, params.max_wait, flat=params.day_end)
    return state


@kernel
def arm(state: Any, events: Any, count: int, bar: Any, hunt: Any) -> int:
    """Append the setup that a hunt ends in."""
    direction = hunt["direction"]
    side = (1 - direction) // 2
    marks = SPANS_GAP if spans_gap(bar, hunt["formed"]) else 0
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = hunt["formed"]
    event["formed_ts"] = hunt["formed_ts"]
    event["bottom"] = hunt["bottom"]
    event["top"] = hunt["top"]
    event["size_atr"] = in_atr(hunt["top"] - hunt["bottom"], bar)
    extra = hunt["extra"]
    plan(event, side, direction * extra[ENTRY], direction * extra[STOP], direction * extra[TARGET])
    descend(event, 0, hunt, 0)
    place_order(state["orders"], side, bar["day"], event)
    state["serial"] += 1
    return count


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Whether the current bar may change a live setup."""
    return rings(state["orders"], bar)


@hot_kernel
def act(state: Any, events: Any, count: int, bar: Any, hunts: Any, first: int, last: int) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    count = follow(state["orders"], bar, events, count)
    for at in range(first, last):
        if hunts[at]["record"] == TAKEN and has_room(state["orders"], (1 - hunts[at]["direction"]) // 2):
            count = arm(state, events, count, bar, hunts[at])
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, hunts: Any, first: int, last: int) -> int:
    """Take one closed bar and the hunts' records of it; append what became known; the new count."""
    if note(state, bar) or first < last:
        count = act(state, events, count, bar, hunts, first, last)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, hunts: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    heard = first_record(hunts, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        later = records_until(hunts, heard, index)
        if note(state, bar) or heard < later:
            count = act(state, events, count, bar, hunts, heard, later)
            heard = later
    return len(bars), count


DETECTOR = Detector(
    name="model2022",
    version=1,
    summary="the 2022 model with entry, stop, target and outcome",
    phase=8,
    params=Model2022Params,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "spans_gap"),
    feeds=(Feed("model2022_search"),),
    ends=SETUP_ENDS,
    extras=(*PLAN, *RESULT, Extra("hunt_id", "id", 0)),
    labels=OUTCOMES,
)
