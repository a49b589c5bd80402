"""What a symbol does not take is refused here, in words, before anything is sent (MT5.md 4.3).

Only what the symbol says of itself is judged. A level of 0 may mean "dynamic": the server can still refuse.
"""

from typing import Any

from ictcli.brokers.mt5.numbers import as_float, exact, normal_volume
from ictcli.brokers.requests import Amend, Close, Place, Request
from ictcli.errors import PolicyRefused
from ictcli.terminals.constants import Retcode
from ictcli.terminals.symbol_constants import SymbolExpiration, SymbolOrder, SymbolTradeMode

_ORDER_BIT = {
    "market": SymbolOrder.MARKET,
    "limit": SymbolOrder.LIMIT,
    "stop": SymbolOrder.STOP,
    "stop_limit": SymbolOrder.STOP_LIMIT,
}


class Unfit(PolicyRefused):
    """A request that the symbol as it is now cannot take.

    Args:
        retcode: what the server would have answered.
        message: why, with the numbers.
    """

    def __init__(self, retcode: int, message: str) -> None:
        super().__init__(message)
        self.retcode = retcode


def check(request: Request, info: Any) -> None:
    """Refuse a request that the symbol does not take. What reduces exposure is left to the server to judge.

    Args:
        request: what is asked.
        info: ``SymbolInfo`` of the moment, with its quote.

    Raises:
        Unfit: with the return code that the server would have given.
    """
    if isinstance(request, Place):
        _check_kind(request, info)
        _check_volume(request, info)
        _check_levels(request, info)
    elif isinstance(request, Close) and request.volume <= 0:
        raise Unfit(Retcode.INVALID_VOLUME, f"nothing of {info.name} is to be closed")
    elif isinstance(request, Amend):
        _check_expiry(request, info)


def points(one: float, other: float, info: Any) -> int:
    """Distance of two prices in points of the symbol."""
    apart: float = (one - other) / info.point
    return abs(round(apart))


def _check_kind(request: Place, info: Any) -> None:
    mode = int(info.trade_mode)
    allowed = {
        SymbolTradeMode.DISABLED: (0, Retcode.TRADE_DISABLED, "is not traded"),
        SymbolTradeMode.LONGONLY: (1, Retcode.LONG_ONLY, "can only be bought"),
        SymbolTradeMode.SHORTONLY: (-1, Retcode.SHORT_ONLY, "can only be sold"),
        SymbolTradeMode.CLOSEONLY: (0, Retcode.CLOSE_ONLY, "can only be closed"),
    }
    for one, (side, code, words) in allowed.items():
        if mode == one and request.side != side and request.position is None:
            raise Unfit(code, f"{info.name} {words}")
    bit = _ORDER_BIT[request.kind]
    bits = int(info.order_mode)
    if bits and not bits & bit:
        raise Unfit(Retcode.INVALID_ORDER, f"{info.name} does not take {request.kind} orders")
    for price, flag, words in (
        (request.stop, SymbolOrder.SL, "stop"),
        (request.target, SymbolOrder.TP, "target"),
    ):
        if bits and price is not None and not bits & flag:
            raise Unfit(Retcode.INVALID_STOPS, f"{info.name} does not take a {words}")
    _check_expiry(request, info)


def _check_expiry(request: Place | Amend, info: Any) -> None:
    bits = int(info.expiration_mode)
    if request.expires is not None and bits and not bits & SymbolExpiration.SPECIFIED:
        raise Unfit(Retcode.INVALID_EXPIRATION, f"{info.name} does not take orders that end at an instant")


def _check_volume(request: Place, info: Any) -> None:
    least, most = exact(info.volume_min), exact(info.volume_max)
    step, limit = exact(info.volume_step), exact(info.volume_limit)
    fits = normal_volume(request.volume, least, most, step, limit)
    if fits == request.volume and fits:
        return
    raise Unfit(
        Retcode.LIMIT_VOLUME if 0 < limit < request.volume else Retcode.INVALID_VOLUME,
        f"{info.name} takes {least} to {most} lots in steps of {step}"
        + (f" and {limit} at most" if limit else "")
        + f", not {request.volume}",
    )


def _check_levels(request: Place, info: Any) -> None:
    """Distances to the market; those from where a stop order will be filled are for the server to judge."""
    level = int(info.trade_stops_level)
    if level <= 0 or not info.bid:
        return
    buys = request.side > 0
    reference = info.bid if buys else info.ask
    if request.kind != "market":
        entry = as_float(request.price)
        market = info.ask if buys else info.bid
        if points(market, entry, info) < level:
            raise Unfit(Retcode.INVALID_PRICE, _near("the price", entry, market, level, info))
        if request.kind == "stop":
            return
        reference = as_float(request.limit) if request.kind == "stop_limit" else entry
    for words, price in (("the stop", request.stop), ("the target", request.target)):
        if price is not None and points(reference, float(price), info) < level:
            raise Unfit(Retcode.INVALID_STOPS, _near(words, float(price), reference, level, info))


def _near(words: str, price: float, reference: float, level: int, info: Any) -> str:
    return (
        f"{words} {exact(price)} is {points(price, reference, info)} points from {exact(reference)}; "
        f"{info.name} wants {level}"
    )
