"""Which way the wide bars of the last while went (ICT.md §16, 38).

``disp10``: displacements upward less displacements downward among the last 10 bars, this one included.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

WINDOW = 10

STATE = np.dtype([("balance", np.int64), ("counts", np.int64, WINDOW)])
"""Their sum, and upward less downward by bar modulo the window."""


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any, moves: Any, first: int, last: int) -> None:
    """Write the balance after one closed bar."""
    slot = facts["bar"] % WINDOW
    fresh = 0
    for record in range(first, last):
        if moves[record]["record"] == CONFIRMED:
            fresh += moves[record]["direction"]
    state["balance"] += fresh - state["counts"][slot]
    state["counts"][slot] = fresh
    row[at] = float(state["balance"])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, moves: Any) -> None:
    """Step over bars."""
    first = 0
    for i in range(len(facts)):
        last = records_until(moves, first, facts[i]["bar"])
        step(states[0], rows[i], at, facts[i], moves, first, last)
        first = last


FEATURE = Feature(
    name="ict_displacements",
    version=1,
    summary="displacements up less displacements down in 10 bars",
    columns=(Column("disp10", "displacements up - down among the last 10 bars", "0 without"),),
    warmup=300,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("displacement"),),
)
