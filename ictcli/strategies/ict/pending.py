"""Orders that a set-up has asked for and may still withdraw: a close through the zone ends them.

What was filled is the engine's to know. Here an order counts as pending until it must have lapsed; to
withdraw one that is filled does nothing.
"""

from typing import Any

import numpy as np

from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import NEVER, cancel

MOST_PENDING = 32
"""Orders remembered at a time; a further one withdraws the oldest."""

ORDER = np.dtype(
    [
        ("setup", np.int64),
        ("direction", np.int64),
        ("bottom", np.int64),  # signed far edge of the zone
        ("until", np.int64),  # last bar on which it rests
        ("expires", np.int64),  # instant at which it has lapsed
    ]
)

PENDING = np.dtype([("count", np.int64), ("order", ORDER, MOST_PENDING)])
"""Pending orders, the oldest first."""


@kernel
def drop(pending: Any, at: int) -> None:
    """Forget an order."""
    count = pending["count"] - 1
    for place in range(at, count):
        pending["order"][place] = pending["order"][place + 1]
    pending["count"] = count


@kernel
def remember(pending: Any, decisions: Any, count: int, entry: Any, bottom: int, crowded: int) -> int:
    """Take in the resting order of an entry with the signed far edge of its zone.

    Where there is no place for it the oldest one is withdrawn, for the reason ``crowded``; ``entry`` must
    have been written before, and ``count`` counts it.
    """
    if pending["count"] == MOST_PENDING:
        count = cancel(decisions, count, entry["bar"], pending["order"][0]["setup"], crowded)
        drop(pending, 0)
    own = pending["order"][pending["count"]]
    own["setup"] = entry["setup"]
    own["direction"] = entry["side"]
    own["bottom"] = bottom
    own["until"] = entry["bar"] + entry["max_wait"] if entry["max_wait"] > 0 else NEVER
    own["expires"] = entry["expires"]
    pending["count"] += 1
    return count


@kernel
def withdraw_broken(pending: Any, decisions: Any, count: int, bar: Any, reason: int) -> int:
    """Forget the orders that have lapsed and withdraw those whose zone the current bar closed through."""
    at = 0
    while at < pending["count"]:
        own = pending["order"][at]
        if bar["bar"] > own["until"] or bar["ts"] >= own["expires"]:
            drop(pending, at)
        elif own["direction"] * bar["close"] < own["bottom"]:
            count = cancel(decisions, count, bar["bar"], own["setup"], reason)
            drop(pending, at)
        else:
            at += 1
    return count


@kernel
def withdraw_side(pending: Any, decisions: Any, count: int, bar: Any, direction: int, reason: int) -> int:
    """Withdraw all orders of a direction."""
    at = 0
    while at < pending["count"]:
        own = pending["order"][at]
        if own["direction"] == direction:
            count = cancel(decisions, count, bar["bar"], own["setup"], reason)
            drop(pending, at)
        else:
            at += 1
    return count


@hot_kernel
def watch(pending: Any, decisions: Any, count: int, bar: Any, reason: int) -> int:
    """``withdraw_broken``, which costs nothing while no order rests."""
    if pending["count"] > 0:
        count = withdraw_broken(pending, decisions, count, bar, reason)
    return count
