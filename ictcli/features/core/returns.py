"""Log returns over 1, 5 and 20 bars (ML.md M24, 1 to 3).

``ln(C_i / C_{i-k})``. Needs k bars before it; 0 until then, and where a price is not above 0.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

RING = 32
"""Closes remembered, more than the longest return needs."""

STATE = np.dtype([("closes", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def log_return(closes: Any, index: int, back: int) -> float:
    """``ln(C_i / C_{i-back})``, 0.0 where there is none."""
    if index < back:
        return 0.0
    now, then = closes[index % RING], closes[(index - back) % RING]
    if now <= 0.0 or then <= 0.0:
        return 0.0
    return math.log(now / then)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the three returns of one closed bar."""
    index = facts["bar"]
    closes = state["closes"]
    closes[index % RING] = facts["close"]
    row[at] = log_return(closes, index, 1)
    row[at + 1] = log_return(closes, index, 5)
    row[at + 2] = log_return(closes, index, 20)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="returns",
    version=1,
    summary="log returns over 1, 5 and 20 bars",
    columns=tuple(Column(f"ret{k}", f"ln(C_i / C_i-{k})", f"0 before bar {k}") for k in (1, 5, 20)),
    warmup=20,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
