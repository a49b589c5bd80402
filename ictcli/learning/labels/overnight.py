"""Swap of a trade from its entry to its own exit, as a fraction of its entry price."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.nights import rolls
from ictcli.engine.terms import swap_nights
from ictcli.learning.events import Floats, Int64
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Overnight:
    """What a series pays or earns at the 17:00 New York rolls, those that the engine charges.

    Attributes:
        long: points of the bars that a long trade earns per night, negative when it pays.
        short: likewise of a short trade.
        opened: nights charged from the open of the first bar to the open of each bar.
        closed: to the close of each bar.
        price: open of each bar in points.
    """

    long: float
    short: float
    opened: Int64
    closed: Int64
    price: Int64

    def nights(self, first: Int64, last: Int64, at_close: Flags) -> Int64:
        """Nights held: a roll at the instant of the exit counts, one at that of the entry does not.

        Args:
            first: bars at whose open trades are entered.
            last: bars in which they end; within a bar the engine charges what its open has passed.
            at_close: whether they end at the close of that bar.
        """
        return np.where(at_close, self.closed[last], self.opened[last]) - self.opened[first]

    def earned(self, side: Int64, first: Int64, last: Int64, at_close: Flags) -> Floats:
        """Swap as a fraction of the entry price, negative when paid.

        Args:
            side: +1 long, -1 short.
            first: bars of the entries.
            last: bars of the exits.
            at_close: see ``nights``.
        """
        per_night = np.where(side > 0, self.long, self.short)
        return np.asarray(per_night * self.nights(first, last, at_close) / self.price[first], np.float64)


def overnight(bars: Bars, spec: SymbolSpec) -> Overnight:
    """The swap of a series: points per night, three nights at the end of the triple day, none at weekends.

    Markets that never close charge one night a day (``engine.terms.swap_nights``).

    Args:
        bars: of the traded series, at least one.
        spec: its swap and calendar.
    """
    passed = rolls(int(bars.ts[0]), int(bars.ts_close.max()))
    charged = np.concatenate([[0], np.cumsum(np.array(swap_nights(spec), np.int64)[passed[:, 1]])])
    unit = spec.point / bars.point
    return Overnight(
        long=float(spec.swap_long * unit),
        short=float(spec.swap_short * unit),
        opened=charged[np.searchsorted(passed[:, 0], bars.ts, side="right")],
        closed=charged[np.searchsorted(passed[:, 0], bars.ts_close, side="right")],
        price=bars.open,
    )
