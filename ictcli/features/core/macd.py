"""Moving average convergence divergence in average true ranges (ML.md M24, 5 to 7; Appel 1979).

An exponential average of n closes starts as the mean of the first n, at bar n - 1, and then moves by ``2 /
(n + 1)`` of the distance to the new close. ``macd`` is the average of 12 less that of 26, over the average
true range; ``macd_sig`` the average of 9 of the *unscaled* differences, the mean of those of bars 25 to 33
at first, over the average true range; ``macd_hist`` the one less the other, so the three are collinear. 0
before bar 25 (``macd``) or bar 33 (the other two), and where the average true range is 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.ranges import in_ranges
from ictcli.features.feature import FADED, Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

FAST, SLOW, SIGNAL = 12, 26, 9
"""Bars of the three averages."""

STATE = np.dtype(
    [
        ("fast", np.float64),  # sums while they have too few values, averages from then on
        ("slow", np.float64),
        ("signal", np.float64),
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def smooth(average: float, count: int, value: float, length: int) -> float:
    """An exponential average after value ``count``, from 0; a plain sum until it has ``length`` values."""
    if count < length:
        total = average + value
        return total / length if count == length - 1 else total
    return average + (value - average) * (2.0 / (length + 1))


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the three columns of one closed bar."""
    index = facts["bar"]
    close = facts["close"]
    state["fast"] = smooth(state["fast"], index, close, FAST)
    state["slow"] = smooth(state["slow"], index, close, SLOW)
    row[at] = row[at + 1] = row[at + 2] = 0.0
    if index < SLOW - 1:
        return
    difference = state["fast"] - state["slow"]
    state["signal"] = smooth(state["signal"], index - (SLOW - 1), difference, SIGNAL)
    row[at] = in_ranges(difference, facts["atr"])
    if index >= SLOW + SIGNAL - 2:
        row[at + 1] = in_ranges(state["signal"], facts["atr"])
        row[at + 2] = row[at] - row[at + 1]


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="macd",
    version=1,
    summary="moving average convergence divergence of 12, 26 and 9 bars, in average true ranges",
    columns=(
        Column("macd", "(EMA12 - EMA26) / ATR_i", "0 before bar 25"),
        Column("macd_sig", "EMA9 of EMA12 - EMA26, / ATR_i", "0 before bar 33"),
        Column("macd_hist", "macd - macd_sig", "0 before bar 33"),
    ),
    warmup=FADED,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    fades=True,
)
