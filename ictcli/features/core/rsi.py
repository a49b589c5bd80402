"""Relative strength index of 14 bars (ML.md M24, 4; Wilder 1978).

Wilder's averages G of gains and Q of losses: the mean of the first 14 differences of closes, at bar 14,
then ``(13 * old + new) / 14``. The value is ``(100 · G / (G + Q) - 50) / 50``, so -1 to 1; 0 before bar 14
and where no close differs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import FADED, Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 14

STATE = np.dtype(
    [
        ("gains", np.float64),  # sums up to bar 14, averages from then on
        ("losses", np.float64),
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def average(state: Any, index: int, gain: float, loss: float) -> None:
    """Take one difference of closes into both averages."""
    if index <= LENGTH:
        state["gains"] += gain
        state["losses"] += loss
        if index == LENGTH:
            state["gains"] /= LENGTH
            state["losses"] /= LENGTH
    else:
        state["gains"] = (state["gains"] * (LENGTH - 1) + gain) / LENGTH
        state["losses"] = (state["losses"] * (LENGTH - 1) + loss) / LENGTH


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the index of one closed bar."""
    index = facts["bar"]
    change = facts["close"] - facts["before"]
    value = 0.0
    if index > 0:
        average(state, index, max(change, 0.0), max(-change, 0.0))
        both = state["gains"] + state["losses"]
        if index >= LENGTH and both > 0.0:
            value = (100.0 * (state["gains"] / both) - 50.0) / 50.0
    row[at] = value


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="rsi",
    version=1,
    summary="Wilder's relative strength index of 14 bars, -1 to 1",
    columns=(
        Column(
            "rsi",
            "(100 · G / (G + Q) - 50) / 50, Wilder averages of gains and losses over 14 bars",
            "0 before bar 14 and where G + Q = 0",
        ),
    ),
    warmup=FADED,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    fades=True,
)
