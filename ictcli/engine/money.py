"""Money in integers: the one function that turns points and volume steps into account currency.

``Terms`` holds, for one series on one account, the exact worth of a point on a volume step as a
fraction, so that a deal is an integer product and one division, rounded half to even, per deal.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ictcli.errors import ConfigError
from ictcli.kernels import kernel
from ictcli.market.symbols import SymbolSpec

NO_MINOR_UNIT = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
"""Account currencies that are counted in whole units; all others have two decimals."""
_LIMIT = 2**61
NONE, OWN_PRICE, MULTIPLY, DIVIDE = 0, 1, 2, 3
"""``SERIES.conversion``: how profit in the quote currency becomes account currency."""
CONVERSIONS = ("none", "own price", "multiply", "divide")
"""Their names: nothing to do; by the price of the deal; by the last close of another series."""


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


@kernel
def scaled_half_even(numerator: int, times: int, denominator: int) -> int:
    """``numerator * times / denominator`` to the nearest integer, exact halves to the even one.

    The product itself is never formed: only ``times * denominator`` and the result must fit into 64 bits.
    """
    whole = numerator // denominator
    rest = (numerator - whole * denominator) * times
    part = rest // denominator
    quotient = whole * times + part
    twice = 2 * (rest - part * denominator)
    if twice > denominator or (twice == denominator and quotient % 2 != 0):
        quotient += 1
    return quotient


@kernel
def multiplier(own: Any, rate: int) -> int:
    """What ``numerator`` is multiplied by before the one division of ``amount_of``."""
    if own["conversion"] == MULTIPLY:
        return rate
    if own["conversion"] == DIVIDE:
        return int(own["conversion_scale"])
    return 1


@kernel
def divisor(own: Any, rate: int, price: int) -> int:
    """What ``amount_of`` divides by."""
    if own["conversion"] == OWN_PRICE:
        return int(own["denominator"] * price)
    if own["conversion"] == MULTIPLY:
        return int(own["denominator"] * own["conversion_scale"])
    if own["conversion"] == DIVIDE:
        return int(own["denominator"] * rate)
    return int(own["denominator"])


@kernel
def amount_of(own: Any, rate: int, numerator: int, price: int) -> int:
    """Minor units of account currency of one deal: the one place where its money is rounded.

    Args:
        own: the ``SERIES`` record.
        rate: see ``rate_of``; above 0.
        numerator: points times steps times ``point_value``, or steps times ``commission`` or ``fee``.
        price: price of the deal in points, above 0; only used where the account holds the base currency.
    """
    return int(scaled_half_even(numerator, multiplier(own, rate), divisor(own, rate, price)))


@kernel
def rate_of(series: Any, states: Any, s: int) -> int:
    """The price that converts the profit of series ``s``: the last close of another series, in its points.

    0 while that series has no bar yet: nothing can be counted then, and entries are refused. 1 where no
    other series is needed.
    """
    if series[s]["conversion"] < MULTIPLY:
        return 1
    other = states[series[s]["conversion_series"]]
    return int(other["close"]) if other["bar"] > 0 else 0


@kernel
def profit(own: Any, rate: int, side: int, entry_value: int, exit_value: int, price: int) -> int:
    """Result of a deal that closes, before costs, in minor units.

    Args:
        own: the ``SERIES`` record.
        rate: see ``rate_of``.
        side: +1 for a long position, -1 for a short one.
        entry_value: price in points times steps at the entry.
        exit_value: the same at the exit.
        price: price of the closing deal in points.
    """
    return amount_of(own, rate, side * (exit_value - entry_value) * own["point_value"], price)


@kernel
def commission(own: Any, rate: int, steps: int, price: int) -> int:
    """Commission of one deal in minor units."""
    return amount_of(own, rate, steps * own["commission"], price)


@kernel
def fees(own: Any, rate: int, steps: int, price: int) -> int:
    """Exchange and clearing fees of one deal in minor units."""
    return amount_of(own, rate, steps * own["fee"], price)


@kernel
def swap(own: Any, rate: int, side: int, steps: int, nights: int, price: int) -> int:
    """What a position earns (above 0) or pays (below 0) for being held over ``nights``, in minor units.

    Args:
        own: the ``SERIES`` record; its swaps are thousandths of a point per night.
        rate: see ``rate_of``.
        side: +1 for a long position, -1 for a short one.
        steps: open volume.
        nights: see ``SERIES.nights``.
        price: last close in points.
    """
    per_night = own["swap_long"] if side > 0 else own["swap_short"]
    numerator = per_night * nights * steps * own["point_value"]
    return int(scaled_half_even(numerator, multiplier(own, rate), 1000 * divisor(own, rate, price)))


@kernel
def floating(own: Any, rate: int, position: Any, close: int, spread: int) -> int:
    """Result of an open position, were it left at the last close: a short at the ask; exit costs unpaid."""
    price = close if position["side"] > 0 else close + spread
    value = price * position["steps"]
    return profit(own, rate, position["side"], position["entry_value"], value, price)
