"""A trade server as seen through a bad line: history that lags, comments rewritten, another account."""

from dataclasses import replace

from ictcli.brokers.simulated.faults import FaultPlan
from ictcli.brokers.simulated.records import (
    Line,
    ServerAccount,
    ServerDeal,
    ServerOrder,
    ServerPosition,
    ServerRequest,
    ServerResult,
    ServerTick,
)
from ictcli.brokers.simulated.server import TradeServer
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe

LONG_AGO = -(2**62)
_KEPT = 8
"""Characters that a cut comment keeps."""


class SeenServer:
    """What a terminal sees of a server; whoever drives bars drives ``inner``.

    Args:
        inner: the server that executes.
        plan: what goes wrong.
    """

    def __init__(self, inner: TradeServer, plan: FaultPlan) -> None:
        self.inner, self.plan = inner, plan
        self.down_until = self.away_until = LONG_AGO
        self._delays = plan.rng.spawn(1)[0]
        self._shown_from: dict[int, int] = {}

    @property
    def line(self) -> Line:
        """The line to the terminal as it is now."""
        self.inner.line.connected = self.now >= self.down_until
        return self.inner.line

    @line.setter
    def line(self, line: Line) -> None:
        self.inner.line = line

    @property
    def now(self) -> int:
        """Instant of the last thing that happened, ns UTC."""
        return self.inner.now

    @property
    def away(self) -> bool:
        """Whether the terminal is logged in to another account, which has never traded."""
        return self.now < self.away_until

    def account(self) -> ServerAccount:
        """The account that is logged in."""
        own = self.inner.account()
        return replace(own, login=own.login + 1) if self.away else own

    def symbols(self) -> tuple[SymbolSpec, ...]:
        """Contracts of all symbols."""
        return self.inner.symbols()

    def digits(self, symbol: str) -> int:
        """Decimals of a symbol's prices."""
        return self.inner.digits(symbol)

    def tick(self, symbol: str) -> ServerTick:
        """Last prices."""
        return self.inner.tick(symbol)

    def bars(self, symbol: str, timeframe: Timeframe) -> Bars:
        """Bars so far."""
        return self.inner.bars(symbol, timeframe)

    def ticks(self, symbol: str, start: int, end: int) -> list[ServerTick]:
        """Ticks of a span."""
        return self.inner.ticks(symbol, start, end)

    def open_orders(self) -> list[ServerOrder]:
        """Orders that wait."""
        found = [] if self.away else self.inner.open_orders()
        return [replace(one, comment=self._comment(one.comment)) for one in found]

    def done_orders(self, start: int, end: int) -> list[ServerOrder]:
        """Orders that are over and seen in history already."""
        found = [] if self.away else self.inner.done_orders(start, end)
        shown = [one for one in found if self._visible(one.ticket)]
        return [replace(one, comment=self._comment(one.comment)) for one in shown]

    def deals(self, start: int, end: int) -> list[ServerDeal]:
        """Deals that are seen in history already."""
        found = [] if self.away else self.inner.deals(start, end)
        shown = [one for one in found if self._visible(one.ticket)]
        return [replace(one, comment=self._comment(one.comment)) for one in shown]

    def positions(self) -> list[ServerPosition]:
        """Open positions."""
        found = [] if self.away else self.inner.positions()
        return [replace(one, comment=self._comment(one.comment)) for one in found]

    def check(self, request: ServerRequest) -> ServerResult:
        """What would be refused."""
        return self.inner.check(request)

    def _comment(self, comment: str) -> str:
        """What the broker leaves of a comment."""
        how = self.plan.rates.comments
        if how == "kept":
            return comment
        return comment[:_KEPT] if how == "cut" else "broker"

    def _visible(self, ticket: int) -> bool:
        """Whether history shows an order or a deal that somebody looks for now."""
        most = self.plan.rates.history_delay
        if most == 0:
            return True
        if ticket not in self._shown_from:
            self._shown_from[ticket] = self.now + int(self._delays.integers(0, most + 1))
        return self.now >= self._shown_from[ticket]
