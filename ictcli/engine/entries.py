"""How orders are filled within one bar: at its open, or inside it.

Every rule here is a line of ``engine.assumptions``. A buy is done at the ask, a sell at the bid.
"""

from typing import Any

from ictcli.engine.exits import exit_inside, leave_at_open, stopped_inside
from ictcli.engine.margin import equity, share_of, used_margin
from ictcli.engine.orders import (
    cancel_group,
    drop,
    free_order,
    is_orphan,
    limit_of,
    next_in_line,
    rests_as,
    trigger,
)
from ictcli.engine.positions import (
    NO_SLOT,
    add_to,
    any_open,
    exit_price,
    find_position,
    free_slot,
    has_margin,
    leave,
    log,
    open_position,
    protect,
    reduce_position,
    slippage,
)
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.engine.world import FAR, Output, Quote, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import LIMIT, MARKET, STOP, STOP_LIMIT, WHOLE

_FILLED, _PARTLY, _REFUSED = int(OrderEvent.FILLED), int(OrderEvent.PARTLY_FILLED), int(OrderEvent.REFUSED)
_CANCELLED, _REPLACED = int(OrderEvent.CANCELLED), int(OrderEvent.REPLACED)
_REVERSED = int(ExitReason.REVERSED)
_OPEN_BEYOND_STOP, _OPEN_BEYOND_TARGET = int(Refusal.OPEN_BEYOND_STOP), int(Refusal.OPEN_BEYOND_TARGET)
_BALANCE_EXHAUSTED, _MARGIN, _NO_ROOM = (
    int(Refusal.BALANCE_EXHAUSTED),
    int(Refusal.MARGIN),
    int(Refusal.NO_ROOM),
)
_NOTHING_TO_REDUCE = int(Refusal.NOTHING_TO_REDUCE)


