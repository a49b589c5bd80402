"""Volatility and correlation of daily returns, from the rings that every trading-day roll writes.

Row ``roll % DAYS`` of each ring belongs to one roll for all series, so equal rows are the same day; a day
without trading is NaN and left out.
"""

import math
from typing import Any

from ictcli.engine.records import DAYS
from ictcli.kernels import kernel
from ictcli.stats.kelly import ewma_variance

LEAST_DAYS = 20
"""Daily returns below which neither volatility nor correlation is known."""
DECAY = 0.94
"""RiskMetrics' decay of daily variances."""


@kernel
def daily_deviation(roll: int, state: Any) -> float:
    """Forecast of the next daily return's deviation; NaN while there are too few returns.

    The mean square of the ring's first ``LEAST_DAYS`` returns, then an exponential average with ``DECAY``.

    Args:
        roll: number of the next roll.
        state: ``SERIES_STATE`` record.
    """
    count, variance = 0, 0.0
    for number in range(roll - min(state["days"], DAYS), roll):
        result = state["returns"][number % DAYS]
        if math.isnan(result):
            continue
        if count < LEAST_DAYS:
            variance += result * result / LEAST_DAYS
        else:
            variance = ewma_variance(variance, result, DECAY)
        count += 1
    return math.sqrt(variance) if count >= LEAST_DAYS else math.nan


@kernel
def correlation(roll: int, one: Any, other: Any) -> float:
    """Pearson's correlation of the common daily returns of two series, NaN where it is not known."""
    count, mean_one, mean_other, both, squares_one, squares_other = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for number in range(roll - min(one["days"], other["days"], DAYS), roll):
        x, y = one["returns"][number % DAYS], other["returns"][number % DAYS]
        if math.isnan(x) or math.isnan(y):
            continue
        count += 1
        off_x, off_y = x - mean_one, y - mean_other
        mean_one += off_x / count
        mean_other += off_y / count
        both += off_x * (y - mean_other)
        squares_one += off_x * (x - mean_one)
        squares_other += off_y * (y - mean_other)
    if count < LEAST_DAYS or not squares_one > 0.0 or not squares_other > 0.0:
        return math.nan
    return min(1.0, max(-1.0, both / math.sqrt(squares_one * squares_other)))


@kernel
def open_count(states: Any) -> int:
    """How many positions are open."""
    count = 0
    for s in range(len(states)):
        count += states[s]["positions"]
    return int(count)


@kernel
def mean_correlation(roll: int, states: Any, positions: Any, s: int, side: int) -> float:
    """Mean correlation of a new position with the open ones, opposite sides counted negative.

    A position in the same series has correlation 1 or -1; one whose correlation is not known counts as 1.
    """
    total, count = 0.0, 0
    for other in range(len(states)):
        if states[other]["positions"] == 0:
            continue
        known = 1.0 if other == s else correlation(roll, states[s], states[other])
        for slot in range(states[other]["position_end"]):
            position = positions[other, slot]
            if position["live"] == 1:
                total += 1.0 if math.isnan(known) else known * side * position["side"]
                count += 1
    return total / count if count > 0 else 0.0
