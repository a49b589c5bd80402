"""Equal highs and equal lows: swings at one price, where stops pile up (ICT.md §7.2, C39, C40).

A pool starts with a swing. The next confirmed swing of the same kind and layer joins when it differs from
the pool's extreme (its lowest low, its highest high) by at most the tolerance; otherwise it starts a new
pool. Each join that brings the pool to ``min_members`` swings or more confirms a level at the new extreme,
because stops rest beyond it; EQL is support (bull), EQH resistance (bear). ``formed_at`` is the bar of the
pool's first swing, where the line of equal extremes begins, for every level of the pool; it is not the bar
of the joining swing, which ``joined_id`` names. ``confirmed_at`` is the close that confirms the joining
swing. Earlier levels of the pool keep their own life: "swept" by the first price beyond them, "broken" by
the first close beyond, from the bar after their confirmation. A joiner may lie beyond the old extreme and
so sweep the old level itself; that does not keep it from joining.
The tolerance is ``tolerance_atr`` average true ranges through the bar before the confirmation (while they
are undefined a swing starts a new pool), or ``tolerance_points`` where that is set. The rule of §7.2 that no
bar in between may have traded beyond extreme and tolerance needs no test: the highest such bar would itself
be a swing and would have reset or moved the pool.
With the number of members, the spread between the outermost two (also in average true ranges,
``size_atr``) and ``mean_frac``: the mean distance of the members from the level as a fraction of the
spread, 0 for members at one price. ``first_member_id`` names the pool; the members between it and
``joined_id`` are told by the pool's earlier levels.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import BROKEN, CONFIRMED, MOST_PER_BAR, SPANS_GAP, descend, place, stamp
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.kernels import hot_kernel, kernel

EQUAL = 1
"""Label of every pool: EQL for lows, EQH for highs."""

MEMBER = np.dtype(
    [
        ("formed", np.int64),
        ("formed_ts", np.int64),
        ("confirmed_ts", np.int64),
        ("serial", np.int64),
        ("direction", np.int32),
        ("ordinal", np.int32),
    ]
)

STATE = np.dtype(
    [
        ("book", BOOK),
        ("by_points", np.int64),  # 1: the tolerance is in points
        ("tolerance", np.float64),  # points or average true ranges
        ("min_members", np.int64),
        ("serial", np.int64),
        ("members", np.int64, 2),  # swings in the current pool of the side
        ("first", MEMBER, 2),
        ("lowest", np.int64, 2),  # signed prices
        ("highest", np.int64, 2),
        ("total", np.int64, 2),  # sum of the members' distances above the first member
        ("start", np.int64, 2),  # signed price of the first member
    ]
)


class EqualLevelsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        tolerance_atr: greatest difference from the pool's extreme, in average true ranges.
        tolerance_points: the same in points; takes the place of ``tolerance_atr`` when it is set.
        min_members: swings from which on a pool is a level.
        max_active: levels watched per direction; the oldest is evicted.
    """

    tolerance_atr: Annotated[float, Meta(ge=0)] = 0.1
    tolerance_points: Annotated[int, Meta(ge=0)] | None = None
    min_members: Annotated[int, Meta(ge=2)] = 2
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: EqualLevelsParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    state[0]["by_points"] = params.tolerance_points is not None
    state[0]["tolerance"] = (
        params.tolerance_atr if params.tolerance_points is None else params.tolerance_points
    )
    state[0]["min_members"] = params.min_members
    return state


@kernel
def joins(state: Any, bar: Any, side: int, low: int) -> bool:
    """Whether a new swing of a side, with this signed price, is equal to the side's pool."""
    if state["members"][side] == 0:
        return False
    tolerance = state["tolerance"]
    if state["by_points"] == 0:
        if bar["atr"] <= 0.0:
            return False
        tolerance *= bar["atr"]
    return bool(abs(low - state["lowest"][side]) <= tolerance)


@kernel
def begin_pool(state: Any, side: int, swing: Any, low: int) -> None:
    """Make a swing the first of a new pool."""
    first = state["first"][side]
    first["formed"] = swing["formed"]
    first["formed_ts"] = swing["formed_ts"]
    first["confirmed_ts"] = swing["confirmed_ts"]
    first["serial"] = swing["serial"]
    first["direction"] = swing["direction"]
    first["ordinal"] = swing["ordinal"]
    state["members"][side] = 1
    state["lowest"][side] = low
    state["highest"][side] = low
    state["start"][side] = low
    state["total"][side] = 0


@kernel
def join_pool(state: Any, side: int, low: int) -> None:
    """Take a swing into the pool of its side."""
    state["members"][side] += 1
    state["lowest"][side] = min(state["lowest"][side], low)
    state["highest"][side] = max(state["highest"][side], low)
    state["total"][side] += low - state["start"][side]


@kernel
def mean_fraction(state: Any, side: int) -> float:
    """Mean distance of the members from the extreme, as a fraction of the spread."""
    lowest = state["lowest"][side]
    spread = state["highest"][side] - lowest
    if spread == 0:
        return 0.0
    members = state["members"][side]
    return float((state["total"][side] + members * (state["start"][side] - lowest)) / (members * spread))


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, swing: Any) -> int:
    """Append the level of a side's pool, which ``swing`` has just joined."""
    book = state["book"]
    first = state["first"][side]
    direction = 1 - 2 * side
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, first["formed"]) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    lowest = state["lowest"][side]
    spread = state["highest"][side] - lowest
    event["formed"] = first["formed"]
    event["formed_ts"] = first["formed_ts"]
    event["label"] = EQUAL
    event["size_atr"] = in_atr(spread, bar)
    event["extra"][0] = state["members"][side]
    event["extra"][1] = spread
    event["ratio"][0] = mean_fraction(state, side)
    place(event, direction, lowest, lowest)
    descend(event, 0, first, 0)
    descend(event, 1, swing, 0)
    add(book, side, lowest, event)
    state["serial"] += 1
    return count


@kernel
def hear(state: Any, events: Any, count: int, bar: Any, swing: Any) -> int:
    """Take a swing that the current bar confirms."""
    side = (1 - swing["direction"]) // 2
    low = swing["direction"] * swing["bottom"]
    if not joins(state, bar, side, low):
        begin_pool(state, side, swing, low)
        return count
    join_pool(state, side, low)
    if state["members"][side] < state["min_members"]:
        return count
    return confirm(state, events, count, bar, side, swing)


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any, swings: Any, first: int, last: int) -> int:
    """Take one closed bar and the swings' records of it; append what became known; the new count."""
    book = state["book"]
    low = bar["low"]
    high = bar["high"]
    if low < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, low, bar["close"], BROKEN)
    if -high < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -high, -bar["close"], BROKEN)
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            count = hear(state, events, count, bar, swings[at])
    return count


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
    name="equal_levels",
    version=1,
    summary="equal highs and lows: pools of swings at one price",
    phase=7,
    params=EqualLevelsParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "size_atr", "spans_gap"),
    feeds=(Feed("swing", None),),
    ends=("broken", "evicted"),
    extras=(
        Extra("first_member_id", "id", 0),
        Extra("joined_id", "id", 1),
        Extra("members", "count", 0),
        Extra("spread", "points", 1),
        Extra("mean_frac", "ratio", 0),
    ),
    labels={(1, EQUAL): "EQL", (-1, EQUAL): "EQH"},
    layers={"internal": {}, "swing": {}},
)
