"""Zigzag: swings that a retracement confirms instead of a number of bars (ICT.md §4.2, C29).

While the zigzag runs up it keeps the highest high so far. A bar that makes a new high only moves it; any
other bar whose low is at least the threshold below it confirms it as a swing high, and from then on the
zigzag runs down from that bar's low. Swing lows are swing highs on negated bars; highs and lows always take
turns. The threshold is ``reversal_atr`` average true ranges (through the bar before) or, with ``threshold``
"percent", ``reversal_percent`` of the absolute value of the extreme (which a constant added to all prices
changes). Of equal extremes the earlier bar counts.
At the start both extremes are kept, from the first bar with an average true range (with "percent": from the
first bar). The first of them to be retraced, by a bar that does not renew it, is confirmed and sets the
direction; when one bar retraces both, the zigzag goes on waiting.
``formed_at`` is the bar of the extreme, ``confirmed_at`` the close of the retracing bar: the delay varies,
and the extreme is unknown until then. ``size_atr`` is the retracement in average true ranges. The label
compares with the previous swing of the kind (HH, LH, LL, HL or EQ); the first has none. From the bar after
its confirmation a swing is "swept" by the first price and "broken" by the first close beyond it (C22).
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK, add, evict, init_book, nearest
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import BROKEN, MOST_PER_BAR, NO_BAR, SPANS_GAP, place, stamp
from ictcli.detectors.base.levels import watch_sweeps
from ictcli.detectors.detector import Detector
from ictcli.detectors.structure.swing import LABELS, label_of
from ictcli.kernels import hot_kernel, kernel

PERCENT_SCALE = 1_000_000
"""Percentages are compared as integers with four decimals."""

STARTING = 2
"""The zigzag has no direction yet."""

STATE = np.dtype(
    [
        ("book", BOOK),
        ("by_percent", np.int64),
        ("reversal_atr", np.float64),
        ("reversal_percent", np.int64),  # ten-thousandths of a percent
        ("side", np.int64),  # of the extreme that is sought: 0 low, 1 high, STARTING both
        ("extreme", np.int64, 2),  # signed price by side
        ("anchor", np.int64, 2),  # its bar, NO_BAR for none
        ("anchor_ts", np.int64, 2),
        ("serial", np.int64),
        ("seen", np.int64, 2),  # 1 once a swing of the side is known
        ("last", np.int64, 2),  # its signed price
    ]
)


class ZigzagParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        threshold: what a reversal is measured in: ``atr`` or ``percent``.
        reversal_atr: least retracement, in average true ranges.
        reversal_percent: least retracement, in percent of the extreme, four decimals.
        max_active: swings watched per direction; the oldest is evicted.
    """

    threshold: Literal["atr", "percent"] = "atr"
    reversal_atr: Annotated[float, Meta(gt=0)] = 3.0
    reversal_percent: Annotated[float, Meta(ge=0.0001, le=100)] = 1.0
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128


def init_state(params: ZigzagParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_book(state[0]["book"], params.max_active)
    state[0]["by_percent"] = params.threshold == "percent"
    state[0]["reversal_atr"] = params.reversal_atr
    state[0]["reversal_percent"] = round(params.reversal_percent * PERCENT_SCALE / 100)
    state[0]["side"] = STARTING
    state[0]["anchor"] = NO_BAR
    return state


@kernel
def renew(state: Any, bar: Any, side: int, low: int) -> bool:
    """Move the extreme of a side to the current bar when its signed low is beyond it; whether it was."""
    if state["anchor"][side] != NO_BAR and low >= state["extreme"][side]:
        return False
    state["extreme"][side] = low
    state["anchor"][side] = bar["bar"]
    state["anchor_ts"][side] = bar["ts"]
    return True


@kernel
def retraced(state: Any, bar: Any, side: int, high: int) -> bool:
    """Whether a signed high is far enough from the extreme of a side."""
    extreme = state["extreme"][side]
    if state["by_percent"] == 1:
        return bool((high - extreme) * PERCENT_SCALE >= state["reversal_percent"] * abs(extreme))
    return bool(bar["atr"] > 0.0 and float(high - extreme) >= state["reversal_atr"] * bar["atr"])


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, high: int) -> int:
    """Append the swing of a side that the current bar's signed high confirms, and turn."""
    book = state["book"]
    direction = 1 - 2 * side
    low = state["extreme"][side]
    anchor = state["anchor"][side]
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, anchor) else 0
    count = stamp(events, count, bar, direction, state["serial"], marks)
    event["formed"] = anchor
    event["formed_ts"] = state["anchor_ts"][side]
    event["label"] = label_of(state, side, low)
    event["size_atr"] = in_atr(high - low, bar)
    place(event, direction, low, low)
    add(book, side, low, event)
    state["serial"] += 1
    state["seen"][side] = 1
    state["last"][side] = low
    state["side"] = 1 - side
    state["anchor"][1 - side] = NO_BAR
    renew(state, bar, 1 - side, -high)
    return count


@kernel
def begin(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take a bar while the zigzag has no direction."""
    if state["by_percent"] == 0 and bar["atr"] == 0.0:
        return count
    lower = renew(state, bar, 0, bar["low"])
    higher = renew(state, bar, 1, -bar["high"])
    upward = not lower and retraced(state, bar, 0, bar["high"])
    downward = not higher and retraced(state, bar, 1, -bar["low"])
    if upward and not downward:
        return confirm(state, events, count, bar, 0, bar["high"])
    if downward and not upward:
        return confirm(state, events, count, bar, 1, -bar["low"])
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    book = state["book"]
    low = bar["low"]
    high = bar["high"]
    if low < nearest(book, 0):
        count = watch_sweeps(book, bar, events, count, 0, low, bar["close"], BROKEN)
    if -high < nearest(book, 1):
        count = watch_sweeps(book, bar, events, count, 1, -high, -bar["close"], BROKEN)
    side = state["side"]
    if side == STARTING:
        return begin(state, events, count, bar)
    if side == 1:
        low, high = -high, -low
    if not renew(state, bar, side, low) and retraced(state, bar, side, high):
        count = confirm(state, events, count, bar, side, high)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        count = step(states[0], events, count, bars[i])
    return len(bars), count


DETECTOR = Detector(
    name="zigzag",
    version=1,
    summary="swings confirmed by a retracement",
    phase=2,
    params=ZigzagParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "size_atr", "spans_gap"),
    ends=("broken", "evicted"),
    labels=LABELS,
)
