"""A plain trade server for tests of the surface: exact books, one quote at a time, no engine behind it."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

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
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.market.bars import Bars, make_bars
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe
from ictcli.terminals.constants import DealEntry, DealType, OrderState, Retcode, TradeAction

NOON = parse_instant("2026-01-14T12:00:00Z", now=0)
"""A Wednesday; the server's clock shows 14:00."""
SHOWN = NOON // NS_PER_SECOND + 2 * 3600


def spec_of(name: str, **changes: Any) -> SymbolSpec:
    """A currency pair of five digits."""
    own: dict[str, Any] = {
        "name": name, "asset": "fx", "digits": 5, "tick_size": Decimal("0.00001"),
        "contract_size": Decimal(100_000), "base": name[:3], "quote": name[3:6],
        "volume_min": Decimal("0.01"), "volume_max": Decimal(100), "volume_step": Decimal("0.01"),
        "spread": 2, "commission": Decimal(0), "margin": Decimal("0.05"), "calendar": "fx",
        "stops_level": 10, "swap_long": Decimal("-7.2"),
    }  # fmt: skip
    return SymbolSpec(**(own | changes))


EURUSD = spec_of("EURUSD")
USDJPY = spec_of("USDJPY", digits=3, tick_size=Decimal("0.001"))
GOLD = spec_of(
    "XAUUSD", asset="metal", digits=2, tick_size=Decimal("0.05"), contract_size=Decimal(100), calendar="metal"
)


