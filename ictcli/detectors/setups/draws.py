"""The draw on liquidity: levels ahead that price has not traded beyond (ICT.md §7.1, §11).

Kept for both sides of the market from the records of the detectors that find levels. A level is gone with
the first price strictly beyond it from the bar on at which it is known, or when its own detector drops it.
Highs draw up, lows draw down; the two edges of a new week opening gap draw either way.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import BROKEN, CONFIRMED
from ictcli.detectors.imbalance.opening_gap import NWOG
from ictcli.kernels import hot_kernel, kernel

MOST_DRAWS = 512
"""More than the detectors of levels keep alive together: 128 a side each, and two edges of 52 gaps."""

NOWHERE = -1

DRAW = np.dtype(
    [
        ("price", np.int64),  # signed by the side that aims at it
        ("feed", np.int64),  # number of the feed it came from
        ("serial", np.int64),
        ("formed_ts", np.int64),
        ("confirmed_ts", np.int64),
        ("direction", np.int32),
        ("ordinal", np.int32),
    ]
)

DRAWS = np.dtype([("count", np.int64, 2), ("level", DRAW, (2, MOST_DRAWS))])
"""Levels by side, long first, the farthest first."""


@kernel
def put(draws: Any, side: int, price: int, event: Any, feed: int) -> None:
    """Take in a level at a signed price."""
    at = draws["count"][side]
    level = draws["level"]
    while at > 0 and level[side, at - 1]["price"] < price:
        level[side, at] = level[side, at - 1]
        at -= 1
    own = level[side, at]
    own["price"] = price
    own["feed"] = feed
    own["serial"] = event["serial"]
    own["formed_ts"] = event["formed_ts"]
    own["confirmed_ts"] = event["confirmed_ts"]
    own["direction"] = event["direction"]
    own["ordinal"] = event["ordinal"]
    draws["count"][side] += 1


@kernel
def take_out(draws: Any, side: int, serial: int, feed: int) -> None:
    """Take out the levels of an object."""
    level = draws["level"]
    kept = 0
    for at in range(draws["count"][side]):
        own = level[side, at]
        if own["serial"] != serial or own["feed"] != feed:
            if kept < at:
                level[side, kept] = own
            kept += 1
    draws["count"][side] = kept


@kernel
def hear_levels(draws: Any, levels: Any, first: int, last: int, feed: int) -> None:
    """Take the records of highs and lows of the current bar."""
    for at in range(first, last):
        event = levels[at]
        direction = event["direction"]
        side = (1 + direction) // 2
        if event["record"] == CONFIRMED:
            put(draws, side, -direction * event["bottom"], event, feed)
        elif event["record"] >= BROKEN:
            take_out(draws, side, event["serial"], feed)


@kernel
def hear_gaps(draws: Any, gaps: Any, first: int, last: int, feed: int) -> None:
    """Take the records of opening gaps of the current bar."""
    for at in range(first, last):
        event = gaps[at]
        if event["label"] == NWOG:
            for side in range(2):
                sign = 1 - 2 * side
                if event["record"] == CONFIRMED:
                    put(draws, side, sign * event["bottom"], event, feed)
                    put(draws, side, sign * event["top"], event, feed)
                elif event["record"] >= BROKEN:
                    take_out(draws, side, event["serial"], feed)


@hot_kernel
def drop_reached(draws: Any, side: int, high: int) -> None:
    """Drop the levels of a side that lie below the signed high of the current bar."""
    count = draws["count"][side]
    while count > 0 and draws["level"][side, count - 1]["price"] < high:
        count -= 1
    draws["count"][side] = count


@kernel
def find_draw(draws: Any, side: int, price: int, distance: int) -> int:
    """Place of the nearest level at least so far from a signed price, ``NOWHERE`` when there is none."""
    for at in range(draws["count"][side] - 1, -1, -1):
        if draws["level"][side, at]["price"] - price >= distance:
            return at
    return NOWHERE
