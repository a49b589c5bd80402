"""How each event changes the order book, and what the decision side is to be told of it.

Total: every event is taken in every state. An event that the state machine does not allow changes nothing
but a count; the order manager asks the table first and records such an event as ``Illegal``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.ledger import bodies
from ictcli.ledger.corrections import money_of
from ictcli.trading.identity import parts_of
from ictcli.trading.messages import BREAKER_REASON, DoneNotice, EndNotice
from ictcli.trading.orderbook_corrections import correct, void
from ictcli.trading.orderbook_deals import notice_of, shift
from ictcli.trading.orderbook_records import OrderState, TaskState
from ictcli.trading.status import Status, TaskStatus
from ictcli.trading.transitions import TABLE, Happening

if TYPE_CHECKING:
    from ictcli.trading.orderbook import Notice, OrderBook

_ENDS: dict[str, Happening] = {
    "cancelled": Happening.CANCELLED,
    "expired": Happening.EXPIRED,
    "rejected": Happening.REJECTED,
    "absent": Happening.ABSENT,
    "denied": Happening.DENIED,
}
FIRST_SECOND = 946_684_800
"""Sequences go on from the seconds since 2000 at which a journal, or a start on it, began: a later journal of
the same account, or one that was set back, meets no number that was given out before, as long as orders are
made less than once a second."""
BUILT_IN = "simulated"
"""Server of the built-in terminal, which is killed and set back together with its journal: there a start that
counts on from where the journal ends gives the numbers of one that was not killed."""
LONGEST_GAP = 20 * NS_PER_SECOND
"""Of the time between two passes without a trace, as much counts towards absence."""

LATELY = 30 * NS_PER_MINUTE
"""How long an order counts as recorded lately: passes over the broker's records show it again and again."""


def apply(book: OrderBook, body: bodies.AnyBody, ts: int) -> tuple[Notice, ...]:
    """Change the book by one event; what is to be told."""
    handler = _HANDLERS.get(type(body))
    return handler(book, body, ts) if handler else ()


def fill_event(order: OrderState, volume: Decimal) -> Happening:
    """What a deal of this volume means to an order."""
    after = order.filled + volume
    if after > order.volume:
        return Happening.OVERFILLED
    return Happening.FILLED_WHOLLY if after == order.volume else Happening.FILLED_IN_PART


def _move(book: OrderBook, order: OrderState, event: Happening) -> bool:
    """Change the state of an order as the table says; whether the table allows it."""
    verdict = TABLE[order.status, event]
    if verdict.kind == "illegal":
        book.illegal += 1
        return False
    order.status = verdict.to
    if order.over:
        book.working.pop(order.id, None)
    else:
        book.working[order.id] = None
    return True


def _finish(book: OrderBook, task: TaskState, status: TaskStatus) -> None:
    task.status = status
    book.pending.pop(task.id, None)
    target = book.orders.get(task.intent.target_id)
    if target is not None and task.intent.action == "cancel":
        target.cancel_asked = False


def _start(book: OrderBook, body: bodies.Start, ts: int) -> tuple[Notice, ...]:
    book.epoch, book.start, book.recovering = body.epoch, body, True
    if book.opened is not None and body.server != BUILT_IN:
        _count_from(book, ts)
    return ()


def _opened(book: OrderBook, body: bodies.Opened, ts: int) -> tuple[Notice, ...]:
    book.opened = body
    _count_from(book, ts)
    return ()


