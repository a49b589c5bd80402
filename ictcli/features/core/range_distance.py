"""Distances to the highest high and the lowest low of 20 bars, in average true ranges (ML.md M24, 15 and 16).

``dhi`` is ``(highest H - C) / ATR``, ``dlo`` is ``(C - lowest L) / ATR``, both over the last 20 bars
including this one and never negative; 0 before bar 19 and where the average is 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.ranges import in_ranges
from ictcli.features.core.window import RING, get, put
from ictcli.features.feature import FADED, Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20

STATE = np.dtype([("highs", np.float64, RING), ("lows", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write both distances of one closed bar."""
    index = facts["bar"]
    put(state["highs"], index, facts["high"])
    put(state["lows"], index, facts["low"])
    row[at] = row[at + 1] = 0.0
    if index < LENGTH - 1:
        return
    highest, lowest = facts["high"], facts["low"]
    for bar in range(index - LENGTH + 1, index):
        highest = max(highest, get(state["highs"], bar))
        lowest = min(lowest, get(state["lows"], bar))
    row[at] = in_ranges(highest - facts["close"], facts["atr"])
    row[at + 1] = in_ranges(facts["close"] - lowest, facts["atr"])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="range_distance",
    version=1,
    summary="distances to the extremes of 20 bars, in average true ranges",
    columns=(
        Column("dhi", "(highest H of 20 bars - C) / ATR_i", "0 before bar 19 and where ATR = 0"),
        Column("dlo", "(C - lowest L of 20 bars) / ATR_i", "0 before bar 19 and where ATR = 0"),
    ),
    warmup=FADED,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    fades=True,
)
