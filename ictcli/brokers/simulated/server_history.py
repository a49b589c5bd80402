"""What a trade server remembers: orders that are over and deals, and from when on each can be looked up."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import dropwhile
from types import GenericAlias
from typing import Any, Generic, TypeVar

import msgspec

from ictcli.brokers.simulated.records import ServerDeal, ServerOrder
from ictcli.store.packed import PackedList

FIRST_ORDER, FIRST_DEAL = 10_000_001, 20_000_001
"""Tickets are counted from here."""
_BLOCK = 32
"""Records that are compressed together: what is not is written at every change of a paper terminal."""
Blocks = tuple[list[bytes], list[bytes]]
"""Blocks of orders and blocks of deals."""
NO_BLOCKS: Blocks = ([], [])

T = TypeVar("T")


class Dated(Generic[T]):
    """Records by the instants at which they were booked, which never fall; older ones are compressed.

    Args:
        kind: type of the records.
    """

    def __init__(self, kind: Any) -> None:
        self._rows: PackedList[tuple[int, T]] = PackedList(GenericAlias(tuple, (int, kind)), _BLOCK)
        self._ends: list[int] = []
        """Of each block, when its last record was booked."""
        self._last = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    @property
    def blocks(self) -> list[bytes]:
        """The compressed ones; blocks are only added, and never change."""
        return self._rows.blocks

    def add(self, record: T, at: int) -> None:
        """Keep a record that was booked at an instant, ns UTC."""
        self._last = max(self._last, at) if self.count else at
        self._rows.append((self._last, record))
        self._note_ends()

    def since(self, place: int) -> Iterator[T]:
        """Records from a place on."""
        return (record for _, record in self._rows.since(place))

    def booked_since(self, start: int) -> Iterator[T]:
        """Records that were booked at an instant or later."""
        rows = self._rows.since(self._rows.first_of(bisect_left(self._ends, start)))
        return (record for _, record in dropwhile(lambda row: row[0] < start, rows))

    def save(self, *, whole: bool) -> tuple[list[T], list[int], int]:
        """Records and instants, without those of blocks unless ``whole``, and the count of such blocks."""
        blocks = 0 if whole else len(self.blocks)
        rows = list(self._rows.since(self._rows.first_of(blocks)))
        return [record for _, record in rows], [at for at, _ in rows], blocks

    def load(self, records: list[T], instants: list[int], blocks: list[bytes]) -> None:
        """Be what was saved."""
        self._rows.blocks = list(blocks)
        self._note_ends()
        self._last = self._ends[-1] if self._ends else 0
        for record, at in zip(records, instants, strict=True):
            self.add(record, at)

    def _note_ends(self) -> None:
        for number in range(len(self._ends), len(self._rows.blocks)):
            self._ends.append(self._rows.block(number)[-1][0])


class SavedHistory(msgspec.Struct, omit_defaults=True):
    """A history as plain values; ``packed`` counts the blocks of orders and deals that are kept elsewhere."""

    orders: list[ServerOrder]
    deals: list[ServerDeal]
    orders_at: list[int]
    deals_at: list[int]
    next_order: int
    next_deal: int
    packed: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class History:
    """Orders that are over and deals, in the order in which they were booked.

    Attributes:
        orders, deals: by instants at which or before which they happened.
        next_order, next_deal: the next tickets.
    """

    orders: Dated[ServerOrder] = field(default_factory=lambda: Dated(ServerOrder))
    deals: Dated[ServerDeal] = field(default_factory=lambda: Dated(ServerDeal))
    next_order: int = FIRST_ORDER
    next_deal: int = FIRST_DEAL

    @property
    def blocks(self) -> Blocks:
        """What is compressed: it is only added to."""
        return self.orders.blocks, self.deals.blocks

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
        self.orders.add(order, max(now, order.done))

    def add_deal(self, deal: ServerDeal, now: int) -> None:
        """Keep a deal."""
        self.deals.add(deal, max(now, deal.ts))

    def orders_between(self, start: int, end: int) -> list[ServerOrder]:
        """Orders that were over from ``start`` to ``end``, both included."""
        return [one for one in self.orders.booked_since(start) if start <= one.done <= end]

    def deals_between(self, start: int, end: int) -> list[ServerDeal]:
        """Deals from ``start`` to ``end``, both included."""
        return [one for one in self.deals.booked_since(start) if start <= one.ts <= end]

    def save(self, *, whole: bool) -> SavedHistory:
        """As plain values: all of it, or without its blocks."""
        orders, orders_at, order_blocks = self.orders.save(whole=whole)
        deals, deals_at, deal_blocks = self.deals.save(whole=whole)
        packed = (order_blocks, deal_blocks)
        return SavedHistory(orders, deals, orders_at, deals_at, self.next_order, self.next_deal, packed)


def load_history(saved: SavedHistory, blocks: Blocks) -> History:
    """A history as it was saved.

    Raises:
        ValueError: the blocks are not those that it was saved without.
    """
    if tuple(map(len, blocks)) != saved.packed:
        raise ValueError(f"its history has {saved.packed} blocks, not {tuple(map(len, blocks))}")
    history = History(next_order=saved.next_order, next_deal=saved.next_deal)
    history.orders.load(saved.orders, saved.orders_at, blocks[0])
    history.deals.load(saved.deals, saved.deals_at, blocks[1])
    return history
