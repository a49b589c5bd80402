"""The last complete Asian range (ICT.md §16, 34).

From the first bar after 24:00 New York until the next range is complete: ``asia_size``, the range in average
daily ranges of the last 5 whole trading days, at most 3; ``asia_pos``, (C - low) / (high - low) within
-0.5..1.5; ``asia_high_swept`` and ``asia_low_swept``, 1 once a later price went beyond the edge. Before the
first range, and where bars fit no such window: 0, 0.5, 0, 0; the size is 0 also before there is an average.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.average_day import AVERAGE_DAY, hear_average
from ictcli.features.ict.scale import FAR_DAYS, OLD, in_ranges, place_in
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype(
    [
        ("average", AVERAGE_DAY),
        ("known", np.int64),
        ("low", np.float64),
        ("high", np.float64),
        ("swept", np.int64, 2),  # 0 low, 1 high
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def hear(state: Any, ranges: Any, first: int, last: int) -> None:
    """Take the range that the current bar makes known at its open."""
    for at in range(first, last):
        event = ranges[at]
        if event["record"] == CONFIRMED:
            state["known"] = 1
            state["low"] = float(event["bottom"])
            state["high"] = float(event["top"])
            state["swept"][0] = 0
            state["swept"][1] = 0


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any, ranges: Any, r0: int, r1: int, days: Any, d0: int, d1: int
) -> None:
    """Write what is known of the range after one closed bar."""
    if d0 < d1:
        hear_average(state["average"], days, d0, d1)
    if r0 < r1:
        hear(state, ranges, r0, r1)
    row[at] = 0.0
    row[at + 1] = 0.5
    if state["known"] == 1:
        average = state["average"]["points"]
        if average > 0.0:
            row[at] = in_ranges(state["high"] - state["low"], average, FAR_DAYS)
        row[at + 1] = place_in(state["low"], state["high"], facts["close"])
        if facts["low"] < state["low"]:
            state["swept"][0] = 1
        if facts["high"] > state["high"]:
            state["swept"][1] = 1
    row[at + 2] = float(state["swept"][1])
    row[at + 3] = float(state["swept"][0])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, ranges: Any, days: Any) -> None:
    """Step over bars."""
    r0, d0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        r1, d1 = records_until(ranges, r0, bar), records_until(days, d0, bar)
        step(states[0], rows[i], at, facts[i], ranges, r0, r1, days, d0, d1)
        r0, d0 = r1, d1


FEATURE = Feature(
    name="ict_asia",
    version=1,
    summary="size of the last Asian range, where the close lies in it, and which edge was swept",
    columns=(
        Column("asia_size", "(high - low) / ADR 5, 3 at most", "0 without"),
        Column("asia_pos", "(C - low) / (high - low), within -0.5..1.5", "0.5 without"),
        Column("asia_high_swept", "1 once a later price was above it", "0 without"),
        Column("asia_low_swept", "1 once a later price was below it", "0 without"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("asian_range", optional=True), Feed("adr", "5", optional=True)),
)
