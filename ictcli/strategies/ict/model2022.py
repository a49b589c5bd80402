"""The 2022 model: sweep of liquidity, market structure shift, entry at the gap (ICT.md §11, C50).

Long side; the short side is the long side on negated bars. All rules are those of the detector
``model2022_search``, on the internal layer:

1. swept: a swing low is swept; known at bar s;
2. shifted: the first bullish MSS at a bar m with s <= m <= s + ``mss_within``;
3. the latest bullish fair value gap with its middle bar after the penetration and not after m, known at m
   or, where there is none, at m+1; k is the bar at which shift and gap are both known;
4. at k: k opens in a kill zone (``hours``: 02:00-05:00, 07:00-10:00 New York); no bars are missing since
   the penetration (``exclude_spans_gap``); the entry lies below the middle of the range, lowest low to
   highest high of penetration..k; above the range lies an unswept swing high, the target; the reward is
   at least ``min_rr`` times the risk.

Entry: a limit order in the middle of the gap (``entry_at`` "ce") or at its near edge, from k+1 for
``max_wait`` bars. Stop: below the range by the largest of the spread, ``buffer`` points and ``buffer_atr``
average true ranges. Half points are rounded against the trade: the entry to the worse price, the target
away. The order is void once the market trades at the target and withdrawn at a close below the gap. With
``flat_at`` orders lapse and positions are closed at that New York time of the trading day; a set-up known
later is not traded. With ``hold_minutes`` above 0 positions from a kill zone are closed that long after it
ends.

A set-up is a hunt and has its serial number. It goes IDLE, SWEPT, SHIFTED, ARMED; each step is noted, and
so is the reason for which a hunt ends: no shift in time, no gap, a newer sweep, or the test it failed.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.context import new_york_offset
from ictcli.detectors.base.events import CONFIRMED, EXPIRED, PARENT_ADDED, SUPERSEDED, TAKEN, VOID
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.detector import Feed
from ictcli.detectors.setups.model2022_search import LABEL_WORDS
from ictcli.detectors.setups.orders import ENTRY, STOP, TARGET
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import (
    IDLE,
    LIMIT,
    MOST_DECISIONS_PER_BAR,
    NEVER,
    SHIFTED,
    SWEPT,
    enter,
    note,
    rest,
)
from ictcli.strategies.ict.hours import CLOCK, init_clock, instant_of, minute_of
from ictcli.strategies.ict.pending import PENDING, remember, watch
from ictcli.strategies.ict.prices import asked, halved_up
from ictcli.strategies.protocol import Overrides, Strategy

REASONS = (
    "",
    "liquidity swept",
    "structure shifted",
    "sweep, shift and gap complete",
    "no shift in time after the sweep",
    "no gap in the shift",
    "outside hours",
    "bars missing inside the pattern",
    "entry not in discount",
    "no liquidity to aim at",
    "target too near",
    "a newer sweep took its place",
    "too late in the day",
    "closed through the gap",
    "more orders than can be kept",
)
R_SUPERSEDED, R_LATE, R_BROKEN, R_CROWDED = range(len(LABEL_WORDS) + 1, len(REASONS))
"""The reasons before them are the labels of a hunt."""

STATE = np.dtype(
    [
        ("clock", CLOCK),
        ("pending", PENDING),
        ("max_wait", np.int64),
        ("flat_minute", np.int64),  # -1 for none
        ("hold_ns", np.int64),
        ("killzones", np.int64),
    ]
)


class Model2022Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        mss_within: most bars from the sweep to the shift.
        entry_at: limit order in the middle of the gap (``ce``) or at its near ``edge``.
        min_rr: least reward, in units of the risk.
        buffer: least distance of the stop from the range, points.
        buffer_atr: least distance of the stop from the range, average true ranges.
        hours: ``killzones`` takes set-ups of the London and New York morning only, ``any`` all.
        exclude_spans_gap: leave out patterns with missing bars inside, on bars shorter than a day.
        max_wait: bars an order rests.
        flat_at: New York time at which orders and positions end, ``HH:MM``; empty: never.
        hold_minutes: minutes after the kill zone at which a position is closed, 0 for no limit; without
            effect outside kill zones.
    """

    mss_within: Annotated[int, Meta(ge=0, le=500)] = 10
    entry_at: Literal["ce", "edge"] = "ce"
    min_rr: Annotated[float, Meta(ge=0, le=1000)] = 1.0
    buffer: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    hours: Literal["killzones", "any"] = "killzones"
    exclude_spans_gap: bool = True
    max_wait: Annotated[int, Meta(ge=1, le=100_000)] = 20
    flat_at: str = "16:00"
    hold_minutes: Annotated[int, Meta(ge=0, le=1440)] = 0


