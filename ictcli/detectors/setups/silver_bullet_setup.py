"""Silver Bullet: the first gap toward liquidity within one of three hours of the day (ICT.md §11).

The hours are the windows of ``silver_bullet``. Bullish at bar k: a bullish fair value gap is confirmed at k,
its middle bar k-1 and k both lie in an open window that has had no setup yet, and above there is a draw on
liquidity. ``formed_at`` is the middle bar, ``confirmed_at`` the close of k, the zone is the gap.

The draw is the nearest level above at a distance of at least ``frame`` points and ``frame_adr`` average
daily ranges (``adr``, five days) from the close of k: highs of the previous day, week and month, session
highs, equal highs of the internal layer and both edges of new week opening gaps, as long as no price
traded beyond them since they are known. Each direction looks at its own side; a gap without a draw is
passed over and leaves the window to later ones. While no daily average is known there is no setup, unless
``frame_adr`` is 0. With ``shift_minutes`` above 0 an internal ``mss`` of the direction must have become known
at most that long before the close of k; whether it had to follow a sweep is told to ``mss``.

The entry is a limit order at the near edge of the gap (``entry_at`` "edge") or in its middle ("ce"). The stop
lies below the low of bar k-2 by the largest of the spread, ``buffer`` points and ``buffer_atr`` average
true ranges, rounded away from the entry. The target is the draw or ``target_r`` times the risk (rounded away
to half points), whichever is nearer. How order and position end is told in ``orders``: the order
expires with the first bar that opens at or after the end of the window, the position is closed at the
open of the first bar that opens ``hold_minutes`` after that end, or later. A window has at most one setup;
a gap in several windows at once counts for the first of them that has none. While ``most_live`` setups of a
direction are alive, further gaps are passed over.
Sources trade this on bars of one to five minutes; any bars that fit the windows are accepted.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import CLOSED, CONFIRMED, MOST_PER_BAR, SPANS_GAP, descend, stamp
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.sessions.silver_bullet import LABELS as WINDOW_LABELS
from ictcli.detectors.sessions.windows import UTC_END
from ictcli.detectors.setups.draws import (
    DRAWS,
    NOWHERE,
    drop_reached,
    find_draw,
    hear_gaps,
    hear_levels,
)
from ictcli.detectors.setups.orders import (
    MOST_LIVE,
    NO_PRICE,
    ORDERS,
    OUTCOMES,
    PLAN,
    RESULT,
    SETUP_ENDS,
    follow,
    has_room,
    init_orders,
    place_until,
    plan,
    rings,
    stop_distance,
)
from ictcli.kernels import hot_kernel, kernel

WINDOWS, GAPS, PERIODS, SESSIONS, POOLS, WEEKS, RANGES, SHIFTS = range(8)
"""Feeds."""
DRAW_PRICE = 5
"""Extra after those of the plan."""
WINDOW_COUNT = len(WINDOW_LABELS)
_LONG_AGO = -(2**62)
_NO_LIMIT = 2**40

STATE = np.dtype(
    [
        ("orders", ORDERS),
        ("draws", DRAWS),
        ("low", np.int64, (2, 4)),  # signed lows of the last bars, by side and bar modulo 4
        ("active", np.int64),  # windows that are open
        ("open", np.int64, WINDOW_COUNT),  # by label: 1 while the window is open
        ("bars", np.int64, WINDOW_COUNT),  # bars of it in a row up to the current one
        ("end", np.int64, WINDOW_COUNT),  # ns UTC
        ("taken", np.int64, WINDOW_COUNT),  # 1 once it had its setup
        ("range_sum", np.int64),  # the daily average as a sum over days, 0 days while unknown
        ("range_days", np.int64),
        ("shifted", np.int64, 2),  # instant of the latest shift of the side
        ("frame", np.int64),
        ("frame_adr", np.float64),
        ("shift_ns", np.int64),
        ("hold_ns", np.int64),
        ("middle", np.int64),
        ("buffer", np.int64),
        ("buffer_atr", np.float64),
        ("target_r", np.float64),
        ("without_gaps", np.int64),
        ("serial", np.int64),
    ]
)


class SilverBulletSetupParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        frame: least distance of the draw, points.
        frame_adr: least distance of the draw, average daily ranges.
        shift_minutes: time within which a market structure shift must have come before; 0 asks for none.
        entry_at: limit order at the near ``edge`` of the gap or in its middle (``ce``).
        buffer: least distance of the stop from the low of the gap's first bar, points.
        buffer_atr: least distance of the stop from that low, average true ranges.
        target_r: greatest distance of the target, in units of the risk.
        hold_minutes: time from the end of the window after which a position is closed.
        most_live: orders and positions alive at a time, per direction.
        exclude_spans_gap: leave out gaps whose bars span a gap in time.
    """

    frame: Annotated[int, Meta(ge=0)] = 0
    frame_adr: Annotated[float, Meta(ge=0)] = 0.15
    shift_minutes: Annotated[int, Meta(ge=0)] = 0
    entry_at: Literal["edge", "ce"] = "edge"
    buffer: Annotated[int, Meta(ge=0)] = 1
    buffer_atr: Annotated[float, Meta(ge=0)] = 0.1
    target_r: Annotated[float, Meta(gt=0)] = 2.0
    hold_minutes: Annotated[int, Meta(ge=0)] = 60
    most_live: Annotated[int, Meta(ge=1, le=MOST_LIVE)] = 1
    exclude_spans_gap: bool = True


