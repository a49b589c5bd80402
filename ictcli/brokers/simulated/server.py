"""The simulated trade server: an account of the engine's own, asked by requests and driven by bars.

Its fills are the engine's, so what is traded here equals a backtest to the last digit (docs:
simulated-server.md).
"""

from ictcli.brokers.simulated.records import (
    ServerAccount,
    ServerDeal,
    ServerOrder,
    ServerPosition,
    ServerRequest,
    ServerResult,
    ServerTick,
)
from ictcli.brokers.simulated.server_checks import refusal, symbol_of
from ictcli.brokers.simulated.server_drive import DrivenAccount
from ictcli.brokers.simulated.server_requests import answer, perform
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.brokers.simulated.server_views import account_of, positions_of
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe
from ictcli.terminals.constants import Retcode, TradeAction


class TradeServer(DrivenAccount):
    """One account at a simulated broker: what ``records.Server`` asks for, over a driven account."""

    def account(self) -> ServerAccount:
        """The account at the prices of the moment."""
        return account_of(self.scene)

    def symbols(self) -> tuple[SymbolSpec, ...]:
        """Contracts of all symbols."""
        return tuple(one.spec for one in self.scene.symbols)

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
        s = _asked(self.scene, request)
        if code is not None:
            return answer(self.scene, s, code)
        done = answer(self.scene, s, Retcode.DONE)
        return ServerResult(0, bid=done.bid, ask=done.ask, comment=done.comment)

    def execute(self, request: ServerRequest, part: int = 0) -> ServerResult:
        """Refuse a request or do it.

        Args:
            request: what is asked.
            part: steps of a deal that can be had; 0 for all.
        """
        scene, s = self.scene, _asked(self.scene, request)
        code = refusal(scene, request)
        if code is not None:
            return answer(scene, s, code)
        new = request.action in (TradeAction.DEAL, TradeAction.PENDING) and request.magic != 0
        key = f"{request.magic} {request.comment}"
        if scene.options.deduplicates and new and key in scene.answers:
            return answer(scene, s, Retcode.DONE, scene.answers[key])
        self.changes += 1
        result = perform(scene, s, request, part)
        if new:
            scene.answers[key] = result.order
        return result


def _asked(scene: Scene, request: ServerRequest) -> int:
    """Series of the symbol that a request is about, -1 for none."""
    symbol = symbol_of(scene, request)
    return -1 if isinstance(symbol, Retcode) else scene.series_of(symbol)


def _series(scene: Scene, symbol: str) -> int:
    s = scene.series_of(symbol)
    if s < 0:
        raise KeyError(symbol)
    return s
