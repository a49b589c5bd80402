"""Volume against that of the 50 bars before (ML.md M24, 20).

``x = ln(1 + V)``; ``(x_i - mean) / sd`` with the mean and the standard deviation (divided by 49) of x over
the 50 bars *before* this one, clipped to ±8; 0 before bar 50 and where all 50 are equal, as where the
volume is unknown.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import WIDE_RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 50
MOST = 8.0

STATE = np.dtype([("logs", np.float64, WIDE_RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def mean_above(logs: Any, index: int, base: float) -> float:
    """Mean distance of the 50 values before a bar from the oldest one."""
    total = 0.0
    for bar in range(index - LENGTH, index):
        total += get(logs, bar) - base
    return total / LENGTH


@hot_kernel
def deviation(logs: Any, index: int, base: float, mean: float) -> float:
    """Standard deviation of the 50 values before a bar."""
    total = 0.0
    for bar in range(index - LENGTH, index):
        distance = get(logs, bar) - base - mean
        total += distance * distance
    return math.sqrt(total / (LENGTH - 1))


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the score of one closed bar."""
    index = facts["bar"]
    logs = state["logs"]
    now = math.log(1.0 + facts["volume"])
    row[at] = 0.0
    if index >= LENGTH:
        base = get(logs, index - LENGTH)
        mean = mean_above(logs, index, base)
        spread = deviation(logs, index, base, mean)
        if spread > 0.0:
            row[at] = min(max((now - base - mean) / spread, -MOST), MOST)
    put(logs, index, now)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="volume_z",
    version=1,
    summary="volume against that of the 50 bars before, in standard deviations",
    columns=(
        Column(
            "volz",
            "(x_i - mean) / sd of x = ln(1 + V) over the 50 bars before i, within ±8",
            "0 before bar 50 and where sd = 0",
        ),
    ),
    warmup=LENGTH,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
