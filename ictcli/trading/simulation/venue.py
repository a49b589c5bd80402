"""A broker that trades: prices that walk, orders that fill whole or in parts, cancels that lose races.

Answers are MT5 return codes. With ``deduplicates`` a request that makes an order is carried out once per
magic number, without it as often as it arrives; MT5 does the latter, and a venue that does the former hides
the worst mistakes (RELIABILITY.md 4.3).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ictcli.clock import NS_PER_SECOND
from ictcli.trading.simulation.books import (
    BALANCE,
    BUY,
    BY_STOP,
    BY_TARGET,
    CANCELLED,
    CLIENT,
    FILLED,
    IN,
    OPENING,
    OUT,
    PARTIAL,
    PLACED,
    REJECTED,
    SELL,
    Books,
    Deal,
    Order,
    Position,
)  # fmt: skip
from ictcli.trading.simulation.faults import Faults
from ictcli.trading.simulation.schedule import Schedule

MS = NS_PER_SECOND // 1000
TICK = 2 * NS_PER_SECOND
SPREAD = 12
COMMISSION = 3
"""Cents a step and side."""
REFUSALS = {"requote": 10004, "reject": 10006, "too many": 10024, "closed": 10018, "no money": 10019}
LATEST_FILING = 10 * NS_PER_SECOND
"""Longest time between an event and its place in the terminal's history."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request in the venue's units; fields as MT5 names them."""

    action: int
    symbol: str = ""
    type: int = 0
    volume: int = 0
    price: int = 0
    stop: int = 0
    target: int = 0
    magic: int = 0
    order: int = 0
    position: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the venue says at once."""

    code: int
    order: int = 0
    deal: int = 0
    volume: int = 0
    price: int = 0


