"""What a trade server does with orders it has: fills, positions, deals, money, and what shows when."""

from dataclasses import replace

from ictcli.clock import NS_PER_SECOND
from ictcli.trading.simulation.books import (
    BUY,
    FILLED,
    IN,
    OPENING,
    OUT,
    PARTIAL,
    PLACED,
    SELL,
    Ask,
    Books,
    Deal,
    Order,
    Position,
)
from ictcli.trading.simulation.faults import Faults
from ictcli.trading.simulation.schedule import Schedule

MS = NS_PER_SECOND // 1000
SPREAD = 12
COMMISSION = 3
"""Cents a step and side."""
LATEST_FILING = 10 * NS_PER_SECOND
"""Longest time between an event and its place in the terminal's history."""


class Matching:
    """The books of one hedging account and how they change.

    Args:
        schedule: the clock.
        faults: how late lists and history show what happened.
        prices: bids by symbol, points.
    """

    def __init__(self, schedule: Schedule, faults: Faults, prices: dict[str, int]) -> None:
        self.schedule, self.faults, self.prices = schedule, faults, prices
        self.books = Books(balance=1_000_000)

    def bid(self, symbol: str) -> int:
        """The best bid, points."""
        return self.prices[symbol]

    def ask(self, symbol: str) -> int:
        """The best offer, points."""
        return self.prices[symbol] + SPREAD

    def make_order(self, ask: Ask) -> Order:
        """Take an order into the books."""
        now = self.schedule.now
        order = Order(
            self.books.ticket(), ask.symbol, ask.type, ask.volume, ask.volume, now, now + self._shown(),
            magic=ask.magic, price=ask.price, stop=ask.stop, target=ask.target, position=ask.position,
            comment=ask.comment,
        )  # fmt: skip
        self.books.orders[order.ticket] = order
        return order

    def fill(self, order: Order, volume: int, price: int) -> Deal:
        """Execute a part of an order, or all that is left."""
        order.remaining -= volume
        closing = self.books.positions.get(order.position) if order.position else None
        is_close = closing is not None and OPENING[order.type] != OPENING[closing.type]
        profit = (
            self._close(closing, volume, price) if closing and is_close else self._open(order, volume, price)
        )
        deal = self._book(order, OUT if is_close else IN, volume, price, profit)
        order.state = PARTIAL
        if order.remaining == 0:
            self.finish(order, FILLED)
        return deal

    def _open(self, order: Order, volume: int, price: int) -> int:
        position = self.books.positions.get(order.ticket)
        if position is None:
            order.position = order.position or order.ticket
            now = self.schedule.now
            position = Position(
                order.ticket, order.symbol, BUY if OPENING[order.type] > 0 else SELL, order.magic, 0, 0, now,
                now + self._shown(), order.stop, order.target,
            )  # fmt: skip
            self.books.positions[order.ticket] = position
        position.volume += volume
        position.cost += volume * price
        return 0

    def _close(self, position: Position, volume: int, price: int) -> int:
        share = round(position.cost * volume / position.volume)
        if volume == position.volume:
            self._haunt(replace(position))
        position.cost -= share
        position.volume -= volume
        if position.volume == 0:
            del self.books.positions[position.ticket]
        return (volume * price - share) * OPENING[position.type]

    def _book(self, order: Order, entry: int, volume: int, price: int, profit: int) -> Deal:
        now = self.schedule.now
        side = BUY if OPENING[order.type] > 0 else SELL
        deal = Deal(
            self.books.ticket(), order.ticket, now, now + self.filed(), side, entry, order.magic,
            order.position or order.ticket, order.reason, order.symbol, volume, price, -COMMISSION * volume,
            profit, order.comment,
        )  # fmt: skip
        self.books.deals.append(deal)
        self.books.balance += profit - COMMISSION * volume
        return deal

    def finish(self, order: Order, state: int) -> None:
        """End an order."""
        if order.type > SELL:
            self._haunt(replace(order, state=PLACED, remaining=max(order.remaining, 1)))
        order.state, order.done = state, self.schedule.now
        order.filed = order.done + self.filed()
        self.books.orders.pop(order.ticket, None)
        self.books.done.append(order)

    def _haunt(self, ghost: Order | Position) -> None:
        if self.faults.draw("ghost"):
            self.books.ghosts.append((self.schedule.now + self.lag(3), ghost))

    def _shown(self) -> int:
        return self.lag(2) if self.faults.draw("shown") else 0

    def filed(self) -> int:
        """How much later the history shows an event, ns."""
        if self.faults.draw("shown"):
            return self.faults.random.randrange(1000) * LATEST_FILING // 1000
        return 0

    def lag(self, seconds: int) -> int:
        """A random time up to so many seconds, ns."""
        return self.faults.random.randrange(50, 1000 * seconds) * MS
