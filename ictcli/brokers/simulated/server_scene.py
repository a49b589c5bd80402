"""What a request is judged by and acts on: records, markets, options, the instant, the engine's book."""

from dataclasses import dataclass, field

import numpy as np

from ictcli.brokers.simulated.market import SymbolMarket
from ictcli.brokers.simulated.phases import remove_order
from ictcli.brokers.simulated.records import ServerOrder, ServerRequest
from ictcli.brokers.simulated.server_book import Book, side_of
from ictcli.brokers.simulated.server_records import Held, ServedSymbol, ServerOptions
from ictcli.engine.records import MOST_ORDERS
from ictcli.engine.world import Output, Quote, World
from ictcli.market.symbols import SymbolSpec
from ictcli.strategies.decisions import DECISION, ENTER, LIMIT, MARKET, NEVER, STOP, STOP_LIMIT, WHOLE, blank
from ictcli.terminals.constants import OrderState

_SPARE = 64
"""Places of closed positions that may be remembered besides twice the open ones."""


@dataclass(slots=True)
class Scene:
    """The server's inside.

    Attributes:
        world: the engine's account.
        symbols, markets: of its series; what a symbol allows may change, its name and contract do not.
        options: how the server behaves.
        book: orders, deals and positions.
        output: where the engine writes.
        now: instant of the last thing that happened, ns UTC.
        parts: ticket and steps of the orders that close a part of a position at the next open, by series.
        answers: of de-duplication: ticket of the order of a magic number and comment.
        under_way: requests that have not arrived yet, each with the instant when it will.
        changes: grows whenever orders, deals or positions change.
        ended: no bar follows: what is asked for is done at the last prices.
        specs: contracts of the symbols.
        leverage: of the account: the highest of a symbol.
    """

    world: World
    symbols: tuple[ServedSymbol, ...]
    markets: tuple[SymbolMarket, ...]
    options: ServerOptions
    book: Book
    output: Output
    now: int
    parts: list[list[tuple[int, int]]]
    answers: dict[str, int] = field(default_factory=dict)
    under_way: list[tuple[int, ServerRequest]] = field(default_factory=list)
    changes: int = 0
    ended: bool = False
    specs: tuple[SymbolSpec, ...] = field(init=False, repr=False)
    leverage: int = field(init=False)
    _numbers: dict[str, int] = field(init=False, repr=False)
    _slots: dict[int, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.specs = tuple(one.spec for one in self.symbols)
        self.leverage = round(max(1 / spec.margin for spec in self.specs))
        self._numbers = {spec.name: s for s, spec in enumerate(self.specs)}

    def series_of(self, symbol: str) -> int:
        """Number of a symbol's series, -1 for none."""
        return self._numbers.get(symbol, -1)

    @property
    def netting(self) -> bool:
        """Whether a symbol has one position."""
        return bool(self.world.rules[0]["netting"] == 1)

    @property
    def at_once(self) -> bool:
        """Whether market orders are done at the quote of the moment."""
        return self.ended or self.options.execution == "immediate"

    def market_price(self, s: int, side: int) -> int:
        """What a market order of a side would be done at."""
        tick = self.markets[s].tick
        return tick.ask if side > 0 else tick.bid

    def leaving_price(self, s: int, side: int) -> int:
        """What a position of a side would be left at."""
        return self.market_price(s, -side)

    def planned(self, s: int, request: ServerRequest) -> int:
        """The price that an order is expected to be filled at: margin and protection are measured there."""
        kind, side = request.type // 2, side_of(request.type)
        if kind == LIMIT:
            return request.price
        if kind == STOP_LIMIT:
            return request.limit
        own = self.world.series[s]
        lost = int(own["slippage"] + self.markets[s].range * own["slippage_share"] // WHOLE)
        start = request.price if kind == STOP else self.market_price(s, side)
        return start + side * lost

    def quote_now(self, s: int) -> Quote:
        """The last prices as a bar without range."""
        tick, ts = self.markets[s].tick, self.now + self.options.latency
        bar = int(self.world.states[s]["bar"])
        return Quote(bar, ts, tick.bid, tick.bid, tick.bid, tick.bid, tick.ask - tick.bid, -1)

    def order_slot(self, s: int, ticket: int) -> int:
        """Where the engine keeps an order, -1 when it does not."""
        for slot in range(int(self.world.states[s]["order_end"])):
            own = self.world.orders[s, slot]
            if own["live"] == 1 and self.book.numbers.get(int(own["number"])) == ticket:
                return slot
        return -1

    def position_slot(self, held: Held) -> int:
        """Where the engine keeps a position, which stays there while it is open."""
        rows, known = self.world.positions[held.series], self._slots.get(held.number, 0)
        if rows["number"][known] != held.number or rows["live"][known] != 1:
            known = int(np.flatnonzero((rows["live"] == 1) & (rows["number"] == held.number))[0])
            if len(self._slots) > 2 * len(self.book.held) + _SPARE:
                self._slots.clear()  # most are of positions that are closed
            self._slots[held.number] = known
        return known

    def place(self, s: int, order: ServerOrder, steps: int, planned: int) -> int:
        """Put an order into the engine's book as its desk does; its slot."""
        world = self.world
        slot = int(np.flatnonzero(world.orders[s]["live"] == 0)[0])
        account, state, own = world.account[0], world.states[s], world.orders[s, slot]
        account["orders"] += 1
        account["orders_today"] += 1
        state["orders"] += 1
        state["order_end"] = max(int(state["order_end"]), slot + 1)
        asked = np.zeros(1, DECISION)
        blank(asked, 0, int(state["bar"]) - 1, ENTER, 0, side_of(order.type))
        asked["order"], asked["expires"], asked["steps"] = order.type // 2, order.expires or NEVER, steps
        asked["price"] = order.price if order.type // 2 != MARKET else 0
        asked["limit"], asked["stop"], asked["target"] = order.limit, order.stop, order.target
        own["asked"] = asked[0]
        own["live"], own["number"], own["owner"], own["row"] = 1, account["orders"], 0, 0
        own["placed"], own["steps"], own["filled"] = state["bar"] - 1, steps, 0
        own["triggered"], own["position"], own["tried"], own["planned"] = 0, 0, 0, planned
        self.book.numbers[int(account["orders"])] = order.ticket
        return slot

    def has_room(self, s: int) -> bool:
        """Whether the engine can keep one more order of a series."""
        return bool(self.world.states[s]["orders"] < MOST_ORDERS)

    def withdraw(self, order: ServerOrder, state: OrderState) -> None:
        """Take an order off the book."""
        s = self.series_of(order.symbol)
        slot = self.order_slot(s, order.ticket)
        if slot >= 0:
            remove_order(self.world, s, slot)
        self.forget_close(s, order)
        self.book.finish(order, self.now, state, self.now)

    def forget_close(self, s: int, order: ServerOrder) -> None:
        """Let a position stay that an order was to close."""
        self.parts[s] = [one for one in self.parts[s] if one[0] != order.ticket]
        for held in self.book.held.values():
            if held.closing == order.ticket:
                held.closing = 0
                self.world.positions[held.series, self.position_slot(held)]["leave"] = 0
