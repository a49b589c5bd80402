"""A limit order at a block, waiting for price to come back to it: what order blocks and breakers share.

Long side. The order lies at the top of the block (``entry_at`` "edge") or in its middle ("ce", upward to
points). The stop lies below a given price by the largest of the spread, ``buffer`` points and
``buffer_atr`` average true ranges, the target ``target_r`` times the risk above the entry. The order rests
for ``max_wait`` bars, is void once the market trades at the target, and is withdrawn at a close below the
block, when a newer block of its direction is traded, or when structure breaks against it.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import CONFIRMED, SPANS_GAP
from ictcli.detectors.base.zones import bottom_of
from ictcli.kernels import kernel
from ictcli.strategies.decisions import IDLE, LIMIT, enter, note, rest
from ictcli.strategies.ict.hours import HOURS, in_hours, init_hours
from ictcli.strategies.ict.pending import PENDING, remember, withdraw_side
from ictcli.strategies.ict.prices import asked, halved_up, reward, stop_buffer

RETEST = np.dtype(
    [
        ("hours", HOURS),
        ("pending", PENDING),
        ("middle", np.int64),
        ("buffer", np.int64),
        ("buffer_atr", np.float64),
        ("target_r", np.float64),
        ("max_wait", np.int64),
        ("max_bars", np.int64),
        ("exclude_spans_gap", np.int64),
    ]
)

REASONS = (
    "",
    "waiting for price to come back to the block",
    "outside hours",
    "bars missing inside the pattern",
    "price is not beyond the block",
    "closed through the block",
    "a newer block took its place",
    "structure broke against it",
    "more orders than can be kept",
)
"""Those that both set-ups know; their own follow."""
R_TAKEN, R_HOURS, R_MISSING, R_PRICE, R_BROKEN, R_NEWER, R_TURNED, R_CROWDED = range(1, 9)
OWN_REASONS = len(REASONS)
"""The first number of a set-up's own reasons."""


def init_retest(retest: Any, params: Any) -> None:
    """Set a zeroed record from parameters of the same names.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    init_hours(retest["hours"], params.windows)
    retest["middle"] = params.entry_at == "ce"
    for name in ("buffer", "buffer_atr", "target_r", "max_wait", "max_bars", "exclude_spans_gap"):
        retest[name] = getattr(params, name)


@kernel
def judge(retest: Any, block: Any, bar: Any) -> int:
    """The reason of a new block: taken, or the first of the shared rules that it fails."""
    direction = block["direction"]
    reason = R_TAKEN
    if not in_hours(retest["hours"], bar):
        reason = R_HOURS
    elif retest["exclude_spans_gap"] == 1 and block["marks"] & SPANS_GAP:
        reason = R_MISSING
    elif direction * bar["close"] <= -bottom_of(block, (1 + direction) // 2):
        reason = R_PRICE
    return reason


@kernel
def pass_over(decisions: Any, count: int, bar: Any, block: Any, reason: int) -> int:
    """Append why a block is not traded."""
    own = decisions[count]
    count = note(decisions, count, bar["bar"], block["serial"], block["direction"], IDLE, reason)
    own["zone"] = block["serial"]
    own["formed"] = block["formed"]
    return count


@kernel
def place(retest: Any, decisions: Any, count: int, bar: Any, block: Any, behind: int) -> int:
    """Append the order at a block whose stop goes below the signed price ``behind``."""
    direction = block["direction"]
    side = (1 - direction) // 2
    bottom, top = bottom_of(block, side), -bottom_of(block, 1 - side)
    entry = halved_up(bottom + top) if retest["middle"] == 1 else top
    stop = min(behind, bottom) - stop_buffer(bar, retest["buffer"], retest["buffer_atr"])
    target = asked(entry + reward(entry - stop, retest["target_r"]), direction)
    count = withdraw_side(retest["pending"], decisions, count, bar, direction, R_NEWER)
    own = decisions[count]
    count = enter(decisions, count, bar["bar"], block["serial"], direction, asked(stop, direction), target)
    rest(decisions, count - 1, LIMIT, direction * entry, retest["max_wait"])
    own["reason"] = R_TAKEN
    own["void_at"] = target
    own["max_bars"] = retest["max_bars"]
    own["zone"] = block["serial"]
    own["formed"] = block["formed"]
    return remember(retest["pending"], decisions, count, own, bottom, R_CROWDED)


@kernel
def turn(retest: Any, decisions: Any, count: int, bar: Any, breaks: Any, first: int, last: int) -> int:
    """Withdraw the orders against which the current bar broke structure."""
    for at in range(first, last):
        direction = breaks[at]["direction"]
        if breaks[at]["record"] == CONFIRMED and direction != 0:
            count = withdraw_side(retest["pending"], decisions, count, bar, -direction, R_TURNED)
    return count
