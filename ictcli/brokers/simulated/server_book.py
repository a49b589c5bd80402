"""The server's records: what the engine's deals and events mean in orders, deals and positions of MT5."""

from typing import Any

from ictcli.brokers.simulated.records import ServerDeal, ServerOrder, ServerRequest
from ictcli.brokers.simulated.server_history import History
from ictcli.brokers.simulated.server_records import Held, ServedSymbol
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.engine.world import DEALS, EVENTS, RESERVED, Output, World
from ictcli.terminals.constants import DealEntry, DealReason, DealType, OrderReason, OrderState, OrderType

_EXITS = {
    int(ExitReason.STOP): (OrderReason.SL, "sl"),
    int(ExitReason.TARGET): (OrderReason.TP, "tp"),
    int(ExitReason.STOP_OUT): (OrderReason.SO, "so"),
}
_OVER = {
    int(OrderEvent.EXPIRED): OrderState.EXPIRED,
    int(OrderEvent.CANCELLED): OrderState.CANCELED,
    int(OrderEvent.REFUSED): OrderState.REJECTED,
}
_REFUSALS = 64
"""Refusals that are kept: a request is answered with its own as soon as it was made."""
_FILLS = (int(OrderEvent.FILLED), int(OrderEvent.PARTLY_FILLED))


