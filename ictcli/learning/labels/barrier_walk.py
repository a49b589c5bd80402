"""The walk of a trade from its entry to the first barrier it touches."""

import math
from typing import Any

from ictcli.kernels import kernel

TARGET, STOP, TIME = 1, -1, 0
"""What ended a trade."""
_NEAR = 1.0e-12
"""Share of the entry price within which a barrier counts as touched: binary fractions are not exact."""


@kernel
def walk(prices: Any, first: int, last: int, side: int, target: float, stop: float, trade: Any) -> None:
    """Follow one trade that is entered at the open of bar ``first`` (ML.md M10).

    A bar that opens beyond a barrier ends the trade at its open, one that touches both at the stop, and
    the last bar at its close.

    Args:
        prices: open, high, low and close of all bars, a tuple of columns in points.
        first: bar of the entry.
        last: bar at whose close the trade ends at the latest.
        side: +1 long, -1 short.
        target: way to the target, a fraction of the entry price.
        stop: way to the stop, likewise.
        trade: a ``TRADE`` record to fill.
    """
    opens, highs, lows, closes = prices
    entry = float(opens[first])
    near = entry * _NEAR
    gain, loss = entry * target, entry * stop
    trade["ambiguous"] = False
    for bar in range(first, last + 1):
        opened = side * (opens[bar] - entry)
        best = highs[bar] - entry if side > 0 else entry - lows[bar]
        worst = lows[bar] - entry if side > 0 else entry - highs[bar]
        if opened >= gain - near or opened <= near - loss:
            trade["reason"] = TARGET if opened > 0.0 else STOP
            trade["gross"] = opened / entry
            trade["end"] = bar
            return
        won = best >= gain - near
        if worst <= near - loss:
            trade["reason"] = STOP
            trade["gross"] = -stop
            trade["end"] = bar
            trade["ambiguous"] = won
            return
        if won:
            trade["reason"] = TARGET
            trade["gross"] = target
            trade["end"] = bar
            return
    trade["reason"] = TIME
    trade["gross"] = side * (closes[last] - entry) / entry
    trade["end"] = last


@kernel
def walk_all(
    prices: Any, starts: Any, sides: Any, scale: Any, target: float, stop: float, horizon: int, trades: Any
) -> None:
    """Follow a trade from each start; ``target`` and ``stop`` are multiples of its scale."""
    for i in range(len(starts)):
        first = starts[i] + 1
        walk(prices, first, starts[i] + horizon, sides[i], target * scale[i], stop * scale[i], trades[i])


@kernel
def root_mean_squares(closes: Any, span: int, squares: Any, found: Any) -> None:
    """Root of the mean square of the last ``span`` one-bar log returns, oldest first; NaN while fewer.

    Args:
        closes: above 0.
        span: returns to look back on.
        squares: room for as many numbers as there are closes.
        found: as many, to fill.
    """
    for bar in range(len(closes)):
        squares[bar] = 0.0
        if bar > 0:
            change = math.log(closes[bar] / closes[bar - 1])
            squares[bar] = change * change
        found[bar] = math.nan
        if bar >= span:
            total = 0.0
            for at in range(bar - span + 1, bar + 1):
                total += squares[at]
            found[bar] = math.sqrt(total / span)
