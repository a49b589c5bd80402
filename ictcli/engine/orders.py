"""The book of orders that wait: what takes one off it, and what price it stands for."""

from typing import Any

from ictcli.engine.positions import NO_SLOT, find_position, log
from ictcli.engine.refusals import OrderEvent
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import LIMIT, MARKET, STOP_LIMIT

_EXPIRED, _VOID, _CANCELLED = int(OrderEvent.EXPIRED), int(OrderEvent.VOID), int(OrderEvent.CANCELLED)
_TRIGGERED = int(OrderEvent.TRIGGERED)


@kernel
def free_order(world: World, s: int, order: Any) -> None:
    """Free the slot of an order that is over."""
    order["live"] = 0
    state = world.states[s]
    state["orders"] -= 1
    while state["order_end"] > 0 and world.orders[s, state["order_end"] - 1]["live"] == 0:
        state["order_end"] -= 1


@kernel
def drop(world: World, output: Output, s: int, slot: int, quote: Quote, event: int, code: int) -> None:
    """Take an order off the book."""
    order = world.orders[s, slot]
    free_order(world, s, order)
    rest = order["steps"] - order["filled"]
    log(
        output,
        s,
        order["owner"],
        order["row"],
        order["number"],
        quote,
        event,
        code,
        order["asked"]["price"],
        rest,
    )


@hot_kernel
def lapse_orders(world: World, output: Output, s: int, quote: Quote) -> None:
    """Take orders off the book that have waited long enough, or that the open has made pointless."""
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 0:
            continue
        asked = order["asked"]
        waited = asked["max_wait"] > 0 and quote.bar - order["placed"] > asked["max_wait"]
        if waited or quote.ts >= min(asked["expires"], asked["flat"]):
            drop(world, output, s, slot, quote, _EXPIRED, 0)
        elif is_orphan(world, s, order):
            drop(world, output, s, slot, quote, _CANCELLED, 0)
        elif is_void(order, quote.open, quote.open, quote.spread):
            drop(world, output, s, slot, quote, _VOID, 0)


@hot_kernel
def is_orphan(world: World, s: int, order: Any) -> bool:
    """Whether the position that a partly filled order built is gone: its rest has nothing to add to."""
    if order["filled"] == 0 or order["position"] == 0:
        return False
    return bool(find_position(world, s, order["position"]) == NO_SLOT)


@hot_kernel
def is_void(order: Any, high: int, low: int, spread: int) -> bool:
    """Whether prices between ``low`` and ``high`` (bid) reach the void price of a resting order.

    A void price in favour of the order's own price ends a set-up that left without it, one against it a
    set-up that failed before; a buy watches the bid, a sell the ask.
    """
    asked = order["asked"]
    side, level = asked["side"], asked["void_at"]
    if level == 0 or asked["order"] == MARKET:
        return False
    ask = 0 if side > 0 else spread
    if side * (level - asked["price"]) > 0:
        best = high if side > 0 else low
        return bool(side * (best + ask - level) >= 0)
    worst = low if side > 0 else high
    return bool(side * (worst + ask - level) <= 0)


@hot_kernel
def void_orders(world: World, output: Output, s: int, quote: Quote) -> None:
    """Withdraw resting orders whose void price was traded before they were filled."""
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 1 and is_void(order, quote.high, quote.low, quote.spread):
            drop(world, output, s, slot, quote, _VOID, 0)


@hot_kernel
def cancel_group(world: World, output: Output, s: int, order: Any, quote: Quote) -> None:
    """Withdraw the other orders of a filled order's group."""
    group = order["asked"]["group"]
    if group == 0:
        return
    for slot in range(world.states[s]["order_end"]):
        one = world.orders[s, slot]
        sibling = one["owner"] == order["owner"] and one["asked"]["group"] == group
        if one["live"] == 1 and one["number"] != order["number"] and sibling:
            drop(world, output, s, slot, quote, _CANCELLED, 0)


@hot_kernel
def next_in_line(world: World, s: int, number: int) -> int:
    """The slot of the oldest order that is younger than order ``number``, ``NO_SLOT`` for none."""
    found = NO_SLOT
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 0 or order["number"] <= number:
            continue
        if found == NO_SLOT or order["number"] < world.orders[s, found]["number"]:
            found = slot
    return found


@hot_kernel
def rests_as(order: Any) -> int:
    """The kind of a resting order: a triggered stop-limit order is a limit order."""
    kind = order["asked"]["order"]
    if kind == STOP_LIMIT and order["triggered"] == 1:
        return LIMIT
    return int(kind)


@hot_kernel
def limit_of(order: Any) -> int:
    """The price of a limit order."""
    if order["asked"]["order"] == STOP_LIMIT:
        return int(order["asked"]["limit"])
    return int(order["asked"]["price"])


@hot_kernel
def trigger(output: Output, s: int, order: Any, quote: Quote) -> None:
    """Turn a stop-limit order into a limit order."""
    order["triggered"] = 1
    price = order["asked"]["price"]
    log(output, s, order["owner"], order["row"], order["number"], quote, _TRIGGERED, 0, price, order["steps"])
