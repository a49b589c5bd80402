"""Order block retest: buy the first return to the block whose leg broke structure (ICT.md §6.1, §11).

Long side; the short side is the long side on negated bars. A bullish ``order_block`` of the internal layer
becomes known at the close of bar k, which breaks structure upward. Then, at k:

1. k opens inside one of the New York ``windows``;
2. with ``exclude_spans_gap`` no bars are missing between the block's candle and k;
3. k closes above the block;
4. with ``require_trend`` the last break of the ``swing`` layer was bullish;
5. price has not come back to the block before k (the retest would not be the first);
6. with ``require_fvg`` the leg left a fair value gap;
7. with ``require_discount`` the middle of the block lies below the middle of the leg.

Entry: a limit order at the block's top, or in its middle; see ``retest`` for stop, target and what ends
the order. The stop goes below the block. After ``max_bars`` bars the trade is closed. A further break that
chooses the same candle adds no order.

A set-up is a block and has its serial number; one that is not traded is noted with the first rule that it
fails.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.blocks.order_block import HAS_FVG, IN_DISCOUNT, PRE_TAPPED
from ictcli.detectors.detector import Feed
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import MOST_DECISIONS_PER_BAR
from ictcli.strategies.ict.pending import watch
from ictcli.strategies.ict.retest import (
    OWN_REASONS,
    R_BROKEN,
    R_TAKEN,
    REASONS,
    RETEST,
    init_retest,
    judge,
    pass_over,
    place,
    turn,
)
from ictcli.strategies.protocol import Strategy

R_TREND, R_TAPPED, R_NO_GAP, R_PREMIUM = range(OWN_REASONS, OWN_REASONS + 4)

STATE = np.dtype(
    [
        ("retest", RETEST),
        ("trend", np.int64),  # direction of the last break of the swing layer
        ("require_trend", np.int64),
        ("require_fvg", np.int64),
        ("require_discount", np.int64),
    ]
)


class ObRetestParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        entry_at: limit order at the near ``edge`` of the block or in its middle (``ce``).
        buffer: least distance of the stop from the block, points.
        buffer_atr: least distance of the stop from the block, average true ranges.
        target_r: distance of the target as a multiple of the distance of the stop.
        max_wait: bars an order rests.
        max_bars: bars until the trade is closed at the market, 0 for no limit.
        windows: New York times of bar opens that may give orders, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
        require_trend: trade only with the last break of the swing layer.
        require_fvg: trade only blocks whose leg left a fair value gap.
        require_discount: trade only blocks in the nearer half of the leg's origin.
        exclude_spans_gap: leave out blocks with missing bars inside.
    """

    entry_at: Literal["edge", "ce"] = "edge"
    buffer: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    target_r: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    max_wait: Annotated[int, Meta(ge=1, le=100_000)] = 50
    max_bars: Annotated[int, Meta(ge=0, le=1_000_000)] = 96
    windows: str = "02:00-05:00,07:00-11:00"
    require_trend: bool = True
    require_fvg: bool = True
    require_discount: bool = True
    exclude_spans_gap: bool = True


def init_state(params: ObRetestParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    state = np.zeros(1, STATE)
    init_retest(state[0]["retest"], params)
    for name in ("require_trend", "require_fvg", "require_discount"):
        state[0][name] = getattr(params, name)
    return state


@kernel
def judge_block(state: Any, block: Any, bar: Any) -> int:
    """The reason of a new block: taken, or the first rule that it fails."""
    marks = block["marks"]
    reason = judge(state["retest"], block, bar)
    if reason != R_TAKEN:
        return reason
    if state["require_trend"] == 1 and block["direction"] != state["trend"]:
        reason = R_TREND
    elif marks & PRE_TAPPED != 0:
        reason = R_TAPPED
    elif state["require_fvg"] == 1 and marks & HAS_FVG == 0:
        reason = R_NO_GAP
    elif state["require_discount"] == 1 and marks & IN_DISCOUNT == 0:
        reason = R_PREMIUM
    return reason


@kernel
def decide_on(state: Any, decisions: Any, count: int, bar: Any, block: Any) -> int:
    """Append the order at a new block, or why there is none."""
    reason = judge_block(state, block, bar)
    if reason != R_TAKEN:
        return pass_over(decisions, count, bar, block, reason)
    behind = bottom_of(block, (1 - block["direction"]) // 2)
    return place(state["retest"], decisions, count, bar, block, behind)


@hot_kernel
def step(
    state: Any, decisions: Any, count: int, bar: Any,
    blocks: Any, b0: int, b1: int, breaks: Any, s0: int, s1: int, turns: Any, t0: int, t1: int,
) -> int:  # fmt: skip
    """Take one closed bar with blocks and breaks of both layers; append what is decided; the new count."""
    retest = state["retest"]
    count = watch(retest["pending"], decisions, count, bar, R_BROKEN)
    if s0 < s1:
        count = turn(retest, decisions, count, bar, breaks, s0, s1)
    for at in range(t0, t1):
        if turns[at]["record"] == CONFIRMED and turns[at]["direction"] != 0:
            state["trend"] = turns[at]["direction"]
    for at in range(b0, b1):
        if blocks[at]["record"] == CONFIRMED:
            count = decide_on(state, decisions, count, bar, blocks[at])
    return count


@kernel
def run(
    states: Any, decisions: Any, bars: Any, first: int, blocks: Any, breaks: Any, turns: Any
) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    b0, s0 = first_record(blocks, bars, first), first_record(breaks, bars, first)
    t0 = first_record(turns, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        bar = bars[i]
        index = bar["bar"]
        b1, s1 = records_until(blocks, b0, index), records_until(breaks, s0, index)
        t1 = records_until(turns, t0, index)
        count = step(states[0], decisions, count, bar, blocks, b0, b1, breaks, s0, s1, turns, t0, t1)
        b0, s0, t0 = b1, s1, t1
    return len(bars), count


STRATEGY = Strategy(
    name="ob_retest",
    version=1,
    summary="buy the first return to an order block in the trend, and the reverse",
    params=ObRetestParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("order_block", "internal"), Feed("structure", "internal"), Feed("structure", "swing")),
    reasons=(
        *REASONS,
        "against the trend",
        "price came back to the block before",
        "no gap in the leg",
        "block not in discount",
    ),
)
