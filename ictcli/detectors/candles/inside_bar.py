"""Inside bar: a bar within the range of the one before it (ICT.md §12).

Bar i is inside when ``high[i] <= high[i-1]`` and ``low[i] >= low[i-1]``; equality counts, unless
``strict``. The mother bar i-1 has a range above zero, so that flat bars give nothing (§1). It has no
direction. ``bottom`` and ``top`` are those of the mother bar, the prices whose break ends the pause;
``size_atr`` is its range. Anchor is bar i. Known at its close; a point event.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, stamp
from ictcli.detectors.detector import Detector
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype(
    [
        ("margin", np.int64),  # points the bar must stay away from both edges
        ("serial", np.int64),
        ("high", np.int64),  # of the previous bar
        ("low", np.int64),
    ]
)


class InsideBarParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        strict: whether an equal high or low is no longer inside.
    """

    strict: bool = False


def init_state(params: InsideBarParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["margin"] = params.strict
    return state


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    high = state["high"]
    low = state["low"]
    margin = state["margin"]
    if high > low and bar["high"] <= high - margin and bar["low"] >= low + margin:
        marks = SPANS_GAP if spans_gap(bar, bar["bar"] - 1) else 0
        event = events[count]
        count = stamp(events, count, bar, 0, state["serial"], marks)
        event["bottom"] = low
        event["top"] = high
        event["size_atr"] = in_atr(high - low, bar)
        state["serial"] += 1
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
    name="inside_bar",
    version=1,
    summary="bars within the range of the one before",
    phase=3,
    params=InsideBarParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap"),
)
