"""Unswept liquidity above and below the price (ICT.md §16, 19 to 21).

Buy-side liquidity rests above highs, sell-side below lows. Levels are the internal swings and the highs and
lows of the previous day, week and month that no price has gone beyond; where bars have no days, the swings
alone. ``bsl_dist`` and ``ssl_dist`` are the distances from the close to the nearest one above and below in
average true ranges, at most 10, and 10 without one; ``liq_ratio`` is
``ln((bsl_dist + 0.1) / (ssl_dist + 0.1))``: positive when the lows are nearer.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, SWEPT
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.bias.live import LIVE, NOWHERE, drop, init_live, keep
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import FAR, OLD, in_ranges
from ictcli.kernels import hot_kernel, kernel

LEAST = 0.1
"""Added to both distances, so that their ratio stays finite on a level."""

STATE = np.dtype([("swings", LIVE), ("days", LIVE)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_live(state[0]["swings"])
    init_live(state[0]["days"])
    return state


@kernel
def hear(live: Any, feed: Any, first: int, last: int) -> None:
    """Take the levels that are confirmed and let those go that are swept, broken or given up."""
    for at in range(first, last):
        event = feed[at]
        side = (1 - event["direction"]) // 2
        if event["record"] == CONFIRMED:
            keep(live, side, event["direction"] * event["bottom"], event["serial"])
        elif event["record"] >= SWEPT:
            drop(live, side, event["serial"])


@hot_kernel
def nearest(state: Any, side: int, facts: Any) -> float:
    """Distance from the close to the nearest level of a side (0 lows, 1 highs)."""
    price = max(state["swings"]["nearest"][side], state["days"]["nearest"][side])
    if price == NOWHERE:
        return FAR
    close = facts["close"] if side == 0 else -facts["close"]
    return in_ranges(close - float(price), facts["atr"], FAR)


@hot_kernel
def step(
    state: Any, row: Any, at: int, facts: Any, swings: Any, s0: int, s1: int, days: Any, d0: int, d1: int
) -> None:
    """Write the distances after one closed bar."""
    if s0 < s1:
        hear(state["swings"], swings, s0, s1)
    if d0 < d1:
        hear(state["days"], days, d0, d1)
    above, below = nearest(state, 1, facts), nearest(state, 0, facts)
    row[at] = above
    row[at + 1] = below
    row[at + 2] = math.log((above + LEAST) / (below + LEAST))


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, swings: Any, days: Any) -> None:
    """Step over bars."""
    s0, d0 = 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        s1, d1 = records_until(swings, s0, bar), records_until(days, d0, bar)
        step(states[0], rows[i], at, facts[i], swings, s0, s1, days, d0, d1)
        s0, d0 = s1, d1


FEATURE = Feature(
    name="ict_liquidity",
    version=1,
    summary="distances to the nearest unswept highs and lows",
    columns=(
        Column("bsl_dist", "(nearest unswept high above - C) / ATR, 10 at most", "10 without"),
        Column("ssl_dist", "(C - nearest unswept low below) / ATR, 10 at most", "10 without"),
        Column("liq_ratio", "ln((bsl_dist + 0.1) / (ssl_dist + 0.1))", "0 without both"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("swing", "internal"), Feed("prev_levels", optional=True)),
)
