"""Turtle soup: trade back into the range after a failed break of its extreme (ICT.md §7.3, §11).

Long side; the short side is the long side on negated bars. At the close of a bar the detector
``turtle_soup`` tells that price traded below the lowest low of the last ``lookback`` bars and closed back
above it (with ``plus_one`` also one bar later). Then:

1. the bar opens inside one of the New York ``windows``;
2. with ``exclude_spans_gap`` no bars are missing since the broken low;
3. with ``max_depth_atr`` above 0 the break went at most that many average true ranges below it.

Entry: at the market, at the next open. Stop: below the lowest price of the break by the largest of the
spread, ``buffer`` points and ``buffer_atr`` average true ranges. Target: the close plus ``target_r`` times
the distance from the close to the stop. After ``max_bars`` bars the trade is closed.

A set-up is a failed break and has its serial number; one that is not traded is noted with the first rule
that it fails.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, SPANS_GAP
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Feed
from ictcli.detectors.liquidity.turtle_soup import MOST_BARS
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import IDLE, MOST_DECISIONS_PER_BAR, enter, note
from ictcli.strategies.ict.hours import HOURS, in_hours, init_hours
from ictcli.strategies.ict.prices import asked, reward, stop_buffer
from ictcli.strategies.protocol import Overrides, Strategy

DEPTH = 2
"""Extra of a record: points from the broken extreme to that of the break."""

REASONS = ("", "a break failed", "outside hours", "bars missing inside the pattern", "break too deep")
R_TAKEN, R_HOURS, R_MISSING, R_DEEP = range(1, 5)

STATE = np.dtype(
    [
        ("hours", HOURS),
        ("max_depth_atr", np.float64),
        ("buffer", np.int64),
        ("buffer_atr", np.float64),
        ("target_r", np.float64),
        ("max_bars", np.int64),
        ("exclude_spans_gap", np.int64),
    ]
)


class TurtleSoupParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        lookback: bars before the current one whose extreme is broken.
        min_age: least number of bars from that extreme to the break.
        plus_one: whether a break may also fail on the bar after it.
        max_depth_atr: most that a break goes beyond the extreme, in average true ranges; 0 for no limit.
        buffer: least distance of the stop from the extreme of the break, points.
        buffer_atr: least distance of the stop from that extreme, average true ranges.
        target_r: distance of the target as a multiple of the distance of the stop.
        max_bars: bars until the trade is closed at the market, 0 for no limit.
        windows: New York times of bar opens that may give entries, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
        exclude_spans_gap: leave out breaks with missing bars since the extreme.
    """

    lookback: Annotated[int, Meta(ge=1, le=MOST_BARS)] = 20
    min_age: Annotated[int, Meta(ge=1, le=MOST_BARS)] = 4
    plus_one: bool = False
    max_depth_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.0
    buffer: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    target_r: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    max_bars: Annotated[int, Meta(ge=0, le=1_000_000)] = 48
    windows: str = "02:00-05:00,07:00-11:00"
    exclude_spans_gap: bool = True


def detectors(params: TurtleSoupParams) -> Overrides:
    """The parameters of the detectors that follow."""
    return {"turtle_soup": {name: getattr(params, name) for name in ("lookback", "min_age", "plus_one")}}


def init_state(params: TurtleSoupParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    state = np.zeros(1, STATE)
    own = state[0]
    init_hours(own["hours"], params.windows)
    for name in ("max_depth_atr", "buffer", "buffer_atr", "target_r", "max_bars", "exclude_spans_gap"):
        own[name] = getattr(params, name)
    return state


@kernel
def judge(state: Any, event: Any, bar: Any) -> int:
    """The reason of a failed break: taken, or the first rule that it fails."""
    most = state["max_depth_atr"]
    reason = R_TAKEN
    if not in_hours(state["hours"], bar):
        reason = R_HOURS
    elif state["exclude_spans_gap"] == 1 and event["marks"] & SPANS_GAP:
        reason = R_MISSING
    elif most > 0.0 and not float(event["extra"][DEPTH]) <= most * bar["atr"]:
        reason = R_DEEP
    return reason


@kernel
def decide_on(state: Any, decisions: Any, count: int, bar: Any, event: Any) -> int:
    """Append the entry at a failed break, or why there is none."""
    direction = event["direction"]
    reason = judge(state, event, bar)
    own = decisions[count]
    if reason == R_TAKEN:
        extreme = direction * event["bottom"] - event["extra"][DEPTH]
        close = direction * bar["close"]
        stop = extreme - stop_buffer(bar, state["buffer"], state["buffer_atr"])
        target = asked(close + reward(close - stop, state["target_r"]), direction)
        count = enter(
            decisions, count, bar["bar"], event["serial"], direction, asked(stop, direction), target
        )
        own["reason"] = reason
        own["max_bars"] = state["max_bars"]
    else:
        count = note(decisions, count, bar["bar"], event["serial"], direction, IDLE, reason)
    own["zone"] = event["serial"]
    own["formed"] = event["formed"]
    return count


@hot_kernel
def step(state: Any, decisions: Any, count: int, bar: Any, soups: Any, first: int, last: int) -> int:
    """Take one closed bar with the failed breaks of it; append what is decided; the new count."""
    for at in range(first, last):
        if soups[at]["record"] == CONFIRMED:
            count = decide_on(state, decisions, count, bar, soups[at])
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int, soups: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    heard = first_record(soups, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        later = records_until(soups, heard, bars[i]["bar"])
        count = step(states[0], decisions, count, bars[i], soups, heard, later)
        heard = later
    return len(bars), count


STRATEGY = Strategy(
    name="turtle_soup",
    version=1,
    summary="trade back into the range after a failed break of its extreme",
    params=TurtleSoupParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("turtle_soup"),),
    detectors=detectors,
    reasons=REASONS,
)
