"""Fills that a broker made, booked on an account whose rules are ``external``.

Nothing is judged here: a deal is a fact. Money is computed by the same functions as in a backtest and then
compared with the broker's by the caller.
"""

from ictcli.engine.fills import bear, reduce_with, settle
from ictcli.engine.nights import pass_roll
from ictcli.engine.positions import NO_SLOT, find_position, reduce_position
from ictcli.engine.run import mark
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import kernel


@kernel
def book_entry(
    world: World, output: Output, s: int, slot: int, quote: Quote, price: int, steps: int, lost: int
) -> int:
    """Book a deal of an order; the steps that no slot was free for.

    Args:
        world: the account.
        output: gets the deal, and what else it caused: siblings of the order that are to be withdrawn.
        s: number of the series.
        slot: of the order.
        quote: bar and instant of the deal; its spread is the one paid.
        price: in points.
        steps: of the deal.
        lost: points of slippage, for the record.
    """
    order = world.orders[s, slot]
    asked = order["asked"]
    left = steps
    if asked["reduce_only"] == 1 or world.rules[0]["netting"] == 1:
        left = reduce_with(world, output, s, order, quote, price, steps, lost)
    if left > 0 and asked["reduce_only"] == 0:
        place = bear(world, output, s, order, quote, price, left)
        if place != NO_SLOT:
            position = world.positions[s, place]
            position["slippage"] += lost * left
            if asked["side"] > 0:
                position["spread"] += quote.spread * left
            left = 0
    settle(world, output, s, slot, quote, price, steps - left, 0)
    return left


@kernel
def book_exit(
    world: World, output: Output, s: int, number: int, quote: Quote, price: int, steps: int, lost: int,
    reason: int,
) -> int:  # fmt: skip
    """Book a deal that closes a position, or a part of it; the steps that were not open.

    Args:
        world: the account.
        output: gets the deal, and the trade where it was the last one.
        s: number of the series.
        number: of the position.
        quote: bar and instant of the deal; its spread is the one a short pays.
        price: in points.
        steps: of the deal.
        lost: points of slippage, for the record.
        reason: ``ExitReason``; 0 is that of the stop as it stands.
    """
    slot = find_position(world, s, number)
    if slot == NO_SLOT:
        return steps
    position = world.positions[s, slot]
    part = min(steps, position["steps"])
    position["slippage"] += lost * part
    if position["side"] < 0:
        position["spread"] += quote.spread * part
    why = reason if reason != 0 else position["stop_reason"]
    reduce_position(world, output, s, slot, 0, quote, price, part, why)
    return int(steps - part)


@kernel
def roll_to(world: World, output: Output, instant: int) -> None:
    """Pass every roll of the trading day up to and including an instant."""
    account = world.account[0]
    while account["roll"] < len(world.rolls) and world.rolls[account["roll"], 0] <= instant:
        at = world.rolls[account["roll"], 0]
        pass_roll(world.rules[0], account, world.series, world.states, world.positions, world.rolls)
        mark(world, output, at)
