"""What a trade server remembers: orders that are over and deals, and from when on each can be looked up."""

from bisect import bisect_left
from dataclasses import dataclass, field

from ictcli.brokers.simulated.records import ServerDeal, ServerOrder

FIRST_ORDER, FIRST_DEAL = 10_000_001, 20_000_001
"""Tickets are counted from here."""


@dataclass(slots=True)
class History:
    """Orders that are over and deals, in the order in which they were booked.

    Attributes:
        orders_at, deals_at: for each, an instant at which or before which it happened; never falling.
        next_order, next_deal: the next tickets.
    """

    orders: list[ServerOrder] = field(default_factory=list)
    deals: list[ServerDeal] = field(default_factory=list)
    orders_at: list[int] = field(default_factory=list)
    deals_at: list[int] = field(default_factory=list)
    next_order: int = FIRST_ORDER
    next_deal: int = FIRST_DEAL

    def order_ticket(self) -> int:
        """A new ticket of an order."""
        self.next_order += 1
        return self.next_order - 1

    def deal_ticket(self) -> int:
        """A new ticket of a deal."""
        self.next_deal += 1
        return self.next_deal - 1

    def add_order(self, order: ServerOrder, now: int) -> None:
        """Keep an order that is over."""
        self.orders.append(order)
        self.orders_at.append(_never_falling(self.orders_at, max(now, order.done)))

    def add_deal(self, deal: ServerDeal, now: int) -> None:
        """Keep a deal."""
        self.deals.append(deal)
        self.deals_at.append(_never_falling(self.deals_at, max(now, deal.ts)))

    def orders_between(self, start: int, end: int) -> list[ServerOrder]:
        """Orders that were over from ``start`` to ``end``, both included."""
        first = bisect_left(self.orders_at, start)
        return [one for one in self.orders[first:] if start <= one.done <= end]

    def deals_between(self, start: int, end: int) -> list[ServerDeal]:
        """Deals from ``start`` to ``end``, both included."""
        first = bisect_left(self.deals_at, start)
        return [one for one in self.deals[first:] if start <= one.ts <= end]


def _never_falling(so_far: list[int], instant: int) -> int:
    return max(instant, so_far[-1]) if so_far else instant
