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
        return float(points / 10**self.digits)  # one division of two exact numbers is rounded once

    def lots(self, steps: int) -> float:
        """The double nearest to a volume in steps."""
        numerator, denominator = self.step.as_integer_ratio()
        return steps * numerator / denominator

    def points(self, price: float) -> tuple[int, bool]:
        """A price in points, and whether it is a multiple of the tick."""
        points, exact = multiple(price, 1, 10**self.digits)
        return points, exact and points % self.tick == 0

    def steps(self, lots: float) -> tuple[int, bool]:
        """A volume in steps, and whether it is a multiple of the step."""
        return multiple(lots, *self.step.as_integer_ratio())


def units_of(spec: SymbolSpec, digits: int) -> Units:
    """Units of a symbol whose prices have ``digits`` decimals."""
    return Units(digits, max(1, int(spec.tick_size.scaleb(digits))), spec.volume_step)


def multiple(value: float, numerator: int, denominator: int) -> tuple[int, bool]:
    """The multiple of a fraction nearest to a double, and whether the double is what stands for it.

    0 and False for what is no number or too large to tell neighbouring multiples apart.
    """
    if not math.isfinite(value) or abs(value) * denominator >= LARGEST * numerator:
        return 0, False
    count = round(value * denominator / numerator)
    if count * numerator / denominator == value:
        return count, True
    return round(Fraction(value) * denominator / numerator), False


def money(minor_units: int, digits: int) -> float:
    """The double nearest to an amount in minor units of a currency with ``digits`` decimals."""
    return float(minor_units / 10**digits)
