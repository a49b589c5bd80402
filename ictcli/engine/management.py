"""What becomes of open positions at the close of a bar: stops that move, never against the trader."""

from typing import Any

from ictcli.engine.positions import exit_price, log
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.engine.world import Output, Quote, World
from ictcli.kernels import hot_kernel, kernel

_TRAIL, _BREAK_EVEN = int(ExitReason.TRAIL), int(ExitReason.BREAK_EVEN)
_STOP_MOVED = int(OrderEvent.STOP_MOVED)


@hot_kernel
def manage(world: World, output: Output, s: int, quote: Quote) -> None:
    """Move the stops of a series at the close of a bar; they work from the next bar on."""
    if world.states[s]["positions"] == 0:
        return
    for slot in range(world.states[s]["position_end"]):
        position = world.positions[s, slot]
        if position["live"] == 0 or position["leave"] != 0:
            continue
        if position["even_at"] > 0:
            break_even(world, output, s, position, quote)
        if position["trail"] > 0 or position["trail_atr"] > 0.0:
            trail(world, output, s, position, quote)


@hot_kernel
def break_even(world: World, output: Output, s: int, position: Any, quote: Quote) -> None:
    """Move the stop to the entry once the bar has gone far enough in favour.

    Of the bar of the entry only the close counts: what came before the entry is not known.
    """
    side = position["side"]
    best = quote.high if side > 0 else quote.low
    if position["opened"] == quote.bar:
        best = quote.close
    best = exit_price(position, best, quote.spread)
    if side * (best - position["entry"]) >= position["even_at"]:
        stop = aligned(world, s, side, position["entry"] + side * position["even_plus"])
        if move_stop(world, output, s, position, quote, stop, _BREAK_EVEN):
            position["even_at"] = 0


@hot_kernel
def trail(world: World, output: Output, s: int, position: Any, quote: Quote) -> None:
    """Keep the stop at its distance behind the best close."""
    side = position["side"]
    close = exit_price(position, quote.close, quote.spread)
    if side * (close - position["entry"]) < position["trail_from"]:
        return
    distance = position["trail"]
    if position["trail_atr"] > 0.0:
        atr = world.states[s]["atr"]
        if atr <= 0.0:
            return
        distance = max(distance, int(position["trail_atr"] * atr) + 1)
    stop = aligned(world, s, side, close - side * distance)
    move_stop(world, output, s, position, quote, stop, _TRAIL)


@hot_kernel
def aligned(world: World, s: int, side: int, stop: int) -> int:
    """A stop on the tick grid of its series, against the trader."""
    tick = world.series[s]["tick"]
    return int(side * (side * stop // tick * tick))


@kernel
def move_stop(world: World, output: Output, s: int, position: Any, quote: Quote, stop: int, why: int) -> bool:
    """Move a stop in favour; False where it would not be, or where the broker would refuse the change."""
    side = position["side"]
    if stop <= 0:
        return False
    if position["stop"] != 0 and side * (stop - position["stop"]) <= 0:
        return False
    own = world.series[s]
    close = exit_price(position, quote.close, quote.spread)
    if side * (close - stop) <= own["stops_level"]:
        return False
    if position["stop"] != 0 and side * (close - position["stop"]) <= own["freeze_level"]:
        return False
    if position["target"] != 0 and side * (position["target"] - close) <= own["freeze_level"]:
        return False
    position["stop"], position["stop_reason"] = stop, why
    log(output, s, position["owner"], position["row"], 0, quote, _STOP_MOVED, why, stop, position["steps"])
    return True
