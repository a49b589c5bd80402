"""Which filling mode an order of a symbol goes with: a ladder, tried once and remembered (MT5.md 4.3)."""

from collections.abc import Callable
from typing import Any

from ictcli.terminals.constants import OrderFilling, Retcode
from ictcli.terminals.symbol_constants import SymbolFilling, SymbolTradeExecution

Try = Callable[[int], int | None]
"""Return code of ``order_check`` with a filling mode; None when it was not answered."""


def ladder(info: Any, *, pending: bool) -> tuple[int, ...]:
    """The filling modes that a symbol should take, the best first.

    A market order should fill whole (FOK), else at once as far as it goes (IOC), else stay (RETURN); a
    resting order stays. ``SymbolInfo.filling_mode`` counts only where execution is market or exchange, and
    a market order of market execution cannot stay.
    """
    if pending:
        return OrderFilling.RETURN, OrderFilling.FOK, OrderFilling.IOC
    execution, mask = int(info.trade_exemode), int(info.filling_mode)
    if execution in (SymbolTradeExecution.REQUEST, SymbolTradeExecution.INSTANT):
        return OrderFilling.FOK, OrderFilling.IOC, OrderFilling.RETURN
    found = [
        filling
        for bit, filling in ((SymbolFilling.FOK, OrderFilling.FOK), (SymbolFilling.IOC, OrderFilling.IOC))
        if mask & bit
    ]
    if execution == SymbolTradeExecution.EXCHANGE:
        found.append(OrderFilling.RETURN)
    return tuple(found)


class Fillings:
    """What each symbol took, by kind of order."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, bool], int] = {}
        self._refused: dict[tuple[str, bool], set[int]] = {}

    def choose(self, info: Any, attempt: Try, *, pending: bool) -> int | None:
        """The filling mode to send with; None when the symbol refused all of its ladder.

        Args:
            info: ``SymbolInfo``.
            attempt: asks ``order_check`` about this order with a filling mode.
            pending: a resting order, not one at the market.
        """
        key = (str(info.name), pending)
        if key in self._taken:
            return self._taken[key]
        refused = self._refused.setdefault(key, set())
        for filling in ladder(info, pending=pending):
            if filling in refused:
                continue
            code = attempt(filling)
            if code == Retcode.INVALID_FILL:
                refused.add(filling)
                continue
            if code == 0:
                self._taken[key] = filling
            return filling
        return None

    def refuse(self, symbol: str, filling: int, *, pending: bool) -> None:
        """Remember that the server refused a filling mode, whatever the check had said."""
        key = (symbol, pending)
        self._taken.pop(key, None)
        self._refused.setdefault(key, set()).add(filling)

    def forget(self) -> None:
        """Begin anew, as after a new connection: symbols may have been changed."""
        self._taken.clear()
        self._refused.clear()
