"""The common orders once more, in slow plain Python, written from the list of assumptions.

It knows one series on a hedging account without margin: market, limit and stop orders with stop, target, a
number of bars and a time to wait; cancelling and closing; fixed slippage; spreads known and unknown; bars in
pieces. Worst and best open results are watched as they happen, by the rules of docs/backtest.md.
"""

from dataclasses import dataclass, field
from typing import Any

from ictcli.market.bars import Bars
from ictcli.strategies.decisions import CANCEL, CLOSE, ENTER, LIMIT, MARKET, STOP
from tests.engine.worlds import Ask, World

EVERYTHING = -1


@dataclass
class Bar:
    """One bar: bid prices and its spread."""

    number: int
    open: int
    high: int
    low: int
    close: int
    spread: int

    def trade(self, price: str, side: int) -> int:
        """A price of the bar as a buyer (+1) or a seller (-1) gets it."""
        return int(getattr(self, price)) + (self.spread if side > 0 else 0)

    def best(self, side: int) -> int:
        """The price that the holder of a side could have left at best."""
        return self.trade("high", -1) if side > 0 else self.trade("low", 1)

    def worst(self, side: int) -> int:
        """The price that the holder of a side could have left at worst."""
        return self.trade("low", -1) if side > 0 else self.trade("high", 1)


@dataclass
class Order:
    """A waiting order."""

    asked: Any
    owner: int
    placed: int
    serial: int

    @property
    def side(self) -> int:
        """+1 or -1."""
        return int(self.asked["side"])


@dataclass
class Position:
    """An open position."""

    side: int
    owner: int
    setup: int
    stop: int
    target: int
    last_bar: int
    entry: int
    opened: int
    closing: bool = False
    since: int = 0
    """Price from which an exit of the present piece is judged: its open, or the entry in it."""
    rested: bool = False
    """Whether a resting order opened it in the present piece."""
    seen: list[int] = field(default_factory=list)

    def see(self, *prices: int) -> None:
        """Take prices at which the position could have been left."""
        self.seen += prices

    @property
    def ran(self) -> tuple[int, int]:
        """How far it ran against and for its holder."""
        results = [self.side * (price - self.entry) for price in self.seen]
        return max(0, -min(results)), max(0, *results)


