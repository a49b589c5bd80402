"""How orders are filled within one bar: at its open, or inside it.

Every rule here is a line of ``engine.assumptions``. A buy is done at the ask, a sell at the bid.
"""

from typing import Any

from ictcli.engine.exits import exit_inside, leave_at_open, stopped_inside
from ictcli.engine.fills import fill
from ictcli.engine.orders import limit_of, next_in_line, rests_as, trigger
from ictcli.engine.positions import NO_SLOT, exit_price, find_position, leave, slippage
from ictcli.engine.world import FAR, Output, Quote, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import LIMIT, MARKET, STOP, STOP_LIMIT


@hot_kernel
def fill_at_open(world: World, output: Output, s: int, quote: Quote) -> None:
    """Fill market orders, and resting orders that the open is already beyond, the oldest first."""
    number = 0
    for _ in range(world.states[s]["orders"]):
        slot = next_in_line(world, s, number)
        if slot == NO_SLOT:
            return
        number = world.orders[s, slot]["number"]
        place = fill_one_at_open(world, output, s, slot, quote)
        if place != NO_SLOT:
            leave_at_open(world, output, s, place, quote)


@hot_kernel
def fill_one_at_open(world: World, output: Output, s: int, slot: int, quote: Quote) -> int:
    """Fill an order at the open, or trigger it there; the slot of its position, or ``NO_SLOT``."""
    order = world.orders[s, slot]
    side = order["asked"]["side"]
    first = quote.open + quote.spread if side > 0 else quote.open
    waits = order["asked"]["order"] == STOP_LIMIT and order["triggered"] == 0
    if waits and side * (first - order["asked"]["price"]) >= 0:
        trigger(output, s, order, quote)
    kind = rests_as(order)
    if kind == LIMIT:
        if side * (limit_of(order) - first) < world.rules[0]["through"]:
            return NO_SLOT
        return fill(world, output, s, slot, quote, first, 0, 0)
    waits = kind == STOP and order["filled"] == 0 and side * (first - order["asked"]["price"]) < 0
    if kind == STOP_LIMIT or waits:
        return NO_SLOT
    lost = slippage(world.series[s], quote)
    at_market = 1 if kind == MARKET and order["filled"] == 0 else 0
    return fill(world, output, s, slot, quote, first + side * lost, lost, at_market)


@hot_kernel
def distance_inside(world: World, order: Any, quote: Quote) -> int:
    """Points from the open to where the inside of a bar fills or triggers an order, ``FAR`` if not."""
    side = order["asked"]["side"]
    ask = quote.spread if side > 0 else 0
    first = quote.open + ask
    if rests_as(order) == LIMIT:
        price = limit_of(order)
        best = (quote.low if side > 0 else quote.high) + ask
        far = max(0, side * (first - price))
        return far if side * (price - best) >= world.rules[0]["through"] else FAR
    price = order["asked"]["price"]
    best = (quote.high if side > 0 else quote.low) + ask
    return abs(price - first) if side * (best - price) >= 0 else FAR


@hot_kernel
def limit_inside(order: Any, quote: Quote) -> int:
    """The price of a limit order inside a bar: never worse than a better open."""
    side = order["asked"]["side"]
    first = quote.open + (quote.spread if side > 0 else 0)
    return int(side * min(side * limit_of(order), side * first))


@hot_kernel
def fill_rests(world: World, output: Output, s: int, quote: Quote) -> None:
    """Fill the rest of a limit order whose position this bar stops: the way there leads through the limit."""
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if (
            order["live"] == 0
            or order["filled"] == 0
            or order["tried"] > quote.ts
            or rests_as(order) != LIMIT
        ):
            continue
        place = find_position(world, s, order["position"])
        if place == NO_SLOT or distance_inside(world, order, quote) == FAR:
            continue
        position = world.positions[s, place]
        side = position["side"]
        worst = exit_price(position, quote.low if side > 0 else quote.high, quote.spread)
        if position["stop"] != 0 and side * (worst - position["stop"]) <= 0:
            fill(world, output, s, slot, quote, limit_inside(order, quote), 0, 0)


