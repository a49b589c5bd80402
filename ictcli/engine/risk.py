"""Whether the account may take an entry, and what each closed position teaches it.

The same functions guard backtests and live orders: they look at records, change no order and do no I/O.
Limits of 0 are off. Checks run in the order of ``permit``; the first that fails gives the code.
"""

from typing import Any

from ictcli.engine.exposure import correlated_heat, group_risk, heat, series_risk
from ictcli.engine.margin import share_of
from ictcli.engine.money import rate_of
from ictcli.engine.records import GROUPS, MOST_POSITIONS
from ictcli.engine.refusals import Refusal
from ictcli.engine.sizing import loss_at_stop, stop_slippage
from ictcli.kernels import hot_kernel, kernel

_BALANCE_EXHAUSTED, _NO_RATE = int(Refusal.BALANCE_EXHAUSTED), int(Refusal.NO_RATE)
_BELOW_MINIMUM, _NO_ROOM = int(Refusal.VOLUME_BELOW_MINIMUM), int(Refusal.NO_ROOM)
_DRAWDOWN, _DAILY_LOSS, _LOSSES = int(Refusal.DRAWDOWN), int(Refusal.DAILY_LOSS), int(Refusal.LOSSES_IN_A_ROW)
_ORDERS_PER_DAY, _NEWS, _SPREAD = int(Refusal.ORDERS_PER_DAY), int(Refusal.NEWS), int(Refusal.SPREAD)
_PER_TRADE, _PER_SYMBOL, _PER_GROUP = (
    int(Refusal.RISK_PER_TRADE),
    int(Refusal.RISK_PER_SYMBOL),
    int(Refusal.RISK_PER_GROUP),
)
_HEAT, _CORRELATED_HEAT = int(Refusal.HEAT), int(Refusal.CORRELATED_HEAT)


@hot_kernel
def permit(
    rules: Any,
    account: Any,
    series: Any,
    states: Any,
    positions: Any,
    orders: Any,
    blackouts: Any,
    s: int,
    asked: Any,
    entry: int,
    steps: int,
    equity: int,
    now: int,
) -> int:
    """The ``Refusal`` of an entry, 0 when it may be placed; an order that may only reduce always may.

    Args:
        rules: ``RULES`` record.
        account: ``ACCOUNT`` record.
        series: ``SERIES`` array of n.
        states: ``SERIES_STATE`` array of n.
        positions: ``POSITION`` array, n by ``MOST_POSITIONS``.
        orders: ``ORDER`` array, n by ``MOST_ORDERS``; the new order is not yet in it.
        blackouts: see ``in_blackout``.
        s: the series to trade.
        asked: the ``DECISION``.
        entry: planned fill price in points, spread and slippage of the entry paid.
        steps: volume, see ``sizing.size``.
        equity: minor units, see ``margin.equity``.
        now: instant of the decision, ns UTC.
    """
    if asked["reduce_only"] != 0:
        return 0
    code = account_refuses(rules, account, equity)
    if code == 0:
        code = market_refuses(rules, series[s], states[s], blackouts, s, now)
    if code != 0:
        return code
    rate = rate_of(series, states, s)
    if rate <= 0:
        return _NO_RATE
    if steps < 1:
        return _BELOW_MINIMUM
    if volume(states, positions, orders, s) + steps > MOST_POSITIONS * series[s]["max_steps"]:
        return _NO_ROOM
    slippage = stop_slippage(series[s], states[s])
    risk = loss_at_stop(series[s], rate, asked["side"], entry, asked["stop"], slippage, steps)
    return exposure_refuses(rules, account, series, states, positions, orders, s, asked["side"], risk, equity)


@hot_kernel
def volume(states: Any, positions: Any, orders: Any, s: int) -> int:
    """Steps open and ordered in a series; bounded, because sums of money are proven for that volume only."""
    total = 0
    for slot in range(states[s]["position_end"]):
        if positions[s, slot]["live"] == 1:
            total += positions[s, slot]["steps"]
    for slot in range(states[s]["order_end"]):
        if orders[s, slot]["live"] == 1:
            total += orders[s, slot]["steps"] - orders[s, slot]["filled"]
    return int(total)


@hot_kernel
def account_refuses(rules: Any, account: Any, equity: int) -> int:
    """Ruin, drawdown protection, daily loss, pause after losses, orders per day; 0 for none of them."""
    if account["ruined"] != 0 or equity <= 0:
        return _BALANCE_EXHAUSTED
    if account["stopped_at"] != 0 or drawn_down(rules, account, equity):
        return _DRAWDOWN
    opening, most = account["day_opening"], rules["most_daily_loss"]
    if most != 0 and opening - equity >= max(1, share_of(opening, most)):
        return _DAILY_LOSS
    if account["roll"] < account["paused_until"]:
        return _LOSSES
    if rules["most_orders_per_day"] != 0 and account["orders_today"] >= rules["most_orders_per_day"]:
        return _ORDERS_PER_DAY
    return 0


