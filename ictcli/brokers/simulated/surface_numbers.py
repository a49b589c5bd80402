"""Points, steps and minor units as the floats of MetaTrader, and back without loss.

A float stands for a multiple of a unit when it is the double nearest to that multiple: the doubles that
``round(price, digits)`` and a decimal literal give. Anything else is off the grid.
"""

import math
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ictcli.market.symbols import SymbolSpec

LARGEST = 2**53
"""Units from which neighbouring multiples may be one double."""


class Units(NamedTuple):
    """What a symbol's numbers are counted in.

    Attributes:
        digits: decimals of its prices; one point is ``10**-digits``.
        tick: points of the smallest price change.
        step: lots of the smallest change of a volume.
    """

    digits: int
    tick: int
    step: Decimal

    def price(self, points: float) -> float:
        """The double nearest to a price in points; also to the fraction of an average price."""
        return float(Fraction(points) / 10**self.digits)

    def lots(self, steps: int) -> float:
        """The double nearest to a volume in steps."""
        return float(steps * self.step)

    def points(self, price: float) -> tuple[int, bool]:
        """A price in points, and whether it is a multiple of the tick."""
        points, exact = multiple(price, Fraction(1, 10**self.digits))
        return points, exact and points % self.tick == 0

    def steps(self, lots: float) -> tuple[int, bool]:
        """A volume in steps, and whether it is a multiple of the step."""
        return multiple(lots, Fraction(self.step))


def units_of(spec: SymbolSpec, digits: int) -> Units:
    """Units of a symbol whose prices have ``digits`` decimals."""
    return Units(digits, max(1, int(spec.tick_size.scaleb(digits))), spec.volume_step)


def multiple(value: float, unit: Fraction) -> tuple[int, bool]:
    """The multiple of ``unit`` nearest to ``value``, and whether ``value`` is the double that stands for it.

    0 and False for what is no number or too large to tell neighbouring multiples apart.
    """
    if not math.isfinite(value) or abs(value) >= LARGEST * unit:
        return 0, False
    count = round(Fraction(value) / unit)
    return count, float(count * unit) == value


def money(minor_units: int, digits: int) -> float:
    """The double nearest to an amount in minor units of a currency with ``digits`` decimals."""
    return float(minor_units / 10**digits)