class Book:
    """Orders, deals and positions beside the engine's world that fills them.

    Args:
        world: the engine's account.
        symbols: of its series.
    """

    def __init__(self, world: World, symbols: tuple[ServedSymbol, ...]) -> None:
        self.world, self.symbols = world, symbols
        self.orders: dict[int, ServerOrder] = {}
        self.numbers: dict[int, int] = {}
        self.held: dict[int, Held] = {}
        self.history = History()
        self.refusals: dict[int, int] = {}

    def new_order(self, request: ServerRequest, now: int, kind: int, **changes: Any) -> ServerOrder:
        """An order that is working now."""
        order = ServerOrder(
            ticket=self.history.order_ticket(),
            symbol=request.symbol,
            type=kind,
            state=int(OrderState.PLACED),
            volume=request.volume,
            remaining=request.volume,
            placed=now,
            price=request.price,
            limit=request.limit,
            stop=request.stop,
            target=request.target,
            filling=request.filling,
            time_type=request.time_type,
            expires=request.expires,
            magic=request.magic,
            deviation=request.deviation,
            comment=request.comment,
        )
        for name, value in changes.items():
            setattr(order, name, value)
        self.orders[order.ticket] = order
        return order

    def by_ticket(self, ticket: int) -> Held | None:
        """An open position by its ticket or identifier."""
        for held in self.held.values():
            if ticket in (held.ticket, held.identifier):
                return held
        return None

    def on(self, s: int) -> list[Held]:
        """Open positions of a series, the oldest first."""
        return sorted((one for one in self.held.values() if one.series == s), key=lambda one: one.number)

    def finish(self, order: ServerOrder, ts: int, state: OrderState, now: int) -> None:
        """Move an order to history."""
        order.state, order.done = int(state), ts
        self.orders.pop(order.ticket, None)
        self.history.add_order(order, now)

    def take(self, output: Output, now: int) -> bool:
        """Book what the engine wrote, and empty its output; whether there was anything."""
        counts = output.counts
        deals, events = output.deals[: counts[DEALS]], output.events[: counts[EVENTS]]
        at = 0
        while at < len(deals):
            at += self._book(deals[at], deals[at + 1] if at + 1 < len(deals) else None, now)
        for event in events:
            if event["order"] != 0:
                self._note(event, now)
        counts[:RESERVED] = 0
        if len(events):
            self._forget()
        return len(deals) + len(events) > 0

    def _forget(self) -> None:
        """Let go of the engine's numbers of orders that are over, and of why old ones were refused."""
        self.numbers = {number: ticket for number, ticket in self.numbers.items() if ticket in self.orders}
        while len(self.refusals) > _REFUSALS:
            del self.refusals[next(iter(self.refusals))]

    def cash(self, ts: int, amount: int, comment: str) -> None:
        """Book a movement of the balance that no order caused."""
        ticket, kind = self.history.deal_ticket(), int(DealType.BALANCE)
        deal = ServerDeal(ticket, 0, ts, kind, 0, 0, 0, 0, "", 0, 0, profit=amount, comment=comment)
        self.history.add_deal(deal, ts)

    def _book(self, raw: Any, after: Any, now: int) -> int:
        """Book one deal of the engine, or the two that turn a position; how many it took."""
        if raw["order"] == 0:
            self._left(raw, now)
            return 1
        order = self.orders[self.numbers[int(raw["order"])]]
        if raw["entry"] == 1:
            self._entered(raw, order, now)
            return 1
        turned = after is not None and after["order"] == raw["order"] and after["entry"] == 1
        held = self._shrink(raw, now)
        order.position = held.identifier
        if not turned:
            self._deal(raw, order, DealEntry.OUT, held.identifier, now)
            return 1
        fresh = self._open(after, order, held.identifier)
        self._deal(raw, order, DealEntry.INOUT, fresh.identifier, now, after)
        return 2

    def _entered(self, raw: Any, order: ServerOrder, now: int) -> None:
        held = self.held.get(int(raw["position"]))
        if held is None:
            held = self._open(raw, order, order.ticket)
        else:
            held.steps += int(raw["steps"])
            held.updated = int(raw["ts"])
            if self.world.rules[0]["netting"] == 1 and order.state == int(OrderState.PLACED):
                held.stop, held.target = order.stop, order.target
        order.position = held.identifier
        self._deal(raw, order, DealEntry.IN, held.identifier, now)

    def _open(self, raw: Any, order: ServerOrder, identifier: int) -> Held:
        held = Held(
            series=int(raw["series"]),
            number=int(raw["position"]),
            ticket=order.ticket,
            identifier=identifier,
            magic=order.magic,
            side=int(raw["side"]),
            steps=int(raw["steps"]),
            opened=int(raw["ts"]),
            updated=int(raw["ts"]),
            stop=order.stop,
            target=order.target,
            reason=order.reason,
            comment=order.comment,
        )
        self.held[held.number] = held
        return held

    def _left(self, raw: Any, now: int) -> None:
        """Book an exit that no order of the engine made: a stop, a target, a stop-out, or a close."""
        held = self.held[int(raw["position"])]
        order = self.orders.get(held.closing) if int(raw["reason"]) not in _EXITS else None
        if order is None:
            order = self._exit_order(raw, held)
        else:
            held.closing = 0
        order.position = order.position or held.identifier
        order.volume = max(order.volume, int(raw["steps"]))
        order.remaining = max(0, order.remaining - int(raw["steps"]))
        self._shrink(raw, now)
        by = order.type == int(OrderType.CLOSE_BY)
        self._deal(raw, order, DealEntry.OUT_BY if by else DealEntry.OUT, held.identifier, now)
        if not by:
            state = OrderState.FILLED if order.remaining == 0 else OrderState.CANCELED
            self.finish(order, int(raw["ts"]), state, now)

    def _exit_order(self, raw: Any, held: Held) -> ServerOrder:
        """The order that MT5 makes of a stop, a target or a stop-out."""
        why, word = _EXITS[int(raw["reason"])]
        level = {OrderReason.SL: held.stop, OrderReason.TP: held.target}.get(why, int(raw["price"]))
        request = ServerRequest(
            action=0,
            symbol=self.symbols[held.series].spec.name,
            volume=int(raw["steps"]),
            price=level,
            magic=held.magic,
            comment=f"[{word} {price_text(level, self.symbols[held.series].digits)}]",
        )
        kind = OrderType.SELL if held.side > 0 else OrderType.BUY
        return self.new_order(request, int(raw["ts"]), int(kind), reason=int(why), position=held.identifier)

    def _shrink(self, raw: Any, now: int) -> Held:
        held = self.held[int(raw["position"])]
        held.steps -= int(raw["steps"])
        held.updated = int(raw["ts"])
        if held.steps == 0:
            del self.held[held.number]
            waiting = self.orders.get(held.closing)
            if waiting is not None:
                self.finish(waiting, int(raw["ts"]), OrderState.REJECTED, now)
        return held

    def _note(self, event: Any, now: int) -> None:
        """Follow an order's life by an event of the engine."""
        order = self.orders.get(self.numbers.get(int(event["order"]), 0))
        if order is None:
            return
        kind = int(event["event"])
        if kind in _FILLS:
            order.remaining -= int(event["steps"])
            order.state = int(OrderState.PARTIAL)
            if kind == int(OrderEvent.FILLED):
                state = OrderState.FILLED if order.remaining == 0 else OrderState.CANCELED
                self.finish(order, int(event["ts"]), state, now)
        elif kind in _OVER:
            state = _OVER[kind]
            if state == OrderState.REJECTED:
                self.refusals[order.ticket] = int(event["code"])
                state = OrderState.CANCELED if order.remaining < order.volume else state
            self.finish(order, int(event["ts"]), state, now)

    def _deal(
        self, raw: Any, order: ServerOrder, entry: DealEntry, position: int, now: int, more: Any = None
    ) -> None:
        """Book a deal; ``more`` is the engine's second one where it turns a position."""
        both = [raw] if more is None else [raw, more]

        def total(name: str) -> int:
            return int(sum(int(one[name]) for one in both))

        deal = ServerDeal(
            ticket=self.history.deal_ticket(),
            order=order.ticket,
            ts=int(raw["ts"]),
            type=int(DealType.BUY if raw["side"] > 0 else DealType.SELL),
            entry=int(entry),
            magic=order.magic,
            position=position,
            reason=int(DealReason(order.reason)),
            symbol=self.symbols[int(raw["series"])].spec.name,
            volume=total("steps"),
            price=int(raw["price"]),
            commission=-total("commission"),
            swap=total("swap"),
            profit=total("gross"),
            fee=-total("fees"),
            comment=order.comment,
        )
        self.history.add_deal(deal, now)


def side_of(kind: int) -> int:
    """+1 of a buying order type, -1 of a selling one."""
    return 1 if kind % 2 == 0 else -1


def price_text(points: int, digits: int) -> str:
    """A price as comments write it."""
    return f"{points / 10**digits:.{digits}f}"