@hot_kernel
def drawn_down(rules: Any, account: Any, worth: int) -> bool:
    """Whether ``worth`` has fallen from the peak by the drawdown limit."""
    peak, most = account["peak"], rules["most_drawdown"]
    return bool(most != 0 and peak - worth >= max(1, share_of(peak, most)))


@kernel
def is_spent(rules: Any, account: Any, worth: int) -> bool:
    """Whether the drawdown limit is reached, or the throttle leaves no more than a tenth of a size.

    Without the second, sizes that shrink towards 0 would keep the account just above its limit for ever.
    """
    peak, most = account["peak"], rules["throttle"]
    throttled = most != 0 and peak - worth >= max(1, share_of(peak, most * 9 // 10))
    return bool(throttled or drawn_down(rules, account, worth))


@hot_kernel
def market_refuses(rules: Any, own: Any, state: Any, blackouts: Any, s: int, now: int) -> int:
    """News blackout and spread; 0 for neither. Without a typical spread there is no spread gate."""
    if in_blackout(blackouts, s, now):
        return _NEWS
    most, typical = rules["most_spread"], own["typical_spread"]
    if most != 0 and typical > 0 and state["spread"] > share_of(typical, most):
        return _SPREAD
    return 0


@hot_kernel
def in_blackout(blackouts: Any, s: int, now: int) -> bool:
    """Whether series ``s`` is in a news blackout at ``now``; a binary search.

    Args:
        blackouts: int64, k by 3: start, end (exclusive), bits of the series meant; sorted, none overlaps.
        s: number of the series, its bit is ``1 << s``.
        now: ns UTC.
    """
    low, high = 0, len(blackouts)
    while low < high:
        middle = (low + high) // 2
        if blackouts[middle, 0] <= now:
            low = middle + 1
        else:
            high = middle
    return bool(low > 0 and now < blackouts[low - 1, 1] and (blackouts[low - 1, 2] >> s) & 1 != 0)


@hot_kernel
def exposure_refuses(
    rules: Any,
    account: Any,
    series: Any,
    states: Any,
    positions: Any,
    orders: Any,
    s: int,
    side: int,
    risk: int,
    equity: int,
) -> int:
    """The limits on what is at risk, in millionths of the equity; 0 when ``risk`` more fits into all."""
    most = rules["most_risk_per_trade"]
    if most != 0 and risk > share_of(equity, most):
        return _PER_TRADE
    most = rules["most_risk_per_symbol"]
    if most != 0:
        held = series_risk(series, states, positions, orders, s)
        if held + risk > share_of(equity, most):
            return _PER_SYMBOL
    most = rules["most_risk_per_group"]
    if most != 0 and crowds_group(series, states, positions, orders, s, side * risk, share_of(equity, most)):
        return _PER_GROUP
    most = rules["most_heat"]
    if most != 0 and heat(series, states, positions, orders) + risk > share_of(equity, most):
        return _HEAT
    if rules["most_correlated_heat"] == 0:
        return 0
    felt = correlated_heat(account, series, states, positions, orders, s, side * risk, equity)
    return 0 if felt * 1.0e6 <= rules["most_correlated_heat"] + 1.0e-3 else _CORRELATED_HEAT


@hot_kernel
def crowds_group(
    series: Any, states: Any, positions: Any, orders: Any, s: int, added: int, limit: int
) -> bool:
    """Whether ``added`` (negative for a short) takes a group of series ``s`` further beyond its limit."""
    for at in range(GROUPS):
        group = series[s]["group"][at]
        if group < 0:
            continue
        before = group_risk(series, states, positions, orders, group)
        after = before + series[s]["group_side"][at] * added
        if abs(after) > limit and abs(after) > abs(before):
            return True
    return False


@kernel
def after_close(rules: Any, account: Any, net: int) -> None:
    """Count a closed position's result; call it once balance and ``open_positions`` are up to date.

    A loss extends the row of losses, anything else ends it; a full row starts the pause. The peak follows
    the balance. With nothing else open, the drawdown protection may start here, otherwise at the next roll.

    Args:
        rules: ``RULES`` record.
        account: ``ACCOUNT`` record.
        net: gross less commission and fees plus swap of the whole position, minor units.
    """
    account["losses"] = account["losses"] + 1 if net < 0 else 0
    if rules["most_losses"] != 0 and account["losses"] >= rules["most_losses"]:
        account["losses"] = 0
        account["paused_until"] = account["roll"] + max(1, rules["pause_days"])
    balance = int(account["balance"])
    account["peak"] = max(account["peak"], balance)
    if account["open_positions"] == 0:
        if balance <= 0:
            account["ruined"] = 1
        elif account["stopped_at"] == 0 and is_spent(rules, account, balance):
            account["stopped_at"] = account["roll"] + 1
