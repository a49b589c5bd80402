"""The engine's matching in the two phases of a bar, and single fills: all that the trade server compiles.

Together the phases are ``engine.matching.match`` but for void prices, which no broker knows.
"""

from typing import Any

from ictcli.engine.entries import fill_at_open, fill_inside, fill_one_at_open, fill_rests
from ictcli.engine.exits import exits_at_open, exits_inside, leave_at_open
from ictcli.engine.margin import equity, margin_for, used_margin
from ictcli.engine.matching import stop_out
from ictcli.engine.money import floating, rate_of
from ictcli.engine.nights import pass_roll
from ictcli.engine.orders import free_order, lapse_orders
from ictcli.engine.positions import NO_SLOT, exit_price, reduce_position, slippage
from ictcli.engine.refusals import ExitReason
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import kernel

_CLOSED = int(ExitReason.STRATEGY)


@kernel
def match_open(world: World, output: Output, s: int, quote: Quote) -> None:
    """What the open of a bar or a piece of one does: expiry, closes, gapped exits, fills at the open."""
    state = world.states[s]
    if state["orders"] > 0:
        lapse_orders(world, output, s, quote)
    if state["positions"] > 0:
        exits_at_open(world, output, s, quote)
    if state["orders"] > 0:
        fill_at_open(world, output, s, quote)


@kernel
def match_inside(world: World, output: Output, s: int, quote: Quote) -> None:
    """What the inside of a bar or a piece of one does: exits, fills, and the stop-out."""
    state = world.states[s]
    if state["orders"] > 0 and world.rules[0]["fill_share"] > 0:
        fill_rests(world, output, s, quote)
    if state["positions"] > 0:
        exits_inside(world, output, s, quote)
    if state["orders"] > 0:
        fill_inside(world, output, s, quote)
    if state["positions"] > 0 and world.rules[0]["stop_out"] > 0:
        stop_out(world, output, s, quote)


@kernel
def roll_over(world: World) -> None:
    """Pass the next roll of the trading day: swap is booked."""
    pass_roll(world.rules[0], world.account[0], world.series, world.states, world.positions, world.rolls)


@kernel
def fill_now(world: World, output: Output, s: int, slot: int, quote: Quote) -> None:
    """Fill a market order at the quote of the moment, whose prices are all the same."""
    place = fill_one_at_open(world, output, s, slot, quote)
    if place != NO_SLOT:
        leave_at_open(world, output, s, place, quote)


@kernel
def close_steps(world: World, output: Output, s: int, slot: int, quote: Quote, steps: int) -> None:
    """Close a part of a position, or all of it, at an open, less slippage."""
    position = world.positions[s, slot]
    side = position["side"]
    lost = slippage(world.series[s], quote)
    position["slippage"] += lost * steps
    if side < 0:
        position["spread"] += quote.spread * steps
    price = max(1, exit_price(position, quote.open, quote.spread) - side * lost)
    reduce_position(world, output, s, slot, 0, quote, price, steps, _CLOSED)


@kernel
def close_at(world: World, output: Output, s: int, slot: int, quote: Quote, price: int, steps: int) -> None:
    """Close a part of a position, or all of it, at a price agreed upon."""
    reduce_position(world, output, s, slot, 0, quote, price, steps, _CLOSED)


@kernel
def remove_order(world: World, s: int, slot: int) -> None:
    """Take an order off the book."""
    free_order(world, s, world.orders[s, slot])


@kernel
def floating_of(world: World, s: int, slot: int, bid: int, spread: int) -> int:
    """What a position would bring at a quote, in minor units."""
    rate = rate_of(world.series, world.states, s)
    return int(floating(world.series[s], rate, world.positions[s, slot], bid, spread))


@kernel
def held_worth(world: World, quotes: Any) -> tuple[int, int]:
    """Minor units of swap that open positions have had, and what they would bring but for it.

    Args:
        world: the account.
        quotes: bid and spread of each series.
    """
    swap, worth = 0, 0
    for s in range(len(world.series)):
        if world.states[s]["positions"] == 0:
            continue
        rate = rate_of(world.series, world.states, s)
        for slot in range(world.states[s]["position_end"]):
            position = world.positions[s, slot]
            if position["live"] == 1:
                swap += position["swap"]
                worth += floating(world.series[s], rate, position, quotes[s, 0], quotes[s, 1])
    return int(swap), int(worth)


@kernel
def margin_needed(world: World, s: int, steps: int, price: int) -> int:
    """Minor units that a volume at a price binds; -1 while its profit cannot be converted."""
    rate = rate_of(world.series, world.states, s)
    return int(margin_for(world.series[s], rate, steps, price)) if rate > 0 else -1


@kernel
def margin_used(world: World) -> int:
    """Minor units that all open positions bind."""
    return int(used_margin(world.series, world.states, world.positions))


@kernel
def margin_free(world: World) -> int:
    """Equity at the last closes less what positions bind."""
    worth = equity(world.account[0], world.series, world.states, world.positions)
    return int(worth - used_margin(world.series, world.states, world.positions))
