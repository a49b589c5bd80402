"""Statistics of a sequence of gains: mean, profit factor, drawdown, Sharpe ratio.

Each has one compiled definition, used for the sample itself and for every bootstrap resample. NaN
stands for "undefined" and leaves this package only as None.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel

Floats = NDArray[np.float64]

TRADING_DAYS = 252
"""Periods per year by which the annualised Sharpe ratio scales."""


@kernel
def mean(values: Floats) -> float:
    """Arithmetic mean; NaN for no values."""
    if len(values) == 0:
        return math.nan
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


@kernel
def total(values: Floats) -> float:
    """Sum; 0 for no values."""
    result = 0.0
    for value in values:
        result += value
    return result


@kernel
def profit_factor(values: Floats) -> float:
    """Sum of gains over sum of losses; infinite without losses, NaN without either."""
    gains, losses = 0.0, 0.0
    for value in values:
        if value > 0:
            gains += value
        else:
            losses -= value
    if losses > 0:
        return gains / losses
    return math.inf if gains > 0 else math.nan


@kernel
def max_drawdown(gains: Floats, worst: Floats, opening: float) -> float:
    """Largest fall from a peak of closed equity, as a fraction of that peak.

    Above 1 where more was lost than there was.

    Args:
        gains: closed gain of each trade, in order of closing.
        worst: lowest open result of each trade while it ran (0 or below); it counts as a trough.
        opening: equity before the first trade, above 0.
    """
    equity, peak, deepest = opening, opening, 0.0
    for i in range(len(gains)):
        trough = equity + min(worst[i], gains[i])
        deepest = max(deepest, (peak - trough) / peak)
        equity += gains[i]
        peak = max(peak, equity)
    return deepest


@kernel
def sharpe_annualised_252(returns: Floats) -> float:
    """Mean over sample deviation (ddof 1) of daily returns, times the square root of 252.

    No risk-free rate. NaN for fewer than two days or without variance.
    """
    n = len(returns)
    if n < 2:
        return math.nan
    centre = mean(returns)
    squares = 0.0
    for value in returns:
        squares += (value - centre) * (value - centre)
    deviation = math.sqrt(squares / (n - 1))
    if deviation <= 1e-12 * abs(centre) or deviation == 0.0:
        return math.nan
    return centre / deviation * math.sqrt(252.0)


@kernel
def longest_losing_streak(gains: Floats) -> int:
    """Most results in a row that are no gain; a result of 0 is a loss, as in the win rate."""
    longest, current = 0, 0
    for gain in gains:
        current = 0 if gain > 0 else current + 1
        longest = max(longest, current)
    return longest
