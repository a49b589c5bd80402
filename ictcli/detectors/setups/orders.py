"""What becomes of a setup: a resting limit order, then a position (ICT.md §11, shared execution rules).

A setup known at the close of bar k has an entry, a stop and a target, all fixed. Written for a long; a
short is a long on negated bars. On the bars after k, while the order rests:

- expired: more than ``max_wait`` bars after k, or the day's end or an instant where the setup has one;
- entered: the low comes down to the entry; where the spread is known it must go through by the spread.
  A bar that opens beyond the entry fills at its open. On this bar the stop counts and the target does not;
- void: the target trades first;
- invalidated: a close below the zone.

And while the position is open: closed at the day's end, or at an instant of its own, at the open of the
bar, at the stop (at the open of a bar that opens beyond it), else at the target (or a better open). A bar
that reaches both is a stop.
``r_multiple`` is the result in units of the planned risk, the distance from entry to stop, before costs.
"""

import math
from typing import Any

import numpy as np

from ictcli.detectors.base.book import FAR
from ictcli.detectors.base.events import (
    CLOSED,
    ENTERED,
    EVENT,
    EXPIRED,
    INVALIDATED,
    VOID,
    reached,
    relate,
)
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.detector import Extra
from ictcli.kernels import kernel

MOST_LIVE = 16
"""Largest ``most_live``."""
FLAT_MINUTE = 16 * 60
"""New York minute at which setups with a day's end are closed."""

ENTRY, STOP, TARGET, FILLED_AT, CLOSED_AT = 0, 1, 2, 3, 4
"""Extras: prices of the plan and of what happened; all but the stop are doubled."""
RR, R_MULTIPLE = 0, 1
"""Ratios."""
BY_TARGET, BY_STOP, BY_TIME = 1, 2, 3
"""Labels of closed positions."""
NO_PRICE = FAR
NEVER = 2**62
"""An instant after all bars."""

ORDERS = np.dtype(
    [
        ("most", np.int64),
        ("max_wait", np.int64),
        ("flat", np.int64),  # 1: nothing is held beyond the day's end
        ("count", np.int64, 2),
        ("near_low", np.int64, 2),  # doubled signed low at which something may happen to the side
        ("near_high", np.int64, 2),  # the same for highs
        ("until", np.int64, 2),  # last bar on which no order of the side lapses
        ("deadline", np.int64, 2),  # instant before which no order or position of the side runs out
        ("day", np.int64, (2, MOST_LIVE)),  # trading day of the setup
        ("order_end", np.int64, (2, MOST_LIVE)),  # instant from which its order has lapsed
        ("position_end", np.int64, (2, MOST_LIVE)),  # instant from which its position is closed
        ("held", EVENT, (2, MOST_LIVE)),
    ]
)
"""Live setups by direction, in the order of their birth."""

OUTCOMES = {
    (direction, number): word
    for direction in (1, -1)
    for number, word in ((BY_TARGET, "target"), (BY_STOP, "stop"), (BY_TIME, "time"))
}

PLAN = (
    Extra("entry", "twice", ENTRY, NO_PRICE),
    Extra("stop", "price", STOP, NO_PRICE),
    Extra("target", "twice", TARGET, NO_PRICE),
    Extra("rr", "ratio", RR),
)
RESULT = (
    Extra("entry_price", "twice", FILLED_AT, NO_PRICE),
    Extra("exit_price", "twice", CLOSED_AT, NO_PRICE),
    Extra("r_multiple", "ratio", R_MULTIPLE),
)
SETUP_ENDS = ("closed", "invalidated", "void", "expired")


def init_orders(orders: Any, most: int, max_wait: int, *, flat: bool = False) -> None:
    """Set zeroed orders to none.

    Args:
        orders: an ``ORDERS`` record.
        most: live setups per direction.
        max_wait: bars an order rests.
        flat: whether everything ends at 16:00 New York.
    """
    orders["most"] = most
    orders["max_wait"] = max_wait
    orders["flat"] = flat
    orders["near_low"] = FAR
    orders["near_high"] = -FAR
    orders["until"] = -FAR
    orders["deadline"] = NEVER


@kernel
def has_room(orders: Any, side: int) -> bool:
    """Whether one more setup of a side may live."""
    return bool(orders["count"][side] < orders["most"])


@kernel
def plan(event: Any, side: int, entry: int, stop: int, target: int) -> None:
    """Fill in the signed prices of a setup; entry and target are doubled."""
    sign = 1 - 2 * side
    event["extra"][ENTRY] = sign * entry
    event["extra"][STOP] = sign * stop
    event["extra"][TARGET] = sign * target
    event["extra"][FILLED_AT] = NO_PRICE
    event["extra"][CLOSED_AT] = NO_PRICE
    event["ratio"][RR] = (target - entry) / (entry - 2 * stop)
    event["ratio"][R_MULTIPLE] = math.nan


@kernel
def set_alarms(orders: Any, side: int) -> None:
    """Work out which prices and which bar may change a setup of a side."""
    sign = 1 - 2 * side
    low, high, until, deadline = FAR, -FAR, -FAR, NEVER
    for at in range(orders["count"][side]):
        held = orders["held"][side, at]
        high = min(high, sign * held["extra"][TARGET])
        if reached(held, ENTERED):
            low = max(low, 2 * sign * held["extra"][STOP])
            deadline = min(deadline, orders["position_end"][side, at])
        else:
            low = max(low, sign * held["extra"][ENTRY])
            deadline = min(deadline, orders["order_end"][side, at])
            until = min(until, held["confirmed"] + orders["max_wait"])
    orders["near_low"][side] = low
    orders["near_high"][side] = high
    orders["until"][side] = until
    orders["deadline"][side] = deadline