def init_state(params: SilverBulletSetupParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    init_orders(own["orders"], params.most_live, _NO_LIMIT)
    own["shifted"] = _LONG_AGO
    own["frame"] = params.frame
    own["frame_adr"] = params.frame_adr
    own["shift_ns"] = params.shift_minutes * NS_PER_MINUTE
    own["hold_ns"] = params.hold_minutes * NS_PER_MINUTE
    own["middle"] = params.entry_at == "ce"
    own["buffer"] = params.buffer
    own["buffer_atr"] = params.buffer_atr
    own["target_r"] = params.target_r
    own["without_gaps"] = params.exclude_spans_gap
    return state


@kernel
def hear_windows(state: Any, windows: Any, first: int, last: int) -> None:
    """Take the windows that open and close."""
    for at in range(first, last):
        label = windows[at]["label"] - 1
        if windows[at]["record"] == CLOSED:
            state["open"][label] = 0
            state["active"] -= 1
        elif windows[at]["record"] == CONFIRMED:
            state["open"][label] = 1
            state["bars"][label] = 0
            state["taken"][label] = 0
            state["end"][label] = windows[at]["extra"][UTC_END]
            state["active"] += 1


@kernel
def count_bar(state: Any, bar: Any) -> None:
    """Count the current bar in the open windows; bars of closed hours begin the count anew."""
    for label in range(WINDOW_COUNT):
        if state["open"][label] == 1:
            state["bars"][label] = 0 if bar["closed"] == 1 else state["bars"][label] + 1


@kernel
def hear_shifts(state: Any, bar: Any, shifts: Any, first: int, last: int) -> None:
    """Take the shifts of the current bar."""
    for at in range(first, last):
        if shifts[at]["record"] == CONFIRMED:
            state["shifted"][(1 - shifts[at]["direction"]) // 2] = bar["ts_close"]


@kernel
def window_of(state: Any) -> int:
    """The first open window that holds the last two bars and had no setup, ``NOWHERE`` without one."""
    for label in range(WINDOW_COUNT):
        if state["open"][label] == 1 and state["bars"][label] >= 2 and state["taken"][label] == 0:
            return label
    return NOWHERE


@kernel
def least_distance(state: Any) -> int:
    """Least distance of the draw in points, 0 while there is no saying."""
    least = max(1, state["frame"])
    if state["frame_adr"] == 0.0:
        return int(least)
    if state["range_days"] == 0:
        return 0
    return int(max(least, math.ceil(state["frame_adr"] * state["range_sum"] / state["range_days"])))


@kernel
def arm(state: Any, events: Any, count: int, bar: Any, gap: Any, window: int, draw: Any) -> int:
    """Append the setup of a gap with its draw."""
    direction = gap["direction"]
    side = (1 - direction) // 2
    event = events[count]
    count = stamp(events, count, bar, direction, state["serial"], int(gap["marks"]) & SPANS_GAP)
    event["formed"] = gap["formed"]
    event["formed_ts"] = gap["formed_ts"]
    event["bottom"] = gap["bottom"]
    event["top"] = gap["top"]
    event["size_atr"] = gap["size_atr"]
    bottom, top = bottom_of(gap, side), -bottom_of(gap, 1 - side)
    entry = bottom + top if state["middle"] == 1 else 2 * top
    behind = state["low"][side, (bar["bar"] - 2) & 3]
    stop = behind - stop_distance(bar, state["buffer"], state["buffer_atr"])
    reward = math.ceil(state["target_r"] * (entry - 2 * stop))
    plan(event, side, entry, stop, int(min(2 * draw["price"], entry + reward)))
    event["extra"][DRAW_PRICE] = direction * draw["price"]
    descend(event, 0, gap, GAPS)
    descend(event, 1, draw, draw["feed"])
    end = state["end"][window]
    place_until(state["orders"], side, bar["day"], event, end, end + state["hold_ns"])
    state["taken"][window] = 1
    state["serial"] += 1
    return count


@kernel
def seek(state: Any, events: Any, count: int, bar: Any, gaps: Any, first: int, last: int) -> int:
    """Take a bar of an open window with the gaps that it confirms."""
    count_bar(state, bar)
    for at in range(first, last):
        gap = gaps[at]
        if gap["record"] != CONFIRMED or state["without_gaps"] & gap["marks"] & SPANS_GAP != 0:
            continue
        side = (1 - gap["direction"]) // 2
        window = window_of(state)
        if window == NOWHERE or not has_room(state["orders"], side):
            continue
        if state["shift_ns"] > 0 and bar["ts_close"] - state["shifted"][side] > state["shift_ns"]:
            continue
        least = least_distance(state)
        draw = find_draw(state["draws"], side, gap["direction"] * bar["close"], least)
        if least > 0 and draw != NOWHERE:
            count = arm(state, events, count, bar, gap, window, state["draws"]["level"][side, draw])
    return count


@hot_kernel
def step(
    state: Any, events: Any, count: int, bar: Any,
    windows: Any, w0: int, w1: int, gaps: Any, g0: int, g1: int, periods: Any, p0: int, p1: int,
    sessions: Any, s0: int, s1: int, pools: Any, q0: int, q1: int, weeks: Any, k0: int, k1: int,
    ranges: Any, r0: int, r1: int, shifts: Any, m0: int, m1: int,
) -> int:  # fmt: skip
    """Take one closed bar and all that was said at it; append what became known; the new count."""
    if rings(state["orders"], bar):
        count = follow(state["orders"], bar, events, count)
    draws = state["draws"]
    if p0 < p1:
        hear_levels(draws, periods, p0, p1, PERIODS)
    if s0 < s1:
        hear_levels(draws, sessions, s0, s1, SESSIONS)
    if q0 < q1:
        hear_levels(draws, pools, q0, q1, POOLS)
    if k0 < k1:
        hear_gaps(draws, weeks, k0, k1, WEEKS)
    drop_reached(draws, 0, bar["high"])
    drop_reached(draws, 1, -bar["low"])
    if w0 < w1:
        hear_windows(state, windows, w0, w1)
    if r0 < r1:
        state["range_sum"] = ranges[r1 - 1]["extra"][0]
        state["range_days"] = ranges[r1 - 1]["extra"][1]
    if m0 < m1:
        hear_shifts(state, bar, shifts, m0, m1)
    if state["active"] > 0:
        count = seek(state, events, count, bar, gaps, g0, g1)
    at = bar["bar"] & 3
    state["low"][0, at] = bar["low"]
    state["low"][1, at] = -bar["high"]
    return count


@kernel
def run(
    states: Any, events: Any, bars: Any, first: int, windows: Any, gaps: Any, periods: Any, sessions: Any,
    pools: Any, weeks: Any, ranges: Any, shifts: Any,
) -> tuple[int, int]:  # fmt: skip
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    w0, g0 = first_record(windows, bars, first), first_record(gaps, bars, first)
    p0, s0 = first_record(periods, bars, first), first_record(sessions, bars, first)
    q0, k0 = first_record(pools, bars, first), first_record(weeks, bars, first)
    r0, m0 = first_record(ranges, bars, first), first_record(shifts, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        bar = bars[i]["bar"]
        w1, g1 = records_until(windows, w0, bar), records_until(gaps, g0, bar)
        p1, s1 = records_until(periods, p0, bar), records_until(sessions, s0, bar)
        q1, k1 = records_until(pools, q0, bar), records_until(weeks, k0, bar)
        r1, m1 = records_until(ranges, r0, bar), records_until(shifts, m0, bar)
        count = step(
            states[0], events, count, bars[i], windows, w0, w1, gaps, g0, g1, periods, p0, p1,
            sessions, s0, s1, pools, q0, q1, weeks, k0, k1, ranges, r0, r1, shifts, m0, m1,
        )  # fmt: skip
        w0, g0, p0, s0, q0, k0, r0, m0 = w1, g1, p1, s1, q1, k1, r1, m1
    return len(bars), count


DETECTOR = Detector(
    name="silver_bullet_setup",
    version=1,
    summary="the first gap toward liquidity in a Silver Bullet hour, with entry, stop, target and outcome",
    phase=8,
    params=SilverBulletSetupParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label", "size_atr", "spans_gap"),
    feeds=(
        Feed("silver_bullet"),
        Feed("fvg"),
        Feed("prev_levels", optional=True),
        Feed("session_level", optional=True),
        Feed("equal_levels", "internal", optional=True),
        Feed("opening_gap", optional=True),
        Feed("adr", "5", optional=True),
        Feed("mss", "internal", optional=True),
    ),
    ends=SETUP_ENDS,
    extras=(
        *PLAN,
        *RESULT,
        Extra("draw", "price", DRAW_PRICE, NO_PRICE),
        Extra("fvg_id", "id", 0),
        Extra("draw_id", "id", 1),
    ),
    labels=OUTCOMES,
)
