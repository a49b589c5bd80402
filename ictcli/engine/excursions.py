"""How far a trade ran against and for the trader before it ended, from the prices it lived through."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.pieces import pieces_of, rows_until
from ictcli.engine.refusals import ExitReason
from ictcli.engine.world import Market
from ictcli.kernels import kernel
from ictcli.market.bars import Bars, Int64

_END = int(ExitReason.END)
_WORST, _BEST, _WORST_AT = 0, 1, 2
"""Columns of what a trade lived through; prices are signed so that more is better."""


@dataclass(frozen=True, slots=True)
class Excursions:
    """How far trades ran, in points from the first entry, not negative.

    Attributes:
        adverse: against the trader.
        favourable: for the trader.
        worst_at: close of the bar, or piece of one, in which a trade stood worst, nanoseconds UTC.
    """

    adverse: Int64
    favourable: Int64
    worst_at: Int64


def excursions(
    trades: NDArray[np.void], bars: Bars, fine: Bars | None, typical: int, at_open: Int64, exits: Int64
) -> Excursions:
    """Excursions of trades of one series.

    Only prices between entry and exit count, on the side where the position is left. A bar that finer data
    reproduce counts piece by piece, from the piece of the entry to that of the exit; any other bar is one
    piece. A piece that a trade lived through counts by its whole range; the rest follows from what is known:

    - a resting order's own piece counts by its adverse side and its close: the best may have come before;
    - the piece of the exit counts by its open, where the position was open then, and by the exit itself;
      where the exit is better than that open (the entry, where it lies in the same piece), by its adverse
      side, too: doubt never flatters;
    - a trade that the end of the data closed lived through its last bar.

    Args:
        trades: ``records.TRADE`` of one series.
        bars: of that series, from its first.
        fine: shorter bars or ticks that resolved them, None without.
        typical: spread in points where a bar has none.
        at_open: 1 for trades that a market order opened.
        exits: price in points of each trade's last exit.
    """
    lived = np.zeros((len(trades), 3), np.int64)
    names = ("side", "opened", "closed", "opened_ts", "closed_ts", "entry", "reason")
    columns = tuple(trades[name].copy() for name in names)
    pieces = bars.slice(0, 0) if fine is None else fine
    measure(
        columns,
        at_open,
        exits,
        _market(bars),
        _market(pieces),
        typical,
        _spreads(bars, pieces, typical),
        lived,
    )
    entries = trades["side"] * trades["entry"]
    return Excursions(
        np.maximum(0, entries - lived[:, _WORST]),
        np.maximum(0, lived[:, _BEST] - entries),
        lived[:, _WORST_AT].copy(),
    )


def _spreads(bars: Bars, pieces: Bars, typical: int) -> tuple[int, int]:
    """No spread is narrower than the first or wider than the second."""
    every = [int(edge) for one in (bars, pieces) if len(one) for edge in (one.spread.min(), one.spread.max())]
    return min(typical, *(max(0, one) for one in every)), max(typical, *every)


def _market(bars: Bars) -> Market:
    return Market(
        bars.ts, bars.ts_close, bars.open, bars.high, bars.low, bars.close, bars.spread, bars.tick_volume
    )


@kernel
def measure(
    trades: Any,
    at_open: Any,
    exits: Any,
    market: Market,
    fine: Market,
    typical: int,
    spreads: Any,
    lived: Any,
) -> None:
    """Fill in what every trade lived through."""
    sides, opened, closed, opened_ts, closed_ts, entries, reasons = trades
    for at in range(len(sides)):
        own, side = lived[at], sides[at]
        own[_WORST] = own[_BEST] = side * exits[at]
        own[_WORST_AT] = market.ts_close[closed[at]]
        for row in range(opened[at], closed[at] + 1):
            if opened[at] < row < closed[at] and adds_nothing(own, market, row, side, spreads):
                continue
            opens, leaves = row == opened[at], row == closed[at] and reasons[at] != _END
            enters, done = 1 if opens and at_open[at] == 0 else 0, exits[at] if leaves else 0
            first, after = pieces_of(market, row, fine, 0, len(fine.ts))
            if first == after:
                live(own, market, typical, (row, row + 1), side, entries[at], done, enters)
                continue
            start, end = first, after
            if opens:
                first = max(start, rows_until(fine.ts, start, end, opened_ts[at]) - 1)
            if leaves:
                after = max(first + 1, rows_until(fine.ts, start, end, closed_ts[at]))
            live(own, fine, typical, (first, after), side, entries[at], done, enters)


@kernel
def adds_nothing(own: Any, market: Market, row: int, side: int, spreads: Any) -> bool:
    """Whether all of a bar lies between the worst and the best so far, whatever its pieces."""
    narrowest, widest = spreads
    if side > 0:
        return bool(market.low[row] >= own[_WORST] and market.high[row] <= own[_BEST])
    within = -(market.high[row] + widest) >= own[_WORST]
    return bool(within and -(market.low[row] + narrowest) <= own[_BEST])


@kernel
def live(
    own: Any, source: Market, typical: int, rows: Any, side: int, entry: int, done: int, enters: int
) -> None:
    """Count pieces; ``done`` is the exit in the last one, 0 without; ``enters``: see ``live_through``."""
    first, after = rows
    for row in range(first, after):
        if done != 0 and row == after - 1:
            live_until(own, source, typical, row, side, entry, done, enters if row == first else 0)
        else:
            live_through(own, source, typical, row, side, enters if row == first else 0)


@kernel
def live_through(own: Any, source: Market, typical: int, row: int, side: int, enters: int) -> None:
    """Count a piece at whose close the position is open; ``enters`` 1: a resting order was filled in it."""
    see(own, worst_of(source, typical, row, side), source.ts_close[row])
    if enters == 1:
        see(own, left_at(source, typical, row, side, source.close[row]), source.ts_close[row])
    else:
        see(own, best_of(source, typical, row, side), source.ts_close[row])


@kernel
def live_until(
    own: Any, source: Market, typical: int, row: int, side: int, entry: int, done: int, enters: int
) -> None:
    """Count the piece that a position is left in at ``done``."""
    first = side * entry
    if enters == 0:
        first = left_at(source, typical, row, side, source.open[row])
        see(own, first, source.ts_close[row])
    if side * done > first:
        see(own, worst_of(source, typical, row, side), source.ts_close[row])
    if own[_WORST] == side * done:
        own[_WORST_AT] = source.ts_close[row]


@kernel
def see(own: Any, price: int, instant: int) -> None:
    """Take a price that a trade lived through."""
    own[_BEST] = max(own[_BEST], price)
    if price < own[_WORST]:
        own[_WORST], own[_WORST_AT] = price, instant


@kernel
def left_at(source: Market, typical: int, row: int, side: int, bid: int) -> int:
    """What a position is left at while the bid is ``bid``, signed so that more is better."""
    if side > 0:
        return int(bid)
    spread = int(source.spread[row])
    return -(int(bid) + (spread if spread >= 0 else typical))


@kernel
def worst_of(source: Market, typical: int, row: int, side: int) -> int:
    """The worst price of a piece, as ``left_at``."""
    return int(left_at(source, typical, row, side, source.low[row] if side > 0 else source.high[row]))


@kernel
def best_of(source: Market, typical: int, row: int, side: int) -> int:
    """The best price of a piece, as ``left_at``."""
    return int(left_at(source, typical, row, side, source.high[row] if side > 0 else source.low[row]))
