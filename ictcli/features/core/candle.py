"""Body and wicks of the bar as shares of its range (ML.md M24, 11 to 13).

``body`` is ``(C - O) / R``, with its sign; ``uw`` and ``lw`` are the wicks ``(H - max(O, C)) / R`` and
``(min(O, C) - L) / R``; R is ``H - L``, and all three are 0 where it is 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the three shares of one closed bar."""
    high, low, opened, close = facts["high"], facts["low"], facts["open"], facts["close"]
    span = high - low
    row[at] = row[at + 1] = row[at + 2] = 0.0
    if span > 0.0:
        row[at] = (close - opened) / span
        row[at + 1] = (high - max(opened, close)) / span
        row[at + 2] = (min(opened, close) - low) / span


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="candle",
    version=1,
    summary="body and wicks of the bar as shares of its range",
    columns=(
        Column("body", "(C - O) / (H - L)", "0 where H = L"),
        Column("uw", "(H - max(O, C)) / (H - L)", "0 where H = L"),
        Column("lw", "(min(O, C) - L) / (H - L)", "0 where H = L"),
    ),
    warmup=0,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
