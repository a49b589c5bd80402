"""The decision: what a strategy says at the close of a bar, and the kernels that write it.

Every strategy writes the same record into one buffer, as detectors do with their events. A decision is an
order to enter, to cancel or to close, or a note: a transition of a set-up that asks for nothing but
answers "why" later. It never holds an account's money: size and permission are the engine's.

Prices are points of the series on the side where the trade would be done: a buy at the ask, a sell at the
bid; protective stops and targets on the side where the position is left (a long at the bid).
"""

import math
from typing import Any

import numpy as np

from ictcli.kernels import kernel

NOTE, ENTER, CANCEL, CLOSE = 0, 1, 2, 3
"""``kind``."""
KIND_NAMES = ("note", "enter", "cancel", "close")

MARKET, LIMIT, STOP, STOP_LIMIT = 0, 1, 2, 3
"""``order``."""
ORDER_NAMES = ("market", "limit", "stop", "stop_limit")

IDLE, SWEPT, SHIFTED, ARMED, FILLED, CLOSED = 0, 1, 2, 3, 4, 5
"""``stage``: where a set-up stands after the decision (ICT.md §11)."""
STAGE_NAMES = ("idle", "swept", "shifted", "armed", "filled", "closed")

NEVER = 2**62
"""An instant after all bars."""
NO_PRICE = 0
"""A stop, target or level that is not asked for."""
WHOLE = 1_000_000
"""Shares are parts per million."""
PARTIALS = 2
MOST_DECISIONS_PER_BAR = 512
"""Upper bound of decisions that one step writes for one bar."""

DECISION = np.dtype(
    [
        ("kind", np.int32),
        ("stage", np.int32),
        ("reason", np.int32),  # number of the strategy's reason, 0 for none
        ("order", np.int32),
        ("bar", np.int64),  # bar at whose close it became known
        ("setup", np.int64),  # number of the set-up within strategy and series; names what to cancel or close
        ("side", np.int64),  # +1 buy, -1 sell
        ("price", np.int64),  # of a limit order, or trigger of a stop order
        ("limit", np.int64),  # of a stop-limit order once it is triggered
        ("stop", np.int64),  # protective stop
        ("target", np.int64),
        ("void_at", np.int64),  # a resting order is cancelled once the market trades here
        ("max_wait", np.int64),  # bars a resting order lives, 0 for no limit
        ("expires", np.int64),  # instant at which a resting order has lapsed, ns UTC
        ("max_bars", np.int64),  # bars after which the position is closed, 0 for no limit
        ("flat", np.int64),  # instant from which the position is closed, ns UTC
        ("even_at", np.int64),  # points in favour after which the stop moves to the entry, 0 for never
        ("even_plus", np.int64),  # points beyond the entry where it moves to
        ("trail", np.int64),  # points that a trailing stop keeps from the best close, 0 for none
        ("trail_from", np.int64),  # points in favour from which it trails
        ("trail_atr", np.float64),  # the same distance in average true ranges of the series, 0.0 for none
        ("partial_at", np.int64, PARTIALS),  # prices at which a share of the position is closed
        ("partial_share", np.int64, PARTIALS),  # millionths of the filled volume
        ("group", np.int64),  # orders of one group cancel each other when one fills, 0 for none
        ("reduce_only", np.int64),  # 1: may only shrink what is open
        ("steps", np.int64),  # volume in steps that the strategy wants, 0: the account's sizing decides
        ("zone", np.int64),  # serial number of the zone behind it, -1 for none
        ("formed", np.int64),  # bar where the pattern sits
        ("probability", np.float64),  # calibrated probability of reaching the target first, NaN unknown
    ]
)
"""One decision; ``blank`` gives every field its "nothing"."""


@kernel
def blank(decisions: Any, count: int, bar: int, kind: int, setup: int, side: int) -> int:
    """Write a decision that asks for nothing more; the new number of decisions."""
    own = decisions[count]
    own["kind"] = kind
    own["stage"] = IDLE
    own["reason"] = 0
    own["order"] = MARKET
    own["bar"] = bar
    own["setup"] = setup
    own["side"] = side
    own["price"] = NO_PRICE
    own["limit"] = NO_PRICE
    own["stop"] = NO_PRICE
    own["target"] = NO_PRICE
    own["void_at"] = NO_PRICE
    own["max_wait"] = 0
    own["expires"] = NEVER
    own["max_bars"] = 0
    own["flat"] = NEVER
    own["even_at"] = 0
    own["even_plus"] = 0
    own["trail"] = 0
    own["trail_from"] = 0
    own["trail_atr"] = 0.0
    for at in range(PARTIALS):
        own["partial_at"][at] = NO_PRICE
        own["partial_share"][at] = 0
    own["group"] = 0
    own["reduce_only"] = 0
    own["steps"] = 0
    own["zone"] = -1
    own["formed"] = bar
    own["probability"] = math.nan
    return count + 1


@kernel
def enter(decisions: Any, count: int, bar: int, setup: int, side: int, stop: int, target: int) -> int:
    """Ask for a position at the next open; fill in more fields of ``decisions[count]`` for other orders."""
    after = blank(decisions, count, bar, ENTER, setup, side)
    own = decisions[count]
    own["stage"] = ARMED
    own["stop"] = stop
    own["target"] = target
    return after


@kernel
def rest(decisions: Any, count: int, order: int, price: int, max_wait: int) -> None:
    """Make the entry at ``decisions[count]`` a resting order: ``LIMIT``, ``STOP`` or ``STOP_LIMIT``."""
    own = decisions[count]
    own["order"] = order
    own["price"] = price
    own["max_wait"] = max_wait


@kernel
def cancel(decisions: Any, count: int, bar: int, setup: int, reason: int) -> int:
    """Withdraw the resting orders of a set-up."""
    after = blank(decisions, count, bar, CANCEL, setup, 0)
    decisions[count]["reason"] = reason
    return after


@kernel
def close(decisions: Any, count: int, bar: int, setup: int, reason: int) -> int:
    """Leave the positions of a set-up at the next open; resting orders of it are withdrawn too."""
    after = blank(decisions, count, bar, CLOSE, setup, 0)
    decisions[count]["stage"] = CLOSED
    decisions[count]["reason"] = reason
    return after


@kernel
def note(decisions: Any, count: int, bar: int, setup: int, side: int, stage: int, reason: int) -> int:
    """Log a transition of a set-up without asking for anything."""
    after = blank(decisions, count, bar, NOTE, setup, side)
    decisions[count]["stage"] = stage
    decisions[count]["reason"] = reason
    return after
