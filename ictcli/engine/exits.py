"""How open positions are left within one bar: at its open, or inside it.

Every rule here is a line of ``engine.assumptions``. ``side * price`` turns a short into a long.
"""

from typing import Any

from ictcli.engine.positions import exit_price, leave, reduce_position, slippage
from ictcli.engine.refusals import ExitReason
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import hot_kernel
from ictcli.strategies.decisions import PARTIALS

_TARGET, _TIME, _SESSION = int(ExitReason.TARGET), int(ExitReason.TIME), int(ExitReason.SESSION)
_PARTIAL = int(ExitReason.PARTIAL)


@hot_kernel
def reason_to_leave(position: Any, quote: Quote) -> int:
    """Why a position is closed at the open, whatever the price; 0 when it is not."""
    if position["leave"] != 0:
        return int(position["leave"])
    if position["last_bar"] >= 0 and quote.bar > position["last_bar"]:
        return _TIME
    if quote.ts >= position["flat"]:
        return _SESSION
    return 0


@hot_kernel
def take_partials(
    world: World, output: Output, s: int, slot: int, quote: Quote, best: int, price: int
) -> None:
    """Close the shares of a position whose levels ``best`` reaches; at ``price`` where it is not 0."""
    position = world.positions[s, slot]
    side = position["side"]
    for at in range(PARTIALS):
        steps = min(position["partial_steps"][at], position["steps"])
        level = position["partial_at"][at]
        if level == 0 or side * (best - level) < 0:
            continue
        position["partial_at"][at] = 0
        if steps > 0:
            if side < 0:
                position["spread"] += quote.spread * steps
            reduce_position(world, output, s, slot, 0, quote, price if price != 0 else level, steps, _PARTIAL)
        if position["live"] == 0:
            return


@hot_kernel
def exits_at_open(world: World, output: Output, s: int, quote: Quote) -> None:
    """Close at the open what has run out, and what the open gapped beyond."""
    for slot in range(world.states[s]["position_end"]):
        if world.positions[s, slot]["live"] == 1:
            leave_at_open(world, output, s, slot, quote)


@hot_kernel
def leave_at_open(world: World, output: Output, s: int, slot: int, quote: Quote) -> None:
    """Let the open close a position, also one that was just filled there beyond its own stop or target."""
    own = world.series[s]
    position = world.positions[s, slot]
    first = exit_price(position, quote.open, quote.spread)
    side = position["side"]
    why = reason_to_leave(position, quote)
    if why != 0:
        leave(world, output, s, slot, quote, first, slippage(own, quote), why)
    elif position["stop"] != 0 and side * (first - position["stop"]) <= 0:
        leave(world, output, s, slot, quote, first, slippage(own, quote), position["stop_reason"])
    elif position["target"] != 0 and side * (first - position["target"]) >= 0:
        leave(world, output, s, slot, quote, first, 0, _TARGET)
    else:
        take_partials(world, output, s, slot, quote, first, first)


@hot_kernel
def reaches_profit(position: Any, best: int) -> bool:
    """Whether a price reaches the target or a level of a partial exit."""
    side = position["side"]
    if position["target"] != 0 and side * (best - position["target"]) >= 0:
        return True
    for at in range(PARTIALS):
        level = position["partial_at"][at]
        if level != 0 and side * (best - level) >= 0:
            return True
    return False


@hot_kernel
def exit_inside(world: World, output: Output, s: int, slot: int, quote: Quote) -> None:
    """Let the inside of a bar close a position that was open at its open: the stop first, then the rest."""
    position = world.positions[s, slot]
    side = position["side"]
    best = exit_price(position, quote.high if side > 0 else quote.low, quote.spread)
    doubtful = 1 if reaches_profit(position, best) else 0
    if stopped_inside(world, output, s, slot, quote, doubtful):
        return
    take_partials(world, output, s, slot, quote, best, 0)
    if position["live"] == 1 and position["target"] != 0 and side * (best - position["target"]) >= 0:
        leave(world, output, s, slot, quote, position["target"], 0, _TARGET)


@hot_kernel
def stopped_inside(world: World, output: Output, s: int, slot: int, quote: Quote, doubtful: int) -> bool:
    """Let the inside of a bar stop a position; ``doubtful`` 1 marks it ambiguous. True when it was."""
    position = world.positions[s, slot]
    side = position["side"]
    worst = exit_price(position, quote.low if side > 0 else quote.high, quote.spread)
    if position["stop"] == 0 or side * (worst - position["stop"]) > 0:
        return False
    if doubtful == 1:
        position["ambiguous"] = 1
    lost = slippage(world.series[s], quote)
    leave(world, output, s, slot, quote, position["stop"], lost, position["stop_reason"])
    return True


@hot_kernel
def exits_inside(world: World, output: Output, s: int, quote: Quote) -> None:
    """Let the inside of a bar close positions that were open at its open or filled there."""
    for slot in range(world.states[s]["position_end"]):
        if world.positions[s, slot]["live"] == 1:
            exit_inside(world, output, s, slot, quote)
