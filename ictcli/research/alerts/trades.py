"""What acting on an alert would have earned: one trade per bar and side between three barriers.

An alert known at the close of bar a is entered at the open of a+1. The target and the stop lie a multiple
of the average true range through a on either side of the entry price, equality touches, and bars
a+1..a+horizon are looked at. An open beyond a barrier leaves at that open; a bar that touches both counts
as stopped and is marked ambiguous; what reaches neither leaves at the last close. Bars are bid: longs buy
at the ask and leave at the bid, shorts the other way round, and commission is paid on both sides, as in a
backtest. An alert with fewer than ``horizon`` bars after it has no result, even where a barrier was hit:
keeping only the quick ones would favour them.

Results exist for every bar, so alerts at random bars are judged by the same numbers.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ictcli.engine.terms import typical_spread
from ictcli.kernels import kernel
from ictcli.market.bars import Bars, Int32, Int64
from ictcli.market.symbols import SymbolSpec
from ictcli.stats.sequences import Floats

UNRESOLVED, TARGET, STOP, TIME, AMBIGUOUS = 0, 1, 2, 3, 4
"""How a trade ended; AMBIGUOUS is a stop in a bar that also reached the target."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a trade pays, in points of the series.

    Attributes:
        spread: used where a bar has none.
        commission: of both sides together.
        slippage: against the trader on entry and on every exit but the target.
    """

    spread: int = 0
    commission: float = 0.0
    slippage: int = 0


@dataclass(frozen=True, slots=True)
class Trades:
    """Results of a trade from every bar, as arrays of shape (2, n): row 0 long, row 1 short.

    Attributes:
        multiple: net result in units of the distance from entry to stop; NaN without a result.
        ending: one of UNRESOLVED, TARGET, STOP, TIME, AMBIGUOUS.
    """

    multiple: Floats
    ending: Int64


def costs_of(spec: SymbolSpec, digits: int, slippage: int) -> Costs:
    """The costs of a symbol on bars with ``digits`` decimals.

    Args:
        spec: typical spread; commission per lot and side, in the quote currency.
        digits: of the series.
        slippage: points of the series.
    """
    fee = 2 * spec.commission / spec.contract_size / Decimal(1).scaleb(-digits)
    return Costs(typical_spread(spec, digits), float(fee), slippage)


def trade_every_bar(
    bars: Bars, atr: Floats, costs: Costs, *, target: float, stop: float, horizon: int
) -> Trades:
    """The results of entering at the open after every bar, on both sides.

    Args:
        bars: of one series.
        atr: average true range through each bar, points; 0 where undefined.
        costs: of the symbol.
        target: distance from the entry price, in average true ranges, above 0.
        stop: the same on the other side.
        horizon: bars after which a trade ends at the close.
    """
    size = len(bars)
    multiple = np.full((2, size), np.nan)
    ending = np.zeros((2, size), np.int64)
    prices = (bars.open, bars.high, bars.low, bars.close)
    spread = np.where(bars.spread >= 0, bars.spread, np.int32(costs.spread)).astype(np.int32)
    paid = (costs.commission, costs.slippage)
    for row, side in enumerate((1, -1)):
        _trade_all(*prices, spread, atr, side, target, stop, horizon, *paid, multiple[row], ending[row])
    return Trades(multiple, ending)


@kernel
def _trade_all(
    opens: Int64,
    highs: Int64,
    lows: Int64,
    closes: Int64,
    spread: Int32,
    atr: Floats,
    side: int,
    target: float,
    stop: float,
    horizon: int,
    commission: float,
    slippage: int,
    multiple: Floats,
    ending: Int64,
) -> None:
    for at in range(len(opens) - horizon):
        if atr[at] <= 0.0:
            continue
        risk = stop * atr[at]
        entry = float(side * opens[at + 1] + slippage)
        if side > 0:
            entry += spread[at + 1]
        above, below = entry + target * atr[at], entry - risk
        left, how = entry, 0
        for bar in range(at + 1, at + horizon + 1):
            first, last = float(side * opens[bar]), float(side * closes[bar])
            best, worst = float(side * highs[bar]), float(side * lows[bar])
            if side < 0:
                best, worst = worst - spread[bar], best - spread[bar]
                first, last = first - spread[bar], last - spread[bar]
            left, how = _leave(first, best, worst, above, below, slippage)
            if how != 0:
                break
            left = last - slippage
        multiple[at] = (left - entry - commission) / risk
        ending[at] = how if how != 0 else 3


@kernel
def _leave(
    first: float, best: float, worst: float, above: float, below: float, slippage: int
) -> tuple[float, int]:
    """Price and ending of a trade in one bar, prices signed so that the trade is long; ending 0: none."""
    if first >= above:
        return first, 1
    if first <= below:
        return first - slippage, 2
    if worst <= below:
        return below - slippage, 4 if best >= above else 2
    if best >= above:
        return above, 1
    return first, 0
