"""How much to trade: five methods, one order of operations, rounded down to the volume step.

A share of the equity comes first (fixed lots skip it), then, each only where it applies: a quarter of
Kelly, volatility, correlation, drawdown throttle, cap, rounding down. What cannot be sized is refused with
a code; nothing is ever rounded up to the smallest volume (ML.md §3).
"""

import math
from typing import Any

from ictcli.engine.correlation import daily_deviation, mean_correlation, open_count
from ictcli.engine.margin import share_of
from ictcli.engine.money import commission, divisor, fees, multiplier, profit, rate_of
from ictcli.engine.refusals import Refusal
from ictcli.kernels import hot_kernel, kernel
from ictcli.stats.kelly import (
    correlation_factor,
    drawdown_multiplier_linear,
    kelly_ratio,
    volatility_multiplier,
)

LOTS, FRACTION, RISK, VOLATILITY, KELLY = 0, 1, 2, 3, 4
"""``RULES.sizing``."""
METHODS = ("lots", "fraction", "risk", "volatility", "kelly")
"""Their names: fixed lots; a share of the equity as notional value; a share of the equity at the stop; a
notional share that follows volatility; a share of Kelly at the stop."""
PARTS_PER_MILLION = 1_000_000
DAYS_PER_YEAR = 252
"""Trading days by which a yearly volatility is a daily one."""

_LIMIT = 2**62
_BALANCE_EXHAUSTED, _BELOW_MINIMUM = int(Refusal.BALANCE_EXHAUSTED), int(Refusal.VOLUME_BELOW_MINIMUM)
_NO_STOP, _NO_PROBABILITY = int(Refusal.NO_STOP_TO_SIZE), int(Refusal.NO_PROBABILITY)
_NO_EDGE, _NO_VOLATILITY = int(Refusal.NO_EDGE), int(Refusal.NO_VOLATILITY)
_NOT_A_NUMBER, _DRAWDOWN = int(Refusal.NOT_A_NUMBER), int(Refusal.DRAWDOWN)
_NO_RATE = int(Refusal.NO_RATE)


@hot_kernel
def size(
    rules: Any,
    account: Any,
    series: Any,
    states: Any,
    positions: Any,
    s: int,
    asked: Any,
    entry: int,
    equity: int,
) -> int:
    """Volume of an entry in steps, at least the smallest volume; or minus the ``Refusal``.

    Args:
        rules: ``RULES`` record.
        account: ``ACCOUNT`` record.
        series: ``SERIES`` array of n.
        states: ``SERIES_STATE`` array of n.
        positions: ``POSITION`` array, n by ``MOST_POSITIONS``.
        s: the series to trade.
        asked: the ``DECISION``; its ``steps`` above 0 replace the method, not the throttle.
        entry: planned fill price in points, spread and slippage of the entry paid.
        equity: minor units, see ``margin.equity``.
    """
    basis = equity if rules["compound"] != 0 else int(rules["opening"])
    rate, calm = rate_of(series, states, s), throttle(rules, account, equity)
    code = unsizable(rate, min(equity, basis), calm)
    if code != 0:
        return -code
    if asked["steps"] > 0 or rules["sizing"] == LOTS:
        wanted = asked["steps"] if asked["steps"] > 0 else series[s]["fixed_steps"]
        return within_limits(series[s], share_of(int(wanted), millionths(calm)))
    share = asked_share(rules, account, series, states, positions, s, asked, entry)
    if not share > 0.0:
        return int(share)
    money = share_of(basis, millionths(min(share, 1.0e6) * calm))
    if rules["sizing"] in (FRACTION, VOLATILITY):
        return within_limits(series[s], steps_worth(series[s], rate, money, entry))
    return risk_steps(series[s], rate, money, asked, entry, stop_slippage(series[s], states[s]))


@kernel
def unsizable(rate: int, money: int, calm: float) -> int:
    """The ``Refusal`` of every entry on an account without conversion, money or calm; 0 for none."""
    if rate <= 0:
        return _NO_RATE
    if money <= 0:
        return _BALANCE_EXHAUSTED
    return 0 if calm > 0.0 else _DRAWDOWN


@hot_kernel
def asked_share(
    rules: Any, account: Any, series: Any, states: Any, positions: Any, s: int, asked: Any, entry: int
) -> float:
    """Share of the equity that the method puts in, before the throttle; or minus the ``Refusal``.

    It is notional value for ``FRACTION`` and ``VOLATILITY``, and money lost at the stop for the others.
    """
    method, share = rules["sizing"], rules["risk"] / 1.0e6
    if method in (RISK, KELLY) and asked["stop"] == 0:
        return -float(_NO_STOP)
    if method == KELLY:
        return kelly_share(rules, account, series, states, positions, s, asked, entry)
    if method == VOLATILITY:
        deviation = daily_deviation(account["roll"], states[s]) * math.sqrt(DAYS_PER_YEAR)
        factor = volatility_multiplier(rules["target_volatility"], deviation, 0.0, rules["volatility_cap"])
        return float(share * factor) if factor > 0.0 else -float(_NO_VOLATILITY)
    return float(share)


@kernel
def millionths(share: float) -> int:
    """A share in whole millionths, rounded down; a thousandth of one is forgiven to binary fractions."""
    return math.floor(share * 1.0e6 + 1.0e-3)


