"""Average true range as a share of the price (ML.md M24, 10).

Wilder's average of 14 bars including this one, over the close; 0 before bar 13 and where the close is 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import FADED, Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the share of one closed bar."""
    close = facts["close"]
    row[at] = facts["atr"] / close if close != 0.0 else 0.0


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="atr_share",
    version=1,
    summary="average true range as a share of the price",
    columns=(Column("atrpct", "ATR_i / C_i", "0 before bar 13 and where C = 0"),),
    warmup=FADED,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    fades=True,
)
