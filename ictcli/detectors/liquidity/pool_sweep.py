"""Sweep or run of a pool of equal highs or lows (ICT.md §7.2, §7.3, C38, C39, C41).

Like ``sweep``, with the levels of ``equal_levels`` of the same layer: bar j is the first after the level's
confirmation that trades strictly beyond it; a close back at or inside the level within ``reclaim`` bars
makes it a "sweep", otherwise it is a "run". Every level of a pool has its own verdict, so a pool that
grew beyond its first extreme can be swept more than once.
"""

from typing import Any

from ictcli.detectors.base.events import MOST_PER_BAR
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Feed
from ictcli.detectors.liquidity.penetration import (
    COLUMNS,
    EXTRAS,
    LABELS,
    STATE,
    PenetrationParams,
    init_state,
    watch_penetrations,
)
from ictcli.kernels import hot_kernel, kernel


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, pools: Any, first: int, last: int) -> int:
    """Take one closed bar and the pools' records of it; append what became known; the new count."""
    if first == last and state["count"] == 0:
        return count
    return watch_penetrations(state, events, count, bar, pools, first, last)


@kernel
def run(states: Any, events: Any, bars: Any, first: int, pools: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(pools, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(pools, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], pools, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="pool_sweep",
    version=1,
    summary="sweeps and runs of equal highs and lows",
    phase=6,
    params=PenetrationParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=COLUMNS,
    feeds=(Feed("equal_levels", None),),
    extras=EXTRAS,
    labels=LABELS,
    layers={"internal": {}, "swing": {}},
)
