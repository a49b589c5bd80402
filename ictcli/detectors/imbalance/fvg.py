"""Fair value gap: three bars of which the outer two do not overlap (ICT.md §5.1).

Bullish at bar i when ``low[i] > high[i-2]`` (strictly); the zone is ``[high[i-2], low[i]]`` and is
support. ``formed_at`` is the middle bar i-1, ``confirmed_at`` the close of bar i. A bearish gap is a
bullish one on negated bars. The zone lives as ``zones`` says: tapped, ce, filled, invalidated by a close
beyond its far edge. With ``min_size_atr`` above zero only gaps of at least that many average true ranges
(through bar i-1) count, and none while the average is undefined.

What other sources demand of the middle bar is told, not demanded: ``mid_dir``, the sign of its body;
``mid_close_beyond``, whether it closed above ``high[i-2]``; ``mid_is_displacement``, whether it is a
displacement in the gap's direction. Gaps of one direction confirmed on consecutive bars stay separate
objects; ``stack_id`` of all but the first is the first one's id (C31), which is also their parent.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add
from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR, NO_BAR, SPANS_GAP, descend
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.imbalance.bands import (
    MID_CLOSE_BEYOND,
    MID_DIR_EXTRA,
    MID_IS_DISPLACEMENT,
    MIDDLE,
    describe_middle,
    open_band,
    remember,
)
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.kernels import hot_kernel, kernel

ITSELF = 0
"""Feed number of the gaps themselves, which listen to nobody."""

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("min_size_atr", np.float64),
        ("range_atr", np.float64),
        ("body_share", np.int64),
        ("serial", np.int64),
        ("middle", MIDDLE),
        ("outer", np.int64, 2),  # signed highs of the bar before the middle one
        ("stack_bar", np.int64, 2),  # bar that confirmed the latest gap of the side
        ("stack", EVENT, 2),  # first gap of its stack
    ]
)


class FvgParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        min_size_atr: least height, in average true ranges; 0 takes every gap.
        range_atr: least range of a displacement bar, in average true ranges.
        body_share: least body of a displacement bar as a fraction of its range, four decimals.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    min_size_atr: Annotated[float, Meta(ge=0)] = 0.0
    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6
    max_age: Annotated[int, Meta(ge=0)] = 0
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: FvgParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["min_size_atr"] = params.min_size_atr
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    state[0]["stack_bar"] = NO_BAR
    return state


@kernel
def is_gap(state: Any, bar: Any, side: int, low: int) -> bool:
    """Whether the current bar, with this signed low, completes a gap of the side."""
    height = low - state["outer"][side]
    if bar["bar"] < 2 or height <= 0:
        return False
    least = state["min_size_atr"]
    return bool(least == 0.0 or (bar["atr"] > 0.0 and float(height) >= least * bar["atr"]))


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, low: int) -> int:
    """Append the gap of a side that the current bar completes."""
    book = state["zones"]["book"]
    bottom = state["outer"][side]
    index = bar["bar"]
    marks = SPANS_GAP if spans_gap(bar, index - 2) else 0
    count = open_band(book, bar, events, count, side, state["serial"], bottom, low, marks)
    event = events[count - 1]
    share = state["body_share"]
    describe_middle(event, state["middle"], bar, 1 - 2 * side, bottom, state["range_atr"], share)
    if state["stack_bar"][side] == index - 1:
        descend(event, 0, state["stack"][side], ITSELF)
    else:
        state["stack"][side] = event
    state["stack_bar"][side] = index
    add(book, side, low, event)
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    count = watch(state["zones"], bar, events, count)
    middle = state["middle"]
    outer = state["outer"]
    if is_gap(state, bar, 0, bar["low"]):
        count = confirm(state, events, count, bar, 0, bar["low"])
    if is_gap(state, bar, 1, -bar["high"]):
        count = confirm(state, events, count, bar, 1, -bar["high"])
    outer[0] = middle["high"]
    outer[1] = -middle["low"]
    remember(middle, bar)
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
    name="fvg",
    version=2,
    summary="fair value gaps with their whole life cycle",
    phase=5,
    params=FvgParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    ends=ZONE_ENDS,
    extras=(
        Extra("mid_dir", "signed", MID_DIR_EXTRA),
        Extra("stack_id", "id", 0),
        Extra("mid_close_beyond", "flag", MID_CLOSE_BEYOND),
        Extra("mid_is_displacement", "flag", MID_IS_DISPLACEMENT),
    ),
)
