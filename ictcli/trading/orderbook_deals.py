"""What a deal does to positions and money, and how it is told."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

from ictcli.brokers.reports import DealReport
from ictcli.ledger.bodies import Filled
from ictcli.trading.messages import FillNotice
from ictcli.trading.orderbook_records import OrderState, PositionState

if TYPE_CHECKING:
    from ictcli.brokers.reports import DealEntry, DealReason
    from ictcli.trading.orderbook import OrderBook


def notice_of(fill: Filled) -> FillNotice:
    """A booked deal as the decision side hears of it, live and after a restart alike."""
    report = DealReport(
        fill.deal, fill.order, fill.position, fill.magic, fill.symbol, fill.side,
        cast("DealEntry", fill.entry), fill.volume, fill.price, fill.profit, fill.commission, fill.swap,
        fill.fee, cast("DealReason", fill.reason), fill.ts,
    )  # fmt: skip
    return FillNotice(fill.id, report, late=fill.late, of_position=fill.of_position)


def shift(book: OrderBook, fill: Filled, order: OrderState | None, sign: int) -> None:
    """Move a position by a deal (``sign`` 1), or take the deal out again (-1)."""
    position = book.positions.get(fill.position)
    if position is None:
        owner = book.owners.setdefault(fill.position, fill.id)
        intent = book.orders[owner].intent if owner in book.orders else None
        position = PositionState(fill.position, fill.symbol, owner, ticket=fill.position)
        if intent is not None and intent.action == "place":
            position.wanted_stop, position.wanted_target = intent.stop, intent.target
        book.positions[fill.position] = position
    moved = sign * fill.side * fill.volume
    before, after = position.volume, position.volume + moved
    if before * moved >= 0 and after:
        position.price = (abs(before) * position.price + abs(moved) * fill.price) / abs(after)
        if sign > 0 and before and order is not None and order.filled == fill.volume:
            # the first deal of another order that adds to a netting position brings its own protection
            position.wanted_stop, position.wanted_target = order.intent.stop, order.intent.target
    elif before * after < 0:
        position.price = fill.price
        if order is not None:
            position.wanted_stop, position.wanted_target = order.intent.stop, order.intent.target
    position.volume = after
    if not after:
        del book.positions[fill.position]


def revalue(book: OrderBook, position: PositionState) -> None:
    """Work the average price of a position out anew, after the price of one of its deals was corrected."""
    deals = [
        fill
        for fill in book.deals.values()
        if fill.position == position.identifier and fill.id and fill.deal not in book.voided
    ]
    volume, price = Decimal(0), Decimal(0)
    for fill in sorted(deals, key=lambda one: (one.ts, one.deal)):
        moved = fill.side * fill.volume
        after = volume + moved
        if volume * moved >= 0 and after:
            price = (abs(volume) * price + abs(moved) * fill.price) / abs(after)
        elif volume * after < 0:
            price = fill.price
        volume = after
    position.price = price
