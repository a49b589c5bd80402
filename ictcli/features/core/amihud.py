"""Illiquidity: how far the price moves per volume (ML.md M24, 24; Amihud 2002).

``ln(1e-12 + mean of |r_k| / max(V_k, 1))`` over the last 20 bars; r is the one-bar log return. It depends
on what the source counts as volume, so symbols and sources cannot be compared by it. 0 before bar 20 and
where none of the 20 bars has volume, as where the volume is unknown.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20
LEAST = 1e-12

STATE = np.dtype([("volumes", np.float64, RING), ("impacts", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the illiquidity of one closed bar."""
    index = facts["bar"]
    volume = facts["volume"]
    put(state["volumes"], index, volume)
    put(state["impacts"], index, abs(facts["ret"]) / max(volume, 1.0))
    row[at] = 0.0
    if index < LENGTH:
        return
    traded = 0.0
    total = 0.0
    for bar in range(index - LENGTH + 1, index + 1):
        traded += get(state["volumes"], bar)
        total += get(state["impacts"], bar)
    if traded > 0.0:
        row[at] = math.log(LEAST + total / LENGTH)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="amihud",
    version=1,
    summary="absolute return per volume over 20 bars, as a logarithm",
    columns=(
        Column(
            "amihud",
            "ln(1e-12 + mean of |r_k| / max(V_k, 1) over 20 bars)",
            "0 before bar 20 and where no bar has volume",
        ),
    ),
    warmup=LENGTH,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
