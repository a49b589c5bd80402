"""Money in integers: the functions that turn points and volume steps into account currency.

A ``SERIES`` record holds the exact worth of a point on a volume step as a fraction (``engine.terms`` fills
it), so that a deal is an integer product and one division, rounded half to even.
"""

from typing import Any

from ictcli.kernels import hot_kernel, kernel

NO_MINOR_UNIT = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
"""Account currencies that are counted in whole units; all others have two decimals."""
NONE, OWN_PRICE, MULTIPLY, DIVIDE = 0, 1, 2, 3
"""``SERIES.conversion``: how profit in the quote currency becomes account currency: nothing to do; divided by
the price of the deal; multiplied or divided by the last close of another series."""


def minor_digits(currency: str) -> int:
    """Decimals of an account currency's smallest unit."""
    return 0 if currency in NO_MINOR_UNIT else 2


@hot_kernel
def half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, exact halves to the even one."""
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    if twice > denominator or (twice == denominator and quotient % 2 != 0):
        quotient += 1
    return quotient


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
    if own["conversion"] == NONE:
        return half_even(numerator, own["denominator"])
    return int(scaled_half_even(numerator, multiplier(own, rate), divisor(own, rate, price)))


@hot_kernel
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
