"""Sweep or run of a high or low of the previous day, week or month (ICT.md §7.3, §7.5, C38, C41-C43).

Like ``sweep``, with the levels of ``prev_levels``: bar j is the first that trades strictly beyond the level,
the very bar on which it became known included; a close back at or inside the level within ``reclaim`` bars
makes it a "sweep", otherwise it is a "run". A level that expires after its penetration still gets its
verdict.
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
def step(state: Any, events: Any, count: int, bar: Any, levels: Any, first: int, last: int) -> int:
    """Take one closed bar and the levels' records of it; append what became known; the new count."""
    if first == last and state["count"] == 0:
        return count
    return watch_penetrations(state, events, count, bar, levels, first, last)


@kernel
def run(states: Any, events: Any, bars: Any, first: int, levels: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(levels, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(levels, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], levels, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="level_sweep",
    version=1,
    summary="sweeps and runs of the highs and lows of the previous day, week and month",
    phase=6,
    params=PenetrationParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=COLUMNS,
    feeds=(Feed("prev_levels"),),
    extras=EXTRAS,
    labels=LABELS,
)