@hot_kernel
def fill_inside(world: World, output: Output, s: int, quote: Quote) -> None:
    """Fill the resting orders that the inside of a bar reaches, the one nearest to the open first."""
    for _ in range(2 * world.states[s]["order_end"]):
        nearest, found, rivals = FAR, NO_SLOT, 0
        for slot in range(world.states[s]["order_end"]):
            order = world.orders[s, slot]
            if order["live"] == 0 or order["asked"]["order"] == MARKET or order["tried"] > quote.ts:
                continue
            far = distance_inside(world, order, quote)
            if far < FAR:
                rivals += 1
            older = far == nearest and far < FAR and order["number"] < world.orders[s, found]["number"]
            if far < nearest or older:
                nearest, found = far, slot
        if found == NO_SLOT:
            return
        world.orders[s, found]["tried"] = quote.ts + 1
        doubtful = 1 if rivals > 1 and has_rival(world, s, found, quote) else 0
        fill_one_inside(world, output, s, found, quote, doubtful)


@hot_kernel
def has_rival(world: World, s: int, found: int, quote: Quote) -> bool:
    """Whether the same bar reaches another order of the group: which one was first is not known."""
    order = world.orders[s, found]
    group = order["asked"]["group"]
    if group == 0:
        return False
    for slot in range(world.states[s]["order_end"]):
        one = world.orders[s, slot]
        sibling = one["owner"] == order["owner"] and one["asked"]["group"] == group
        if one["live"] == 0 or slot == found or not sibling or one["asked"]["order"] == MARKET:
            continue
        if distance_inside(world, one, quote) < FAR:
            return True
    return False


@hot_kernel
def fill_one_inside(world: World, output: Output, s: int, slot: int, quote: Quote, doubtful: int) -> None:
    """Fill one resting order inside a bar; its stop may end it in the same bar."""
    order = world.orders[s, slot]
    asked = order["asked"]
    side = asked["side"]
    ask = quote.spread if side > 0 else 0
    kind = rests_as(order)
    room = FAR
    if kind == STOP_LIMIT:
        trigger(output, s, order, quote)
        room = side * (asked["limit"] - asked["price"])
        if room < 0:
            if side * (asked["limit"] - quote.close - ask) < world.rules[0]["through"]:
                return
            kind, doubtful = LIMIT, 1
    if kind == LIMIT:
        price = limit_inside(order, quote) if room == FAR else asked["limit"]
        place = fill(world, output, s, slot, quote, price, 0, 0)
        leave_new(world, output, s, place, quote, price, doubtful)
        return
    lost = min(slippage(world.series[s], quote), room)
    place = fill(world, output, s, slot, quote, asked["price"] + side * lost, lost, 0)
    exit_new(world, output, s, place, quote, asked["price"], doubtful)


@hot_kernel
def leave_new(
    world: World, output: Output, s: int, place: int, quote: Quote, price: int, doubtful: int
) -> None:
    """Let a position that a limit order opened inside a bar be stopped in it; its target is not counted."""
    if place == NO_SLOT:
        return
    if doubtful == 1:
        world.positions[s, place]["ambiguous"] = 1
    if not stopped_at_once(world, output, s, place, quote, price):
        stopped_inside(world, output, s, place, quote, 0)


@hot_kernel
def exit_new(
    world: World, output: Output, s: int, place: int, quote: Quote, price: int, doubtful: int
) -> None:
    """Let a position that a stop order opened inside a bar be left in it: in doubt, at its stop."""
    if place == NO_SLOT:
        return
    position = world.positions[s, place]
    if doubtful == 1:
        position["ambiguous"] = 1
    if stopped_at_once(world, output, s, place, quote, price):
        return
    side = position["side"]
    worst = exit_price(position, quote.low if side > 0 else quote.high, quote.spread)
    if position["stop"] != 0 and side * (worst - position["stop"]) <= 0:
        position["ambiguous"] = 1
    exit_inside(world, output, s, place, quote)


@kernel
def stopped_at_once(world: World, output: Output, s: int, place: int, quote: Quote, price: int) -> bool:
    """Leave a position whose stop lies within the spread when it is filled at ``price``; True when it was."""
    position = world.positions[s, place]
    first = price - position["side"] * quote.spread
    if position["stop"] == 0 or position["side"] * (first - position["stop"]) > 0:
        return False
    leave(world, output, s, place, quote, first, slippage(world.series[s], quote), position["stop_reason"])
    return True
