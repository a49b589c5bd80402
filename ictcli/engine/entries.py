"""How orders are filled within one bar: at its open, or inside it.

Every rule here is a line of ``engine.assumptions``. A buy is done at the ask, a sell at the bid.
"""

from typing import Any

from ictcli.engine.exits import exit_inside, stopped_inside
from ictcli.engine.margin import equity, used_margin
from ictcli.engine.positions import (
    NO_SLOT,
    add_to,
    any_open,
    find_position,
    free_slot,
    has_margin,
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
_EXPIRED, _VOID, _CANCELLED = int(OrderEvent.EXPIRED), int(OrderEvent.VOID), int(OrderEvent.CANCELLED)
_TRIGGERED = int(OrderEvent.TRIGGERED)
_REVERSED = int(ExitReason.REVERSED)
_OPEN_BEYOND_STOP, _OPEN_BEYOND_TARGET = int(Refusal.OPEN_BEYOND_STOP), int(Refusal.OPEN_BEYOND_TARGET)
_BALANCE_EXHAUSTED, _MARGIN, _NO_ROOM = (
    int(Refusal.BALANCE_EXHAUSTED),
    int(Refusal.MARGIN),
    int(Refusal.NO_ROOM),
)
_NOTHING_TO_REDUCE = int(Refusal.NOTHING_TO_REDUCE)


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
    """Take orders off the book that have waited long enough."""
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 0:
            continue
        asked = order["asked"]
        waited = asked["max_wait"] > 0 and quote.bar - order["placed"] > asked["max_wait"]
        if waited or quote.ts >= asked["expires"]:
            drop(world, output, s, slot, quote, _EXPIRED, 0)


@hot_kernel
def allowed_steps(world: World, quote: Quote, wanted: int) -> int:
    """How much of an order a bar can fill (``RULES.fill_share`` of its volume)."""
    rules = world.rules[0]
    if rules["fill_share"] == 0 or quote.volume < 0:
        return wanted
    return int(min(wanted, quote.volume * rules["steps_per_tick"] * rules["fill_share"] // WHOLE))


@hot_kernel
def hindrance(world: World, s: int, order: Any, quote: Quote, price: int, at_market: int) -> int:
    """The ``Refusal`` that keeps an order from being filled at ``price``, 0 for none."""
    asked = order["asked"]
    side = asked["side"]
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
    world: World, output: Output, s: int, order: Any, quote: Quote, price: int, steps: int
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
        part = min(steps, world.positions[s, oldest]["steps"])
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
    code = hindrance(world, s, order, quote, price, at_market)
    if code != 0:
        drop(world, output, s, slot, quote, _REFUSED, code)
        return NO_SLOT
    steps = allowed_steps(world, quote, order["steps"] - order["filled"])
    if steps == 0:
        return NO_SLOT
    left = steps
    if asked["reduce_only"] == 1 or world.rules[0]["netting"] == 1:
        left = reduce_with(world, output, s, order, quote, price, steps)
        if asked["reduce_only"] == 1 and left == steps:
            drop(world, output, s, slot, quote, _REFUSED, _NOTHING_TO_REDUCE)
            return NO_SLOT
    place = NO_SLOT
    if left > 0 and asked["reduce_only"] == 0:
        place = carry(world, output, s, order, quote, price, left)
        if place == NO_SLOT:
            return refuse_rest(world, output, s, slot, quote)
        world.positions[s, place]["slippage"] += lost
        if asked["side"] > 0:
            world.positions[s, place]["spread"] += quote.spread
    order["filled"] += steps
    whole = order["filled"] == order["steps"]
    log(
        output,
        s,
        order["owner"],
        order["row"],
        order["number"],
        quote,
        _FILLED if whole else _PARTLY,
        0,
        price,
        steps,
    )
    if whole:
        free_order(world, s, order)
    elif asked["order"] == MARKET and world.rules[0]["rest_cancelled"] == 1:
        drop(world, output, s, slot, quote, _CANCELLED, 0)
    cancel_group(world, output, s, order, quote)
    return place


@hot_kernel
def refuse_rest(world: World, output: Output, s: int, slot: int, quote: Quote) -> int:
    """Take an order off the book that found neither margin nor a slot."""
    code = _NO_ROOM if free_slot(world, s) == NO_SLOT else _MARGIN
    drop(world, output, s, slot, quote, _REFUSED, code)
    return NO_SLOT


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
            protect(world.positions[s, known], order["asked"])
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
def fill_at_open(world: World, output: Output, s: int, quote: Quote) -> None:
    """Fill market orders, and resting orders that the open is already beyond; trigger stop-limits."""
    own = world.series[s]
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 0:
            continue
        side = order["asked"]["side"]
        first = quote.open + quote.spread if side > 0 else quote.open
        waits = order["asked"]["order"] == STOP_LIMIT and order["triggered"] == 0
        if waits and side * (first - order["asked"]["price"]) >= 0:
            trigger(output, s, order, quote)
        kind = rests_as(order)
        lost = slippage(own, quote)
        if kind == MARKET:
            fill(world, output, s, slot, quote, first + side * lost, lost, 1 if order["filled"] == 0 else 0)
        elif kind == LIMIT and side * (limit_of(order) - first) >= world.rules[0]["through"]:
            fill(world, output, s, slot, quote, first, 0, 0)
        elif kind == STOP and side * (first - order["asked"]["price"]) >= 0:
            fill(world, output, s, slot, quote, first + side * lost, lost, 0)


@hot_kernel
def trigger(output: Output, s: int, order: Any, quote: Quote) -> None:
    """Turn a stop-limit order into a limit order."""
    order["triggered"] = 1
    price = order["asked"]["price"]
    log(output, s, order["owner"], order["row"], order["number"], quote, _TRIGGERED, 0, price, order["steps"])


@hot_kernel
def distance_inside(world: World, order: Any, quote: Quote) -> int:
    """Points from the open to where the inside of a bar fills or triggers an order, ``FAR`` if not."""
    side = order["asked"]["side"]
    ask = quote.spread if side > 0 else 0
    first = quote.open + ask
    if rests_as(order) == LIMIT:
        price = limit_of(order)
        best = (quote.low if side > 0 else quote.high) + ask
        reached = side * (price - best) >= world.rules[0]["through"]
    else:
        price = order["asked"]["price"]
        best = (quote.high if side > 0 else quote.low) + ask
        reached = side * (best - price) >= 0
    return abs(price - first) if reached else FAR


@hot_kernel
def fill_inside(world: World, output: Output, s: int, quote: Quote) -> None:
    """Fill the resting orders that the inside of a bar reaches, the one nearest to the open first."""
    for _ in range(2 * world.states[s]["order_end"]):
        nearest, found = FAR, NO_SLOT
        for slot in range(world.states[s]["order_end"]):
            order = world.orders[s, slot]
            if order["live"] == 1 and order["asked"]["order"] != MARKET and order["tried"] <= quote.ts:
                far = distance_inside(world, order, quote)
                if far < nearest:
                    nearest, found = far, slot
        if found == NO_SLOT:
            return
        world.orders[s, found]["tried"] = quote.ts + 1
        fill_one_inside(world, output, s, found, quote)


@hot_kernel
def fill_one_inside(world: World, output: Output, s: int, slot: int, quote: Quote) -> None:
    """Fill one resting order inside a bar; its stop may end it in the same bar."""
    order = world.orders[s, slot]
    side = order["asked"]["side"]
    kind = rests_as(order)
    if kind == STOP_LIMIT:
        trigger(output, s, order, quote)
        return
    if kind == LIMIT:
        place = fill(world, output, s, slot, quote, limit_of(order), 0, 0)
        if place != NO_SLOT and world.positions[s, place]["live"] == 1:
            stopped_inside(world, output, s, place, quote, 0)
        return
    lost = slippage(world.series[s], quote)
    place = fill(world, output, s, slot, quote, order["asked"]["price"] + side * lost, lost, 0)
    if place != NO_SLOT and world.positions[s, place]["live"] == 1:
        worst = quote.low if side > 0 else quote.high + quote.spread
        stop = world.positions[s, place]["stop"]
        if stop != 0 and side * (worst - stop) <= 0:
            world.positions[s, place]["ambiguous"] = 1
        exit_inside(world, output, s, place, quote)


@hot_kernel
def void_orders(world: World, output: Output, s: int, quote: Quote) -> None:
    """Withdraw resting orders whose void price was traded before they were filled."""
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 0 or order["asked"]["void_at"] == 0:
            continue
        side = order["asked"]["side"]
        best = quote.high if side > 0 else quote.low + quote.spread
        if side * (best - order["asked"]["void_at"]) >= 0:
            drop(world, output, s, slot, quote, _VOID, 0)
