"""One fill: whether it may be done, how much of it, and what it opens, adds to or reduces."""

from typing import Any

from ictcli.engine.margin import equity, share_of, used_margin
from ictcli.engine.orders import cancel_group, drop, free_order, is_orphan
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
)
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import MARKET, WHOLE

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
    """Open a position with a fill where the free margin allows it; its slot, or ``NO_SLOT``."""
    if world.rules[0]["stop_out"] != 0:
        free = equity(world.account[0], world.series, world.states, world.positions)
        free -= used_margin(world.series, world.states, world.positions)
        if not has_margin(world, s, steps, price, free):
            return NO_SLOT
    return bear(world, output, s, order, quote, price, steps)


@hot_kernel
def bear(world: World, output: Output, s: int, order: Any, quote: Quote, price: int, steps: int) -> int:
    """Open a position with a fill, or add it to the one that it belongs to; its slot, or ``NO_SLOT``."""
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
