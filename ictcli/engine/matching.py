"""What one bar does to the orders and positions of a series: the part of a broker."""

from ictcli.engine.entries import fill_at_open, fill_inside, fill_rests
from ictcli.engine.exits import exits_at_open, exits_inside
from ictcli.engine.margin import stop_out_due
from ictcli.engine.money import floating, rate_of
from ictcli.engine.orders import lapse_orders, void_orders
from ictcli.engine.positions import NO_SLOT, exit_price, leave, slippage
from ictcli.engine.refusals import ExitReason
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import hot_kernel, kernel

_STOP_OUT = int(ExitReason.STOP_OUT)


@hot_kernel
def match(world: World, output: Output, s: int, quote: Quote) -> None:
    """Let a bar, or a piece of one, act on the orders and positions of a series.

    What the open decides comes first, then exits inside the bar (stops before targets), then entries
    inside it, and at last the broker's own stop-out at the worst price.
    """
    state = world.states[s]
    if state["orders"] > 0:
        lapse_orders(world, output, s, quote)
    if state["positions"] > 0:
        exits_at_open(world, output, s, quote)
    if state["orders"] > 0:
        fill_at_open(world, output, s, quote)
        if world.rules[0]["fill_share"] > 0:
            fill_rests(world, output, s, quote)
    if state["positions"] > 0:
        exits_inside(world, output, s, quote)
    if state["orders"] > 0:
        fill_inside(world, output, s, quote)
        void_orders(world, output, s, quote)
    if state["positions"] > 0 and world.rules[0]["stop_out"] > 0:
        stop_out(world, output, s, quote)


@kernel
def stop_out(world: World, output: Output, s: int, quote: Quote) -> None:
    """Close positions, the largest loss first, while the margin level at the worst prices is too low."""
    state = world.states[s]
    close, spread = state["close"], state["spread"]
    state["spread"] = quote.spread
    for _ in range(world.states[s]["position_end"]):
        state["close"] = worst_bid(world, s, quote)
        if not stop_out_due(world.rules[0], world.account[0], world.series, world.states, world.positions):
            break
        slot = largest_loss(world, s)
        if slot == NO_SLOT:
            break
        position = world.positions[s, slot]
        worst = exit_price(position, state["close"], quote.spread)
        leave(world, output, s, slot, quote, worst, slippage(world.series[s], quote), _STOP_OUT)
    state["close"], state["spread"] = close, spread


@hot_kernel
def worst_bid(world: World, s: int, quote: Quote) -> int:
    """The end of a bar that hurts the positions of a series more, as a bid."""
    net = 0
    for slot in range(world.states[s]["position_end"]):
        position = world.positions[s, slot]
        if position["live"] == 1:
            net += position["side"] * position["steps"]
    return quote.low if net >= 0 else quote.high


@kernel
def largest_loss(world: World, s: int) -> int:
    """The slot of the position with the largest open loss."""
    state = world.states[s]
    rate = rate_of(world.series, world.states, s)
    found, least = NO_SLOT, 0
    for slot in range(world.states[s]["position_end"]):
        position = world.positions[s, slot]
        if position["live"] == 0:
            continue
        result = floating(world.series[s], rate, position, state["close"], state["spread"])
        if found == NO_SLOT or result < least:
            found, least = slot, result
    return found
