"""Breaker retest: buy the return to the candle behind a stop-run that turned the market (ICT.md §6.2, §11).

Long side; the short side is the long side on negated bars. A bullish ``breaker`` of the internal layer
becomes known at the close of bar k: lows were taken, then a change of character broke upward. Then, at k:

1. k opens inside one of the New York ``windows``;
2. with ``exclude_spans_gap`` no bars are missing between the breaker's candle and k;
3. k closes above the breaker.

Entry: a limit order at the breaker's top, or in its middle; see ``retest`` for stop, target and what ends
the order. The stop goes below the leg's extreme, which took the stops (``stop`` "sweep"), or below the
breaker ("breaker"). After ``max_bars`` bars the trade is closed.

A set-up is a breaker and has its serial number; one that is not traded is noted with the first rule that
it fails.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.blocks.turning import LEG_EXTREME
from ictcli.detectors.detector import Feed
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import MOST_DECISIONS_PER_BAR
from ictcli.strategies.ict.pending import watch
from ictcli.strategies.ict.retest import (
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

STATE = np.dtype([("retest", RETEST), ("by_breaker", np.int64)])


class BreakerParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        entry_at: limit order at the near ``edge`` of the breaker or in its middle (``ce``).
        stop: beyond the extreme of the ``sweep`` or beyond the ``breaker``.
        buffer: least distance of the stop from that price, points.
        buffer_atr: least distance of the stop from that price, average true ranges.
        target_r: distance of the target as a multiple of the distance of the stop.
        max_wait: bars an order rests.
        max_bars: bars until the trade is closed at the market, 0 for no limit.
        windows: New York times of bar opens that may give orders, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
        exclude_spans_gap: leave out breakers with missing bars inside.
    """

    entry_at: Literal["edge", "ce"] = "edge"
    stop: Literal["sweep", "breaker"] = "sweep"
    buffer: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    target_r: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    max_wait: Annotated[int, Meta(ge=1, le=100_000)] = 50
    max_bars: Annotated[int, Meta(ge=0, le=1_000_000)] = 96
    windows: str = "02:00-05:00,07:00-11:00"
    exclude_spans_gap: bool = True


def init_state(params: BreakerParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    state = np.zeros(1, STATE)
    init_retest(state[0]["retest"], params)
    state[0]["by_breaker"] = params.stop == "breaker"
    return state


@kernel
def decide_on(state: Any, decisions: Any, count: int, bar: Any, block: Any) -> int:
    """Append the order at a new breaker, or why there is none."""
    direction = block["direction"]
    reason = judge(state["retest"], block, bar)
    if reason != R_TAKEN:
        return pass_over(decisions, count, bar, block, reason)
    behind = direction * block["extra"][LEG_EXTREME]
    if state["by_breaker"] == 1:
        behind = bottom_of(block, (1 - direction) // 2)
    return place(state["retest"], decisions, count, bar, block, behind)


@hot_kernel
def step(
    state: Any, decisions: Any, count: int, bar: Any,
    blocks: Any, b0: int, b1: int, breaks: Any, s0: int, s1: int,
) -> int:  # fmt: skip
    """Take one closed bar with its breakers and breaks; append what is decided; the new count."""
    retest = state["retest"]
    count = watch(retest["pending"], decisions, count, bar, R_BROKEN)
    if s0 < s1:
        count = turn(retest, decisions, count, bar, breaks, s0, s1)
    for at in range(b0, b1):
        if blocks[at]["record"] == CONFIRMED:
            count = decide_on(state, decisions, count, bar, blocks[at])
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int, blocks: Any, breaks: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    b0, s0 = first_record(blocks, bars, first), first_record(breaks, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        bar = bars[i]
        b1, s1 = records_until(blocks, b0, bar["bar"]), records_until(breaks, s0, bar["bar"])
        count = step(states[0], decisions, count, bar, blocks, b0, b1, breaks, s0, s1)
        b0, s0 = b1, s1
    return len(bars), count


STRATEGY = Strategy(
    name="breaker",
    version=1,
    summary="buy the return to a breaker block after the market turned up, and the reverse",
    params=BreakerParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("breaker", "internal"), Feed("structure", "internal")),
    reasons=REASONS,
)
