"""Requests as MetaTrader's dictionaries (MT5.md 4.6). Every key that is left out counts as zero there."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ictcli.brokers.mt5.fitness import Unfit
from ictcli.brokers.mt5.numbers import cut, exact, on_grid
from ictcli.brokers.requests import MOST_COMMENT, Amend, Cancel, Close, Place, Protect, Request
from ictcli.terminals.constants import OrderTime, OrderType, Retcode, TradeAction

ToServer = Callable[[int], int]
"""Seconds that the server's clock shows at an instant, ns UTC."""
Wire = dict[str, Any]

_TYPES = {
    ("market", 1): OrderType.BUY,
    ("market", -1): OrderType.SELL,
    ("limit", 1): OrderType.BUY_LIMIT,
    ("limit", -1): OrderType.SELL_LIMIT,
    ("stop", 1): OrderType.BUY_STOP,
    ("stop", -1): OrderType.SELL_STOP,
    ("stop_limit", 1): OrderType.BUY_STOP_LIMIT,
    ("stop_limit", -1): OrderType.SELL_STOP_LIMIT,
}


def wire(request: Request, info: Any, to_server: ToServer, *, netting: bool) -> Wire:
    """The request as it goes to ``order_send``, but for its filling mode.

    Numbers that MetaTrader wants as floats are the floats nearest to the decimals; prices are put on the
    symbol's tick size; a market order carries the quote of the moment.

    Args:
        request: what is asked; the symbol's own name in it.
        info: ``SymbolInfo`` of the moment; of no matter for a cancel.
        to_server: converts an expiry.
        netting: whether the account keeps one position a symbol.

    Raises:
        Unfit: there is no quote to trade on.
    """
    if isinstance(request, Place):
        return _placing(request, info, to_server, netting=netting)
    if isinstance(request, Close):
        return _closing(request, info)
    if isinstance(request, Cancel):
        return {"action": int(TradeAction.REMOVE), "order": request.order}
    if isinstance(request, Protect):
        return {
            "action": int(TradeAction.SLTP),
            "symbol": str(info.name),
            "position": request.position,
            "sl": _price(request.stop, info),
            "tp": _price(request.target, info),
        }
    return _amending(request, info, to_server)


def is_pending(request: Request) -> bool:
    """Whether the request makes a resting order."""
    return isinstance(request, Place) and request.kind != "market"


def takes_filling(request: Request) -> bool:
    """Whether the request goes with a filling mode."""
    return isinstance(request, Place | Close)


def _placing(request: Place, info: Any, to_server: ToServer, *, netting: bool) -> Wire:
    pending = request.kind != "market"
    made: Wire = {
        "action": int(TradeAction.PENDING if pending else TradeAction.DEAL),
        "symbol": str(info.name),
        "volume": float(request.volume),
        "type": int(_TYPES[request.kind, request.side]),
        "price": _price(request.price, info) if pending else _quoted(request.side, info),
        "sl": _price(request.stop, info),
        "tp": _price(request.target, info),
        "magic": request.magic,
    }
    if request.kind == "stop_limit":
        made["stoplimit"] = _price(request.limit, info)
    if pending:
        made |= _lasting(request.expires, to_server)
    else:
        made["deviation"] = request.deviation
        made["type_time"] = int(OrderTime.GTC)
    if netting and request.position is not None:
        made["position"] = request.position
    return _commented(made, request.comment)


def _closing(request: Close, info: Any) -> Wire:
    made: Wire = {
        "action": int(TradeAction.DEAL),
        "symbol": str(info.name),
        "volume": float(request.volume),
        "type": int(_TYPES["market", request.side]),
        "position": request.position,
        "price": _quoted(request.side, info),
        "deviation": request.deviation,
        "magic": request.magic,
        "type_time": int(OrderTime.GTC),
    }
    return _commented(made, request.comment)


def _amending(request: Amend, info: Any, to_server: ToServer) -> Wire:
    made: Wire = {
        "action": int(TradeAction.MODIFY),
        "symbol": str(info.name),
        "order": request.order,
        "price": _price(request.price, info),
        "sl": _price(request.stop, info),
        "tp": _price(request.target, info),
        **_lasting(request.expires, to_server),
    }
    if request.limit is not None:
        made["stoplimit"] = _price(request.limit, info)
    return made


def _lasting(expires: int | None, to_server: ToServer) -> Wire:
    if expires is None:
        return {"type_time": int(OrderTime.GTC)}
    return {"type_time": int(OrderTime.SPECIFIED), "expiration": to_server(expires)}


def _quoted(side: int, info: Any) -> float:
    price = float(info.ask if side > 0 else info.bid)
    if price <= 0:
        raise Unfit(Retcode.PRICE_OFF, f"{info.name} has no quote")
    return price


def _price(price: Decimal | None, info: Any) -> float:
    if price is None:
        return 0.0
    return float(on_grid(price, tick_size(info)))


def tick_size(info: Any) -> Decimal:
    """Smallest change of the symbol's price; its point where the broker states none."""
    return exact(info.trade_tick_size) or exact(info.point)


def _commented(made: Wire, comment: str) -> Wire:
    if comment:
        made["comment"] = cut(comment, MOST_COMMENT)
    return made
