"""Positions: opened, added to, reduced and closed, with every deal booked once."""

from typing import Any

from ictcli.engine.margin import margin_for
from ictcli.engine.money import amount_of, half_even, profit, rate_of
from ictcli.engine.records import MOST_POSITIONS
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.engine.risk import after_close
from ictcli.engine.world import DEALS, EVENTS, TRADES, Output, Quote, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import PARTIALS, WHOLE

_STOP, _REVERSED = int(ExitReason.STOP), int(ExitReason.REVERSED)
_CLOSED = int(OrderEvent.CLOSED)
NO_SLOT = -1


@kernel
def log(
    output: Output, s: int, owner: int, row: int, order: int, quote: Quote, event: int, code: int, price: int,
    steps: int,
) -> None:  # fmt: skip
    """Append what became of an order."""
    count = output.counts[EVENTS]
    one = output.events[count]
    one["series"], one["owner"], one["row"], one["order"] = s, owner, row, order
    one["bar"], one["ts"] = quote.bar, quote.ts
    one["event"], one["code"], one["price"], one["steps"] = event, code, price, steps
    output.counts[EVENTS] = count + 1


@hot_kernel
def slippage(series: Any, quote: Quote) -> int:
    """Points against the trader on market and stop fills within a bar."""
    return int(series["slippage"] + (quote.high - quote.low) * series["slippage_share"] // WHOLE)


@hot_kernel
def exit_price(position: Any, price: int, spread: int) -> int:
    """The price at which a position is left while the bid is ``price``: a short at the ask."""
    if position["side"] < 0:
        return price + spread
    return price


@kernel
def free_slot(world: World, s: int) -> int:
    """A slot for a new position, ``NO_SLOT`` when all are taken."""
    for at in range(MOST_POSITIONS):
        if world.positions[s, at]["live"] == 0:
            return at
    return NO_SLOT


@kernel
def find_position(world: World, s: int, number: int) -> int:
    """The slot of an open position by its number."""
    for at in range(world.states[s]["position_end"]):
        if world.positions[s, at]["live"] == 1 and world.positions[s, at]["number"] == number:
            return at
    return NO_SLOT


@hot_kernel
def any_open(world: World, s: int) -> int:
    """The slot of the first open position of a series: on a netting account, the only one."""
    if world.states[s]["positions"] > 0:
        for at in range(world.states[s]["position_end"]):
            if world.positions[s, at]["live"] == 1:
                return at
    return NO_SLOT


@kernel
def book_deal(
    world: World, output: Output, s: int, position: Any, order: int, quote: Quote, entry: int, price: int,
    steps: int, gross: int, reason: int,
) -> int:  # fmt: skip
    """Book one fill on the balance, charge it to its position and log it; what it cost."""
    own = world.series[s]
    rate = rate_of(world.series, world.states, s)
    paid = amount_of(own, rate, steps * own["commission"], price)
    fees = amount_of(own, rate, steps * own["fee"], price)
    account = world.account[0]
    account["balance"] += gross - paid - fees
    position["gross"] += gross
    position["commission"] += paid
    position["fees"] += fees
    count = output.counts[DEALS]
    deal = output.deals[count]
    deal["series"], deal["owner"], deal["row"] = s, position["owner"], position["row"]
    deal["position"], deal["order"] = position["number"], order
    deal["bar"], deal["ts"], deal["entry"] = quote.bar, quote.ts, entry
    deal["side"] = position["side"] if entry == 1 else -position["side"]
    deal["price"], deal["steps"], deal["reason"] = price, steps, reason
    deal["cost"] = price * steps
    last = entry == 0 and steps == position["steps"]
    deal["ambiguous"] = position["ambiguous"] if entry == 0 else 0
    deal["gross"], deal["commission"], deal["fees"] = gross, paid, fees
    deal["swap"] = position["swap"] if last else 0
    deal["balance"] = account["balance"]
    output.counts[DEALS] = count + 1
    return int(paid + fees)


@hot_kernel
def has_margin(world: World, s: int, steps: int, price: int, free: int) -> bool:
    """Whether the free margin carries a fill; always where margin is not kept."""
    if world.rules[0]["stop_out"] == 0:
        return True
    rate = rate_of(world.series, world.states, s)
    return bool(margin_for(world.series[s], rate, steps, price) <= free)


@kernel
def open_position(
    world: World, output: Output, s: int, slot: int, order: Any, quote: Quote, price: int, steps: int
) -> None:
    """Open a position with a first fill of an order at ``price``, slippage included."""
    asked = order["asked"]
    position = world.positions[s, slot]
    account = world.account[0]
    account["positions"] += 1
    account["open_positions"] += 1
    world.states[s]["positions"] += 1
    world.states[s]["position_end"] = max(world.states[s]["position_end"], slot + 1)
    position["live"], position["number"] = 1, account["positions"]
    position["owner"], position["row"], position["setup"] = order["owner"], order["row"], asked["setup"]
    position["side"], position["steps"], position["opened_steps"] = asked["side"], 0, 0
    position["entry_value"], position["opened_value"] = 0, 0
    position["entry"] = price
    position["opened"], position["opened_ts"] = quote.bar, quote.ts
    position["leave"], position["ambiguous"] = 0, 0
    position["gross"], position["commission"], position["fees"], position["swap"] = 0, 0, 0, 0
    position["spread"], position["slippage"] = 0, 0
    position["exit_value"], position["exits"] = 0, 0
    position["risk"] = 0
    protect(position, asked)
    position["last_bar"] = quote.bar + asked["max_bars"] - 1 if asked["max_bars"] > 0 else -1
    order["position"] = position["number"]
    add_to(world, output, s, slot, order, quote, price, steps)


@hot_kernel
def protect(position: Any, asked: Any) -> None:
    """Give a position the stop, target and exits that a decision asks for."""
    position["stop"], position["target"], position["first_stop"] = (
        asked["stop"],
        asked["target"],
        asked["stop"],
    )
    position["stop_reason"] = _STOP
    position["flat"] = asked["flat"]
    position["even_at"], position["even_plus"] = asked["even_at"], asked["even_plus"]
    position["trail"], position["trail_from"] = asked["trail"], asked["trail_from"]
    position["trail_atr"] = asked["trail_atr"]
    for at in range(PARTIALS):
        position["partial_at"][at] = asked["partial_at"][at]
        position["partial_steps"][at] = 0


@kernel
def add_to(
    world: World, output: Output, s: int, slot: int, order: Any, quote: Quote, price: int, steps: int
) -> None:
    """Add a fill to an open position of the same side."""
    asked = order["asked"]
    position = world.positions[s, slot]
    position["steps"] += steps
    position["opened_steps"] += steps
    position["entry_value"] += price * steps
    position["opened_value"] += price * steps
    for at in range(PARTIALS):
        share = position["opened_steps"] * asked["partial_share"][at] // WHOLE
        if position["partial_at"][at] != 0:
            position["partial_steps"][at] = share
    stop = position["first_stop"]
    if stop != 0:
        rate = rate_of(world.series, world.states, s)
        position["risk"] += abs(
            profit(world.series[s], rate, position["side"], price * steps, stop * steps, stop)
        )
    book_deal(world, output, s, position, order["number"], quote, 1, price, steps, 0, 0)


@kernel
def reduce_position(
    world: World, output: Output, s: int, slot: int, order: int, quote: Quote, price: int, steps: int,
    reason: int,
) -> None:  # fmt: skip
    """Close a part of a position, or all of it, at ``price``, slippage included."""
    position = world.positions[s, slot]
    held = position["steps"]
    whole, rest = position["entry_value"] // held, position["entry_value"] % held
    cost = whole * steps + half_even(rest * steps, held)
    rate = rate_of(world.series, world.states, s)
    gross = profit(world.series[s], rate, position["side"], cost, price * steps, price)
    book_deal(world, output, s, position, order, quote, 0, price, steps, gross, reason)
    output.deals[output.counts[DEALS] - 1]["cost"] = cost
    position["steps"] = held - steps
    position["entry_value"] -= cost
    position["exit_value"] += price * steps
    position["exits"] += 1
    if position["steps"] == 0:
        end_position(world, output, s, slot, quote, price, reason)


@hot_kernel
def end_position(
    world: World, output: Output, s: int, slot: int, quote: Quote, price: int, reason: int
) -> None:
    """Write the trade of a position that is closed and free its slot."""
    position = world.positions[s, slot]
    position["live"] = 0
    account = world.account[0]
    account["open_positions"] -= 1
    state = world.states[s]
    state["positions"] -= 1
    while state["position_end"] > 0 and world.positions[s, state["position_end"] - 1]["live"] == 0:
        state["position_end"] -= 1
    count = output.counts[TRADES]
    trade = output.trades[count]
    trade["owner"], trade["row"], trade["setup"] = position["owner"], position["row"], position["setup"]
    trade["side"], trade["entry"], trade["target"] = position["side"], position["entry"], position["target"]
    trade["opened"], trade["opened_ts"] = position["opened"], position["opened_ts"]
    trade["gross"], trade["swap"], trade["risk"] = position["gross"], position["swap"], position["risk"]
    trade["commission"], trade["fees"] = position["commission"], position["fees"]
    trade["spread"], trade["slippage"] = position["spread"], position["slippage"]
    trade["exit_value"], trade["ambiguous"] = position["exit_value"], position["ambiguous"]
    trade["series"], trade["position"] = s, position["number"]
    trade["closed"], trade["closed_ts"] = quote.bar, quote.ts
    trade["entry_value"], trade["steps"] = position["opened_value"], position["opened_steps"]
    trade["stop"] = position["first_stop"]
    trade["reason"], trade["exits"] = reason, position["exits"]
    trade["balance"] = account["balance"]
    output.counts[TRADES] = count + 1
    net = position["gross"] - position["commission"] - position["fees"] + position["swap"]
    after_close(world.rules[0], account, net)
    log(output, s, position["owner"], position["row"], 0, quote, _CLOSED, reason, price, trade["steps"])


@kernel
def leave(
    world: World, output: Output, s: int, slot: int, quote: Quote, price: int, lost: int, reason: int
) -> None:
    """Close all of a position at ``price``, less ``lost`` points of slippage."""
    position = world.positions[s, slot]
    position["slippage"] += lost * position["steps"]
    if position["side"] < 0:
        position["spread"] += quote.spread * position["steps"]
    done = max(1, price - position["side"] * lost)
    reduce_position(world, output, s, slot, 0, quote, done, position["steps"], reason)
