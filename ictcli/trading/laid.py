"""What a trader makes of events that another process laid into its spool: each by the rules it keeps itself.

A deal is booked as the trader books what it reads, a correction only where the ledger still says what it is
said to say. Whatever contradicts the ledger is refused, and a person is told.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from ictcli.brokers.reports import DealEntry, DealReason, DealReport
from ictcli.engine.money import minor_digits
from ictcli.ledger.bodies import (
    Cash,
    Corrected,
    Filled,
    FromSpool,
    ModeSet,
    Reported,
    Resumed,
    SwapSeen,
    Voided,
)
from ictcli.ledger.corrections import DEAL_FIELDS, MONEY, corrected
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import BREAKER_REASON
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.resolver import book_reported
from ictcli.trading.spool import Spooled

_SHARED = (
    "order", "position", "symbol", "side", "entry", "volume", "price", "profit", "commission", "swap", "fee",
)  # fmt: skip


def take(scribe: Scribe, laid: Spooled) -> None:
    """Put down a file of the spool, its name first."""
    book = scribe.book
    lifted = [body for body in laid.bodies if isinstance(body, Resumed) and _lifts(book, body)]
    scribe.write(FromSpool(file=laid.path.name, by=laid.by, ts=laid.ts))
    for body in laid.bodies:
        handler = _HANDLERS.get(type(body))
        if handler is None:
            scribe.write(body)
        else:
            handler(scribe, body)
    if lifted:
        scribe.write(ModeSet(mode="active", reason=f"resumed by {lifted[0].by}: {lifted[0].reason}"))


def _lifts(book: OrderBook, body: Resumed) -> bool:
    """Whether a person lifted just the restriction that holds, and may."""
    held = book.mode_reason
    return book.mode != "active" and held == body.lifted and held.startswith(BREAKER_REASON)


def _cash(scribe: Scribe, body: Cash) -> None:
    if body.key not in scribe.book.movements:
        scribe.write(body)


def _voided(scribe: Scribe, body: Voided) -> None:
    if body.deal in scribe.book.deals and body.deal not in scribe.book.voided:
        scribe.write(body)
        scribe.alert("critical", "deal_voided", f"the broker took deal {body.deal} back: {body.reason}")


def _swap(scribe: Scribe, body: SwapSeen) -> None:
    if body.position in scribe.book.positions:
        scribe.write(body)


def _reported(scribe: Scribe, body: Reported) -> None:
    book = scribe.book
    booked = book.deals.get(body.deal)
    if booked is not None:
        differing = [name for name in _SHARED if getattr(booked, name) != getattr(body, name)]
        if differing:
            _refuse(scribe, f"deal {body.deal} is booked with another {', '.join(differing)}")
    elif book.opened is None or body.deal <= book.opened.deal:
        _refuse(scribe, f"deal {body.deal} is from before the ledger")
    elif _finer(book, [getattr(body, name) for name in MONEY]):
        _refuse(scribe, f"deal {body.deal} tells money finer than the currency")
    else:
        scribe.write(body)
        book_reported(scribe, _deal_of(body))


def _deal_of(body: Reported) -> DealReport:
    return DealReport(
        body.deal, body.order, body.position, body.magic, body.symbol, body.side,
        cast("DealEntry", body.entry), body.volume, body.price, body.profit, body.commission, body.swap,
        body.fee, cast("DealReason", body.reason), body.ts,
    )  # fmt: skip


def _corrected(scribe: Scribe, body: Corrected) -> None:
    book = scribe.book
    if body.key in book.corrections:
        return
    if body.what == "status":
        order = book.orders.get(body.id)
        status = "" if order is None else str(order.status)
        _correct(scribe, body, status, fits=status == body.ours)
    elif body.what in DEAL_FIELDS:
        fill = book.deals.get(body.deal)
        right = None if fill is None else corrected(fill, body)
        if fill is None or body.deal in book.voided:
            _refuse(scribe, f"there is no deal {body.deal} to correct")
        elif right is not None and body.what in MONEY and _finer(book, [getattr(right, body.what)]):
            _refuse(scribe, f"{body.what} {body.theirs} of deal {body.deal} is finer than the currency")
        else:
            _correct(scribe, body, _says(fill, body.what), fits=right is not None)
    else:
        scribe.write(body)


def _correct(scribe: Scribe, body: Corrected, says: str, *, fits: bool) -> None:
    """Book a correction that fits; one that was made already is no news."""
    if fits:
        scribe.write(body)
    elif says != body.theirs:
        about = body.id if body.what == "status" else f"deal {body.deal}"
        _refuse(scribe, f"{body.what} of {about} is {says or 'unknown'} and not {body.ours}")


def _says(fill: Filled, what: str) -> str:
    value = getattr(fill, what)
    return str(value).lower() if isinstance(value, bool) else format(value.normalize(), "f")


def _finer(book: OrderBook, amounts: list[Decimal]) -> bool:
    """Whether an amount is finer than the smallest unit of the account's currency, in which books are kept."""
    digits = minor_digits(book.start.currency if book.start else "")
    return any(amount != round(amount, digits) for amount in amounts)


def _refuse(scribe: Scribe, why: str) -> None:
    scribe.alert("critical", "correction_refused", f"a correction was refused: {why}")


_HANDLERS: dict[type[Any], Callable[[Scribe, Any], None]] = {
    Cash: _cash,
    Voided: _voided,
    SwapSeen: _swap,
    Reported: _reported,
    Corrected: _corrected,
}
