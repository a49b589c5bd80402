"""Realised volatility of 20 bars, and its ratio to that of 100 (ML.md M24, 18 and 19).

``rv20`` is the root of the mean squared one-bar log return of the last 20 bars, without taking their mean
off; 0 before bar 20. ``vr`` is ``rv20 / rv100``; 1 before bar 100 and where no close of 100 differs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.facts import LONG
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write both columns of one closed bar."""
    row[at] = facts["rv_short"]
    row[at + 1] = facts["rv_short"] / facts["rv_long"] if facts["rv_long"] > 0.0 else 1.0


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="volatility",
    version=1,
    summary="realised volatility of 20 bars, and its ratio to that of 100",
    columns=(
        Column("rv20", "root mean square of the last 20 one-bar log returns", "0 before bar 20"),
        Column("vr", "rv20 / rv100", "1 before bar 100 and where rv100 = 0"),
    ),
    warmup=LONG,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
