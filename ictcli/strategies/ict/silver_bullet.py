"""Silver Bullet: the first gap toward liquidity within one of three hours of the day (ICT.md §11).

Long side; the short side is the long side on negated bars. The hours are the windows of the detector
``silver_bullet`` (03:00-04:00, 10:00-11:00, 14:00-15:00 New York); the rules those of
``silver_bullet_setup``. At the close of a bar k of an hour that had no set-up yet:

1. a bullish fair value gap is confirmed at k, its middle bar and k both lie in the hour, and no bars are
   missing inside (``exclude_spans_gap``);
2. with ``shift_minutes`` above 0 a bullish market structure shift became known at most that long before;
3. above lies a draw on liquidity (previous day, week and month highs, session highs, equal highs, edges of
   new week opening gaps) at least ``frame`` points and ``frame_adr`` average daily ranges from the close.

Entry: a limit order at the near edge of the gap (``entry_at`` "edge") or in its middle ("ce"), from the next
bar to the end of the hour. Stop: below the low of bar k-2 by the largest of the spread, ``buffer`` points
and ``buffer_atr`` average true ranges. Target: the draw or ``target_r`` times the risk, whichever is nearer.
Half points are rounded against the trade: the entry to the worse price, the target away. The order is void
once the market trades at the target and withdrawn at a close below the gap; the position is closed
``hold_minutes`` after the hour ends.

Bars of more than 20 minutes are refused: their hours have no room for a gap and an order.

A set-up is an hour. Noted are its begin, every gap that is passed over with the first rule it fails, and
an end without a trade.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import CLOSED, CONFIRMED, SPANS_GAP
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.detector import Feed
from ictcli.detectors.setups.draws import NOWHERE
from ictcli.detectors.setups.orders import ENTRY, MOST_LIVE, STOP, TARGET
from ictcli.detectors.setups.silver_bullet_setup import (
    WINDOW_COUNT,
    count_bar,
    hear_shifts,
    hear_windows,
    window_of,
)
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import IDLE, LIMIT, MOST_DECISIONS_PER_BAR, enter, note, rest
from ictcli.strategies.ict.pending import PENDING, remember, watch
from ictcli.strategies.ict.prices import asked, halved_up
from ictcli.strategies.protocol import Overrides, Strategy

REASONS = (
    "",
    "the hour began",
    "gap toward liquidity within the hour",
    "bars missing inside the gap",
    "no shift of structure in time",
    "average daily range not known yet",
    "no liquidity far enough ahead",
    "the hour is over",
    "the hour ended without a trade",
    "closed through the gap",
    "more orders than can be kept",
)
(
    R_BEGAN, R_TAKEN, R_MISSING, R_NO_SHIFT, R_NO_RANGE, R_NO_DRAW, R_LATE, R_ENDED, R_BROKEN, R_CROWDED,
) = range(1, len(REASONS))  # fmt: skip
_LONG_AGO = -(2**62)

STATE = np.dtype(
    [
        ("pending", PENDING),
        ("active", np.int64),  # hours that are open
        ("open", np.int64, WINDOW_COUNT),  # by label: 1 while the hour is open
        ("bars", np.int64, WINDOW_COUNT),  # bars of it in a row up to the current one
        ("end", np.int64, WINDOW_COUNT),  # ns UTC
        ("taken", np.int64, WINDOW_COUNT),  # 1 once it had its set-up
        ("number", np.int64, WINDOW_COUNT),  # of the set-up
        ("setups", np.int64),
        ("ranges", np.int64),  # days in the daily average, 0 while it is unknown
        ("shifted", np.int64, 2),  # instant of the latest shift of the side
        ("shift_ns", np.int64),
        ("hold_ns", np.int64),
        ("measures", np.int64),  # 1 when the draw's distance depends on the daily average
        ("exclude_spans_gap", np.int64),
    ]
)


class SilverBulletParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        frame: least distance of the draw, points.
        frame_adr: least distance of the draw, average daily ranges.
        shift_minutes: minutes within which a market structure shift must have come before; 0 asks for none.
        entry_at: limit order at the near ``edge`` of the gap or in its middle (``ce``).
        buffer: least distance of the stop from the low of the gap's first bar, points.
        buffer_atr: least distance of the stop from that low, average true ranges.
        target_r: greatest distance of the target, in units of the risk.
        hold_minutes: minutes from the end of the hour after which a position is closed.
        exclude_spans_gap: leave out gaps with missing bars inside.
    """

    frame: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    frame_adr: Annotated[float, Meta(ge=0, le=1000)] = 0.15
    shift_minutes: Annotated[int, Meta(ge=0, le=100_000)] = 0
    entry_at: Literal["edge", "ce"] = "edge"
    buffer: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    target_r: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    hold_minutes: Annotated[int, Meta(ge=0, le=1440)] = 60
    exclude_spans_gap: bool = True


