"""Efficiency ratio of 20 bars (ML.md M24, 17; Kaufman 1995).

The distance from the close 20 bars ago over the way the closes went: ``|C_i - C_{i-20}|`` over the sum of
the 20 absolute differences; 1 for a straight line. 0 before bar 20 and where no close differs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20

STATE = np.dtype([("closes", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the ratio of one closed bar."""
    index = facts["bar"]
    closes = state["closes"]
    put(closes, index, facts["close"])
    row[at] = 0.0
    if index < LENGTH:
        return
    way = 0.0
    for bar in range(index - LENGTH + 1, index + 1):
        way += abs(get(closes, bar) - get(closes, bar - 1))
    if way > 0.0:
        row[at] = abs(facts["close"] - get(closes, index - LENGTH)) / way


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="efficiency",
    version=1,
    summary="distance over way of 20 closes",
    columns=(
        Column(
            "er", "|C_i - C_i-20| / sum of the 20 |C_k - C_k-1|", "0 before bar 20 and where the sum is 0"
        ),
    ),
    warmup=LENGTH,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
