"""What a terminal refuses before the trade server sees it: what the broker does not permit in a symbol."""

from collections.abc import Mapping

from ictcli.brokers.simulated.surface_session import Permissions
from ictcli.terminals.constants import OrderFilling, OrderTime, OrderType, Retcode, TradeAction
from ictcli.terminals.structs import TradeRequest
from ictcli.terminals.symbol_constants import (
    SymbolExpiration,
    SymbolFilling,
    SymbolOrder,
    SymbolTradeExecution,
    SymbolTradeMode,
)

_LIMITS = (OrderType.BUY_LIMIT, OrderType.SELL_LIMIT)
_BITS: Mapping[int, int] = {
    OrderType.BUY: SymbolOrder.MARKET,
    OrderType.SELL: SymbolOrder.MARKET,
    OrderType.BUY_LIMIT: SymbolOrder.LIMIT,
    OrderType.SELL_LIMIT: SymbolOrder.LIMIT,
    OrderType.BUY_STOP: SymbolOrder.STOP,
    OrderType.SELL_STOP: SymbolOrder.STOP,
    OrderType.BUY_STOP_LIMIT: SymbolOrder.STOP_LIMIT,
    OrderType.SELL_STOP_LIMIT: SymbolOrder.STOP_LIMIT,
}
_TIMES: Mapping[int, int] = {
    OrderTime.GTC: SymbolExpiration.GTC,
    OrderTime.DAY: SymbolExpiration.DAY,
    OrderTime.SPECIFIED: SymbolExpiration.SPECIFIED,
    OrderTime.SPECIFIED_DAY: SymbolExpiration.SPECIFIED_DAY,
}


def refused(request: TradeRequest, permissions: Permissions, *, reduces: bool) -> int:
    """The return code of what a request must not ask for in its symbol; 0 where it may.

    Args:
        request: what is asked.
        permissions: of the symbol.
        reduces: it can only close or reduce a position.
    """
    if request.action not in (TradeAction.DEAL, TradeAction.PENDING):
        return _refused_change(request, permissions)
    code = 0 if reduces else _refused_side(request.type, permissions.trading)
    if code or permissions.trading == SymbolTradeMode.DISABLED:
        return code or Retcode.TRADE_DISABLED
    if not _kind_permitted(request, permissions.orders):
        return Retcode.INVALID_ORDER
    if not filling_permitted(request, permissions):
        return Retcode.INVALID_FILL
    if request.action == TradeAction.PENDING and not permissions.expiration & _TIMES.get(
        request.type_time, 0
    ):
        return Retcode.INVALID_EXPIRATION
    return 0


def filling_permitted(request: TradeRequest, permissions: Permissions) -> bool:
    """Whether an order may be filled in the way it asks for (MT5.md 4.3)."""
    pending, filling = request.action == TradeAction.PENDING, request.type_filling
    if filling == OrderFilling.BOC:
        return pending and request.type in _LIMITS and bool(permissions.filling & SymbolFilling.BOC)
    if filling == OrderFilling.RETURN:
        return pending or permissions.execution != SymbolTradeExecution.MARKET
    if filling not in (OrderFilling.FOK, OrderFilling.IOC):
        return False
    if permissions.execution in (SymbolTradeExecution.REQUEST, SymbolTradeExecution.INSTANT):
        return True
    bit = SymbolFilling.FOK if filling == OrderFilling.FOK else SymbolFilling.IOC
    return bool(permissions.filling & bit)


def _refused_side(kind: int, trading: int) -> int:
    if trading == SymbolTradeMode.CLOSEONLY:
        return Retcode.CLOSE_ONLY
    if trading == SymbolTradeMode.LONGONLY and kind % 2 == 1:
        return Retcode.LONG_ONLY
    if trading == SymbolTradeMode.SHORTONLY and kind % 2 == 0:
        return Retcode.SHORT_ONLY
    return 0


def _refused_change(request: TradeRequest, permissions: Permissions) -> int:
    if permissions.trading == SymbolTradeMode.DISABLED:
        return Retcode.TRADE_DISABLED
    if request.action == TradeAction.CLOSE_BY and not permissions.orders & SymbolOrder.CLOSEBY:
        return Retcode.INVALID_ORDER
    return 0 if _protection_permitted(request, permissions.orders) else Retcode.INVALID_ORDER


def _kind_permitted(request: TradeRequest, orders: int) -> bool:
    bit = _BITS.get(request.type)
    return bit is None or bool(orders & bit and _protection_permitted(request, orders))


def _protection_permitted(request: TradeRequest, orders: int) -> bool:
    return bool((not request.sl or orders & SymbolOrder.SL) and (not request.tp or orders & SymbolOrder.TP))