def detectors(params: SilverBulletParams) -> Overrides:
    """The parameters of the detectors that follow."""
    return {"silver_bullet_setup": {**msgspec.structs.asdict(params), "most_live": MOST_LIVE}}


def init_state(params: SilverBulletParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    own["shifted"] = _LONG_AGO
    own["shift_ns"] = params.shift_minutes * NS_PER_MINUTE
    own["hold_ns"] = params.hold_minutes * NS_PER_MINUTE
    own["measures"] = params.frame_adr > 0
    own["exclude_spans_gap"] = params.exclude_spans_gap
    return state


def refuses(_params: SilverBulletParams, bar_ns: int) -> str:
    """Why an hour of such bars cannot hold a gap and its order; empty when it can."""
    return "" if 3 * bar_ns <= NS_PER_HOUR else "needs bars of at most 20 minutes"


@kernel
def follow_hours(
    state: Any, decisions: Any, count: int, bar: Any, windows: Any, first: int, last: int
) -> int:
    """Append the begin and the end of the hours."""
    for at in range(first, last):
        label = windows[at]["label"] - 1
        record = windows[at]["record"]
        if record == CLOSED and state["taken"][label] == 0:
            number = state["number"][label]
            count = note(decisions, count, bar["bar"], number, 0, IDLE, R_ENDED)
        hear_windows(state, windows, at, at + 1)
        if record == CONFIRMED:
            state["number"][label] = state["setups"]
            count = note(decisions, count, bar["bar"], state["setups"], 0, IDLE, R_BEGAN)
            state["setups"] += 1
    return count


@kernel
def setup_of(setups: Any, first: int, last: int, gap: Any) -> int:
    """The set-up that the detector made of a gap, ``NOWHERE`` when it made none."""
    for at in range(first, last):
        if setups[at]["record"] == CONFIRMED and setups[at]["parent"][0]["serial"] == gap["serial"]:
            return at
    return NOWHERE


@kernel
def why_not(state: Any, bar: Any, gap: Any) -> int:
    """The rule that a gap failed."""
    side = (1 - gap["direction"]) // 2
    reason = R_NO_DRAW
    if state["exclude_spans_gap"] & gap["marks"] & SPANS_GAP != 0:
        reason = R_MISSING
    elif state["shift_ns"] > 0 and bar["ts_close"] - state["shifted"][side] > state["shift_ns"]:
        reason = R_NO_SHIFT
    elif state["measures"] == 1 and state["ranges"] == 0:
        reason = R_NO_RANGE
    return reason


@kernel
def arm(state: Any, decisions: Any, count: int, bar: Any, setup: Any, window: int) -> int:
    """Append the order of a set-up."""
    direction = setup["direction"]
    extra = setup["extra"]
    end = state["end"][window]
    target = asked(halved_up(direction * extra[TARGET]), direction)
    stop = asked(direction * extra[STOP], direction)
    own = decisions[count]
    count = enter(decisions, count, bar["bar"], state["number"][window], direction, stop, target)
    rest(decisions, count - 1, LIMIT, direction * halved_up(direction * extra[ENTRY]), 0)
    own["reason"] = R_TAKEN
    own["void_at"] = target
    own["expires"] = end
    own["flat"] = end + state["hold_ns"]
    own["zone"] = setup["parent"][0]["serial"]
    own["formed"] = setup["formed"]
    bottom = bottom_of(setup, (1 - direction) // 2)
    return remember(state["pending"], decisions, count, own, bottom, R_CROWDED)


@kernel
def decide_on(
    state: Any, decisions: Any, count: int, bar: Any, gap: Any, setups: Any, first: int, last: int
) -> int:
    """Append what becomes of a gap that the current bar confirms."""
    window = window_of(state)
    if window == NOWHERE:
        return count
    found = setup_of(setups, first, last, gap)
    reason = why_not(state, bar, gap)
    if found != NOWHERE:
        state["taken"][window] = 1
        if state["end"][window] > bar["ts_close"]:
            return arm(state, decisions, count, bar, setups[found], window)
        reason = R_LATE
    own = decisions[count]
    count = note(decisions, count, bar["bar"], state["number"][window], gap["direction"], IDLE, reason)
    own["zone"] = gap["serial"]
    own["formed"] = gap["formed"]
    return count


@hot_kernel
def step(
    state: Any, decisions: Any, count: int, bar: Any,
    setups: Any, u0: int, u1: int, windows: Any, w0: int, w1: int, gaps: Any, g0: int, g1: int,
    ranges: Any, r0: int, r1: int, shifts: Any, m0: int, m1: int,
) -> int:  # fmt: skip
    """Take one closed bar and all that was said at it; append what is decided; the new count."""
    count = watch(state["pending"], decisions, count, bar, R_BROKEN)
    if w0 < w1:
        count = follow_hours(state, decisions, count, bar, windows, w0, w1)
    if r0 < r1:
        state["ranges"] = ranges[r1 - 1]["extra"][1]
    if m0 < m1:
        hear_shifts(state, bar, shifts, m0, m1)
    if state["active"] > 0:
        count_bar(state, bar)
        for at in range(g0, g1):
            if gaps[at]["record"] == CONFIRMED:
                count = decide_on(state, decisions, count, bar, gaps[at], setups, u0, u1)
    return count


@kernel
def run(
    states: Any, decisions: Any, bars: Any, first: int,
    setups: Any, windows: Any, gaps: Any, ranges: Any, shifts: Any,
) -> tuple[int, int]:  # fmt: skip
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    u0, w0 = first_record(setups, bars, first), first_record(windows, bars, first)
    g0, r0 = first_record(gaps, bars, first), first_record(ranges, bars, first)
    m0 = first_record(shifts, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        bar = bars[i]["bar"]
        u1, w1 = records_until(setups, u0, bar), records_until(windows, w0, bar)
        g1, r1 = records_until(gaps, g0, bar), records_until(ranges, r0, bar)
        m1 = records_until(shifts, m0, bar)
        count = step(
            states[0], decisions, count, bars[i], setups, u0, u1, windows, w0, w1, gaps, g0, g1,
            ranges, r0, r1, shifts, m0, m1,
        )  # fmt: skip
        u0, w0, g0, r0, m0 = u1, w1, g1, r1, m1
    return len(bars), count


STRATEGY = Strategy(
    name="silver_bullet",
    version=1,
    summary="trade the first gap toward liquidity within one of three New York hours",
    params=SilverBulletParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(
        Feed("silver_bullet_setup"),
        Feed("silver_bullet"),
        Feed("fvg"),
        Feed("adr", "5", optional=True),
        Feed("mss", "internal", optional=True),
    ),
    detectors=detectors,
    reasons=REASONS,
    refuses=refuses,
)
