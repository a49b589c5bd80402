"""Orders and positions that the market is too near to for a change (freeze level, MT5.md 4.3)."""

from typing import Any

from ictcli.brokers.mt5.calls import Calls
from ictcli.brokers.mt5.fitness import Unfit, points
from ictcli.brokers.mt5.numbers import exact
from ictcli.brokers.requests import Amend, Protect, Request
from ictcli.terminals.constants import Retcode


def refuse_frozen(calls: Calls, request: Request, info: Any) -> None:
    """Refuse an amendment or new protection within the freeze level.

    Args:
        calls: the terminal's functions; the order or position is read where the symbol has such a level.
        request: what is asked.
        info: ``SymbolInfo`` of the moment.

    Raises:
        Unfit: 10029.
        SourceUnavailable: the order or position cannot be read.
    """
    level = int(info.trade_freeze_level)
    if level <= 0 or not isinstance(request, Amend | Protect):
        return
    if isinstance(request, Amend):
        found = calls.read("orders_get", ticket=request.order)
    else:
        found = calls.read("positions_get", ticket=request.position)
    for what in found:
        market, prices = _exposed(request, info, what)
        near = [price for price in prices if points(market, price, info) <= level]
        if near:
            raise Unfit(
                Retcode.FROZEN,
                f"the market at {exact(market)} is within {level} points of {exact(near[0])}, "
                f"where {info.name} freezes it",
            )


def _exposed(request: Request, info: Any, what: Any) -> tuple[float, list[float]]:
    """The side of the market that would trigger it, and the prices at which it would."""
    buys = int(what.type) % 2 == 0
    if isinstance(request, Protect):
        return float(info.bid if buys else info.ask), [price for price in (what.sl, what.tp) if price]
    return float(info.ask if buys else info.bid), [what.price_open]
