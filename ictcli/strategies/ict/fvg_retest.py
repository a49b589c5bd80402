"""FVG retest: join the trend when price comes back to the gap its last leg left behind.

Long side; the short side is the long side on negated bars. At the close of a bar:

1. the last break of structure (BOS or CHoCH) was bullish;
2. a live bullish fair value gap, confirmed at or after the origin of the leg that made this break, is
   touched for the first time;
3. the gap is at least ``min_size_atr`` high and, with ``exclude_spans_gap``, has no missing bars inside;
4. the close holds: above the gap's bottom, its midpoint or its top (``hold``);
5. the bar opens inside one of the New York windows (``windows``).

Entry: at the market, at the next open. Stop: the gap's bottom minus the larger of the bar's spread (at
least one point) and ``buffer_atr`` average true ranges, rounded away from the entry. Target: the close plus
``reward_risk`` times the distance from the close to the stop. After ``max_bars`` bars the trade is closed.
A set-up is a gap and has its serial number; every gap is decided on once, at its first touch, and of
several gaps that qualify on one bar the one nearest to the price counts. Every other first touch is noted
with the first of the rules that it fails. Thresholds use the average true range through the previous bar.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, SPANS_GAP, TAPPED
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.detector import Feed
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import IDLE, MOST_DECISIONS_PER_BAR, enter, note
from ictcli.strategies.ict.hours import HOURS, in_hours, init_hours
from ictcli.strategies.ict.prices import asked, reward, stop_buffer
from ictcli.strategies.protocol import Overrides, Strategy

Hold = Literal["bottom", "middle", "top"]

_HOLDS: tuple[Hold, ...] = ("bottom", "middle", "top")

REASONS = (
    "",
    "first touch of a gap of the trend's last leg",
    "against the trend",
    "gap older than the trend's last leg",
    "gap too small",
    "bars missing inside the gap",
    "close did not hold",
    "outside hours",
    "a nearer gap of the same bar was taken",
)
R_TAKEN, R_TREND, R_OLD, R_SMALL, R_MISSING, R_HOLD, R_HOURS, R_NEARER = range(1, 9)

STATE = np.dtype(
    [
        ("hours", HOURS),
        ("min_size_atr", np.float64),
        ("buffer_atr", np.float64),
        ("reward_risk", np.float64),
        ("max_bars", np.int64),
        ("hold", np.int64),  # halves of the gap the close must stay above
        ("exclude_spans_gap", np.int64),
        ("trend", np.int64),  # direction of the last break
        ("origin", np.int64),  # bar of the leg origin of that break
    ]
)


class FvgRetestParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        left: bars before a structure swing that it must strictly exceed.
        right: bars after a structure swing that may not exceed it.
        atr_length: bars of the average true range.
        max_active: live gaps kept per direction.
        min_size_atr: least height of a gap, in average true ranges.
        hold: where the close of the touching bar must stay above (long): the gap's bottom, middle or top.
        buffer_atr: distance of the stop beyond the gap, in average true ranges; at least the spread.
        reward_risk: distance of the target as a multiple of the distance of the stop.
        max_bars: bars until the trade is closed at the market, 0 for no limit.
        windows: New York times of bar opens that may give signals, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
        exclude_spans_gap: leave out gaps with missing bars inside.
    """

    left: Annotated[int, Meta(ge=1, le=500)] = 5
    right: Annotated[int, Meta(ge=1, le=500)] = 5
    atr_length: Annotated[int, Meta(ge=2, le=500)] = 14
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    min_size_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.25
    hold: Hold = "bottom"
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    reward_risk: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    max_bars: Annotated[int, Meta(ge=0, le=1_000_000)] = 48
    windows: str = "02:00-05:00,07:00-11:00"
    exclude_spans_gap: bool = True


def detectors(params: FvgRetestParams) -> Overrides:
    """The parameters of the detectors that follow."""
    swings = {"left": params.left, "right": params.right, "max_active": params.max_active}
    most = {"max_active": params.max_active}
    return {
        "bar": {"atr_length": params.atr_length},
        "swing.internal": swings,
        "structure.internal": most,
        "fvg": most,
    }


