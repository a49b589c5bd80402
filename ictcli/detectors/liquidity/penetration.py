"""The first price beyond a level, and whether a close reclaims it in time (ICT.md §7.3, C38, C41).

Every detector of levels writes "swept" at the first bar j that trades strictly beyond a level; touching
is not enough. From then on the level is consumed and waits here for its verdict. Prices are signed by the
level's direction, so that every level is support:

- sweep: some bar r of j..j + reclaim - 1 closes at or above the level; known at the close of the first
  such r. A close exactly on the level reclaims it.
- run: none does; known at the close of j + reclaim - 1.

``direction`` is the level's: a low that is taken is sell-side liquidity (bull), a high is buy-side (bear).
The depth is the distance from the level to the lowest low of j up to the verdict; the wick fraction is
that of the bar which made this low (the earliest on ties): the part of its range below its body, 0 for a
bar without range. A level that expires while it waits still gets its verdict (C43).
"""

import math
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import SPANS_GAP, SWEPT, descend, number, place, stamp
from ictcli.detectors.detector import Extra
from ictcli.detectors.structure.displacement import SHARE_SCALE
from ictcli.kernels import kernel

SWEEP = 1
"""Label of a reclaimed level."""
RUN = 2
"""Label of a level that was not reclaimed in time."""

MOST_RECLAIM = 100
"""Largest ``reclaim``."""

MOST_WAITING = 512
"""Levels that can wait at once: 128 live ones a side and one born per bar and side while they wait."""

WAITING = np.dtype(
    [
        ("formed_ts", np.int64),  # of the level, as ``descend`` takes them
        ("confirmed_ts", np.int64),
        ("serial", np.int64),
        ("direction", np.int32),
        ("ordinal", np.int32),
        ("level", np.int64),  # signed
        ("bar", np.int64),  # the penetrating bar
        ("ts", np.int64),  # its open
        ("ts_close", np.int64),
        ("deepest", np.int64),  # lowest signed low since
        ("wick", np.int64),  # of the bar that made it, below its body
        ("span", np.int64),  # range of that bar
    ]
)

STATE = np.dtype(
    [
        ("reclaim", np.int64),
        ("least_wick", np.int64),  # SHARE_SCALE-ths of the range
        ("most_depth_atr", np.float64),
        ("serial", np.int64),
        ("count", np.int64),
        ("waiting", WAITING, MOST_WAITING),
    ]
)

COLUMNS = ("level", "label", "spans_gap")

LABELS = {(direction, SWEEP): "sweep" for direction in (1, -1)} | {
    (direction, RUN): "run" for direction in (1, -1)
}

EXTRAS = (
    Extra("level_id", "id", 0),
    Extra("penetrated_at", "instant", 0),
    Extra("bars_to_reclaim", "count", 1, -1),
    Extra("depth", "points", 2),
    Extra("depth_atr", "ratio", 0),
    Extra("wick_frac", "ratio", 1),
)


class PenetrationParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        reclaim: bars, the penetrating one included, in which a close must reclaim the level.
        min_wick_frac: least wick fraction of a sweep, four decimals; 0 takes every sweep.
        max_depth_atr: greatest depth of a sweep, in average true ranges; 0 for no limit.
    """

    reclaim: Annotated[int, Meta(ge=1, le=MOST_RECLAIM)] = 3
    min_wick_frac: Annotated[float, Meta(ge=0, le=1)] = 0.0
    max_depth_atr: Annotated[float, Meta(ge=0)] = 0.0


def init_state(params: PenetrationParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["reclaim"] = params.reclaim
    state[0]["least_wick"] = round(params.min_wick_frac * SHARE_SCALE)
    state[0]["most_depth_atr"] = params.max_depth_atr
    return state


@kernel
def await_verdict(state: Any, bar: Any, level: Any) -> None:
    """Take in a level that the current bar penetrates, as its record tells."""
    one = state["waiting"][state["count"]]
    one["formed_ts"] = level["formed_ts"]
    one["confirmed_ts"] = level["confirmed_ts"]
    one["serial"] = level["serial"]
    one["direction"] = level["direction"]
    one["ordinal"] = level["ordinal"]
    one["level"] = level["direction"] * level["bottom"]
    one["bar"] = bar["bar"]
    one["ts"] = bar["ts"]
    one["ts_close"] = bar["ts_close"]
    one["deepest"] = one["level"]
    state["count"] += 1


@kernel
def deepen(one: Any, low: int, body: int, span: int) -> None:
    """Follow the low of a penetrated level through a bar with this signed low and lower end of the body."""
    if low < one["deepest"]:
        one["deepest"] = low
        one["wick"] = body - low
        one["span"] = span


@kernel
def passes(state: Any, bar: Any, one: Any) -> bool:
    """Whether a reclaimed level satisfies the filters of wick and depth."""
    least = state["least_wick"]
    if least > 0 and (one["span"] == 0 or one["wick"] * SHARE_SCALE < least * one["span"]):
        return False
    most = state["most_depth_atr"]
    depth = float(one["level"] - one["deepest"])  # never 0, so an undefined average lets none by
    return bool(most == 0.0 or depth <= most * bar["atr"])


@kernel
def confirm(state: Any, events: Any, start: int, count: int, bar: Any, one: Any, label: int) -> int:
    """Append the verdict on a level."""
    direction = one["direction"]
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, one["bar"]) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    depth = one["level"] - one["deepest"]
    event["formed"] = one["bar"]
    event["formed_ts"] = one["ts"]
    event["label"] = label
    event["extra"][0] = one["ts_close"]
    event["extra"][1] = bar["bar"] - one["bar"] if label == SWEEP else -1
    event["extra"][2] = depth
    event["ratio"][0] = depth / bar["atr"] if bar["atr"] > 0.0 else math.nan
    event["ratio"][1] = one["wick"] / one["span"] if one["span"] > 0 else 0.0
    place(event, direction, one["level"], one["level"])
    descend(event, 0, one, 0)
    number(events, start, count)
    state["serial"] += 1
    return count


@kernel
def judge(state: Any, events: Any, start: int, count: int, bar: Any) -> int:
    """Bring all waiting levels up to date with the current bar; those with a verdict leave."""
    waiting = state["waiting"]
    kept = 0
    for at in range(state["count"]):
        one = waiting[at]
        if one["direction"] > 0:
            low, close, body = bar["low"], bar["close"], min(bar["open"], bar["close"])
        else:
            low, close, body = -bar["high"], -bar["close"], -max(bar["open"], bar["close"])
        deepen(one, low, body, bar["high"] - bar["low"])
        if close >= one["level"]:
            if passes(state, bar, one):
                count = confirm(state, events, start, count, bar, one, SWEEP)
        elif bar["bar"] - one["bar"] + 1 >= state["reclaim"]:
            count = confirm(state, events, start, count, bar, one, RUN)
        else:
            waiting[kept] = one
            kept += 1
    state["count"] = kept
    return count


@kernel
def watch_penetrations(
    state: Any, events: Any, count: int, bar: Any, levels: Any, first: int, last: int
) -> int:
    """Take one closed bar and the records of the levels at it; append the verdicts; the new count."""
    for at in range(first, last):
        if levels[at]["record"] == SWEPT:
            await_verdict(state, bar, levels[at])
    if state["count"] == 0:
        return count
    return judge(state, events, count, count, bar)
