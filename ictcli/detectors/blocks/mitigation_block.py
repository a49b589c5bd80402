"""Mitigation block: a breaker without the stop-run, after a failure swing (ICT.md §6.3, C35).

Bullish at a bullish change of character at bar i that breaks swing high q. A is the latest swing low with
a bar before q's, m the origin of the leg (lowest low in q+1..i-1). When the low of m is at or above A, the
last push down failed to take A: a mitigation block; an equal low counts here. With ``zone_of`` "same" the
zone is that of the breaker: the range of the last candle at or before q, back to A, that closed above its
open, else of q's own bar. With "failed_swing" it is the range of the last candle at or before m, back to q,
that closed below its open, else of m. It is support. ``formed_at`` is the candle, ``confirmed_at`` the
close of bar i. Without A there is no block, and none when the candle has no height or lies more than 1023
bars back. Only breaks labelled CHoCH produce one.

Told with it: the broken level (``swing_q``), A's level (``swing_a``), the low of m (``leg_extreme``) and
how far it went below A (``swept_depth``, zero or negative). The zone lives as ``zones`` says and ends
without a flip (C15).
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import MOST_PER_BAR, NO_BAR
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import ZONE_ENDS, init_zones, watch
from ictcli.detectors.blocks.legs import earliest, opposing_candle, remember
from ictcli.detectors.blocks.quiet import stirs
from ictcli.detectors.blocks.turning import (
    EXTRAS,
    TURNS,
    hear_swings,
    is_turn,
    last_push,
    swept_depth,
    turn_block,
)
from ictcli.detectors.detector import Detector, Feed
from ictcli.kernels import hot_kernel, kernel


class MitigationBlockParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        zone_of: the candle of the broken swing (``same`` as a breaker) or of the ``failed_swing``.
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    zone_of: Literal["same", "failed_swing"] = "same"
    max_age: Annotated[int, Meta(ge=0)] = 500
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "touch"


def init_state(params: MitigationBlockParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, TURNS)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    state[0]["reference"] = NO_BAR
    state[0]["failed_swing"] = params.zone_of == "failed_swing"
    return state


@kernel
def failed_push(turns: Any, bar: Any, side: int, source: Any) -> int:
    """The last candle up to the leg origin that closed against the break, else the origin's own bar."""
    first = max(source["formed"], earliest(bar))
    found = opposing_candle(turns["past"], side, source["origin"], first)
    return int(source["origin"]) if found == NO_BAR else found


@hot_kernel
def note(state: Any, bar: Any) -> bool:
    """Remember the current bar; whether it concerns a live zone."""
    remember(state["past"], bar)
    return stirs(state["zones"], bar)


@hot_kernel
def act(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breaks: Any,
    first_break: int,
    last_break: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
) -> int:
    """Append what became known at a bar that is not quiet; the new number of records."""
    count = watch(state["zones"], bar, events, count)
    if first_swing < last_swing:
        hear_swings(state, swings, first_swing, last_swing)
    for at in range(first_break, last_break):
        source = breaks[at]
        side = (1 - source["direction"]) // 2
        if is_turn(state, source, side) and swept_depth(state, source, side) <= 0:
            if state["failed_swing"] == 1:
                candle = failed_push(state, bar, side, source)
            else:
                candle = last_push(state, bar, side, source)
            count = turn_block(state, events, count, bar, source, candle)
    return count


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breaks: Any,
    first_break: int,
    last_break: int,
    swings: Any,
    first_swing: int,
    last_swing: int,
) -> int:
    """Take one closed bar and the records of it; append what became known; the new number of records."""
    if note(state, bar) or first_break < last_break or first_swing < last_swing:
        count = act(
            state, events, count, bar, breaks, first_break, last_break, swings, first_swing, last_swing
        )
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int, breaks: Any, swings: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    state = states[0]
    count = 0
    a = first_record(breaks, bars, first)
    b = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        to_a = records_until(breaks, a, index)
        to_b = records_until(swings, b, index)
        if note(state, bar) or a < to_a or b < to_b:
            count = act(state, events, count, bar, breaks, a, to_a, swings, b, to_b)
            a, b = to_a, to_b
    return len(bars), count


DETECTOR = Detector(
    name="mitigation_block",
    version=1,
    summary="candles whose break follows a failure swing",
    phase=5,
    params=MitigationBlockParams,
    state=TURNS,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    feeds=(Feed("structure", None), Feed("swing", None)),
    ends=ZONE_ENDS,
    extras=EXTRAS,
    layers={"internal": {}, "swing": {}},
)
