"""The request behind an intent, and its exact form in the journal."""

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

from ictcli.brokers.requests import MOST_COMMENT, Amend, Cancel, Close, Place, Protect, Request
from ictcli.ledger.bodies import Intent, Sent
from ictcli.trading.orderbook import OrderBook

_ZERO = Decimal(0)


def request_of(book: OrderBook, intent: Intent, symbol: str, deviation: int) -> Request:
    """What the broker is asked for an intent that passed the gate.

    Args:
        book: knows tickets.
        intent: what was decided.
        symbol: the broker's name of its symbol.
        deviation: points a market order may slip.
    """
    if intent.action == "place":
        return Place(
            symbol, intent.side, intent.order or "market", intent.volume or _ZERO, intent.magic,
            price=intent.price, limit=intent.limit, stop=intent.stop, target=intent.target,
            expires=intent.expires, deviation=deviation, comment=intent.id[:MOST_COMMENT],
            position=intent.position,
        )  # fmt: skip
    ticket = _position_ticket(book, intent.position or 0)
    if intent.action == "close":
        comment = intent.id[:MOST_COMMENT]
        return Close(
            symbol, ticket, intent.side, intent.volume or _ZERO, intent.magic, deviation, comment
        )  # fmt: skip
    if intent.action == "protect":
        return Protect(symbol, ticket, intent.stop, intent.target)
    order = book.orders[intent.target_id].ticket
    if intent.action == "cancel":
        return Cancel(symbol, order)
    return Amend(
        symbol, order, intent.price or _ZERO, intent.limit, intent.stop, intent.target, intent.expires
    )


def _position_ticket(book: OrderBook, identifier: int) -> int:
    position = book.positions.get(identifier)
    return position.ticket or identifier if position is not None else identifier


def facts_of(request: Request) -> dict[str, Any]:
    """A request as plain values: decimals as text, the name of the action in front."""
    found: dict[str, Any] = msgspec.to_builtins(request)
    return {"action": type(request).__name__.lower(), **found}


def digest_of(request: Request) -> str:
    """SHA-256 of a request's canonical form."""
    return hashlib.sha256(msgspec.json.encode(facts_of(request), order="sorted")).hexdigest()


def sent_of(intent: Intent, attempt: int, request: Request) -> Sent:
    """The event that must be durable before the request leaves."""
    return Sent(id=intent.id, attempt=attempt, request=facts_of(request), digest=digest_of(request))