class PlainEngine:
    """Plays a world of one series.

    ``deals`` are (bar, side, price, steps, reason, ambiguous); ``ran`` are (first bar, last bar, side, entry,
    adverse excursion, favourable excursion) of trades.
    """

    def __init__(self, world: World, asks: list[Ask]) -> None:
        own = world.terms[0]
        self.slippage, self.steps = int(own["slippage"][0]), int(own["fixed_steps"][0])
        self.most = int(world.rules["most_per_strategy"][0])
        self.asks, self.world = asks, world
        self.orders: list[Order] = []
        self.positions: list[Position] = []
        self.deals: list[tuple[int, int, int, int, str, bool]] = []
        self.ran: list[tuple[int, ...]] = []
        self.result, self.serial = 0, 0

    def run(self) -> None:
        """Take every bar, then close what is open."""
        bars = self.world.bars[0]
        for row in range(len(bars)):
            for bar in self.pieces(row):
                self.play(bar)
            whole = self.bar(bars, row, row)
            for ask in self.asks:
                if ask.decision["bar"][0] == row:
                    self.decide(ask, whole)
        for position in list(self.positions):
            self.leave(position, whole, whole.trade("close", -position.side), "end", slips=True)

    def bar(self, source: Bars, at: int, number: int) -> Bar:
        """A row of bars as bar ``number``."""
        opened, high, low, close = (
            int(getattr(source, name)[at]) for name in ("open", "high", "low", "close")
        )
        spread, typical = int(source.spread[at]), int(self.world.terms[0]["typical_spread"][0])
        return Bar(number, opened, high, low, close, spread if spread >= 0 else typical)

    def pieces(self, row: int) -> list[Bar]:
        """The pieces of a bar where they make it up, else the bar."""
        bars, fine = self.world.bars[0], (self.world.fine or [None])[0]
        whole = self.bar(bars, row, row)
        if fine is None:
            return [whole]
        inside = [
            self.bar(fine, at, row)
            for at in range(len(fine))
            if bars.ts[row] <= fine.ts[at] < bars.ts_close[row]
        ]
        if not inside:
            return [whole]
        high, low = max(one.high for one in inside), min(one.low for one in inside)
        made = (inside[0].open, high, low, inside[-1].close)
        return inside if made == (whole.open, whole.high, whole.low, whole.close) else [whole]

    def play(self, bar: Bar) -> None:
        """What a broker does with a bar."""
        self.orders = [
            one
            for one in self.orders
            if not (one.asked["max_wait"] > 0 and bar.number - one.placed > one.asked["max_wait"])
        ]
        for position in self.positions:
            first = bar.trade("open", -position.side)
            position.since, position.rested = first, False
            position.see(first)
        for position in list(self.positions):
            self.leave_at_open(position, bar)
        for order in sorted(self.orders, key=lambda one: one.serial):
            self.fill_at_open(order, bar)
        for position in list(self.positions):
            self.leave_inside(position, bar)
        while reached := [
            (far, one.serial, one) for one in self.orders if (far := self.reach(one, bar)) is not None
        ]:
            self.fill_inside(min(reached, key=lambda one: one[:2])[2], bar)
        for position in self.positions:
            best = bar.trade("close", -position.side) if position.rested else bar.best(position.side)
            position.see(bar.worst(position.side), best)

    def leave_at_open(self, position: Position, bar: Bar) -> None:
        """Leave at the open what has run out or gapped."""
        first, side = bar.trade("open", -position.side), position.side
        if position.closing:
            self.leave(position, bar, first, "strategy", slips=True)
        elif 0 <= position.last_bar < bar.number:
            self.leave(position, bar, first, "time", slips=True)
        elif position.stop and side * (first - position.stop) <= 0:
            self.leave(position, bar, first, "stop", slips=True)
        elif position.target and side * (first - position.target) >= 0:
            self.leave(position, bar, first, "target", slips=False)

    def leave_inside(self, position: Position, bar: Bar) -> None:
        """Stop first, then target."""
        side = position.side
        wins = bool(position.target) and side * (bar.best(side) - position.target) >= 0
        if position.stop and side * (bar.worst(side) - position.stop) <= 0:
            self.leave(position, bar, position.stop, "stop", slips=True, doubt=wins)
        elif wins:
            self.leave(position, bar, position.target, "target", slips=False)

    def fill_at_open(self, order: Order, bar: Bar) -> None:
        """Fill what the open decides."""
        asked, side, first = order.asked, order.side, bar.trade("open", order.side)
        if asked["order"] == MARKET:
            self.orders.remove(order)
            out, price = bar.trade("open", -side), first + side * self.slippage
            beyond_stop = asked["stop"] and side * (out - asked["stop"]) <= 0
            beyond_target = asked["target"] and side * (price - asked["target"]) >= 0
            if not beyond_stop and not beyond_target:
                self.open(order, bar, price)
        elif asked["order"] == LIMIT and side * (asked["price"] - first) >= 0:
            self.leave_at_open(self.open(order, bar, first), bar)
        elif asked["order"] == STOP and side * (first - asked["price"]) >= 0:
            self.leave_at_open(self.open(order, bar, first + side * self.slippage), bar)

    def reach(self, order: Order, bar: Bar) -> int | None:
        """Points from the open to an order that the bar reaches."""
        side, price = order.side, int(order.asked["price"])
        goes = -side if order.asked["order"] == LIMIT else side
        end = bar.trade("high" if goes > 0 else "low", side)
        return abs(price - bar.trade("open", side)) if goes * (end - price) >= 0 else None

    def fill_inside(self, order: Order, bar: Bar) -> None:
        """Fill inside the bar, and leave in it what must be left."""
        side, price = order.side, int(order.asked["price"])
        stopped_out = order.asked["order"] == STOP
        position = self.open(order, bar, price + (side * self.slippage if stopped_out else 0))
        out = price - side * bar.spread
        if position.stop and side * (out - position.stop) <= 0:
            self.leave(position, bar, out, "stop", slips=True)
        elif position.stop and side * (bar.worst(side) - position.stop) <= 0:
            self.leave(position, bar, position.stop, "stop", slips=True, doubt=stopped_out)
        elif stopped_out:
            self.leave_inside(position, bar)

    def open(self, order: Order, bar: Bar, price: int) -> Position:
        """Open a position with an order."""
        asked = order.asked
        if order in self.orders:
            self.orders.remove(order)
        last = bar.number + int(asked["max_bars"]) - 1 if asked["max_bars"] > 0 else -1
        stop, target = int(asked["stop"]), int(asked["target"])
        position = Position(
            order.side, order.owner, int(asked["setup"]), stop, target, last, price, bar.number
        )
        position.rested = asked["order"] != MARKET
        position.since = price
        if not position.rested:
            position.since = bar.trade("open", -order.side)
            position.see(position.since)
        self.positions.append(position)
        self.deals.append((bar.number, order.side, price, self.steps, "", False))
        return position

    def leave(
        self, position: Position, bar: Bar, price: int, why: str, *, slips: bool, doubt: bool = False
    ) -> None:
        """Close a position."""
        done = price - position.side * (self.slippage if slips else 0)
        self.positions.remove(position)
        position.see(done)
        if why != "end" and position.side * (done - position.since) > 0:
            position.see(bar.worst(position.side))
        self.ran.append((position.opened, bar.number, position.side, position.entry, *position.ran))
        self.result += position.side * (done - position.entry) * self.steps
        self.deals.append((bar.number, -position.side, done, self.steps, why, doubt))

    def decide(self, ask: Ask, bar: Bar) -> None:
        """Take a decision at the close of a bar."""
        asked = ask.decision[0]
        if asked["kind"] == ENTER:
            if self.sound(asked, ask.by, bar):
                self.serial += 1
                self.orders.append(Order(asked, ask.by, bar.number, self.serial))
            return

        def meant(owner: int, setup: int) -> bool:
            return owner == ask.by and (asked["setup"] == EVERYTHING or setup == asked["setup"])

        if asked["kind"] in (CANCEL, CLOSE):
            self.orders = [one for one in self.orders if not meant(one.owner, int(one.asked["setup"]))]
        for position in self.positions:
            if asked["kind"] == CLOSE and meant(position.owner, position.setup):
                position.closing = True

    def sound(self, asked: Any, owner: int, bar: Bar) -> bool:
        """Whether an entry makes sense at this close, and its strategy has room for it."""
        side, order = int(asked["side"]), asked["order"]
        market, slip = bar.trade("close", side), side * self.slippage
        price = int(asked["price"])
        entry = {MARKET: market + slip, LIMIT: price, STOP: price + slip}[int(order)]
        out = bar.trade("close", -side) if order == MARKET else price - side * bar.spread
        if asked["stop"] and side * (out - asked["stop"]) <= 0:
            return False
        if asked["target"] and side * (asked["target"] - entry) <= 0:
            return False
        if order == LIMIT and side * (market - price) <= 0:
            return False
        if order == STOP and side * (price - market) <= 0:
            return False
        held = sum(one.owner == owner and not one.closing for one in self.positions)
        return held + sum(one.owner == owner for one in self.orders) < self.most
