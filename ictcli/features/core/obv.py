"""Slope of on-balance volume over 20 bars (ML.md M24, 21; Granville 1963).

On-balance volume gains V where the close rises, loses V where it falls and stays where it is equal. The
least-squares slope per bar over the last 20 bars, over the mean V of those bars; 0 before bar 19 and where
no bar has volume. A slope does not change when a constant is added, so the count starts at 0 in every
window.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20
MIDDLE = (LENGTH - 1) / 2
SQUARES = LENGTH * (LENGTH * LENGTH - 1) / 12
"""Sum of the squared distances of the bars from their middle."""

STATE = np.dtype([("volumes", np.float64, RING), ("flows", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the slope of one closed bar."""
    index = facts["bar"]
    volume = facts["volume"]
    change = facts["close"] - facts["before"]
    flow = volume if change > 0.0 else -volume if change < 0.0 else 0.0
    put(state["volumes"], index, volume)
    put(state["flows"], index, flow)
    row[at] = 0.0
    if index < LENGTH - 1:
        return
    oldest = index - LENGTH + 1
    total = get(state["volumes"], oldest)
    balance = 0.0
    product = 0.0
    for back in range(1, LENGTH):
        total += get(state["volumes"], oldest + back)
        balance += get(state["flows"], oldest + back)
        product += (back - MIDDLE) * balance
    if total > 0.0:
        row[at] = product / SQUARES / (total / LENGTH)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="obv",
    version=1,
    summary="slope of on-balance volume over 20 bars, in volumes per bar",
    columns=(
        Column(
            "obv",
            "least-squares slope of on-balance volume over 20 bars / mean V of them",
            "0 before bar 19 and where no bar has volume",
        ),
    ),
    warmup=LENGTH - 1,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
