"""Momentum run: bars of one colour with ever larger bodies (ICT.md §12).

A run is a row of bars with the same colour (sign of close minus open) in which every body is larger than
the one before, strictly; a bar that does not go on starts a run of its own, a bar without a body none.
The event is told once per run, when it has ``length`` bars. Its direction is the colour.
``formed_at`` is the first bar of the run; ``bottom`` and ``top`` are the lowest low and the highest high
of its bars, ``size_atr`` is the distance between. Known at the close of the last bar; a point event.
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

STATE = np.dtype(
    [
        ("length", np.int64),
        ("serial", np.int64),
        ("bars", np.int64),  # of the current run, 0 after a bar without a body
        ("body", np.int64),  # signed, of the previous bar
        ("start", np.int64),  # first bar of the run
        ("start_ts", np.int64),
        ("low", np.int64),  # of the run
        ("high", np.int64),
    ]
)


class MomentumRunParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        length: bars of the run at which it is told.
    """

    length: Annotated[int, Meta(ge=2, le=1000)] = 3


def init_state(params: MomentumRunParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["length"] = params.length
    return state


@kernel
def follow(state: Any, bar: Any, body: int) -> None:
    """Go on with the run, or start the next one at the current bar."""
    last = state["body"]
    grows = body > last > 0 or body < last < 0
    if grows:
        state["bars"] += 1
        state["low"] = min(state["low"], bar["low"])
        state["high"] = max(state["high"], bar["high"])
    else:
        state["bars"] = 1 if body != 0 else 0
        state["start"] = bar["bar"]
        state["start_ts"] = bar["ts"]
        state["low"] = bar["low"]
        state["high"] = bar["high"]
    state["body"] = body


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    body = bar["close"] - bar["open"]
    follow(state, bar, body)
    if state["bars"] == state["length"]:
        marks = SPANS_GAP if spans_gap(bar, state["start"]) else 0
        event = events[count]
        count = stamp(events, count, bar, 1 if body > 0 else -1, state["serial"], marks)
        event["formed"] = state["start"]
        event["formed_ts"] = state["start_ts"]
        event["bottom"] = state["low"]
        event["top"] = state["high"]
        event["size_atr"] = in_atr(state["high"] - state["low"], bar)
        state["serial"] += 1
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
    name="momentum_run",
    version=1,
    summary="bars of one colour with ever larger bodies",
    phase=3,
    params=MomentumRunParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr", "spans_gap"),
)
