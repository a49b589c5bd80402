"""Fair value gap: three bars of which the outer two do not overlap (ICT.md §5.1).

Bullish at bar i when ``low[i] > high[i-2]`` (strictly); the zone is ``[high[i-2], low[i]]`` and is
support. ``formed_at`` is the middle bar i-1, ``confirmed_at`` the close of bar i. A bearish gap is a
bullish one on negated bars. The zone lives as ``zones`` says: tapped, ce, filled, invalidated by a close
beyond its far edge. With ``min_size_atr`` above zero only gaps of at least that many average true ranges
(through bar i-1) count, and none while the average is undefined.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add, evict
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, place, stamp
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector
from ictcli.kernels import kernel

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("min_size_atr", np.float64),
        ("serial", np.int64),
        ("ts", np.int64),  # open of the previous bar
        ("middle", np.int64, 2),  # signed highs of the previous bar
        ("outer", np.int64, 2),  # signed highs of the bar before that
    ]
)


class FvgParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        min_size_atr: least height, in average true ranges; 0 takes every gap.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    min_size_atr: Annotated[float, Meta(ge=0)] = 0.0
    max_age: Annotated[int, Meta(ge=0)] = 0
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: FvgParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["min_size_atr"] = params.min_size_atr
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
    count = evict(book, bar, events, count, side)
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 2) else 0
    event = events[count]
    count = stamp(events, count, bar, 1 - 2 * side, state["serial"], marks)
    event["formed"] = bar["bar"] - 1
    event["formed_ts"] = state["ts"]
    event["size_atr"] = in_atr(low - bottom, bar)
    place(event, 1 - 2 * side, bottom, low)
    add(book, side, low, event)
    state["serial"] += 1
    return count


@kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    count = watch(state["zones"], bar, events, count)
    middle = state["middle"]
    outer = state["outer"]
    if is_gap(state, bar, 0, bar["low"]):
        count = confirm(state, events, count, bar, 0, bar["low"])
    if is_gap(state, bar, 1, -bar["high"]):
        count = confirm(state, events, count, bar, 1, -bar["high"])
    outer[0] = middle[0]
    outer[1] = middle[1]
    middle[0] = bar["high"]
    middle[1] = -bar["low"]
    state["ts"] = bar["ts"]
    return count


@kernel
def run(state: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        count = step(state, events, count, bars[i])
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
)
