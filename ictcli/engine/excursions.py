"""How far a trade ran against and for the trader before it ended, from the bars it lived through."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.refusals import ExitReason
from ictcli.kernels import kernel
from ictcli.market.bars import Bars, Int64

_TARGET = int(ExitReason.TARGET)


def excursions(
    trades: NDArray[np.void], bars: Bars, typical: int, at_open: Int64, exits: Int64
) -> tuple[Int64, Int64]:
    """Adverse and favourable excursion of trades of one series, in points from the first entry, not negative.

    A bar counts by its whole range on the side where the position is left. Of the entry bar of a resting
    order only the adverse side counts, and of the exit bar only the exit, and for targets the adverse side:
    what came first within a bar is not known, and doubt never flatters.

    Args:
        trades: ``records.TRADE`` of one series.
        bars: of that series, from its first.
        typical: spread in points where a bar has none.
        at_open: 1 for trades that a market order opened.
        exits: price in points of each trade's last exit.
    """
    adverse, favourable = np.zeros(len(trades), np.int64), np.zeros(len(trades), np.int64)
    columns = (bars.high, bars.low, bars.spread)
    measure(
        (trades["side"].copy(), trades["opened"].copy(), trades["closed"].copy(), trades["entry"].copy()),
        trades["reason"].copy(),
        at_open,
        exits,
        columns,
        typical,
        adverse,
        favourable,
    )
    return adverse, favourable


@kernel
def measure(
    trades: Any, reasons: Any, at_open: Any, exits: Any, columns: Any, typical: int, adverse: Any,
    favourable: Any,
) -> None:  # fmt: skip
    """Fill in the excursions of every trade."""
    sides, opened, closed, entries = trades
    for at in range(len(sides)):
        side, entry = sides[at], entries[at]
        worst = best = side * exits[at]
        first = opened[at]
        if first < closed[at] and at_open[at] == 0:
            worst = min(worst, worst_of(columns, typical, first, side))
            first += 1
        for row in range(first, closed[at]):
            worst = min(worst, worst_of(columns, typical, row, side))
            best = max(best, best_of(columns, typical, row, side))
        if reasons[at] == _TARGET:
            worst = min(worst, worst_of(columns, typical, closed[at], side))
        adverse[at] = max(0, side * entry - worst)
        favourable[at] = max(0, best - side * entry)


@kernel
def worst_of(columns: Any, typical: int, row: int, side: int) -> int:
    """The worst price of a bar on the side where a position is left, signed so that more is better."""
    highs, lows, spreads = columns
    if side > 0:
        return int(lows[row])
    spread = int(spreads[row])
    return -(int(highs[row]) + (spread if spread >= 0 else typical))


@kernel
def best_of(columns: Any, typical: int, row: int, side: int) -> int:
    """The best price of a bar, as ``worst_of``."""
    highs, lows, spreads = columns
    if side > 0:
        return int(highs[row])
    spread = int(spreads[row])
    return -(int(lows[row]) + (spread if spread >= 0 else typical))