def detectors(params: Model2022Params) -> Overrides:
    """The parameters of the detectors that follow."""
    names = ("mss_within", "entry_at", "min_rr", "buffer", "buffer_atr", "hours", "exclude_spans_gap")
    return {"model2022_search": {name: getattr(params, name) for name in names}}


def init_state(params: Model2022Params, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``flat_at`` cannot be read.
    """
    state = np.zeros(1, STATE)
    own = state[0]
    init_clock(own["clock"])
    own["max_wait"] = params.max_wait
    own["flat_minute"] = minute_of(params.flat_at)
    own["hold_ns"] = params.hold_minutes * NS_PER_MINUTE
    own["killzones"] = params.hours == "killzones"
    return state


@kernel
def day_end(state: Any, bar: Any) -> int:
    """The instant at which orders of the current bar end, ``NEVER`` for none."""
    if state["flat_minute"] < 0:
        return NEVER
    return int(instant_of(state["clock"], bar["day"], state["flat_minute"]))


@kernel
def hold_end(state: Any, bar: Any) -> int:
    """The instant at which positions of the current bar's kill zone end, ``NEVER`` for none."""
    minute = bar["minute"]
    end = 300 if minute < 420 else 600
    inside = 120 <= minute < 300 or 420 <= minute < 600
    if state["hold_ns"] == 0 or not inside:
        return NEVER
    day = (bar["ts"] + new_york_offset(state["clock"], bar["ts"])) // NS_PER_DAY
    return int(instant_of(state["clock"], day, end) + state["hold_ns"])


@kernel
def arm(state: Any, decisions: Any, count: int, bar: Any, hunt: Any) -> int:
    """Append the order of a hunt that is complete, or the note that it comes too late."""
    direction = hunt["direction"]
    side = (1 - direction) // 2
    end = day_end(state, bar)
    own = decisions[count]
    if end <= bar["ts_close"]:
        count = note(decisions, count, bar["bar"], hunt["serial"], direction, IDLE, R_LATE)
        own["zone"] = hunt["serial"]
        own["formed"] = hunt["formed"]
        return count
    extra = hunt["extra"]
    entry = halved_up(direction * extra[ENTRY])
    target = asked(halved_up(direction * extra[TARGET]), direction)
    stop = asked(direction * extra[STOP], direction)
    count = enter(decisions, count, bar["bar"], hunt["serial"], direction, stop, target)
    rest(decisions, count - 1, LIMIT, direction * entry, state["max_wait"])
    own["reason"] = hunt["label"]
    own["void_at"] = target
    own["expires"] = end
    own["flat"] = min(end, hold_end(state, bar))
    own["zone"] = hunt["serial"]
    own["formed"] = hunt["formed"]
    return remember(state["pending"], decisions, count, own, bottom_of(hunt, side), R_CROWDED)


@kernel
def hear(state: Any, decisions: Any, count: int, bar: Any, hunts: Any, first: int, last: int) -> int:
    """Append what becomes of the hunts of the current bar."""
    for at in range(first, last):
        hunt = hunts[at]
        record = hunt["record"]
        if record == TAKEN:
            count = arm(state, decisions, count, bar, hunt)
            continue
        stage, reason = IDLE, hunt["label"]
        if record == CONFIRMED:
            stage = SWEPT
        elif record == PARENT_ADDED:
            stage = SHIFTED
        elif record == SUPERSEDED:
            reason = R_SUPERSEDED
        elif record not in (EXPIRED, VOID):
            continue
        own = decisions[count]
        count = note(decisions, count, bar["bar"], hunt["serial"], hunt["direction"], stage, reason)
        own["zone"] = hunt["serial"]
        own["formed"] = hunt["formed"]
    return count


@hot_kernel
def step(state: Any, decisions: Any, count: int, bar: Any, hunts: Any, first: int, last: int) -> int:
    """Take one closed bar with the hunts' records of it; append what is decided; the new count."""
    count = watch(state["pending"], decisions, count, bar, R_BROKEN)
    if first < last:
        count = hear(state, decisions, count, bar, hunts, first, last)
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int, hunts: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(hunts, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        later = records_until(hunts, heard, bars[i]["bar"])
        count = step(states[0], decisions, count, bars[i], hunts, heard, later)
        heard = later
    return len(bars), count


STRATEGY = Strategy(
    name="model2022",
    version=1,
    summary="buy the gap of a market structure shift that followed a sweep of lows, and the reverse",
    params=Model2022Params,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("model2022_search"),),
    detectors=detectors,
    reasons=REASONS,
)
