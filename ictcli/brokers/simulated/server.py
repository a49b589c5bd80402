"""The simulated trade server: an account of the engine's own, asked by requests and driven by bars.

Its fills are the engine's, so what is traded here equals a backtest to the last digit (docs:
simulated-server.md).
"""

from dataclasses import replace

from ictcli.brokers.simulated.records import (
    ServerAccount,
    ServerDeal,
    ServerOrder,
    ServerPosition,
    ServerRequest,
    ServerResult,
    ServerTick,
)
from ictcli.brokers.simulated.server_checks import refusal
from ictcli.brokers.simulated.server_drive import DrivenAccount
from ictcli.brokers.simulated.server_requests import answer, asked_series, handle
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.brokers.simulated.server_views import account_of, positions_of
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe
from ictcli.terminals.constants import Retcode


class TradeServer(DrivenAccount):
    """One account at a simulated broker: what ``records.Server`` asks for, over a driven account."""

    def account(self) -> ServerAccount:
        """The account at the prices of the moment."""
        return account_of(self.scene)

    def symbols(self) -> tuple[SymbolSpec, ...]:
        """Contracts of all symbols."""
        return self.scene.specs

    def digits(self, symbol: str) -> int:
        """Decimals of a symbol's prices."""
        return self.scene.symbols[_series(self.scene, symbol)].digits

    def tick(self, symbol: str) -> ServerTick:
        """Last prices."""
        return self.scene.markets[_series(self.scene, symbol)].tick

    def bars(self, symbol: str, timeframe: Timeframe) -> Bars:
        """All bars so far, the forming one last; they share memory that the next bar overwrites."""
        return self.scene.markets[_series(self.scene, symbol)].bars(timeframe)

    def ticks(self, symbol: str, start: int, end: int) -> list[ServerTick]:
        """Ticks from ``start`` to ``end``, ns UTC, both included."""
        return self.scene.markets[_series(self.scene, symbol)].ticks(start, end)

    def open_orders(self) -> list[ServerOrder]:
        """Orders that wait, those to close a position included, the oldest first."""
        return [self.scene.book.orders[ticket] for ticket in sorted(self.scene.book.orders)]

    def done_orders(self, start: int, end: int) -> list[ServerOrder]:
        """Orders that were over from ``start`` to ``end``, ns UTC, both included."""
        return self.scene.book.history.orders_between(start, end)

    def deals(self, start: int, end: int) -> list[ServerDeal]:
        """Deals from ``start`` to ``end``, ns UTC, both included."""
        return self.scene.book.history.deals_between(start, end)

    def positions(self) -> list[ServerPosition]:
        """Open positions at the prices of the moment, by ticket."""
        return positions_of(self.scene)

    def check(self, request: ServerRequest) -> ServerResult:
        """What would be refused, without doing anything; 0 where nothing is."""
        code = refusal(self.scene, request)
        found = answer(self.scene, asked_series(self.scene, request), code or Retcode.DONE)
        return found if code is not None else replace(found, retcode=0)

    def execute(self, request: ServerRequest, part: int = 0) -> ServerResult:
        """Refuse a request or do it.

        Args:
            request: what is asked.
            part: steps of a deal that can be had; 0 for all.
        """
        return handle(self.scene, request, part)

    def send(self, request: ServerRequest, arrives: int) -> None:
        """Put a request on its way that arrives at an instant, ns UTC; nobody learns the answer."""
        self.scene.under_way.append((arrives, request))


def _series(scene: Scene, symbol: str) -> int:
    s = scene.series_of(symbol)
    if s < 0:
        raise KeyError(symbol)
    return s
