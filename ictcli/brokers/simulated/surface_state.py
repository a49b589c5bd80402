"""Functions of open orders, positions and the history of trading (MT5.md 1.4)."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ictcli.brokers.simulated.records import ServerDeal, ServerOrder
from ictcli.brokers.simulated.surface_arguments import (
    INVALID_ARGUMENTS,
    UNNAMED,
    WRONG_NUMBER,
    invalid,
    invalid_place,
    number_of,
    seconds_of,
    text_named,
    whole_named,
)
from ictcli.brokers.simulated.surface_calls import Surface, keyed, plain, positional
from ictcli.brokers.simulated.surface_groups import group_filter
from ictcli.brokers.simulated.surface_numbers import Units
from ictcli.brokers.simulated.surface_records import deal_record, order_record, position_record
from ictcli.clock import NS_PER_DAY
from ictcli.terminals.structs import TradeDeal, TradeOrder, TradePosition

Span = tuple[int, int]


class _Asked(NamedTuple):
    """What part of the history is wanted: between two dates or all, and what of it.

    ``chosen`` is called with symbol, ticket and position.
    """

    span: Span | None
    chosen: Callable[[str, int, int], bool]


class StateFunctions(Surface):
    """The functions of MT5.md 1.4."""

    @plain()
    def orders_total(self) -> int:
        """Number of open orders."""
        return len(self.session.reach().open_orders())

    @plain()
    def positions_total(self) -> int:
        """Number of open positions."""
        return len(self.session.reach().positions())

    @keyed()
    def orders_get(self, *args: Any, **named: Any) -> tuple[TradeOrder, ...]:
        """Open orders: all, or of a ticket, else a symbol, else a group."""
        chosen = _choice(args, named)
        orders = self.session.reach().open_orders()
        return tuple(self._order(order) for order in orders if chosen(order.ticket, order.symbol))

    @keyed()
    def positions_get(self, *args: Any, **named: Any) -> tuple[TradePosition, ...]:
        """Open positions: all, or of a ticket, else a symbol, else a group."""
        chosen = _choice(args, named)
        server = self.session.reach()
        digits = server.account().digits
        return tuple(
            position_record(
                position,
                server.tick(position.symbol),
                self._units(position.symbol),
                self.session.clock,
                digits,
            )
            for position in server.positions()
            if chosen(position.ticket, position.symbol)
        )

    @positional()
    def history_orders_total(self, *args: Any) -> int:
        """Number of done orders between two dates."""
        number_of(args, 2)
        span = _span(args)
        self.session.reach()
        return len(self._done(span))

    @positional()
    def history_deals_total(self, *args: Any) -> int:
        """Number of deals between two dates."""
        number_of(args, 2)
        span = _span(args)
        self.session.reach()
        return len(self._deals(span))

    @keyed()
    def history_orders_get(self, *args: Any, **named: Any) -> tuple[TradeOrder, ...]:
        """Done orders between two dates, of a ticket, or of a position."""
        asked = _history(args, named)
        self.session.reach()
        return tuple(
            self._order(order)
            for order in self._done(asked.span)
            if asked.chosen(order.symbol, order.ticket, order.position)
        )

    @keyed()
    def history_deals_get(self, *args: Any, **named: Any) -> tuple[TradeDeal, ...]:
        """Deals between two dates or of a position; by ticket the one deal of that ticket."""
        asked = _history(args, named)
        server = self.session.reach()
        digits = server.account().digits
        return tuple(
            deal_record(deal, self._units(deal.symbol) if deal.symbol else None, self.session.clock, digits)
            for deal in self._deals(asked.span)
            if asked.chosen(deal.symbol, deal.ticket, deal.position)
        )

    def _done(self, span: Span | None) -> list[ServerOrder]:
        orders = self.session.server.done_orders(*self._around(span))
        found = [order for order in orders if self._inside(order.done, span)]
        return sorted(found, key=lambda order: (order.done, order.ticket))

    def _deals(self, span: Span | None) -> list[ServerDeal]:
        deals = self.session.server.deals(*self._around(span))
        found = [deal for deal in deals if self._inside(deal.ts, span)]
        return sorted(found, key=lambda deal: (deal.ts, deal.ticket))

    def _around(self, span: Span | None) -> Span:
        if span is None:
            return 0, self.session.server.now + NS_PER_DAY
        return self.session.clock.around(*span)

    def _inside(self, ts: int, span: Span | None) -> bool:
        return span is None or span[0] <= self.session.clock.seconds(ts) <= span[1]

    def _order(self, order: ServerOrder) -> TradeOrder:
        tick = self.session.server.tick(order.symbol)
        return order_record(order, tick, self._units(order.symbol), self.session.clock)

    def _units(self, symbol: str) -> Units:
        return self.session.units(self.session.require_symbol(symbol))


def _choice(args: tuple[Any, ...], named: Mapping[str, Any]) -> Callable[[int, str], bool]:
    """Whether an order or position of a ticket and symbol was asked for; one filter rules alone."""
    if args:
        raise invalid(UNNAMED)
    if "ticket" in named:
        wanted = whole_named(named, "ticket")
        return lambda ticket, symbol: ticket == wanted
    if "symbol" in named:
        name = text_named(named, "symbol", "symbol")
        return lambda ticket, symbol: symbol == name
    inside = group_filter(text_named(named, "group", "group") if "group" in named else "*")
    return lambda ticket, symbol: inside(symbol)


def _history(args: tuple[Any, ...], named: Mapping[str, Any]) -> _Asked:
    """Dates and group, or ticket, or position: the first that is given rules alone."""
    if len(args) > 2:
        raise invalid(WRONG_NUMBER)
    if len(args) == 2:
        inside = group_filter(text_named(named, "group", "group") if "group" in named else "*")
        return _Asked(_span(args), lambda symbol, ticket, position: inside(symbol))
    if args or not ("ticket" in named or "position" in named):
        raise invalid(INVALID_ARGUMENTS)
    if "ticket" in named:
        wanted = whole_named(named, "ticket")
        return _Asked(None, lambda symbol, ticket, position: ticket == wanted)
    held = whole_named(named, "position")
    return _Asked(None, lambda symbol, ticket, position: position == held)


def _span(args: tuple[Any, ...]) -> Span:
    return seconds_of(args[0], invalid_place(0)), seconds_of(args[1], invalid_place(1))