@dataclass
class PlainServer:
    """Deals are done at once at the quote; every answer can be made to get lost.

    Attributes:
        lost: for the next requests: "executed" or "dropped", first one first; the answer of both is lost.
        parts: steps that the next deals get at most.
    """

    login: int = 5_001
    hedging: bool = True
    now: int = NOON
    line: Line = field(default_factory=Line)
    specs: tuple[SymbolSpec, ...] = (EURUSD, USDJPY, GOLD)
    quotes: dict[str, ServerTick] = field(default_factory=dict)
    orders: list[ServerOrder] = field(default_factory=list)
    done: list[ServerOrder] = field(default_factory=list)
    booked: list[ServerDeal] = field(default_factory=list)
    held: list[ServerPosition] = field(default_factory=list)
    bars_of: dict[tuple[str, str], Bars] = field(default_factory=dict)
    ticks_of: list[ServerTick] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    executed: int = 0
    balance: int = 1_000_000

    def account(self) -> ServerAccount:
        return ServerAccount(
            self.login, "Plain-Demo", "USD", 2, self.balance, self.balance + 2_50, 2_50, 50_000,
            self.hedging, 20, 50.0,
        )  # fmt: skip

    def symbols(self) -> tuple[SymbolSpec, ...]:
        return self.specs

    def digits(self, symbol: str) -> int:
        return next(spec.digits for spec in self.specs if spec.name == symbol)

    def tick(self, symbol: str) -> ServerTick:
        return self.quotes.get(symbol, ServerTick(0, 0, 0))

    def bars(self, symbol: str, timeframe: Timeframe) -> Bars:
        return self.bars_of.get((symbol, timeframe.name), minutes(0))

    def ticks(self, symbol: str, start: int, end: int) -> list[ServerTick]:
        return [tick for tick in self.ticks_of if start <= tick.ts <= end]

    def open_orders(self) -> list[ServerOrder]:
        return list(self.orders)

    def done_orders(self, start: int, end: int) -> list[ServerOrder]:
        return [order for order in self.done if start <= order.done <= end]

    def deals(self, start: int, end: int) -> list[ServerDeal]:
        return [deal for deal in self.booked if start <= deal.ts <= end]

    def positions(self) -> list[ServerPosition]:
        return list(self.held)

    def check(self, request: ServerRequest) -> ServerResult:
        tick = self.tick(request.symbol)
        return ServerResult(self._refusal(request) or Retcode.DONE, bid=tick.bid, ask=tick.ask)

    def execute(self, request: ServerRequest) -> ServerResult | None:
        fate = self.lost.pop(0) if self.lost else ""
        if fate == "dropped":
            return None
        code = self._refusal(request)
        result = ServerResult(code) if code else self._do(request)
        return None if fate == "executed" else result

    def _refusal(self, request: ServerRequest) -> int:
        if not request.volume_exact:
            return Retcode.INVALID_VOLUME
        if not request.prices_exact:
            return Retcode.INVALID_PRICE
        if request.action == TradeAction.SLTP:
            found = [one for one in self.held if one.ticket == request.position]
            if not found:
                return Retcode.POSITION_CLOSED
            if (found[0].stop, found[0].target) == (request.stop, request.target):
                return Retcode.NO_CHANGES
        return 0

    def _do(self, request: ServerRequest) -> ServerResult:
        self.executed += 1
        if request.action == TradeAction.DEAL:
            return self._deal(request)
        if request.action == TradeAction.PENDING:
            ticket = self._ticket()
            self.orders.append(self._order(request, ticket, OrderState.PLACED))
            return ServerResult(Retcode.DONE, order=ticket, volume=request.volume, price=request.price)
        if request.action == TradeAction.SLTP:
            self.held = [
                replace(one, stop=request.stop, target=request.target)
                if one.ticket == request.position
                else one
                for one in self.held
            ]
            return ServerResult(Retcode.DONE)
        self.orders = [order for order in self.orders if order.ticket != request.order]
        return ServerResult(Retcode.DONE, order=request.order)

    def _deal(self, request: ServerRequest) -> ServerResult:
        ticket, tick = self._ticket(), self.tick(request.symbol)
        price = tick.ask if request.type == 0 else tick.bid
        part = self.parts.pop(0) if self.parts else request.volume
        order = self._order(request, ticket, OrderState.FILLED)
        order.remaining, order.done = request.volume - part, self.now
        self.done.append(order)
        closes = request.position != 0
        order.position = request.position or ticket
        self.booked.append(
            ServerDeal(
                ticket + 1, ticket, self.now, int(DealType(request.type)),
                int(DealEntry.OUT if closes else DealEntry.IN), request.magic, order.position, 3,
                request.symbol, part, price, -7, 0, 125 if closes else 0, -1, request.comment,
            )
        )  # fmt: skip
        if closes:
            self.held = [one for one in self.held if one.ticket != request.position]
        else:
            self.held.append(
                ServerPosition(
                    ticket, request.symbol, request.type, request.magic, part, price, self.now, self.now,
                    request.stop, request.target, comment=request.comment,
                )
            )  # fmt: skip
        code = Retcode.DONE if part == request.volume else Retcode.DONE_PARTIAL
        return ServerResult(code, ticket, ticket + 1, part, price, tick.bid, tick.ask)

    def _order(self, request: ServerRequest, ticket: int, state: OrderState) -> ServerOrder:
        return ServerOrder(
            ticket, request.symbol, request.type, int(state), request.volume, request.volume, self.now,
            request.price, request.limit, request.stop, request.target, request.filling, request.time_type,
            request.expires, request.magic, comment=request.comment,
        )  # fmt: skip

    def _ticket(self) -> int:
        return 1000 + 10 * (len(self.orders) + len(self.done))


def minutes(count: int, end: int = NOON) -> Bars:
    """Bars of one minute, the last one forming at ``end``."""
    ts = end - NS_PER_MINUTE * np.arange(count - 1, -1, -1, dtype=np.int64)
    price = 110_000 + np.arange(count, dtype=np.int64)
    return make_bars(5, ts, ts + NS_PER_MINUTE, (price, price + 5, price - 5, price + 1))


def quoted(**changes: Any) -> PlainServer:
    """A server with quotes of all symbols."""
    return PlainServer(
        quotes={
            "EURUSD": ServerTick(NOON, 110_000, 110_012, 3),
            "USDJPY": ServerTick(NOON, 150_000, 150_015),
            "XAUUSD": ServerTick(NOON, 200_000, 200_030),
        },
        **changes,
    )


def terminal_of(server: PlainServer, **options: Any) -> SimulatedTerminal:
    """A connected terminal with everything in MarketWatch and no warm-up."""
    terminal = SimulatedTerminal(
        server, options=TerminalOptions(**({"warm_up": 0, "selected": None} | options))
    )
    assert terminal.initialize() is True
    return terminal


def deal(**changes: Any) -> dict[str, Any]:
    """A request to buy a tenth of a lot."""
    return {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "price": 1.10012, "magic": 7} | changes
