"""Balanced price range: the overlap of two opposite fair value gaps (ICT.md §5.3, C30).

When a gap Y is confirmed, every gap X of the other direction that was confirmed 1 to ``max_separation``
bars earlier gives one range, provided their overlap ``[max of bottoms, min of tops]`` has a height. X
need not be alive: building Y usually closes through it. The range has the direction, the anchor
(``formed_at``) and the confirmation of Y; several X of one Y are written in the order of their own
confirmation. Parent 0 is X, parent 1 is Y; ``overlap_frac`` is the overlap as a fraction of the smaller
gap, ``separation`` the bars between the two confirmations. ``spans_gap`` looks at all bars from the first
of X to the last of Y. The range lives like every zone from the next bar on and does not flip (C15).
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add
from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    SPANS_GAP,
    descend,
    number,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.imbalance.bands import open_band, signed_bottom, signed_top
from ictcli.kernels import hot_kernel, kernel

MOST = 128
"""Largest ``max_separation``; a direction confirms at most one gap per bar."""

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("max_separation", np.int64),
        ("serial", np.int64),
        ("recent", np.int64, 2),  # gaps remembered per side
        ("oldest", np.int64, 2),  # where the ring of a side begins
        ("gaps", EVENT, (2, MOST)),
    ]
)


class BprParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        max_separation: most bars between the confirmations of the two gaps.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    max_separation: Annotated[int, Meta(ge=1, le=MOST)] = 20
    max_age: Annotated[int, Meta(ge=0)] = 100
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: BprParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["max_separation"] = params.max_separation
    return state


@kernel
def drop_before(state: Any, side: int, bar: int) -> None:
    """Forget the gaps of a side that were confirmed before a bar."""
    while state["recent"][side] > 0 and state["gaps"][side, state["oldest"][side]]["confirmed"] < bar:
        state["oldest"][side] = (state["oldest"][side] + 1) % MOST
        state["recent"][side] -= 1


@kernel
def balance(state: Any, events: Any, count: int, start: int, bar: Any, early: Any, late: Any) -> int:
    """Append the range of two gaps if they overlap; ``start`` is the count the step began with."""
    book = state["zones"]["book"]
    side = (1 - int(late["direction"])) // 2
    bottom = max(signed_bottom(early, side), signed_bottom(late, side))
    top = min(signed_top(early, side), signed_top(late, side))
    if bottom >= top:
        return count
    marks = SPANS_GAP if spans_gap(bar, early["formed"] - 1) else 0
    count = open_band(book, bar, events, count, side, state["serial"], bottom, top, marks)
    event = events[count - 1]
    event["formed"] = late["formed"]
    event["formed_ts"] = late["formed_ts"]
    event["extra"][0] = late["confirmed"] - early["confirmed"]
    smaller = min(early["top"] - early["bottom"], late["top"] - late["bottom"])
    event["ratio"][0] = float(top - bottom) / float(smaller)
    descend(event, 0, early, 0)
    descend(event, 1, late, 0)
    number(events, start, count)
    add(book, side, top, event)
    state["serial"] += 1
    return count


@kernel
def take(state: Any, events: Any, count: int, bar: Any, late: Any) -> int:
    """Pair a new gap with the recent ones of the other side, then remember it."""
    side = (1 - int(late["direction"])) // 2
    other = 1 - side
    start = count
    first_bar = late["confirmed"] - state["max_separation"]
    drop_before(state, other, first_bar)
    for offset in range(state["recent"][other]):
        early = state["gaps"][other, (state["oldest"][other] + offset) % MOST]
        count = balance(state, events, count, start, bar, early, late)
    drop_before(state, side, first_bar + 1)
    at = (state["oldest"][side] + state["recent"][side]) % MOST
    state["gaps"][side, at] = late
    state["recent"][side] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, gaps: Any, first: int, last: int) -> int:
    """Take one closed bar and the gaps' records of it; append what became known; the new count."""
    count = watch(state["zones"], bar, events, count)
    for at in range(first, last):
        if gaps[at]["record"] == CONFIRMED:
            count = take(state, events, count, bar, gaps[at])
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, gaps: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(gaps, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(gaps, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], gaps, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="bpr",
    version=1,
    summary="balanced price ranges: overlaps of opposite fair value gaps",
    phase=5,
    params=BprParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("fvg"),),
    ends=ZONE_ENDS,
    extras=(Extra("overlap_frac", "ratio", 0), Extra("separation", "count", 0)),
)
