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
    FromSpool,
    ModeSet,
    Reported,
    Resumed,
    SwapSeen,
    Voided,
)
from ictcli.ledger.corrections import DEAL_FIELDS, MONEY, corrected, says
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import BREAKER_REASON
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.resolver import book_reported
from ictcli.trading.spool import Spooled
from ictcli.trading.status import Status

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
    if body.position in scribe.book.positions and not _finer(scribe.book, [body.swap]):
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
    if body.key in scribe.book.corrections:
        return
    if body.what == "status":
        _correct_order(scribe, body)
    elif body.what in DEAL_FIELDS:
        _correct_deal(scribe, body)
    else:
        scribe.write(body)


def _correct_order(scribe: Scribe, body: Corrected) -> None:
    order = scribe.book.orders.get(body.id)
    status = "unknown here" if order is None else str(order.status)
    if status == body.theirs:
        return
    if status == body.ours and body.theirs in {*Status}:
        scribe.write(body)
    else:
        _refuse(scribe, f"order {body.id} is {status}, not {body.ours}, or cannot be {body.theirs}")


def _correct_deal(scribe: Scribe, body: Corrected) -> None:
    """Correct a deal that says what it is said to say; one that was corrected already is no news."""
    book = scribe.book
    fill = book.deals.get(body.deal)
    right = None if fill is None else corrected(fill, body)
    if fill is None or body.deal in book.voided:
        _refuse(scribe, f"there is no deal {body.deal} to correct")
    elif right is not None and body.what in MONEY and _finer(book, [getattr(right, body.what)]):
        _refuse(scribe, f"{body.what} {body.theirs} of deal {body.deal} is finer than the currency")
    elif right is not None:
        scribe.write(body)
    elif not says(fill, body.what, body.theirs):
        has = str(getattr(fill, body.what)).lower()
        _refuse(scribe, f"{body.what} of deal {body.deal} is {has} and not {body.ours}")


def _finer(book: OrderBook, amounts: list[Decimal]) -> bool:
    """Whether an amount is finer than the currency's smallest unit, in which the account is kept."""
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
