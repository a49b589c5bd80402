"""The dealing range and the optimal trade entry (ICT.md §16, 8, 9, 26 and 27).

The range is that of the internal ``dealing_range``: from the origin of the leg that last broke structure to
its extreme so far. ``range_pos`` is (C - low) / (high - low), within -0.5..1.5; ``retracement`` the way back
from the leg's end, (high - C) / (high - low) after a break upward and (C - low) / (high - low) after one
downward, within the same bounds; both 0.5 before the first range.
``strong_dist`` is the distance from the leg's origin to the close in the leg's direction, ``weak_dist`` that
from the close to its end, in average true ranges within -10..10; 10 before the first range.
``in_ote`` is the direction of the internal ``ote`` zone when the close lies in it, edges included, and the
leg holds; else 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import INVALIDATED, SUPERSEDED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import FAR, OLD, in_ranges, place_in
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype(
    [
        ("way", np.int64),  # direction of the range, 0 before the first
        ("low", np.float64),
        ("high", np.float64),
        ("entry_way", np.int64),  # direction of the entry zone, 0 without one
        ("bottom", np.float64),
        ("top", np.float64),
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def hear_range(state: Any, ranges: Any, last: int) -> None:
    """Take the edges of the current range, which the last record tells: none ends without a next one."""
    event = ranges[last - 1]
    state["way"] = event["direction"]
    state["low"] = float(event["bottom"])
    state["high"] = float(event["top"])


@kernel
def hear_entry(state: Any, entries: Any, first: int, last: int) -> None:
    """Take the edges of the current entry zone, or its end."""
    for at in range(first, last):
        event = entries[at]
        if event["record"] in (SUPERSEDED, INVALIDATED):
            state["entry_way"] = 0
        else:
            state["entry_way"] = event["direction"]
            state["bottom"] = float(event["bottom"])
            state["top"] = float(event["top"])


@hot_kernel
def tell_range(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write where the close lies in the range."""
    way = state["way"]
    if way == 0:
        row[at] = 0.5
        row[at + 1] = 0.5
        row[at + 2] = FAR
        row[at + 3] = FAR
        return
    close, atr = facts["close"], facts["atr"]
    position = place_in(state["low"], state["high"], close)
    row[at] = position
    row[at + 1] = 1.0 - position if way > 0 else position
    up = in_ranges(close - state["low"], atr, FAR)
    down = in_ranges(state["high"] - close, atr, FAR)
    row[at + 2] = up if way > 0 else down
    row[at + 3] = down if way > 0 else up


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any, ranges: Any, r0: int, r1: int, entries: Any, e0: int, e1: int
) -> None:
    """Write what is known of the leg after one closed bar."""
    if r0 < r1:
        hear_range(state, ranges, r1)
    if e0 < e1:
        hear_entry(state, entries, e0, e1)
    tell_range(state, row, at, facts)
    inside = state["bottom"] <= facts["close"] <= state["top"]
    row[at + 4] = float(state["entry_way"]) if inside else 0.0


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, ranges: Any, entries: Any) -> None:
    """Step over bars."""
    r0, e0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        r1, e1 = records_until(ranges, r0, bar), records_until(entries, e0, bar)
        step(states[0], rows[i], at, facts[i], ranges, r0, r1, entries, e0, e1)
        r0, e0 = r1, e1


FEATURE = Feature(
    name="ict_dealing",
    version=1,
    summary="where the close lies in the dealing range, and whether in its entry zone",
    columns=(
        Column("range_pos", "(C - low) / (high - low) of the dealing range, within -0.5..1.5", "0.5 without"),
        Column("retracement", "the same from the end of the leg back", "0.5 without"),
        Column("strong_dist", "direction * (C - leg origin) / ATR, within -10..10", "10 without"),
        Column("weak_dist", "direction * (leg end - C) / ATR, within -10..10", "10 without"),
        Column("in_ote", "direction of the OTE zone around C", "0 outside"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("dealing_range", "internal"), Feed("ote", "internal")),
)
