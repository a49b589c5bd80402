"""The module's three helpers in Python: Buy, Sell and Close (MT5.md 1.6)."""

from typing import Any, Literal

from ictcli.brokers.simulated.surface_calls import Surface
from ictcli.brokers.simulated.surface_sending import SendingFunctions
from ictcli.brokers.simulated.surface_state import StateFunctions
from ictcli.brokers.simulated.surface_symbols import SymbolFunctions
from ictcli.terminals.constants import OrderType, Retcode, TradeAction

_TRIES = 10
_DEVIATION = 10
_AGAIN = (Retcode.REQUOTE, Retcode.PRICE_OFF)


class Shortcuts(SendingFunctions, StateFunctions, SymbolFunctions, Surface):
    """Market orders without magic number and with filling FOK, as the module sends them.

    Here so that the surface is whole; an adapter has no use for them.
    """

    def Buy(  # noqa: N802 - the module's name
        self,
        symbol: str,
        volume: float,
        price: float | None = None,
        *,
        comment: str | None = None,
        ticket: int | None = None,
    ) -> Any:
        """Buy at the market; a position's ticket makes it close a short."""
        return self._sent(OrderType.BUY, symbol, volume, price, comment, ticket)

    def Sell(  # noqa: N802 - the module's name
        self,
        symbol: str,
        volume: float,
        price: float | None = None,
        *,
        comment: str | None = None,
        ticket: int | None = None,
    ) -> Any:
        """Sell at the market; a position's ticket makes it close a long."""
        return self._sent(OrderType.SELL, symbol, volume, price, comment, ticket)

    def Close(  # noqa: N802 - the module's name
        self, symbol: str, *, comment: str | None = None, ticket: int | None = None
    ) -> bool | Literal["Partially"] | None:
        """Close a symbol's positions, or one: True, False, "Partially", None where an answer is missing."""
        asked = self.positions_get(symbol=symbol) if ticket is None else self.positions_get(ticket=ticket)
        done = 0
        for position in asked:
            against = OrderType.BUY if position.type == OrderType.SELL else OrderType.SELL
            result = self._sent(against, symbol, position.volume, None, comment, position.ticket)
            if result is None:
                return None
            done += result.retcode == Retcode.DONE
        if done and done < len(asked):
            return "Partially"
        return done > 0

    def _sent(
        self,
        kind: OrderType,
        symbol: str,
        volume: float,
        price: float | None,
        comment: str | None,
        ticket: int | None,
    ) -> Any:
        """The last of at most ten answers: a moved price is asked for again at once."""
        request: dict[str, Any] = {
            "action": int(TradeAction.DEAL),
            "symbol": symbol,
            "volume": volume,
            "type": int(kind),
            "deviation": _DEVIATION,
        }
        if comment is not None:
            request["comment"] = comment
        if ticket is not None:
            request["position"] = ticket
        result = None
        for _ in range(_TRIES):
            tick = self.symbol_info_tick(symbol) if price is None else None
            if price is None and tick is None:
                return None
            quoted = price if tick is None else tick.ask if kind == OrderType.BUY else tick.bid
            result = self.order_send({**request, "price": quoted})
            if result is None or result.retcode not in _AGAIN:
                break
        return result
