"""What changes a deal that was booked: the broker took it back, or has another value than we had."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ictcli.ledger.corrections import corrected, money_of
from ictcli.trading.messages import EndNotice, MoneyNotice
from ictcli.trading.orderbook_deals import revalue, shift
from ictcli.trading.status import Status

if TYPE_CHECKING:
    from ictcli.ledger.bodies import Corrected, EndStatus, Voided
    from ictcli.trading.orderbook import Notice, OrderBook


def void(book: OrderBook, body: Voided, ts: int) -> tuple[Notice, ...]:
    """Take a deal out again that the broker took back."""
    fill = book.deals.get(body.deal)
    if fill is None or body.deal in book.voided:
        return ()
    book.voided[body.deal] = ts
    book.cash -= money_of(fill)
    order = None if fill.of_position else book.orders.get(fill.id)
    if order is not None:
        order.filled -= fill.volume
    if fill.id:
        shift(book, fill, order, -1)
    return ()


def correct(book: OrderBook, body: Corrected, _ts: int) -> tuple[Notice, ...]:
    """Take the broker's value of a deal or the broker's status of an order."""
    if body.key in book.corrections:
        book.illegal += 1
        return ()
    book.corrections[body.key] = None
    if body.what == "status":
        return _adopt_status(book, body)
    fill = book.deals.get(body.deal)
    right = corrected(fill, body) if fill is not None and body.deal not in book.voided else None
    if fill is None or right is None:
        return ()
    book.deals[body.deal] = right
    gained = money_of(right) - money_of(fill)
    book.cash += gained
    position = book.positions.get(fill.position)
    if body.what == "price" and position is not None:
        revalue(book, position)
    return (MoneyNotice(gained),) if gained else ()


def _adopt_status(book: OrderBook, body: Corrected) -> tuple[Notice, ...]:
    order = book.orders.get(body.id)
    if order is None or order.status != body.ours or body.theirs not in {*Status}:
        return ()
    was_over, order.status = order.over, Status(body.theirs)
    if not order.over:
        book.working[order.id] = None
        return ()
    book.working.pop(order.id, None)
    order.cancel_asked = False
    return () if was_over else (EndNotice(order.id, cast("EndStatus", body.theirs), order.filled),)
