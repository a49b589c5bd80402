"""Zones that the close stands in (ICT.md §16, 15 and 18).

For inversion gaps, balanced price ranges and breakers of the internal layer: +1 when the close lies in a
live bull zone, -1 in a live bear zone, 0 in none or in both. A close stands in a live zone when it is not
beyond the near edge, since a close beyond the far one ends it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, INVALIDATED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.bias.live import LIVE, drop, init_live, keep
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import OLD
from ictcli.kernels import hot_kernel, kernel

KINDS = 3

STATE = np.dtype([("zones", LIVE, KINDS)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    for kind in range(KINDS):
        init_live(state[0]["zones"][kind])
    return state


@kernel
def hear(live: Any, feed: Any, first: int, last: int) -> None:
    """Take the births and ends of zones."""
    for at in range(first, last):
        event = feed[at]
        side = (1 - event["direction"]) // 2
        if event["record"] == CONFIRMED:
            top = event["top"] if side == 0 else -event["bottom"]
            keep(live, side, top, event["serial"])
        elif event["record"] >= INVALIDATED:
            drop(live, side, event["serial"])


@hot_kernel
def stands(live: Any, close: float) -> float:
    """Which side's zones a close stands in."""
    found = 0.0
    if float(live["nearest"][0]) >= close:
        found += 1.0
    if float(live["nearest"][1]) >= -close:
        found -= 1.0
    return found


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any,
    flips: Any, f0: int, f1: int, ranges: Any, r0: int, r1: int, breakers: Any, b0: int, b1: int,
) -> None:  # fmt: skip
    """Write what the close of one bar stands in."""
    zones = state["zones"]
    if f0 < f1:
        hear(zones[0], flips, f0, f1)
    if r0 < r1:
        hear(zones[1], ranges, r0, r1)
    if b0 < b1:
        hear(zones[2], breakers, b0, b1)
    for kind in range(KINDS):
        row[at + kind] = stands(zones[kind], facts["close"])


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, flips: Any, ranges: Any, breakers: Any) -> None:
    """Step over bars."""
    f0, r0, b0 = 0, 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        f1, r1 = records_until(flips, f0, bar), records_until(ranges, r0, bar)
        b1 = records_until(breakers, b0, bar)
        step(states[0], rows[i], at, facts[i], flips, f0, f1, ranges, r0, r1, breakers, b0, b1)
        f0, r0, b0 = f1, r1, b1


FEATURE = Feature(
    name="ict_inside",
    version=1,
    summary="inversion gaps, balanced ranges and breakers that the close stands in",
    columns=(
        Column("in_ifvg", "+1 in a live bull inversion gap, -1 in a bear one", "0 in none or both"),
        Column("in_bpr", "the same for balanced price ranges", "0 in none or both"),
        Column("in_breaker", "the same for internal breakers", "0 in none or both"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("ifvg"), Feed("bpr"), Feed("breaker", "internal")),
)
