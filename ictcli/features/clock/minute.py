"""Minute of the New York day as a point on a circle (ICT.md §16, 35).

``sin`` and ``cos`` of 2π · minute / 1440, the minute of the bar's open: 23:59 and 00:00 are neighbours.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

TURN = 2.0 * math.pi / 1440.0

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the two coordinates of one bar."""
    angle = TURN * facts["minute"]
    row[at] = math.sin(angle)
    row[at + 1] = math.cos(angle)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="time_minute",
    version=1,
    summary="minute of the New York day as a point on a circle",
    columns=(
        Column("minute_sin", "sin(2π · New York minute of the open / 1440)"),
        Column("minute_cos", "cos(2π · New York minute of the open / 1440)"),
    ),
    warmup=0,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
