"""Day of the trading week as a point on a circle (ICT.md §16, 36).

Days are trading days: Monday, 0, begins on Sunday at 17:00 New York. ``sin`` and ``cos`` of 2π · day / 7,
the day of the bar's open, so that markets with and without a week share one scale.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

TURN = 2.0 * math.pi / 7.0

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the two coordinates of one bar."""
    angle = TURN * (facts["week_minute"] // 1440)
    row[at] = math.sin(angle)
    row[at + 1] = math.cos(angle)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="time_weekday",
    version=1,
    summary="day of the trading week as a point on a circle",
    columns=(
        Column("weekday_sin", "sin(2π · day of the trading week of the open / 7), Monday 0"),
        Column("weekday_cos", "cos(2π · day of the trading week of the open / 7), Monday 0"),
    ),
    warmup=0,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
