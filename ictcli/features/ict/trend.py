"""Trend of the internal and the swing structure (ICT.md §16, 1 and 2).

The direction of the last break of structure of the layer: +1 up, -1 down; 0 before the first one, which
depends on where the series starts.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import OLD
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("trend", np.int64, 2)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def last_break(trend: int, breaks: Any, first: int, last: int) -> int:
    """The direction of the latest break, ``trend`` when there is none among the records."""
    for at in range(first, last):
        if breaks[at]["record"] == CONFIRMED and breaks[at]["direction"] != 0:
            trend = breaks[at]["direction"]
    return trend


@hot_kernel
def step(
    state: Any, row: Any, at: int, _facts: Any, inner: Any, i0: int, i1: int, outer: Any, o0: int, o1: int
) -> None:
    """Write both trends after one closed bar and its breaks."""
    trend = state["trend"]
    if i0 < i1:
        trend[0] = last_break(trend[0], inner, i0, i1)
    if o0 < o1:
        trend[1] = last_break(trend[1], outer, o0, o1)
    row[at] = float(trend[0])
    row[at + 1] = float(trend[1])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, inner: Any, outer: Any) -> None:
    """Step over bars."""
    i0, o0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        i1, o1 = records_until(inner, i0, bar), records_until(outer, o0, bar)
        step(states[0], rows[i], at, facts[i], inner, i0, i1, outer, o0, o1)
        i0, o0 = i1, o1


FEATURE = Feature(
    name="ict_trend",
    version=1,
    summary="direction of the last break of internal and swing structure",
    columns=(
        Column("trend_internal", "direction of the last internal break", "0 before the first"),
        Column("trend_swing", "direction of the last swing break", "0 before the first"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("structure", "internal"), Feed("structure", "swing")),
)