def _count_from(book: OrderBook, ts: int) -> None:
    book.sequence = max(book.sequence, ts // NS_PER_SECOND - FIRST_SECOND)


def _intent(book: OrderBook, body: bodies.Intent, ts: int) -> tuple[Notice, ...]:
    if body.id in book.orders or body.id in book.tasks:
        book.illegal += 1
        return ()
    if body.action in {"place", "close"}:
        order = book.orders[body.id] = OrderState(body, ts)
        book.working[body.id] = None
        book.by_magic[body.magic] = body.id
        while book.lately and next(iter(book.lately.values())).created <= ts - LATELY:
            del book.lately[next(iter(book.lately))]
        book.lately[body.id] = order
        book.sequence = max(book.sequence, parts_of(body.magic)[1])
    else:
        book.tasks[body.id] = TaskState(body, ts)
        book.pending[body.id] = None
    return ()


def _denied(book: OrderBook, body: bodies.Denied, _ts: int) -> tuple[Notice, ...]:
    if (task := book.tasks.get(body.id)) is not None:
        _finish(book, task, TaskStatus.DENIED)
        return (DoneNotice(body.id, ok=False, message=body.code),)
    order = book.orders.get(body.id)
    if order is None or not _move(book, order, Happening.DENIED):
        return ()
    return (EndNotice(body.id, "denied", order.filled, 0, body.code),)


def _sent(book: OrderBook, body: bodies.Sent, ts: int) -> tuple[Notice, ...]:
    if (task := book.tasks.get(body.id)) is not None:
        task.status, task.attempt, task.last_sent = TaskStatus.SENT, body.attempt, ts
        return ()
    order = book.orders.get(body.id)
    if order is not None and _move(book, order, Happening.SENT):
        order.attempt, order.last_sent, order.provable = body.attempt, ts, False
        order.first_sent = order.first_sent or ts
    return ()


def _withheld(book: OrderBook, body: bodies.Withheld, _ts: int) -> tuple[Notice, ...]:
    if (task := book.tasks.get(body.id)) is not None:
        task.status = TaskStatus.INTENT
    elif (order := book.orders.get(body.id)) is not None and _move(book, order, Happening.WITHHELD):
        order.provable = True
    return ()


def _acked(book: OrderBook, body: bodies.Acked, _ts: int) -> tuple[Notice, ...]:
    order = book.orders.get(body.id)
    if order is not None and _move(book, order, Happening.ACKED):
        _take_ticket(book, order, body.order or 0)
        if order.intent.action == "place":
            book.rejects = 0
    return ()


def _take_ticket(book: OrderBook, order: OrderState, ticket: int) -> None:
    if ticket and not order.ticket:
        order.ticket = ticket
        book.by_ticket[ticket] = order.id


def _rejected(book: OrderBook, body: bodies.Rejected, ts: int) -> tuple[Notice, ...]:
    if (task := book.tasks.get(body.id)) is not None:
        task.status, task.refused = TaskStatus.INTENT, ts
        return ()
    order = book.orders.get(body.id)
    event = Happening.AGAIN if body.again else Happening.REFUSED
    if order is not None and _move(book, order, event):
        order.provable = True
        if order.intent.action == "place" and not body.again:
            book.rejects += 1
    return ()


def _unresolved(book: OrderBook, body: bodies.Unresolved, ts: int) -> tuple[Notice, ...]:
    if (task := book.tasks.get(body.id)) is not None:
        task.status, task.unknown_since = TaskStatus.UNKNOWN, ts
    elif (order := book.orders.get(body.id)) is not None and _move(book, order, Happening.UNRESOLVED):
        order.unknown_since = order.unknown_since or ts
    return ()


def _adopted(book: OrderBook, body: bodies.Adopted, _ts: int) -> tuple[Notice, ...]:
    order = book.orders.get(body.id)
    if order is not None and _move(book, order, Happening.FOUND):
        order.missed, order.absent_for = 0, 0
        _take_ticket(book, order, body.order)
        if order.filled and order.status is Status.OPEN:
            order.status = Status.PARTIAL
    return ()


def _missing(book: OrderBook, body: bodies.Missing, _ts: int) -> tuple[Notice, ...]:
    order = book.orders.get(body.id)
    if order is not None and _move(book, order, Happening.MISSED):
        if order.missed:
            order.absent_for += max(0, min(body.asked - order.last_missed, LONGEST_GAP))
        order.last_missed, order.missed = body.asked, order.missed + 1
    return ()


def _ended(book: OrderBook, body: bodies.Ended, _ts: int) -> tuple[Notice, ...]:
    if (task := book.tasks.get(body.id)) is not None:
        _finish(book, task, TaskStatus.FAILED)
        return (DoneNotice(body.id, ok=False, message=body.message or body.status),)
    order = book.orders.get(body.id)
    if order is None or not _move(book, order, _ENDS.get(body.status, Happening.VOIDED)):
        return ()
    order.cancel_asked = False
    return (EndNotice(body.id, body.status, order.filled, body.code, body.message),)


def _done(book: OrderBook, body: bodies.Done, _ts: int) -> tuple[Notice, ...]:
    task = book.tasks.get(body.id)
    if task is None:
        return ()
    _finish(book, task, TaskStatus.DONE)
    intent = task.intent
    position = book.positions.get(intent.position or 0)
    if intent.action == "protect" and position is not None:
        position.wanted_stop = position.stop = intent.stop
        position.wanted_target = position.target = intent.target
    target = book.orders.get(intent.target_id)
    if intent.action == "amend" and target is not None:
        target.changed, target.version = intent, target.version + 1
    return (DoneNotice(body.id, ok=True, message=body.message),)


def _filled(book: OrderBook, body: bodies.Filled, ts: int) -> tuple[Notice, ...]:
    if body.deal in book.deals:
        book.illegal += 1
        return ()
    book.deals[body.deal] = body
    book.cash += money_of(body)
    order = None if body.of_position else book.orders.get(body.id)
    over_before = order is None or order.over
    if order is not None:
        _move(book, order, fill_event(order, body.volume))
        order.filled += body.volume
        _take_ticket(book, order, body.order)
    if body.id:
        shift(book, body, order, 1)
    else:
        book.strangers[body.position] = ts
    notices: tuple[Notice, ...] = (notice_of(body),)
    if order is not None and order.over and not over_before:
        order.cancel_asked = False
        notices += (EndNotice(body.id, "filled", order.filled),)
    return notices


def _cash(book: OrderBook, body: bodies.Cash, _ts: int) -> tuple[Notice, ...]:
    if body.key in book.movements:
        book.illegal += 1
        return ()
    book.movements[body.key] = body
    if body.operator:
        book.fees += body.amount
    else:
        book.cash += body.amount
    return ()


def _from_spool(book: OrderBook, body: bodies.FromSpool, _ts: int) -> tuple[Notice, ...]:
    book.spooled[body.file] = None
    return ()


def _cancel_asked(book: OrderBook, body: bodies.CancelAsked, _ts: int) -> tuple[Notice, ...]:
    order = book.orders.get(body.id)
    if order is not None and not order.over:
        order.cancel_asked = True
    return ()


def _protected(book: OrderBook, body: bodies.Protected, _ts: int) -> tuple[Notice, ...]:
    position = book.positions.get(body.position)
    if position is not None:
        position.stop, position.target, position.seen = body.stop, body.target, True
        position.ticket = body.ticket or position.ticket
    return ()


def _foreign(book: OrderBook, body: bodies.Foreign, _ts: int) -> tuple[Notice, ...]:
    if body.what == "deal":
        book.foreign_deals[body.ticket] = body
    elif body.volume:
        book.foreign[body.what, body.ticket] = body
    else:
        book.foreign.pop((body.what, body.ticket), None)
    return ()


def _illegal(book: OrderBook, _body: bodies.Illegal, _ts: int) -> tuple[Notice, ...]:
    book.illegal += 1
    return ()


def _latched(book: OrderBook, body: bodies.Latched, _ts: int) -> tuple[Notice, ...]:
    book.latched = body
    return ()


def _released(book: OrderBook, _body: bodies.Released, _ts: int) -> tuple[Notice, ...]:
    book.latched = None
    return ()


def _mode(book: OrderBook, body: bodies.ModeSet, _ts: int) -> tuple[Notice, ...]:
    if body.mode == "active" and book.mode_reason.startswith(BREAKER_REASON):
        book.rejects = 0
    book.mode, book.mode_reason = body.mode, body.reason
    return ()


def _synced(book: OrderBook, _body: bodies.Synced, _ts: int) -> tuple[Notice, ...]:
    book.recovering = False
    return ()


_HANDLERS: dict[type[Any], Callable[[OrderBook, Any, int], tuple[Notice, ...]]] = {
    bodies.Start: _start,
    bodies.Opened: _opened,
    bodies.Intent: _intent,
    bodies.Denied: _denied,
    bodies.Sent: _sent,
    bodies.Withheld: _withheld,
    bodies.Acked: _acked,
    bodies.Rejected: _rejected,
    bodies.Unresolved: _unresolved,
    bodies.Adopted: _adopted,
    bodies.Missing: _missing,
    bodies.Ended: _ended,
    bodies.Done: _done,
    bodies.Filled: _filled,
    bodies.Voided: void,
    bodies.Corrected: correct,
    bodies.Cash: _cash,
    bodies.FromSpool: _from_spool,
    bodies.CancelAsked: _cancel_asked,
    bodies.Protected: _protected,
    bodies.Foreign: _foreign,
    bodies.Illegal: _illegal,
    bodies.Latched: _latched,
    bodies.Released: _released,
    bodies.ModeSet: _mode,
    bodies.Synced: _synced,
}