@hot_kernel
def throttle(rules: Any, account: Any, equity: int) -> float:
    """Factor on every size: 1 at the peak, falling in a line to 0 at ``RULES.throttle``."""
    if rules["throttle"] == 0 or equity >= account["peak"]:
        return 1.0
    drawdown = (account["peak"] - equity) / account["peak"]
    return float(drawdown_multiplier_linear(drawdown, rules["throttle"] / 1.0e6))


@hot_kernel
def within_limits(own: Any, steps: int) -> int:
    """``steps`` cut to the largest volume, or minus the ``Refusal`` below the smallest."""
    steps = min(steps, int(own["max_steps"]))
    if steps < max(1, own["min_steps"]):
        return -_BELOW_MINIMUM
    return steps


@kernel
def steps_within(own: Any, rate: int, money: int, numerator: int, price: int) -> int:
    """Most steps whose amount, ``numerator`` points or fees a step, stays within ``money``; rounded down.

    Exact up to 2**62 / ``money.divisor`` minor units; more money than that is taken as that.
    """
    by = divisor(own, rate, price)
    each = numerator * multiplier(own, rate)
    if each <= 0:
        return 0
    return int(min(money, _LIMIT // by) * by // each)


@hot_kernel
def steps_worth(own: Any, rate: int, money: int, entry: int) -> int:
    """Most steps whose notional value at ``entry`` points stays within ``money``."""
    return steps_within(own, rate, money, entry * own["point_value"], entry)


@kernel
def stop_slippage(own: Any, state: Any) -> int:
    """Points that a stop is expected to slip: the fixed part and, once it is known, the share of an ATR."""
    lost = int(own["slippage"])
    if own["slippage_share"] > 0 and state["atr"] > 0.0:
        lost += math.ceil(state["atr"] * own["slippage_share"] / 1.0e6)
    return lost


@kernel
def loss_at_stop(own: Any, rate: int, side: int, entry: int, stop: int, slippage: int, steps: int) -> int:
    """Minor units lost at the stop, as they would be booked: price, both commissions, fees; at least 0.

    Without a stop (0) the whole value at the entry counts as lost.
    """
    if stop == 0:
        return abs(profit(own, rate, 1, 0, entry * steps, entry))
    leave = max(1, stop - side * slippage)
    loss = -profit(own, rate, side, entry * steps, leave * steps, leave)
    loss += commission(own, rate, steps, entry) + commission(own, rate, steps, leave)
    return max(0, loss + fees(own, rate, steps, entry) + fees(own, rate, steps, leave))


@hot_kernel
def risk_steps(own: Any, rate: int, money: int, asked: Any, entry: int, slippage: int) -> int:
    """Most steps whose booked loss at the stop stays within ``money``, or minus the ``Refusal``."""
    side, stop = asked["side"], asked["stop"]
    distance = side * (entry - stop) + slippage
    if distance <= 0:
        return -_NO_STOP
    numerator = distance * own["point_value"] + 2 * (own["commission"] + own["fee"])
    steps = within_limits(own, steps_within(own, rate, money, numerator, max(1, stop - side * slippage)))
    while steps > 0 and loss_at_stop(own, rate, side, entry, stop, slippage, steps) > money:
        steps -= 1  # single deals are rounded, and each at its own price
    return within_limits(own, steps) if steps >= 0 else steps


@kernel
def kelly_share(
    rules: Any, account: Any, series: Any, states: Any, positions: Any, s: int, asked: Any, entry: int
) -> float:
    """Share of the equity at risk by fractional Kelly, before the throttle; or minus the ``Refusal``.

    p is the decision's probability (a calibrated lower bound), the payoff R comes from target and stop with
    all costs: ``kelly_share`` (p - q/R), less for volatility above its target and for positions that move
    together, at most ``kelly_cap``.
    """
    p, cap = asked["probability"], rules["kelly_cap"]
    if math.isnan(p):
        return -float(_NO_PROBABILITY)
    full = kelly_ratio(p, payoff(series[s], asked, entry, stop_slippage(series[s], states[s])))
    if not full > 0.0:
        return -float(_NO_EDGE if 0.0 <= p <= 1.0 else _NOT_A_NUMBER)
    share = full * rules["kelly_share"]
    if rules["target_volatility"] > 0.0:
        deviation = daily_deviation(account["roll"], states[s]) * math.sqrt(DAYS_PER_YEAR)
        factor = volatility_multiplier(rules["target_volatility"], deviation, 0.0, 1.0)
        if not factor > 0.0:
            return -float(_NO_VOLATILITY)
        share *= factor
    others = open_count(states)
    if others > 0:
        shared = mean_correlation(account["roll"], states, positions, s, asked["side"])
        share *= correlation_factor(others + 1, shared)
    if not (share > 0.0 and cap > 0.0):
        return -float(_NOT_A_NUMBER)
    return float(min(share, cap))


@kernel
def payoff(own: Any, asked: Any, entry: int, slippage: int) -> float:
    """What is gained at the target over what is lost at the stop, all costs paid; NaN without a gain."""
    side = asked["side"]
    costs = 2 * (own["commission"] + own["fee"])
    loss = (side * (entry - asked["stop"]) + slippage) * own["point_value"] + costs
    gain = side * (asked["target"] - entry) * own["point_value"] - costs
    if asked["target"] == 0 or gain <= 0 or loss <= 0:
        return math.nan
    return float(gain / loss)
