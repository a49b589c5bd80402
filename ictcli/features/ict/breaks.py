"""Breaks of internal structure: how long ago, how far, how many in a row (ICT.md §16, 3 to 7).

- ``bos_age``, ``choch_age``: ln(1 + bars) since the last BOS and CHoCH of either direction, of 500 bars at
  most; the oldest age before the first.
- ``mss20``: the direction of the latest MSS when it is one of the last 20 bars, this one included; else 0.
- ``break_dist``: how far the last break closed beyond its level, in average true ranges through the bar
  before it, at most 10, times its direction; 0 before the first.
- ``bos_run``: breaks in the same direction since the trend last changed, at most 20, times the direction; 0
  right after a CHoCH.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, MSS
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.detectors.structure.structure import CHOCH
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import FAR, NEVER, OLD, age, bounded
from ictcli.kernels import hot_kernel, kernel

RECENT = 20
"""Bars for which a market structure shift counts."""
MOST_RUN = 20
"""Bound of breaks in a row."""

STATE = np.dtype(
    [
        ("bos", np.int64),  # bar of the last one
        ("choch", np.int64),
        ("mss", np.int64),
        ("mss_way", np.int64),  # its direction
        ("way", np.int64),  # direction of the last break
        ("beyond", np.float64),  # its distance
        ("series", np.int64),
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    for name in ("bos", "choch", "mss"):
        state[0][name] = NEVER
    return state


@kernel
def hear(state: Any, breaks: Any, first: int, last: int) -> None:
    """Take the breaks of the current bar."""
    for at in range(first, last):
        event = breaks[at]
        if event["record"] != CONFIRMED or event["direction"] == 0:
            continue
        state["way"] = event["direction"]
        state["beyond"] = event["size_atr"]
        if event["label"] == CHOCH:
            state["choch"] = event["at"]
            state["series"] = 0
        else:
            state["bos"] = event["at"]
            state["series"] += 1
        if event["marks"] & MSS:
            state["mss"] = event["at"]
            state["mss_way"] = event["direction"]


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any, breaks: Any, first: int, last: int) -> None:
    """Write what is known of breaks after one closed bar."""
    if first < last:
        hear(state, breaks, first, last)
    bar = facts["bar"]
    row[at] = age(bar, state["bos"])
    row[at + 1] = age(bar, state["choch"])
    shifted = state["mss"] >= 0 and bar - state["mss"] < RECENT
    row[at + 2] = float(state["mss_way"]) if shifted else 0.0
    row[at + 3] = state["way"] * bounded(state["beyond"], 0.0, FAR)
    row[at + 4] = float(state["way"] * min(state["series"], MOST_RUN))


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, breaks: Any) -> None:
    """Step over bars."""
    first = 0
    for i in range(len(facts)):
        last = records_until(breaks, first, facts[i]["bar"])
        step(states[0], rows[i], at, facts[i], breaks, first, last)
        first = last


FEATURE = Feature(
    name="ict_breaks",
    version=1,
    summary="age, distance and number of breaks of internal structure",
    columns=(
        Column("bos_age", "ln(1 + bars since the last BOS), 500 at most", "ln 501 before the first"),
        Column("choch_age", "ln(1 + bars since the last CHoCH), 500 at most", "ln 501 before the first"),
        Column("mss20", "direction of an MSS of the last 20 bars", "0 without one"),
        Column("break_dist", "direction * (close beyond level) / ATR at the last break, 10 at most", "0"),
        Column("bos_run", "direction * BOS since the last CHoCH, 20 at most", "0 before the first"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("structure", "internal"),),
)
