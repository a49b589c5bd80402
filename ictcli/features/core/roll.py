"""How far one return undoes the one before (ML.md M24, 25; after Roll 1984).

The mean of the 49 products ``r_k · r_{k-1}`` of the last 50 one-bar log returns over the mean of their 50
squares: Roll's covariance made free of scale; negative where the price bounces between bid and ask. 0
before bar 50 and where no close differs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import WIDE_RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 50

STATE = np.dtype([("returns", np.float64, WIDE_RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the scaled covariance of one closed bar."""
    index = facts["bar"]
    returns = state["returns"]
    put(returns, index, facts["ret"])
    row[at] = 0.0
    if index < LENGTH:
        return
    before = get(returns, index - LENGTH + 1)
    squares = before * before
    products = 0.0
    for bar in range(index - LENGTH + 2, index + 1):
        now = get(returns, bar)
        products += now * before
        squares += now * now
        before = now
    if squares > 0.0:
        row[at] = products / (LENGTH - 1) / (squares / LENGTH)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="roll",
    version=1,
    summary="how far one return undoes the one before, over 50 bars",
    columns=(
        Column(
            "roll",
            "mean of r_k r_k-1 (49 pairs) / mean of r_k² (50), one-bar log returns",
            "0 before bar 50 and where all r = 0",
        ),
    ),
    warmup=LENGTH,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
