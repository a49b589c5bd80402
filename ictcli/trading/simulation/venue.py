"""A broker that trades: prices that walk, orders that fill whole or in parts, cancels that lose races.

Answers are MT5 return codes. With ``deduplicates`` a request that makes an order is carried out once per
magic number, without it as often as it arrives; MT5 does the latter, and a venue that does the former hides
the worst mistakes (RELIABILITY.md 4.3).
"""

from collections.abc import Callable
from random import Random

from ictcli.trading.simulation.books import BUY, CANCELLED, OPENING, REJECTED, SELL, Answer, Ask, Deal, Order
from ictcli.trading.simulation.faults import Faults
from ictcli.trading.simulation.market import Market
from ictcli.trading.simulation.matching import Matching
from ictcli.trading.simulation.schedule import Schedule

REFUSALS = {"requote": 10004, "reject": 10006, "too many": 10024, "closed": 10018, "no money": 10019}


class Venue(Matching):
    """The trade server of one hedging account.

    Args:
        schedule, faults, prices: see ``Matching``.
        walk: of the prices.
        deduplicates: a magic number makes one order, however often it is sent.
    """

    def __init__(
        self, schedule: Schedule, faults: Faults, walk: Random, prices: dict[str, int], *, deduplicates: bool
    ) -> None:
        super().__init__(schedule, faults, prices)
        self.deduplicates = deduplicates
        self.market = Market(self, walk)
        self._answers: dict[int, Answer] = {}
        self._actions: dict[int, Callable[[Ask], Answer]] = {
            1: self._deal, 5: self._rest, 6: self._protect, 7: self._modify, 8: self._remove,
        }  # fmt: skip

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
        order = self.make_order(ask)
        if kind == "placed":
            self.schedule.plan(self.lag(3), lambda: self._market_fill(order, partial=False))
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
            self.finish(order, REJECTED)
            return None
        deal = self.fill(order, volume, price)
        if order.remaining:
            self.finish(order, CANCELLED)
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
        return Answer(10009, order=self.make_order(ask).ticket)

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
            self.fill(order, order.remaining, order.price)
            return Answer(10013)
        if race == "partly filled first" and order.remaining > 1:
            self.fill(order, order.remaining // 2, order.price)
        self.finish(order, CANCELLED)
        return Answer(10009, order=order.ticket)
