"""Which finer bars or ticks tell what happened inside a bar."""

from typing import Any

from ictcli.engine.world import Market
from ictcli.kernels import hot_kernel


@hot_kernel
def rows_until(closes: Any, first: int, last: int, instant: int) -> int:
    """The row after the last one, from ``first`` on, that closed by an instant."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if closes[middle] <= instant:
            low = middle + 1
        else:
            high = middle
    return low


@hot_kernel
def pieces_of(market: Market, row: int, fine: Market, start: int, end: int) -> tuple[int, int]:
    """First piece of a bar and the one after its last; the same twice where they do not reproduce the bar.

    Args:
        market: bars.
        row: of the bar.
        fine: finer bars or ticks.
        start: first row of the series in ``fine``.
        end: row after its last.
    """
    first = rows_until(fine.ts, start, end, market.ts[row] - 1)
    after = rows_until(fine.ts, first, end, market.ts_close[row] - 1)
    if first == after:
        return first, first
    low, high = fine.low[first], fine.high[first]
    for one in range(first + 1, after):
        low, high = min(low, fine.low[one]), max(high, fine.high[one])
    ends = fine.open[first] == market.open[row] and fine.close[after - 1] == market.close[row]
    if ends and low == market.low[row] and high == market.high[row]:
        return first, after
    return first, first