def init_state(params: FvgRetestParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    state = np.zeros(1, STATE)
    own = state[0]
    init_hours(own["hours"], params.windows)
    for name in ("min_size_atr", "buffer_atr", "reward_risk", "max_bars", "exclude_spans_gap"):
        own[name] = getattr(params, name)
    own["hold"] = _HOLDS.index(params.hold)
    return state


@kernel
def holds(state: Any, gap: Any, close: int) -> bool:
    """Whether a close stays far enough above a gap."""
    direction = gap["direction"]
    bottom = bottom_of(gap, (1 - direction) // 2)
    return bool(2 * (direction * close - bottom) > state["hold"] * (gap["top"] - gap["bottom"]))


@kernel
def judge(state: Any, gap: Any, bar: Any) -> int:
    """The reason of a first touch: taken, or the first rule that it fails."""
    reason = R_TAKEN
    if gap["direction"] != state["trend"]:
        reason = R_TREND
    elif gap["confirmed"] < state["origin"]:
        reason = R_OLD
    elif gap["size_atr"] < state["min_size_atr"]:
        reason = R_SMALL
    elif state["exclude_spans_gap"] == 1 and gap["marks"] & SPANS_GAP:
        reason = R_MISSING
    elif not holds(state, gap, bar["close"]):
        reason = R_HOLD
    elif not in_hours(state["hours"], bar):
        reason = R_HOURS
    return reason


@kernel
def take(state: Any, decisions: Any, count: int, gap: Any, bar: Any) -> int:
    """Append the entry at a gap."""
    direction = gap["direction"]
    stop = bottom_of(gap, (1 - direction) // 2) - stop_buffer(bar, 1, state["buffer_atr"])
    close = direction * bar["close"]
    target = close + reward(close - stop, state["reward_risk"])
    own = decisions[count]
    count = enter(
        decisions,
        count,
        bar["bar"],
        gap["serial"],
        direction,
        asked(stop, direction),
        asked(target, direction),
    )
    own["reason"] = R_TAKEN
    own["max_bars"] = state["max_bars"]
    own["zone"] = gap["serial"]
    own["formed"] = gap["formed"]
    return count


@kernel
def decide_on(state: Any, decisions: Any, count: int, bar: Any, gaps: Any, first: int, last: int) -> int:
    """Append what is decided on the gaps first touched by the current bar, the nearest first."""
    taken = False
    for at in range(first, last):
        gap = gaps[at]
        if gap["record"] != TAPPED:
            continue
        reason = judge(state, gap, bar)
        if reason == R_TAKEN and not taken:
            taken = True
            count = take(state, decisions, count, gap, bar)
            continue
        if reason == R_TAKEN:
            reason = R_NEARER
        own = decisions[count]
        count = note(decisions, count, bar["bar"], gap["serial"], gap["direction"], IDLE, reason)
        own["zone"] = gap["serial"]
        own["formed"] = gap["formed"]
    return count


@hot_kernel
def step(
    state: Any, decisions: Any, count: int, bar: Any,
    breaks: Any, b0: int, b1: int, gaps: Any, g0: int, g1: int,
) -> int:  # fmt: skip
    """Take one closed bar with the breaks and gaps of it; append what is decided; the new count."""
    for at in range(b0, b1):
        if breaks[at]["record"] == CONFIRMED and breaks[at]["direction"] != 0:
            state["trend"] = breaks[at]["direction"]
            state["origin"] = breaks[at]["origin"]
    if g0 < g1:
        count = decide_on(state, decisions, count, bar, gaps, g0, g1)
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int, breaks: Any, gaps: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    b0, g0 = first_record(breaks, bars, first), first_record(gaps, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        bar = bars[i]
        b1, g1 = records_until(breaks, b0, bar["bar"]), records_until(gaps, g0, bar["bar"])
        count = step(states[0], decisions, count, bar, breaks, b0, b1, gaps, g0, g1)
        b0, g0 = b1, g1
    return len(bars), count


STRATEGY = Strategy(
    name="fvg_retest",
    version=2,
    summary="join the trend at the first touch of a fair value gap of its last leg",
    params=FvgRetestParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("structure", "internal"), Feed("fvg")),
    detectors=detectors,
    reasons=REASONS,
)
