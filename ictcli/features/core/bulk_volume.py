"""Bulk classification of volume over 20 bars (ML.md M24, 22; Easley, Lopez de Prado, O'Hara 2012).

Of the volume of bar k the share ``Φ(r_k / rv100_i)`` counts as bought; ``bvc`` is what was bought less what
was sold, ``sum V_k (2Φ(r_k / rv100_i) - 1)``, over ``sum V_k``. r is the one-bar log return, rv100 the
realised volatility of 100 bars. 0 before bar 100, and where no bar has volume or no close differs.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import RING, get, put
from ictcli.features.facts import LONG
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20
ROOT_TWO = math.sqrt(2.0)
"""2Φ(x) - 1 is erf(x / √2)."""

STATE = np.dtype([("volumes", np.float64, RING), ("returns", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the balance of one closed bar."""
    index = facts["bar"]
    put(state["volumes"], index, facts["volume"])
    put(state["returns"], index, facts["ret"])
    row[at] = 0.0
    unit = facts["rv_long"] * ROOT_TWO
    if unit <= 0.0:
        return
    total = 0.0
    balance = 0.0
    for bar in range(index - LENGTH + 1, index + 1):
        volume = get(state["volumes"], bar)
        total += volume
        balance += volume * math.erf(get(state["returns"], bar) / unit)
    if total > 0.0:
        row[at] = balance / total


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="bulk_volume",
    version=1,
    summary="volume bought less volume sold over 20 bars, by bulk classification",
    columns=(
        Column(
            "bvc",
            "sum V_k (2Φ(r_k / rv100_i) - 1) / sum V_k over 20 bars",
            "0 before bar 100 and where the sum is 0",
        ),
    ),
    warmup=LONG,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
