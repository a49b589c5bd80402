"""Gap (vacuum): two neighbouring bars that do not touch at all (ICT.md §5.4).

Bullish at bar i when ``low[i] > high[i-1]`` (strictly); the zone is ``[high[i-1], low[i]]`` and is
support. ``formed_at`` is bar i, ``confirmed_at`` its close: the zone needs bar i's low, so it is not known
on its open (opening gaps are). Bearish is bullish on negated bars. The zone lives like every zone from the
next bar on.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import add
from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP
from ictcli.detectors.base.zones import ZONE_ENDS, ZONES, init_zones, watch
from ictcli.detectors.detector import Detector
from ictcli.detectors.imbalance.bands import open_band
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("zones", ZONES), ("serial", np.int64), ("high", np.int64), ("low", np.int64)])


class VacuumGapParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        max_age: bars after which a zone expires; 0 for never.
        max_active: live zones kept per direction; the oldest is evicted.
        invalidate: what ends a zone: a ``close`` beyond its far edge, or a ``wick``.
        mitigation: which record ``mitigated_at`` repeats: ``touch``, ``ce``, ``full`` or ``close``.
    """

    max_age: Annotated[int, Meta(ge=0)] = 100
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    invalidate: Literal["close", "wick"] = "close"
    mitigation: Literal["touch", "ce", "full", "close"] = "full"


def init_state(params: VacuumGapParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    return state


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, high: int, low: int) -> int:
    """Append the gap of a side between the previous signed high and the current signed low."""
    book = state["zones"]["book"]
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 1) else 0
    count = open_band(book, bar, events, count, side, state["serial"], high, low, marks)
    add(book, side, low, events[count - 1])
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    count = watch(state["zones"], bar, events, count)
    if bar["bar"] > 0:
        if bar["low"] > state["high"]:
            count = confirm(state, events, count, bar, 0, state["high"], bar["low"])
        elif bar["high"] < state["low"]:
            count = confirm(state, events, count, bar, 1, -state["low"], -bar["high"])
    state["high"] = bar["high"]
    state["low"] = bar["low"]
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
    name="gap",
    version=1,
    summary="neighbouring bars that do not touch",
    phase=5,
    params=VacuumGapParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    ends=ZONE_ENDS,
)
