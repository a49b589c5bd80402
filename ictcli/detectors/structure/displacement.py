"""Displacement: one wide, full-bodied bar that shows urgency (ICT.md §4.4, bar form).

Bar i is a displacement when its range is above zero, at least ``range_atr`` times the average true
range through bar i-1, and its body is at least ``body_share`` of its range; its direction is that of
its body. Known at its own close; a point event without a life. While the average true range is
undefined or zero (C6) the detector is silent.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import MOST_PER_BAR, stamp
from ictcli.detectors.detector import Detector
from ictcli.kernels import kernel

SHARE_SCALE = 10_000
"""Fractions are compared as integers with four decimals, never as floats (C7)."""

STATE = np.dtype([("range_atr", np.float64), ("body_share", np.int64), ("serial", np.int64)])


class DisplacementParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        range_atr: least range, in average true ranges.
        body_share: least body as a fraction of the range, four decimals.
    """

    range_atr: Annotated[float, Meta(gt=0)] = 1.5
    body_share: Annotated[float, Meta(gt=0, le=1)] = 0.6


def init_state(params: DisplacementParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["range_atr"] = params.range_atr
    state[0]["body_share"] = round(params.body_share * SHARE_SCALE)
    return state


@kernel
def displacement_direction(
    open_: int, high: int, low: int, close: int, atr: float, range_atr: float, body_share: int
) -> int:
    """+1 or -1 when the bar is a displacement, else 0; ``body_share`` in ten-thousandths."""
    span = high - low
    body = close - open_
    if span <= 0 or atr <= 0.0 or float(span) < range_atr * atr:
        return 0
    if SHARE_SCALE * abs(body) < body_share * span:
        return 0
    if body > 0:
        return 1
    if body < 0:
        return -1
    return 0


@kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    direction = displacement_direction(
        bar["open"],
        bar["high"],
        bar["low"],
        bar["close"],
        bar["atr"],
        state["range_atr"],
        state["body_share"],
    )
    if direction != 0:
        event = events[count]
        count = stamp(events, count, bar, direction, state["serial"], 0)
        event["bottom"] = bar["low"]
        event["top"] = bar["high"]
        event["size_atr"] = in_atr(bar["high"] - bar["low"], bar)
        state["serial"] += 1
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
    name="displacement",
    version=2,
    summary="wide, full-bodied bars",
    phase=3,
    params=DisplacementParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr"),
)
