"""What is at risk now, in minor units: by position, order, symbol and group, and how much of it is one bet.

The risk of a position is what would be booked from its average entry to its stop as it stands, with the
costs of leaving; below zero it counts as zero. A position without a stop risks its whole value.
"""

import math
from typing import Any

from ictcli.engine.correlation import correlation
from ictcli.engine.money import commission, fees, profit, rate_of
from ictcli.engine.records import GROUPS
from ictcli.engine.sizing import loss_at_stop, stop_slippage
from ictcli.kernels import hot_kernel, kernel


@kernel
def position_risk(own: Any, rate: int, position: Any, slippage: int) -> int:
    """Minor units that an open position may still lose against its entry, costs of leaving included."""
    side, steps, stop = position["side"], position["steps"], position["stop"]
    if stop == 0:
        price = max(1, position["entry_value"] // steps)
        return abs(profit(own, rate, 1, 0, position["entry_value"], price))
    leave = max(1, stop - side * slippage)
    loss = -profit(own, rate, side, position["entry_value"], leave * steps, leave)
    return max(0, loss + commission(own, rate, steps, leave) + fees(own, rate, steps, leave))


@kernel
def order_risk(own: Any, rate: int, order: Any, slippage: int) -> int:
    """Minor units that the unfilled part of an order may lose; none where it may only reduce."""
    asked = order["asked"]
    if asked["reduce_only"] != 0:
        return 0
    steps = order["steps"] - order["filled"]
    return loss_at_stop(own, rate, asked["side"], order["planned"], asked["stop"], slippage, steps)


@kernel
def side_risk(series: Any, states: Any, positions: Any, orders: Any, s: int, side: int) -> int:
    """Minor units at risk in the positions and orders of one side of a series."""
    state = states[s]
    if state["positions"] == 0 and state["orders"] == 0:
        return 0
    own = series[s]
    rate = rate_of(series, states, s)
    slippage = stop_slippage(own, state)
    total = 0
    for slot in range(states[s]["position_end"]):
        position = positions[s, slot]
        if position["live"] == 1 and position["side"] == side:
            total += position_risk(own, rate, position, slippage)
    for slot in range(states[s]["order_end"]):
        order = orders[s, slot]
        if order["live"] == 1 and order["asked"]["side"] == side:
            total += order_risk(own, rate, order, slippage)
    return int(total)


@hot_kernel
def series_risk(series: Any, states: Any, positions: Any, orders: Any, s: int) -> int:
    """Minor units at risk in a series, whatever the side."""
    long = side_risk(series, states, positions, orders, s, 1)
    return long + side_risk(series, states, positions, orders, s, -1)


@hot_kernel
def net_risk(series: Any, states: Any, positions: Any, orders: Any, s: int) -> int:
    """Minor units at risk in the longs of a series less those in its shorts."""
    long = side_risk(series, states, positions, orders, s, 1)
    return long - side_risk(series, states, positions, orders, s, -1)


@hot_kernel
def heat(series: Any, states: Any, positions: Any, orders: Any) -> int:
    """Minor units at risk in all positions and orders: the worst case, in which every stop is hit."""
    total = 0
    for s in range(len(series)):
        total += series_risk(series, states, positions, orders, s)
    return total


@kernel
def side_in_group(own: Any, group: int) -> int:
    """How a long position of a series counts in a group: +1, -1, or 0 when it does not belong to it."""
    for at in range(GROUPS):
        if own["group"][at] == group:
            return int(own["group_side"][at])
    return 0


@hot_kernel
def group_risk(series: Any, states: Any, positions: Any, orders: Any, group: int) -> int:
    """Net minor units at risk on the rise (above 0) or fall (below 0) of a group."""
    total = 0
    for s in range(len(series)):
        side = side_in_group(series[s], group)
        if side != 0:
            total += side * net_risk(series, states, positions, orders, s)
    return total


@hot_kernel
def correlated_heat(
    account: Any, series: Any, states: Any, positions: Any, orders: Any, s: int, added: int, equity: int
) -> float:
    """√(h'Ch) of the net risks h of all series as shares of ``equity``, ``added`` more in series ``s``.

    Correlations are those of daily returns; a pair whose correlation is not known counts as moving
    together in the worst way.

    Args:
        account: ``ACCOUNT`` record.
        series: ``SERIES`` array.
        states: ``SERIES_STATE`` array.
        positions: ``POSITION`` array, n by ``MOST_POSITIONS``.
        orders: ``ORDER`` array, n by ``MOST_ORDERS``.
        s: series of the new trade.
        added: its risk in minor units, negative for a short.
        equity: minor units, above 0.
    """
    total = 0.0
    for one in range(len(series)):
        first = net_risk(series, states, positions, orders, one) + (added if one == s else 0)
        if first == 0:
            continue
        total += (first / equity) * (first / equity)
        for other in range(one):
            second = net_risk(series, states, positions, orders, other)
            second += added if other == s else 0
            if second == 0:
                continue
            product = (first / equity) * (second / equity)
            known = correlation(account["roll"], states[one], states[other])
            total += 2.0 * (abs(product) if math.isnan(known) else product * known)
    return math.sqrt(max(0.0, total))
