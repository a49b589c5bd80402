"""What must happen before a bar can change anything: the prices, bars and instants of a series' alarms.

Between two alarms a run skips bars with four comparisons each. Skipping never changes a result: an alarm
may ring too often, never too late.
"""

from typing import Any

from ictcli.engine.margin import equity, share_of, used_margin
from ictcli.engine.money import NONE
from ictcli.engine.orders import limit_of, rests_as
from ictcli.engine.world import FAR, Market, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import LIMIT, MARKET, NEVER, PARTIALS


@hot_kernel
def at_bid(state: Any, price: int, side: int) -> None:
    """Ring when the bid comes up to ``price`` (``side`` +1) or down to it (-1)."""
    if side > 0:
        state["high_bid"] = min(state["high_bid"], price)
    else:
        state["low_bid"] = max(state["low_bid"], price)


@hot_kernel
def at_ask(state: Any, price: int, side: int) -> None:
    """Ring when the ask comes up to ``price`` (``side`` +1) or down to it (-1)."""
    if side > 0:
        state["high_ask"] = min(state["high_ask"], price)
    else:
        state["low_ask"] = max(state["low_ask"], price)


@hot_kernel
def set_alarms(world: World, s: int) -> None:
    """Work out which bars may change the orders and positions of a series."""
    state = world.states[s]
    state["low_bid"], state["high_bid"] = -FAR, FAR
    state["low_ask"], state["high_ask"] = -FAR, FAR
    state["until"], state["deadline"], state["moving"] = NEVER, NEVER, 0
    if state["orders"] > 0:
        for slot in range(world.states[s]["order_end"]):
            if world.orders[s, slot]["live"] == 1:
                watch_order(world, s, state, world.orders[s, slot])
    if state["positions"] > 0:
        for slot in range(world.states[s]["position_end"]):
            if world.positions[s, slot]["live"] == 1:
                watch_position(state, world.positions[s, slot])
        roll = world.account[0]["roll"]
        if roll < len(world.rolls):
            state["deadline"] = min(state["deadline"], world.rolls[roll, 0])
        if world.rules[0]["stop_out"] > 0:
            watch_margin(world, s, state)


@hot_kernel
def watch_order(world: World, s: int, state: Any, order: Any) -> None:
    """Set the alarms of an order."""
    asked = order["asked"]
    side = asked["side"]
    if asked["order"] == MARKET or order["filled"] > 0:
        state["moving"] = 1
        return
    if rests_as(order) == LIMIT:
        price = limit_of(order) - side * world.rules[0]["through"]
        if side > 0:
            at_ask(state, price, -1)
        else:
            at_bid(state, price, 1)
    elif side > 0:
        at_ask(state, asked["price"], 1)
    else:
        at_bid(state, asked["price"], -1)
    if asked["void_at"] != 0:
        alarm(
            state, asked["void_at"], side, side if side * (asked["void_at"] - asked["price"]) > 0 else -side
        )
    if asked["max_wait"] > 0:
        state["until"] = min(state["until"], order["placed"] + asked["max_wait"])
    state["deadline"] = min(state["deadline"], asked["expires"], asked["flat"])


@hot_kernel
def watch_position(state: Any, position: Any) -> None:
    """Set the alarms of a position."""
    side = position["side"]
    if position["leave"] != 0 or position["trail"] > 0 or position["trail_atr"] > 0.0:
        state["moving"] = 1
        return
    if position["stop"] != 0:
        alarm(state, position["stop"], side, -side)
    if position["target"] != 0:
        alarm(state, position["target"], side, side)
    if position["even_at"] > 0:
        alarm(state, position["entry"] + side * position["even_at"], side, side)
    for at in range(PARTIALS):
        if position["partial_at"][at] != 0:
            alarm(state, position["partial_at"][at], side, side)
    if position["last_bar"] >= 0:
        state["until"] = min(state["until"], position["last_bar"])
    state["deadline"] = min(state["deadline"], position["flat"])


@hot_kernel
def alarm(state: Any, price: int, side: int, direction: int) -> None:
    """Ring when the exit side of a position reaches ``price`` from below (+1) or above (-1)."""
    if side > 0:
        at_bid(state, price, direction)
    else:
        at_ask(state, price, direction)


@hot_kernel
def watch_margin(world: World, s: int, state: Any) -> None:
    """Ring before the margin level can fall to the stop-out level.

    Each series with positions may lose its share of what is left; as long as none has, the sum cannot.
    Where profit is converted, another series can move it, so every bar is looked at.
    """
    own = world.series[s]
    if own["conversion"] != NONE:
        state["moving"] = 1
        return
    worth = equity(world.account[0], world.series, world.states, world.positions)
    used = used_margin(world.series, world.states, world.positions)
    busy = 0
    for other in range(len(world.states)):
        if world.states[other]["positions"] > 0:
            busy += 1
    left = (worth - share_of(used, world.rules[0]["stop_out"])) // (2 * busy)
    steps, shorts = 0, 0
    for slot in range(world.states[s]["position_end"]):
        position = world.positions[s, slot]
        if position["live"] == 1:
            steps += position["steps"]
            shorts += 1 if position["side"] < 0 else 0
    points = points_for(own, steps, left) if left > 0 else 0
    at_bid(state, state["close"] - points, -1)
    at_bid(state, state["close"] + points, 1)
    if shorts > 0:
        at_ask(state, state["close"] + state["spread"] + points, 1)


@kernel
def points_for(own: Any, steps: int, money: int) -> int:
    """Points that a volume may move before it loses ``money`` minor units, rounded down; half in doubt."""
    worth = float(own["point_value"]) * steps / own["denominator"]
    if worth <= 0.0:
        return 0
    return int(min(money / worth / 2.0, 1.0e15))


@hot_kernel
def next_row(state: Any, own: Any, market: Market, row: int, last: int, decided: int, first_bar: int) -> int:
    """The next row at which something may happen to a series, ``last`` when there is none.

    Args:
        state: its ``SERIES_STATE``.
        own: its ``SERIES``.
        market: columns of all series.
        row: first row to look at.
        last: row after the last one.
        decided: row of its next decision.
        first_bar: bar number of row 0, may be negative.
    """
    if state["moving"] == 1 and row < last:
        return row
    end = min(last, decided)
    if state["orders"] == 0 and state["positions"] == 0:
        return end
    if state["until"] < NEVER:
        end = min(end, state["until"] + 1 - first_bar)
    if state["low_ask"] == -FAR and state["high_ask"] == FAR:
        return quiet_bid(market, row, end, state["low_bid"], state["high_bid"], state["deadline"])
    return quiet_both(state, own["typical_spread"], market, row, end)


@hot_kernel
def quiet_bid(market: Market, row: int, end: int, low: int, high: int, deadline: int) -> int:
    """The first row whose bid prices ring an alarm."""
    lows, highs, closes = market.low, market.high, market.ts_close
    while row < end and lows[row] > low and highs[row] < high and closes[row] <= deadline:
        row += 1
    return row


@hot_kernel
def quiet_both(state: Any, typical: int, market: Market, row: int, end: int) -> int:
    """The first row whose bid or ask prices ring an alarm."""
    low, high, deadline = state["low_bid"], state["high_bid"], state["deadline"]
    low_ask, high_ask = state["low_ask"], state["high_ask"]
    while row < end:
        spread = int(market.spread[row])
        if spread < 0:
            spread = typical
        bottom, top = market.low[row], market.high[row]
        if bottom <= low or top >= high or market.ts_close[row] > deadline:
            break
        if bottom + spread <= low_ask or top + spread >= high_ask:
            break
        row += 1
    return row
