"""The market around an account: prices that walk, resting orders and stops they reach, and other hands."""

from random import Random

from ictcli.clock import NS_PER_SECOND
from ictcli.trading.simulation.books import (
    BALANCE,
    BUY,
    BY_STOP,
    BY_TARGET,
    CANCELLED,
    CLIENT,
    IN,
    OPENING,
    SELL,
    Ask,
    Deal,
    Order,
    Position,
)
from ictcli.trading.simulation.matching import Matching

TICK = 2 * NS_PER_SECOND


class Market:
    """Acts on the books every two seconds.

    Args:
        matching: the books.
        random: of the walk.

    Attributes:
        hands: people and stops act at the account, too.
        open: prices move and resting orders fill.
        quoted: instant of the last prices, ns UTC.
    """

    def __init__(self, matching: Matching, random: Random) -> None:
        self._matching, self._random = matching, random
        self.hands, self.open = False, True
        self.quoted = matching.schedule.now
        matching.schedule.plan(TICK, self._tick)

    def _tick(self) -> None:
        self._matching.schedule.plan(TICK, self._tick)
        if not self.open:
            return
        for symbol in self._matching.prices:
            self._matching.prices[symbol] += self._random.randrange(-15, 16)
        self.quoted = self._matching.schedule.now
        for order in [order for order in self._matching.books.orders.values() if order.type > SELL]:
            self._trigger(order)
        for position in list(self._matching.books.positions.values()):
            self._stops(position)
        if self.hands:
            self._hand(self._matching.faults.draw("hand"))

    def _trigger(self, order: Order) -> None:
        side = OPENING[order.type]
        market = self._matching.ask(order.symbol) if side > 0 else self._matching.bid(order.symbol)
        limit = order.type in {2, 3}
        if (market - order.price) * side * (1 if limit else -1) > 0:
            return
        partial = order.remaining > 1 and self._matching.faults.draw("resting") == "partial"
        self._matching.fill(
            order, order.remaining // 2 if partial else order.remaining, order.price if limit else market
        )

    def _stops(self, position: Position) -> None:
        side = OPENING[position.type]
        price = self._matching.bid(position.symbol) if side > 0 else self._matching.ask(position.symbol)
        if position.stop and (price - position.stop) * side <= 0:
            self._close_for(position, price, position.magic, BY_STOP)
        elif position.target and (price - position.target) * side >= 0:
            self._close_for(position, price, position.magic, BY_TARGET)

    def _close_for(self, position: Position, price: int, magic: int, reason: int) -> None:
        ask = Ask(
            1, position.symbol, SELL if position.type == BUY else BUY, position.volume, magic=magic,
            position=position.ticket, comment=f"[sl {price}]" if reason == BY_STOP else "",
        )  # fmt: skip
        order = self._matching.make_order(ask)
        order.reason = reason
        self._matching.fill(order, order.volume, price)

    def _hand(self, what: str) -> None:
        """What people do at the same account, and stops that are hit."""
        books, pick = self._matching.books, self._matching.faults.random.randrange
        if what == "deposit":
            now = self._matching.schedule.now
            books.deals.append(
                Deal(
                    books.ticket(),
                    0,
                    now,
                    now + self._matching.filed(),
                    BALANCE,
                    IN,
                    0,
                    0,
                    CLIENT,
                    "",
                    0,
                    0,
                    profit=5000,
                )
            )
            books.balance += 5000
        elif what == "foreign trade":
            order = self._matching.make_order(Ask(1, next(iter(self._matching.prices)), BUY, 1 + pick(5)))
            order.reason = CLIENT
            self._matching.fill(order, order.volume, self._matching.ask(order.symbol))
        elif what == "withdrawn" and (resting := [o for o in books.orders.values() if o.type > SELL]):
            self._matching.finish(resting[pick(len(resting))], CANCELLED)
        elif what in {"closed by hand", "stopped"} and books.positions:
            position = list(books.positions.values())[pick(len(books.positions))]
            stopped = what == "stopped"
            reason, magic = (BY_STOP, position.magic) if stopped else (CLIENT, 0)
            self._close_for(position, self._matching.bid(position.symbol), magic, reason)