class Venue:
    """The trade server of one hedging account.

    Attributes:
        hands: people and stops act at it, too.
        open: prices move and resting orders fill.
    """

    def __init__(
        self,
        schedule: Schedule,
        faults: Faults,
        market: Random,
        prices: dict[str, int],
        *,
        deduplicates: bool,
    ) -> None:
        self.schedule = schedule
        self.faults = faults
        self.deduplicates = deduplicates
        self.books = Books(balance=1_000_000)
        self.prices = prices
        self.quoted = schedule.now
        self.hands, self.open = False, True
        self._market = market
        self._answers: dict[int, Answer] = {}
        self._actions: dict[int, Callable[[Ask], Answer]] = {
            1: self._deal, 5: self._rest, 6: self._protect, 7: self._modify, 8: self._remove,
        }  # fmt: skip
        schedule.plan(TICK, self._tick)

    def bid(self, symbol: str) -> int:
        """The best bid, points."""
        return self.prices[symbol]

    def ask(self, symbol: str) -> int:
        """The best offer, points."""
        return self.prices[symbol] + SPREAD

    def execute(self, ask: Ask) -> Answer:
        """Carry a request out as it arrives."""
        makes_order = ask.action in {1, 5}
        if self.deduplicates and makes_order and ask.magic in self._answers:
            return self._answers[ask.magic]
        perform = self._actions.get(ask.action)
        answer = perform(ask) if perform else Answer(10013)
        if makes_order and answer.code in {10008, 10009, 10010}:
            self._answers[ask.magic] = answer
        return answer

    def _deal(self, ask: Ask) -> Answer:
        position = self.books.positions.get(ask.position)
        if ask.position and position is None:
            return Answer(10036)
        if position is not None and (
            ask.volume > position.volume or OPENING[ask.type] == OPENING[position.type]
        ):
            return Answer(10038)
        kind = self.faults.draw("execution")
        if kind in REFUSALS:
            return Answer(REFUSALS[kind])
        order = self._order(ask)
        if kind == "placed":
            self.schedule.plan(self._lag(3), lambda: self._market_fill(order, partial=False))
            return Answer(10008, order=order.ticket)
        partial = kind == "partial" and order.volume > 1
        deal = self._market_fill(order, partial=partial)
        if deal is None:
            return Answer(10036)
        return Answer(10010 if partial else 10009, order.ticket, deal.ticket, deal.volume, deal.price)

    def _market_fill(self, order: Order, *, partial: bool) -> Deal | None:
        side = OPENING[order.type]
        price = self.ask(order.symbol) if side > 0 else self.bid(order.symbol)
        volume = order.volume // 2 if partial else order.volume
        position = self.books.positions.get(order.position)
        if order.position and (position is None or position.volume < order.volume):
            self._finish(order, REJECTED)
            return None
        deal = self._fill(order, volume, price)
        if order.remaining:
            self._finish(order, CANCELLED)
        return deal

    def _rest(self, ask: Ask) -> Answer:
        side, level = OPENING[ask.type], ask.price
        limit = ask.type in {2, 3}
        market = self.ask(ask.symbol) if side > 0 else self.bid(ask.symbol)
        if (market - level) * side * (1 if limit else -1) <= 0:
            return Answer(10015)
        kind = self.faults.draw("execution")
        if kind in REFUSALS:
            return Answer(REFUSALS[kind])
        return Answer(10009, order=self._order(ask).ticket)

    def _order(self, ask: Ask) -> Order:
        now = self.schedule.now
        order = Order(
            self.books.ticket(), ask.symbol, ask.type, ask.volume, ask.volume, now, now + self._shown(),
            magic=ask.magic, price=ask.price, stop=ask.stop, target=ask.target, position=ask.position,
            comment=ask.comment,
        )  # fmt: skip
        self.books.orders[order.ticket] = order
        return order

    def _protect(self, ask: Ask) -> Answer:
        position = self.books.positions.get(ask.position)
        if position is None:
            return Answer(10036)
        if refused := self._refused(same=(position.stop, position.target) == (ask.stop, ask.target)):
            return refused
        position.stop, position.target = ask.stop, ask.target
        return Answer(10009)

    def _modify(self, ask: Ask) -> Answer:
        order = self.books.orders.get(ask.order)
        if order is None:
            return Answer(10013)
        same = (order.price, order.stop, order.target) == (ask.price, ask.stop, ask.target)
        if refused := self._refused(same=same):
            return refused
        order.price, order.stop, order.target = ask.price, ask.stop, ask.target
        return Answer(10009, order=order.ticket)

    def _refused(self, *, same: bool) -> Answer | None:
        if same or self.faults.draw("change") == "no changes":
            return Answer(10025) if same else None
        return Answer(10029) if self.faults.draw("change") == "refused" else None

    def _remove(self, ask: Ask) -> Answer:
        order = self.books.orders.get(ask.order)
        if order is None or order.type in {BUY, SELL}:
            return Answer(10013)
        race = self.faults.draw("cancel")
        if race == "refused":
            return Answer(10029)
        if race == "filled first":
            self._fill(order, order.remaining, order.price)
            return Answer(10013)
        if race == "partly filled first" and order.remaining > 1:
            self._fill(order, order.remaining // 2, order.price)
        self._finish(order, CANCELLED)
        return Answer(10009, order=order.ticket)

    def _fill(self, order: Order, volume: int, price: int) -> Deal:
        order.remaining -= volume
        closing = self.books.positions.get(order.position) if order.position else None
        is_close = closing is not None and OPENING[order.type] != OPENING[closing.type]
        profit = (
            self._close(closing, volume, price) if closing and is_close else self._open(order, volume, price)
        )
        deal = self._book(order, OUT if is_close else IN, volume, price, profit)
        order.state = PARTIAL
        if order.remaining == 0:
            self._finish(order, FILLED)
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
            self.books.ticket(), order.ticket, now, now + self._filed(), side, entry, order.magic,
            order.position or order.ticket, order.reason, order.symbol, volume, price, -COMMISSION * volume,
            profit, order.comment,
        )  # fmt: skip
        self.books.deals.append(deal)
        self.books.balance += profit - COMMISSION * volume
        return deal

    def _finish(self, order: Order, state: int) -> None:
        if order.type > SELL:
            self._haunt(replace(order, state=PLACED, remaining=max(order.remaining, 1)))
        order.state, order.done = state, self.schedule.now
        order.filed = order.done + self._filed()
        self.books.orders.pop(order.ticket, None)
        self.books.done.append(order)

    def _haunt(self, ghost: Order | Position) -> None:
        if self.faults.draw("ghost"):
            self.books.ghosts.append((self.schedule.now + self._lag(3), ghost))

    def _shown(self) -> int:
        return self._lag(2) if self.faults.draw("shown") else 0

    def _filed(self) -> int:
        if self.faults.draw("shown"):
            return self.faults.random.randrange(1000) * LATEST_FILING // 1000
        return 0

    def _lag(self, seconds: int) -> int:
        return self.faults.random.randrange(50, 1000 * seconds) * MS

    def _tick(self) -> None:
        self.schedule.plan(TICK, self._tick)
        if not self.open:
            return
        for symbol in self.prices:
            self.prices[symbol] += self._market.randrange(-15, 16)
        self.quoted = self.schedule.now
        for order in [order for order in self.books.orders.values() if order.type > SELL]:
            self._trigger(order)
        for position in list(self.books.positions.values()):
            self._stops(position)
        if self.hands:
            self._hand(self.faults.draw("hand"))

    def _trigger(self, order: Order) -> None:
        side = OPENING[order.type]
        market = self.ask(order.symbol) if side > 0 else self.bid(order.symbol)
        limit = order.type in {2, 3}
        if (market - order.price) * side * (1 if limit else -1) > 0:
            return
        partial = order.remaining > 1 and self.faults.draw("resting") == "partial"
        self._fill(
            order, order.remaining // 2 if partial else order.remaining, order.price if limit else market
        )

    def _stops(self, position: Position) -> None:
        side = OPENING[position.type]
        price = self.bid(position.symbol) if side > 0 else self.ask(position.symbol)
        if position.stop and (price - position.stop) * side <= 0:
            self._close_for(position, price, position.magic, BY_STOP)
        elif position.target and (price - position.target) * side >= 0:
            self._close_for(position, price, position.magic, BY_TARGET)

    def _close_for(self, position: Position, price: int, magic: int, reason: int) -> None:
        ask = Ask(
            1, position.symbol, SELL if position.type == BUY else BUY, position.volume, magic=magic,
            position=position.ticket, comment=f"[sl {price}]" if reason == BY_STOP else "",
        )  # fmt: skip
        order = self._order(ask)
        order.reason = reason
        self._fill(order, order.volume, price)

    def _hand(self, what: str) -> None:
        """What people do at the same account, and stops that are hit."""
        books, pick = self.books, self.faults.random.randrange
        if what == "deposit":
            now = self.schedule.now
            books.deals.append(
                Deal(
                    books.ticket(),
                    0,
                    now,
                    now + self._filed(),
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
            order = self._order(Ask(1, next(iter(self.prices)), BUY, 1 + pick(5)))
            order.reason = CLIENT
            self._fill(order, order.volume, self.ask(order.symbol))
        elif what == "withdrawn" and (resting := [o for o in books.orders.values() if o.type > SELL]):
            self._finish(resting[pick(len(resting))], CANCELLED)
        elif what in {"closed by hand", "stopped"} and books.positions:
            position = list(books.positions.values())[pick(len(books.positions))]
            stopped = what == "stopped"
            reason, magic = (BY_STOP, position.magic) if stopped else (CLIENT, 0)
            self._close_for(position, self.bid(position.symbol), magic, reason)