@hot_kernel
def allowed_steps(world: World, s: int, quote: Quote, wanted: int) -> int:
    """How much of an order a bar can fill (``RULES.fill_share`` of its volume)."""
    share = world.rules[0]["fill_share"]
    if share == 0 or quote.volume < 0:
        return wanted
    traded = quote.volume * world.series[s]["steps_per_tick"]
    return int(min(wanted, share_of(traded, share) // WHOLE))


@hot_kernel
def hindrance(world: World, order: Any, quote: Quote, price: int, at_market: int) -> int:
    """The ``Refusal`` that keeps an order from being filled at ``price``, 0 for none."""
    asked = order["asked"]
    side = asked["side"]
    if asked["reduce_only"] == 1:
        return 0
    if world.account[0]["ruined"] == 1 or world.account[0]["balance"] <= 0:
        return _BALANCE_EXHAUSTED
    if at_market == 1:
        leaves_at = quote.open if side > 0 else quote.open + quote.spread
        if asked["stop"] != 0 and side * (leaves_at - asked["stop"]) <= 0:
            return _OPEN_BEYOND_STOP
        if asked["target"] != 0 and side * (price - asked["target"]) >= 0:
            return _OPEN_BEYOND_TARGET
    return 0


@kernel
def reduce_with(
    world: World, output: Output, s: int, order: Any, quote: Quote, price: int, steps: int, lost: int
) -> int:
    """Shrink opposite positions by an order's fill, oldest first; the steps that are left over."""
    asked = order["asked"]
    netting = world.rules[0]["netting"] == 1
    while steps > 0:
        oldest = NO_SLOT
        for slot in range(world.states[s]["position_end"]):
            one = world.positions[s, slot]
            fits = one["live"] == 1 and one["side"] == -asked["side"]
            older = oldest == NO_SLOT or one["number"] < world.positions[s, oldest]["number"]
            if fits and older and (netting or one["owner"] == order["owner"]):
                oldest = slot
        if oldest == NO_SLOT:
            return steps
        position = world.positions[s, oldest]
        part = min(steps, position["steps"])
        position["slippage"] += lost * part
        if position["side"] < 0:
            position["spread"] += quote.spread * part
        reduce_position(world, output, s, oldest, order["number"], quote, price, part, _REVERSED)
        steps -= part
    return 0


@kernel
def fill(
    world: World, output: Output, s: int, slot: int, quote: Quote, price: int, lost: int, at_market: int
) -> int:
    """Fill an order at ``price`` (slippage of ``lost`` points included); the slot of its position.

    ``NO_SLOT`` when it was refused, could not be filled, or only reduced.
    """
    order = world.orders[s, slot]
    asked = order["asked"]
    order["tried"] = quote.ts + 1
    if is_orphan(world, s, order):
        drop(world, output, s, slot, quote, _CANCELLED, 0)
        return NO_SLOT
    code = hindrance(world, order, quote, price, at_market)
    if code != 0:
        drop(world, output, s, slot, quote, _REFUSED, code)
        return NO_SLOT
    steps = allowed_steps(world, s, quote, order["steps"] - order["filled"])
    left, place = steps, NO_SLOT
    if steps > 0 and (asked["reduce_only"] == 1 or world.rules[0]["netting"] == 1):
        left = reduce_with(world, output, s, order, quote, price, steps, lost)
    if left > 0 and asked["reduce_only"] == 1:
        code = _NOTHING_TO_REDUCE
    elif left > 0:
        place = carry(world, output, s, order, quote, price, left)
        if place == NO_SLOT:
            code = _NO_ROOM if free_slot(world, s) == NO_SLOT else _MARGIN
        else:
            world.positions[s, place]["slippage"] += lost * left
            if asked["side"] > 0:
                world.positions[s, place]["spread"] += quote.spread * left
            left = 0
    settle(world, output, s, slot, quote, price, steps - left, code)
    return place


@hot_kernel
def settle(
    world: World, output: Output, s: int, slot: int, quote: Quote, price: int, done: int, code: int
) -> None:
    """Note ``done`` steps of an order as filled; take it off the book when it is over or ``code`` ends it."""
    order = world.orders[s, slot]
    asked = order["asked"]
    order["filled"] += done
    whole = order["filled"] == order["steps"]
    if done > 0:
        event = _FILLED if whole else _PARTLY
        log(
            output, s, order["owner"], order["row"], order["number"], quote, event, 0, price, done
        )  # fmt: skip
    if whole:
        free_order(world, s, order)
    elif code != 0:
        drop(world, output, s, slot, quote, _REFUSED, code)
    elif asked["order"] == MARKET and world.rules[0]["rest_cancelled"] == 1:
        drop(world, output, s, slot, quote, _CANCELLED, 0)
    if done > 0:
        cancel_group(world, output, s, order, quote)


@hot_kernel
def carry(world: World, output: Output, s: int, order: Any, quote: Quote, price: int, steps: int) -> int:
    """Open a position with a fill, or add it to the one that it belongs to; its slot, or ``NO_SLOT``."""
    if world.rules[0]["stop_out"] != 0:
        free = equity(world.account[0], world.series, world.states, world.positions)
        free -= used_margin(world.series, world.states, world.positions)
        if not has_margin(world, s, steps, price, free):
            return NO_SLOT
    known = NO_SLOT
    if world.rules[0]["netting"] == 1:
        known = any_open(world, s)
        if known != NO_SLOT and order["filled"] == 0:
            replace(output, s, world.positions[s, known], order, quote)
    elif order["position"] != 0:
        known = find_position(world, s, order["position"])
    if known != NO_SLOT:
        add_to(world, output, s, known, order, quote, price, steps)
        return known
    slot = free_slot(world, s)
    if slot != NO_SLOT:
        open_position(world, output, s, slot, order, quote, price, steps)
    return slot


@hot_kernel
def replace(output: Output, s: int, position: Any, order: Any, quote: Quote) -> None:
    """Give the position of a netting account the protection that the order adding to it asks for."""
    protect(position, order["asked"])
    order["position"] = position["number"]
    stop, steps = position["stop"], position["steps"]
    log(output, s, order["owner"], order["row"], order["number"], quote, _REPLACED, 0, stop, steps)


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
