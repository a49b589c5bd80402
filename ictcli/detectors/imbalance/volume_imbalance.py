"""Volume imbalance: two neighbouring bars whose bodies do not overlap but whose wicks do (ICT.md §5.4).

Bullish at bar i when ``min(open[i], close[i]) > max(open[i-1], close[i-1])`` (strictly) and
``low[i] <= high[i-1]``; the zone lies between the two bodies and is support. ``formed_at`` is bar i,
``confirmed_at`` its close. Bearish is bullish on negated bars. Where even the wicks leave a space it is a
``gap`` instead, never both (P10). The zone lives like every zone from the next bar on.
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

STATE = np.dtype(
    [
        ("zones", ZONES),
        ("serial", np.int64),
        ("body", np.int64, 2),  # signed upper end of the previous bar's body
        ("high", np.int64, 2),  # its signed high
    ]
)


class VolumeImbalanceParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


def init_state(params: VolumeImbalanceParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_zones(state[0]["zones"], params.max_active, params.max_age, params.invalidate)
    return state


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, body: int) -> int:
    """Append the imbalance of a side up to the current bar's signed lower end of the body."""
    book = state["zones"]["book"]
    bottom = state["body"][side]
    marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 1) else 0
    count = open_band(book, bar, events, count, side, state["serial"], bottom, body, marks)
    add(book, side, body, events[count - 1])
    state["serial"] += 1
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    count = watch(state["zones"], bar, events, count)
    lower = min(bar["open"], bar["close"])
    upper = max(bar["open"], bar["close"])
    body = state["body"]
    high = state["high"]
    if bar["bar"] > 0:
        if lower > body[0] and bar["low"] <= high[0]:
            count = confirm(state, events, count, bar, 0, lower)
        if -upper > body[1] and -bar["high"] <= high[1]:
            count = confirm(state, events, count, bar, 1, -upper)
    body[0] = upper
    body[1] = -lower
    high[0] = bar["high"]
    high[1] = -bar["low"]
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
    name="volume_imbalance",
    version=1,
    summary="neighbouring bars whose bodies leave a space that only wicks cross",
    phase=5,
    params=VolumeImbalanceParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "fill", "touch_count", "spans_gap"),
    ends=ZONE_ENDS,
)