@kernel
def rings(orders: Any, bar: Any) -> bool:
    """Whether the current bar may change a live setup."""
    alive = orders["count"]
    if alive[0] + alive[1] == 0:
        return False
    if orders["flat"] == 1 or bar["bar"] > min(orders["until"][0], orders["until"][1]):
        return True
    if bar["ts"] >= min(orders["deadline"][0], orders["deadline"][1]):
        return True
    low, high = orders["near_low"], orders["near_high"]
    long_side = 2 * bar["low"] <= low[0] or 2 * bar["high"] >= high[0]
    return bool(long_side or -2 * bar["high"] <= low[1] or -2 * bar["low"] >= high[1])


@kernel
def place_order(orders: Any, side: int, day: int, event: Any) -> None:
    """Let the setup of a record live; there must be room."""
    place_until(orders, side, day, event, NEVER, NEVER)


@kernel
def place_until(orders: Any, side: int, day: int, event: Any, order_end: int, position_end: int) -> None:
    """Like ``place_order``, with the instants from which the order and the position are at an end."""
    at = orders["count"][side]
    orders["held"][side, at] = event
    orders["day"][side, at] = day
    orders["order_end"][side, at] = order_end
    orders["position_end"][side, at] = position_end
    orders["count"][side] = at + 1
    set_alarms(orders, side)


@kernel
def stop_distance(bar: Any, points: int, atr: float) -> int:
    """Points between an extreme and the stop behind it: the largest of the spread and both floors."""
    return int(max(bar["spread"], points, math.ceil(atr * bar["atr"])))


@kernel
def close_position(
    events: Any, count: int, bar: Any, held: Any, side: int, price: int, label: int
) -> tuple[int, bool]:
    """Append the end of a position at a signed, doubled price."""
    sign = 1 - 2 * side
    risk = sign * (held["extra"][ENTRY] - 2 * held["extra"][STOP])
    held["extra"][CLOSED_AT] = sign * price
    held["ratio"][R_MULTIPLE] = (price - sign * held["extra"][FILLED_AT]) / risk
    held["label"] = label
    return relate(events, count, held, bar, CLOSED), False


@kernel
def follow_order(
    orders: Any, events: Any, count: int, bar: Any, held: Any, side: int, late: int
) -> tuple[int, bool]:
    """Bring a resting order up to date with the current bar; whether it lives on."""
    sign = 1 - 2 * side
    low, high = (bar["low"], bar["high"]) if side == 0 else (-bar["high"], -bar["low"])
    spread = max(bar["spread"], 0)
    entry = sign * held["extra"][ENTRY]
    if late == 1 or bar["bar"] - held["confirmed"] > orders["max_wait"]:
        return relate(events, count, held, bar, EXPIRED), False
    if 2 * (low + spread) <= entry:
        held["extra"][FILLED_AT] = sign * min(entry, 2 * (sign * bar["open"] + spread))
        count = relate(events, count, held, bar, ENTERED)
        stop = 2 * sign * held["extra"][STOP]
        if 2 * low <= stop:
            price = min(stop, 2 * sign * bar["open"])
            return close_position(events, count, bar, held, side, price, BY_STOP)
        return count, True
    if 2 * high >= sign * held["extra"][TARGET]:
        return relate(events, count, held, bar, VOID), False
    if sign * bar["close"] < bottom_of(held, side):
        return relate(events, count, held, bar, INVALIDATED), False
    return count, True


@kernel
def follow_position(events: Any, count: int, bar: Any, held: Any, side: int, late: int) -> tuple[int, bool]:
    """Bring an open position up to date with the current bar; whether it lives on."""
    sign = 1 - 2 * side
    low, high = (bar["low"], bar["high"]) if side == 0 else (-bar["high"], -bar["low"])
    opened = 2 * sign * bar["open"]
    stop = 2 * sign * held["extra"][STOP]
    target = sign * held["extra"][TARGET]
    if late == 1:
        return close_position(events, count, bar, held, side, opened, BY_TIME)
    if 2 * low <= stop:
        return close_position(events, count, bar, held, side, min(stop, opened), BY_STOP)
    if 2 * high >= target:
        return close_position(events, count, bar, held, side, max(target, opened), BY_TARGET)
    return count, True


@kernel
def follow_side(orders: Any, bar: Any, events: Any, count: int, side: int) -> int:
    """Bring the live setups of a side up to date with the current bar."""
    kept = 0
    for at in range(orders["count"][side]):
        held = orders["held"][side, at]
        day = orders["day"][side, at]
        over = orders["flat"] == 1 and (bar["minute"] >= FLAT_MINUTE or bar["day"] > day)
        if reached(held, ENTERED):
            late = int(over or bar["ts"] >= orders["position_end"][side, at])
            count, alive = follow_position(events, count, bar, held, side, late)
        else:
            late = int(over or bar["ts"] >= orders["order_end"][side, at])
            count, alive = follow_order(orders, events, count, bar, held, side, late)
        if alive:
            if kept < at:
                orders["held"][side, kept] = held
                orders["day"][side, kept] = day
                orders["order_end"][side, kept] = orders["order_end"][side, at]
                orders["position_end"][side, kept] = orders["position_end"][side, at]
            kept += 1
    orders["count"][side] = kept
    set_alarms(orders, side)
    return count


@kernel
def follow(orders: Any, bar: Any, events: Any, count: int) -> int:
    """Bring all live setups up to date with the current bar."""
    if orders["count"][0] > 0:
        count = follow_side(orders, bar, events, count, 0)
    if orders["count"][1] > 0:
        count = follow_side(orders, bar, events, count, 1)
    return count
