"""Position in the ranges of the last 20 and 60 trading days (ICT.md §16, 28 and 29).

(C - low) / (high - low) between the lowest low and the highest high of so many completed trading days,
within -0.5..1.5; 0.5 before that many days are completed, and where bars have no days.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import OLD, place_in
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("known", np.int64, 2), ("edge", np.float64, (2, 2))])
"""By range, and the edges by side: 0 low, 1 high. Both edges become known at once."""


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def hear(state: Any, which: int, levels: Any, first: int, last: int) -> None:
    """Take the edges of a range that the current bar makes known."""
    for at in range(first, last):
        event = levels[at]
        if event["record"] == CONFIRMED:
            side = (1 - event["direction"]) // 2
            state["known"][which] = 1
            state["edge"][which, side] = float(event["bottom"])


@hot_kernel
def position(state: Any, which: int, close: float) -> float:
    """Where a close lies in a range."""
    if state["known"][which] == 0:
        return 0.5
    return place_in(state["edge"][which, 0], state["edge"][which, 1], close)


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any, short: Any, s0: int, s1: int, long: Any, l0: int, l1: int
) -> None:
    """Write both positions after one closed bar."""
    if s0 < s1:
        hear(state, 0, short, s0, s1)
    if l0 < l1:
        hear(state, 1, long, l0, l1)
    row[at] = position(state, 0, facts["close"])
    row[at + 1] = position(state, 1, facts["close"])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, short: Any, long: Any) -> None:
    """Step over bars."""
    s0, l0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        s1, l1 = records_until(short, s0, bar), records_until(long, l0, bar)
        step(states[0], rows[i], at, facts[i], short, s0, s1, long, l0, l1)
        s0, l0 = s1, l1


FEATURE = Feature(
    name="ict_ipda",
    version=1,
    summary="position in the ranges of the last 20 and 60 trading days",
    columns=tuple(
        Column(
            f"ipda{days}_pos",
            f"(C - low) / (high - low) of the last {days} trading days, within -0.5..1.5",
            f"0.5 before {days} days",
        )
        for days in (20, 60)
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("ipda", "20", optional=True), Feed("ipda", "60", optional=True)),
)
