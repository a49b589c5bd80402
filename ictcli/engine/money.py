"""Money in integers: the one function that turns points and volume steps into account currency.

``Terms`` holds, for one series on one account, the exact worth of a point on a volume step as a
fraction, so that a deal is an integer product and one division, rounded half to even, per deal.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ictcli.errors import ConfigError
from ictcli.kernels import kernel
from ictcli.market.symbols import SymbolSpec

NO_MINOR_UNIT = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
"""Account currencies that are counted in whole units; all others have two decimals."""
_LIMIT = 2**61


def minor_digits(currency: str) -> int:
    """Decimals of an account currency's smallest unit."""
    return 0 if currency in NO_MINOR_UNIT else 2


@dataclass(frozen=True, slots=True)
class Terms:
    """Worth of points, volume and commission of one series, in minor units of the account currency.

    An amount is ``numerator / denominator`` minor units; with ``by_price`` it is also divided by the
    price in points at which the deal was done (the account is held in the symbol's base currency).

    Attributes:
        point_value: numerator of one point on one volume step.
        commission: numerator of one side's commission on one volume step.
        denominator: common denominator, above 0.
        by_price: divide by the deal's price in points.
        currency, digits: account currency and the decimals of its minor unit.
    """

    point_value: int
    commission: int
    denominator: int
    by_price: bool
    currency: str
    digits: int

    def check_range(self, max_price: int, max_steps: int) -> None:
        """Prove before a run that no amount in it can overflow 64 bits.

        Args:
            max_price: no price of the run, in points, is above this.
            max_steps: no volume of the run, in steps, is above this.

        Raises:
            ConfigError: the symbol's contract is too large for exact arithmetic.
        """
        largest = max_price * max_steps * max(self.point_value, 1) + max_steps * self.commission * 2
        divisor = self.denominator * (max_price if self.by_price else 1)
        if max(largest, divisor) >= _LIMIT:
            raise ConfigError(
                "an amount of this symbol can exceed 64 bits",
                hint="Lower volume_max or contract_size in config/symbols.toml.",
            )


def terms(spec: SymbolSpec, digits: int, currency: str, same_as: Mapping[str, str]) -> Terms:
    """The money terms of a series whose prices have ``digits`` decimals.

    Args:
        spec: contract, volume step, currencies, commission per lot and side in the quote currency.
        digits: decimals of the series; one point is ``10**-digits``.
        currency: account currency.
        same_as: currencies counted one for one as another (``USDT = "USD"``).

    Raises:
        ConfigError: profit arises in a currency that this series cannot convert into ``currency``.
    """
    account = same_as.get(currency, currency)
    quote = same_as.get(spec.quote, spec.quote)
    base = same_as.get(spec.base, spec.base)
    if account not in (quote, base):
        raise ConfigError(
            f"{spec.name} earns {spec.quote} on a {currency} account: no conversion {quote} to {account}",
            hint=f'Set account.currency = "{spec.quote}", or map it in account.same_as.',
        )
    by_price = account != quote
    minor = 10 ** minor_digits(currency)
    scale = minor * (10**digits if by_price else 1)
    step = Fraction(spec.volume_step)
    value = Fraction(spec.tick_value) / Fraction(spec.tick_size) / 10**digits * step * scale
    fee = Fraction(spec.commission) * step * scale
    common = math.lcm(value.denominator, fee.denominator)
    return Terms(int(value * common), int(fee * common), common, by_price, currency, minor_digits(currency))


@kernel
def half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, exact halves to the even one."""
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    if twice > denominator or (twice == denominator and quotient % 2 != 0):
        quotient += 1
    return quotient


@kernel
def amount(numerator: int, denominator: int, by_price: int, price: int) -> int:
    """Minor units of account currency of one deal: the only place where money is rounded.

    Args:
        numerator: points times volume steps times ``Terms.point_value``, or steps times commission.
        denominator: see ``Terms``.
        by_price: see ``Terms``; 0 or 1.
        price: price of the deal in points.
    """
    if by_price != 0:
        return half_even(numerator, denominator * price)
    return half_even(numerator, denominator)
