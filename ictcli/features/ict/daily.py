"""The day before, the average day and the day so far (ICT.md §16, 30 and 33).

In average daily ranges of the last 5 whole trading days: ``pdh_dist``, from the close up to the previous
day's high, and ``pdl_dist``, from the previous day's low up to the close; both turn negative beyond the level
and stay within -3..3. ``pdh_swept`` and ``pdl_swept`` are 1 once a price of this day went beyond the level.
``adr_used`` is the range of the day so far, at most 3. Before a day, or 5 whole ones for the average, is
complete, and where bars have no days: distances 3, the rest 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, SWEPT
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.detectors.liquidity.prev_levels import DAY
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.average_day import AVERAGE_DAY, hear_average
from ictcli.features.ict.scale import FAR_DAYS, OLD, in_ranges
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype(
    [
        ("average", AVERAGE_DAY),
        ("known", np.int64),
        ("level", np.float64, 2),  # 0 the previous low, 1 the previous high
        ("swept", np.int64, 2),
        ("low", np.float64),  # of the day so far
        ("high", np.float64),
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def hear(state: Any, levels: Any, first: int, last: int, facts: Any) -> None:
    """Take the levels of the day that the current bar begins, and what price does to them."""
    for at in range(first, last):
        event = levels[at]
        if event["label"] != DAY:
            continue
        side = (1 - event["direction"]) // 2
        if event["record"] == CONFIRMED:
            state["known"] = 1
            state["level"][side] = float(event["bottom"])
            state["swept"][side] = 0
            state["low"] = facts["low"]
            state["high"] = facts["high"]
        elif event["record"] == SWEPT:
            state["swept"][side] = 1


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any, levels: Any, l0: int, l1: int, days: Any, d0: int, d1: int
) -> None:
    """Write what is known of the days after one closed bar."""
    if d0 < d1:
        hear_average(state["average"], days, d0, d1)
    if l0 < l1:
        hear(state, levels, l0, l1, facts)
    if state["known"] == 0:
        row[at] = FAR_DAYS
        row[at + 1] = FAR_DAYS
        row[at + 2] = 0.0
        row[at + 3] = 0.0
        row[at + 4] = 0.0
        return
    state["low"] = min(state["low"], facts["low"])
    state["high"] = max(state["high"], facts["high"])
    close, average = facts["close"], state["average"]["points"]
    row[at] = in_ranges(state["level"][1] - close, average, FAR_DAYS)
    row[at + 1] = in_ranges(close - state["level"][0], average, FAR_DAYS)
    row[at + 2] = float(state["swept"][1])
    row[at + 3] = float(state["swept"][0])
    row[at + 4] = in_ranges(state["high"] - state["low"], average, FAR_DAYS) if average > 0.0 else 0.0


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, levels: Any, days: Any) -> None:
    """Step over bars."""
    l0, d0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        l1, d1 = records_until(levels, l0, bar), records_until(days, d0, bar)
        step(states[0], rows[i], at, facts[i], levels, l0, l1, days, d0, d1)
        l0, d0 = l1, d1


FEATURE = Feature(
    name="ict_daily",
    version=1,
    summary="distances to the previous day's high and low, whether swept, and how much of a day is used",
    columns=(
        Column("pdh_dist", "(previous day's high - C) / ADR 5, within -3..3", "3 without"),
        Column("pdl_dist", "(C - previous day's low) / ADR 5, within -3..3", "3 without"),
        Column("pdh_swept", "1 once a price of this day was above it", "0 without"),
        Column("pdl_swept", "1 once a price of this day was below it", "0 without"),
        Column("adr_used", "(high - low of the day so far) / ADR 5, 3 at most", "0 without"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("prev_levels", optional=True), Feed("adr", "5", optional=True)),
)
