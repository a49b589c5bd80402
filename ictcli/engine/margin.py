"""What the account is worth now, what its positions bind, and when the broker closes them.

Margin is a share of the notional value at the entry price, per position; opposite positions in one symbol
are not set off against each other, which is stricter than most brokers.
"""

from typing import Any

from ictcli.engine.money import amount_of, floating, rate_of
from ictcli.kernels import hot_kernel, kernel


@kernel
def share_of(money: int, millionths: int) -> int:
    """``money * millionths / 10**6`` rounded down, without overflow."""
    whole = money // 1_000_000
    return int(whole * millionths + (money - whole * 1_000_000) * millionths // 1_000_000)


@kernel
def notional(own: Any, rate: int, value: int, steps: int) -> int:
    """What a volume is worth in minor units.

    Args:
        own: the ``SERIES`` record.
        rate: see ``money.rate_of``.
        value: price in points times steps.
        steps: volume, above 0.
    """
    return amount_of(own, rate, value * own["point_value"], max(1, value // steps))


@kernel
def margin_on(own: Any, rate: int, value: int, steps: int) -> int:
    """Minor units that a volume binds, rounded up; arguments as for ``notional``."""
    return -share_of(-notional(own, rate, value, steps), own["margin"])


@kernel
def margin_for(own: Any, rate: int, steps: int, price: int) -> int:
    """Minor units that ``steps`` bought or sold at ``price`` points bind, rounded up."""
    return margin_on(own, rate, price * steps, steps)


@hot_kernel
def used_margin(series: Any, states: Any, positions: Any) -> int:
    """Minor units that all open positions bind, each at its average entry price."""
    used = 0
    for s in range(len(series)):
        if states[s]["positions"] == 0:
            continue
        rate = rate_of(series, states, s)
        for slot in range(states[s]["position_end"]):
            position = positions[s, slot]
            if position["live"] == 1:
                used += margin_on(series[s], rate, position["entry_value"], position["steps"])
    return used


@hot_kernel
def equity(account: Any, series: Any, states: Any, positions: Any) -> int:
    """Balance plus what all open positions would bring at their last closes, a short at the ask."""
    worth = int(account["balance"])
    for s in range(len(series)):
        if states[s]["positions"] == 0:
            continue
        state = states[s]
        rate = rate_of(series, states, s)
        for slot in range(states[s]["position_end"]):
            if positions[s, slot]["live"] == 1:
                worth += floating(series[s], rate, positions[s, slot], state["close"], state["spread"])
    return worth


@hot_kernel
def stop_out_due(rules: Any, account: Any, series: Any, states: Any, positions: Any) -> bool:
    """Whether equity over used margin is below ``RULES.stop_out``; never where margin is not kept."""
    if rules["stop_out"] == 0:
        return False
    used = used_margin(series, states, positions)
    return used > 0 and equity(account, series, states, positions) < share_of(used, rules["stop_out"])
