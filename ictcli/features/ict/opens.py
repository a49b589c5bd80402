"""Distances to the opens of the day and the week (ICT.md §16, 31 and 32).

(C - open) in average daily ranges of the last 5 whole trading days, within -3..3: ``midnight_dist`` from the
midnight open of the trading day (New York), ``week_dist`` from the open of the trading week. 0 before that
open of the day or week is known, before there is an average, and where bars have no such open.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.detectors.liquidity.opening_price import MIDNIGHT, WEEK
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.average_day import AVERAGE_DAY, hear_average
from ictcli.features.ict.scale import FAR_DAYS, OLD, in_ranges
from ictcli.kernels import hot_kernel, kernel

MIDNIGHT_LABEL, WEEK_LABEL = MIDNIGHT + 1, WEEK + 1
"""The detector counts its places from 0, its labels from 1."""

STATE = np.dtype(
    [
        ("average", AVERAGE_DAY),
        ("known", np.int64, 2),  # 0 midnight, 1 week
        ("open", np.float64, 2),
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def hear(state: Any, opens: Any, first: int, last: int) -> None:
    """Take the opens that the current bar makes known or ends."""
    for at in range(first, last):
        event = opens[at]
        which = -1
        if event["label"] == MIDNIGHT_LABEL:
            which = 0
        elif event["label"] == WEEK_LABEL:
            which = 1
        if which >= 0:
            state["known"][which] = 1 if event["record"] == CONFIRMED else 0
            state["open"][which] = float(event["bottom"])


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any, opens: Any, o0: int, o1: int, days: Any, d0: int, d1: int
) -> None:
    """Write both distances after one closed bar."""
    if d0 < d1:
        hear_average(state["average"], days, d0, d1)
    if o0 < o1:
        hear(state, opens, o0, o1)
    average = state["average"]["points"]
    for which in range(2):
        row[at + which] = 0.0
        if state["known"][which] == 1 and average > 0.0:
            row[at + which] = in_ranges(facts["close"] - state["open"][which], average, FAR_DAYS)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, opens: Any, days: Any) -> None:
    """Step over bars."""
    o0, d0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        o1, d1 = records_until(opens, o0, bar), records_until(days, d0, bar)
        step(states[0], rows[i], at, facts[i], opens, o0, o1, days, d0, d1)
        o0, d0 = o1, d1


FEATURE = Feature(
    name="ict_opens",
    version=1,
    summary="distances to the midnight open and the open of the week",
    columns=(
        Column("midnight_dist", "(C - midnight open) / ADR 5, within -3..3", "0 without"),
        Column("week_dist", "(C - week open) / ADR 5, within -3..3", "0 without"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("opening_price", optional=True), Feed("adr", "5", optional=True)),
)
