"""Sweeps of internal swings (ICT.md §16, 23 to 25).

A sweep is a swing that price traded beyond and reclaimed in time (``detectors.liquidity.sweep``, label
sweep; runs do not count). Of the last sweep of highs (buy side) and of lows (sell side): ln(1 + bars) since
its verdict, 500 at most, and its depth in average true ranges, 10 at most; before the first the oldest age
and 0. ``sweep_balance`` is the number of sweeps of lows less that of highs whose verdict fell on one of the
last 50 bars, this one included, within -10..10.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.detectors.liquidity.penetration import SWEEP
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import FAR, NEVER, OLD, age, bounded
from ictcli.kernels import hot_kernel, kernel

WINDOW = 50
"""Bars over which sweeps are counted."""
MOST = 10.0

STATE = np.dtype(
    [
        ("last", np.int64, 2),  # bar of the last sweep: 0 of lows, 1 of highs
        ("depth", np.float64, 2),
        ("balance", np.int64),
        ("counts", np.int64, WINDOW),  # lows less highs, by bar modulo the window
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["last"] = NEVER
    return state


@kernel
def hear(state: Any, sweeps: Any, first: int, last: int, slot: int) -> None:
    """Take the sweeps of the current bar."""
    for at in range(first, last):
        event = sweeps[at]
        if event["record"] == CONFIRMED and event["label"] == SWEEP:
            side = (1 - event["direction"]) // 2
            depth = event["ratio"][0]
            state["last"][side] = event["at"]
            state["depth"][side] = 0.0 if math.isnan(depth) else bounded(depth, 0.0, FAR)
            state["counts"][slot] += event["direction"]
            state["balance"] += event["direction"]


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any, sweeps: Any, first: int, last: int) -> None:
    """Write what is known of sweeps after one closed bar."""
    bar = facts["bar"]
    slot = bar % WINDOW
    state["balance"] -= state["counts"][slot]
    state["counts"][slot] = 0
    if first < last:
        hear(state, sweeps, first, last, slot)
    row[at] = age(bar, state["last"][1])
    row[at + 1] = state["depth"][1]
    row[at + 2] = age(bar, state["last"][0])
    row[at + 3] = state["depth"][0]
    row[at + 4] = bounded(float(state["balance"]), -MOST, MOST)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, sweeps: Any) -> None:
    """Step over bars."""
    first = 0
    for i in range(len(facts)):
        last = records_until(sweeps, first, facts[i]["bar"])
        step(states[0], rows[i], at, facts[i], sweeps, first, last)
        first = last


FEATURE = Feature(
    name="ict_sweeps",
    version=1,
    summary="age and depth of the last sweeps, and which side is swept more",
    columns=(
        Column("bsl_sweep_age", "ln(1 + bars since the last sweep of a high), 500 at most", "ln 501 without"),
        Column("bsl_sweep_depth", "its depth / ATR, 10 at most", "0 without"),
        Column("ssl_sweep_age", "ln(1 + bars since the last sweep of a low), 500 at most", "ln 501 without"),
        Column("ssl_sweep_depth", "its depth / ATR, 10 at most", "0 without"),
        Column("sweep_balance", "sweeps of lows - sweeps of highs in 50 bars, within -10..10", "0 without"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("sweep", "internal"),),
)
