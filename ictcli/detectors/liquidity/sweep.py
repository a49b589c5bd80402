"""Sweep or run of a swing: price trades beyond it and comes back, or does not (ICT.md §7.3, C38, C41).

The level is a swing high or low of the same layer. Bar j is the first after the swing's confirmation that
trades strictly beyond it ("swept" in the swing's own records); touching is not a sweep. It is a "sweep"
(stop hunt) when one of the bars j..j + reclaim - 1 closes back at or inside the level, known at the close
of the first that does; otherwise a "run", known at the close of bar j + reclaim - 1 and never earlier.
``formed_at`` is the open of bar j, ``level`` the swing's price. A taken low is bull, a taken high bear,
for runs as well: the direction is that of the level. With the bar of the penetration, the bars to the
reclaim (0: same bar), the depth beyond the level up to the verdict in points and in average true ranges
through the bar before the verdict, and the wick fraction of the bar that went deepest. ``reclaim`` 1 takes
only sweeps by one bar's wick. The filters ``min_wick_frac`` and ``max_depth_atr`` leave out sweeps, never
turn them into runs. A swing that its detector evicted is not followed.
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
def step(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Take one closed bar and the swings' records of it; append what became known; the new count."""
    if first == last and state["count"] == 0:
        return count
    return watch_penetrations(state, events, count, bar, swings, first, last)


@kernel
def run(states: Any, events: Any, bars: Any, first: int, swings: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(swings, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        later = records_until(swings, heard, bars[i]["bar"])
        count = step(states[0], events, count, bars[i], swings, heard, later)
        heard = later
    return len(bars), count


DETECTOR = Detector(
    name="sweep",
    version=1,
    summary="sweeps and runs of swing highs and lows",
    phase=6,
    params=PenetrationParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=COLUMNS,
    feeds=(Feed("swing", None),),
    extras=EXTRAS,
    labels=LABELS,
    layers={"internal": {}, "swing": {}},
)
