"""NR7: the narrowest range of seven bars (ICT.md §12).

Bar i when its range is below every range of the ``length - 1`` bars before it, strictly: a tie is no new
low of volatility, and flat bars in a row give nothing. It has no direction. ``bottom`` and ``top`` are
its low and high; ``size_atr`` is its range. Known at its own close; a point event.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import MOST_PER_BAR, SPANS_GAP, stamp
from ictcli.detectors.detector import Detector
from ictcli.kernels import hot_kernel, kernel

RING = 64
"""Ranges remembered; ``length`` may not exceed it."""

STATE = np.dtype([("length", np.int64), ("serial", np.int64), ("span", np.int64, RING)])


class Nr7Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        length: bars compared, the narrowest one included.
    """

    length: Annotated[int, Meta(ge=2, le=64)] = 7


def init_state(params: Nr7Params, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["length"] = params.length
    return state


@kernel
def is_narrowest(state: Any, index: int, span: int) -> bool:
    """Whether a range is below those of the bars before ``index``."""
    first = index - state["length"] + 1
    if first < 0:
        return False
    bar = first
    while bar < index and state["span"][bar % RING] > span:
        bar += 1
    return bool(bar == index)


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    index = bar["bar"]
    span = bar["high"] - bar["low"]
    if is_narrowest(state, index, span):
        marks = SPANS_GAP if spans_gap(bar, index - state["length"] + 1) else 0
        event = events[count]
        count = stamp(events, count, bar, 0, state["serial"], marks)
        event["bottom"] = bar["low"]
        event["top"] = bar["high"]
        event["size_atr"] = in_atr(span, bar)
        state["serial"] += 1
    state["span"][index % RING] = span
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
    name="nr7",
    version=1,
    summary="narrowest range of seven bars",
    phase=3,
    params=Nr7Params,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap"),
)
