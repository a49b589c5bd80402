"""Time of the trading week, weighed by session (ML.md M24, 26).

``sin(2π · m / 10080) · code``: m is the minutes from Sunday 17:00 of the New York wall clock to the bar's
open, the code 2 for opens from 02:00 to before 08:00 New York, 3 from 08:00 to before 17:00, else 1. It
mixes two facts in one number; the sets with clock features give them apart.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

TURN = 2.0 * math.pi / 10080.0
LONDON, NEW_YORK, CLOSE = 120, 480, 1020
"""New York minutes of the day at which the code changes."""

STATE = np.dtype([("unused", np.int64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def step(_state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the time of one bar."""
    minute = facts["minute"]
    code = 1.0
    if LONDON <= minute < NEW_YORK:
        code = 2.0
    elif NEW_YORK <= minute < CLOSE:
        code = 3.0
    row[at] = math.sin(TURN * facts["week_minute"]) * code


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="hour_of_week",
    version=1,
    summary="time of the trading week, weighed by session",
    columns=(
        Column("how", "sin(2π · minutes since Sunday 17:00 New York / 10080) · session code 1, 2 or 3"),
    ),
    warmup=0,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
