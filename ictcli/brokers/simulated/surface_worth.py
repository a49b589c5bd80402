"""What volumes are worth in account currency: exact fractions, rounded once to minor units."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from ictcli.brokers.simulated.records import Server
from ictcli.market.symbols import SymbolSpec

_CONVERTING = ("fx", "crypto")


def profit_of(
    server: Server,
    spec: SymbolSpec,
    same_as: Mapping[str, str],
    side: int,
    volume: float,
    prices: tuple[float, float],
) -> float | None:
    """Gross profit of a volume between two prices, in account currency; None where nothing converts it.

    Args:
        server: account, symbols and quotes.
        spec: the symbol.
        same_as: currencies counted one for one as another.
        side: +1 bought, -1 sold.
        volume: lots.
        prices: at which it was opened and closed.
    """
    opened, closed = (_fraction(price) for price in prices)
    worth = side * (closed - opened) * Fraction(spec.contract_size) * _fraction(volume)
    rate = rate_of(server, spec, same_as, closed)
    return None if rate is None else _rounded(server, worth * rate)


def margin_of(
    server: Server, spec: SymbolSpec, same_as: Mapping[str, str], volume: float, price: float
) -> float | None:
    """Margin that a volume binds at a price, rounded up; None where nothing converts it."""
    at = _fraction(price)
    rate = rate_of(server, spec, same_as, at)
    if rate is None:
        return None
    minor = 10 ** server.account().digits
    notional = round(at * _fraction(volume) * Fraction(spec.contract_size) * rate * minor)
    return float(math.ceil(notional * Fraction(spec.margin)) / minor)


def rate_of(server: Server, spec: SymbolSpec, same_as: Mapping[str, str], price: Fraction) -> Fraction | None:
    """Account currency for one unit of the symbol's quote currency."""

    def same(currency: str) -> str:
        return same_as.get(currency, currency)

    account, quote = same(server.account().currency), same(spec.quote)
    if account == quote:
        return Fraction(1)
    if account == same(spec.base):
        return 1 / price if price else None
    for other in server.symbols():
        pair = (same(other.base), same(other.quote))
        bid = server.tick(other.name).bid if other.asset in _CONVERTING else 0
        if bid and pair == (quote, account):
            return Fraction(bid, 10 ** server.digits(other.name))
        if bid and pair == (account, quote):
            return Fraction(10 ** server.digits(other.name), bid)
    return None


def _fraction(value: float) -> Fraction:
    """What the shortest decimal that means a double says."""
    return Fraction(Decimal(repr(value))) if math.isfinite(value) else Fraction(0)


def _rounded(server: Server, amount: Fraction) -> float:
    minor = 10 ** server.account().digits
    return float(round(amount * minor) / minor)
