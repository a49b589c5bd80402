"""What a trade costs from entry to exit, as a fraction of its entry price.

Bars are bid prices. A long trade is entered at the ask and left at the bid, a short one entered at the bid
and left at the ask: either pays one spread, so labels simulate trades on bid prices and take the spread
off their results. The spread of the bar of the entry stands for the round trip: a short trade that is left
in a bar with a wider one would pay that. Swap depends on the exit, see ``overnight``.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ictcli.learning.events import Floats
from ictcli.market.bars import UNKNOWN, Bars
from ictcli.market.symbols import SymbolSpec


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of a round trip that is entered at the open of each bar, fractions of that open.

    Attributes:
        spread: of the bar of the entry, where it has none the symbol's typical one.
        charges: commission and exchange fees of both sides.
        slippage: of entry and exit.
    """

    spread: Floats
    charges: Floats
    slippage: Floats

    @property
    def total(self) -> Floats:
        """All of it, one number per bar."""
        return self.spread + self.charges + self.slippage


def costs_of(bars: Bars, spec: SymbolSpec, slippage_points: int = 0) -> Costs:
    """The costs of a round trip by kind.

    Args:
        bars: of the traded series.
        spec: its typical spread, contract size, commission and fees.
        slippage_points: lost at the entry and again at the exit, in points of the bars.
    """
    price = bars.open.astype(np.float64)
    typical = float(Decimal(spec.spread) * spec.point / bars.point)
    spread = np.where(bars.spread == UNKNOWN, typical, bars.spread.astype(np.float64))
    charges = float(2 * (spec.commission + spec.fee) / spec.contract_size / bars.point)
    return Costs(spread / price, charges / price, 2.0 * slippage_points / price)


def trade_costs(bars: Bars, spec: SymbolSpec, slippage_points: int = 0) -> Floats:
    """The costs of a round trip that is entered at the open of each bar, as a fraction of that open.

    Args:
        bars: of the traded series.
        spec: its typical spread, contract size, commission and fees.
        slippage_points: lost at the entry and again at the exit, in points of the bars.
    """
    return costs_of(bars, spec, slippage_points).total
