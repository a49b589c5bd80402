"""Jump from the last close to the open, in average true ranges (ML.md M24, 14).

``(O_i - C_{i-1}) / ATR_{i-1}``: the average through the bar before, which the jump itself does not raise; 0
before bar 14 and where that average is 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.ranges import in_ranges
from ictcli.features.feature import FADED, Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the jump before one closed bar."""
    row[at] = in_ranges(facts["open"] - facts["before"], facts["atr_before"])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="gap",
    version=1,
    summary="jump from the last close to the open, in average true ranges",
    columns=(Column("gap", "(O_i - C_i-1) / ATR_i-1", "0 before bar 14 and where ATR = 0"),),
    warmup=FADED,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    fades=True,
)
