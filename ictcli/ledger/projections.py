"""Orders, fills, positions, cash and alerts as a fold over events: pure, exact, the same in every engine."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any

from msgspec.structs import replace

from ictcli.errors import EventRefused
from ictcli.ledger import bodies
from ictcli.ledger.bodies import AnyBody
from ictcli.ledger.corrections import corrected, money_of
from ictcli.ledger.log import Entry
from ictcli.ledger.rows import AlertRow, CashRow, FillRow, OrderRow, PositionRow, Rows

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""Wider than any sum of money and product of volume and price, so that only a mean is ever rounded."""
_MEAN = Context(prec=18, rounding=ROUND_HALF_EVEN)
_OVER = frozenset({"denied", "filled", "cancelled", "expired", "rejected", "absent", "done"})
_STATUSES = _OVER | {"intent", "sent", "unknown", "open", "partial"}


def account_of(start: bodies.Start) -> str:
    """Whose tickets the events after ``start`` name."""
    return f"{start.server}/{start.account}"


class Fold:
    """Keeps projections up to date, one event after another.

    Args:
        rows: where they are kept.
        account: of the last ``Start`` among the events that are in ``rows`` already.
    """

    def __init__(self, rows: Rows, account: str = "") -> None:
        self.account = account
        self._rows = rows

    def apply(self, entry: Entry) -> None:
        """Fold one event in.

        Raises:
            EventRefused: an intent, a deal or a cash movement of this name is there already.
        """
        if isinstance(entry.body, bodies.Start):
            self.account = account_of(entry.body)
            return
        handler = _HANDLERS.get(type(entry.body))
        if handler is not None:
            with localcontext(_EXACT):
                handler(self._rows, self.account, entry, entry.body)


def total(rows: list[CashRow]) -> Decimal:
    """What the broker's books gained by these movements."""
    with localcontext(_EXACT):
        return sum((row.amount for row in rows if not row.operator), Decimal(0))


def _intent(rows: Rows, account: str, entry: Entry, body: bodies.Intent) -> None:
    if rows.get(OrderRow, account, body.id) is not None:
        raise EventRefused(f"intent {body.id} is in the ledger already")
    rows.put(
        OrderRow(
            account=account, seq=entry.seq, id=body.id, ts=entry.ts, updated=entry.ts, action=body.action,
            strategy=body.strategy, symbol=body.symbol, bar=body.bar, leg=body.leg, magic=body.magic,
            side=body.side, kind=body.order, volume=body.volume, price=body.price, limit_price=body.limit,
            stop=body.stop, target=body.target, expires=body.expires, target_id=body.target_id,
            position=body.position, reduces=int(body.reduces), expected=body.expected,
        )
    )  # fmt: skip


def _change(rows: Rows, account: str, entry: Entry, name: str, **changes: Any) -> None:
    """Change an order; events may name intents that the ledger has not, which changes nothing."""
    order = rows.get(OrderRow, account, name)
    if order is not None:
        rows.put(replace(order, updated=entry.ts, **changes))


def _move(rows: Rows, account: str, entry: Entry, name: str, status: str, **changes: Any) -> None:
    """Change an order and its status, but never call an order that is over, or filled in part, less."""
    order = rows.get(OrderRow, account, name)
    if order is None:
        return
    partly = status in {"sent", "unknown", "open", "intent"} and order.filled > 0
    kept = order.status if order.status in _OVER or partly else status
    rows.put(replace(order, updated=entry.ts, status=kept, **changes))


def _denied(rows: Rows, account: str, entry: Entry, body: bodies.Denied) -> None:
    _move(rows, account, entry, body.id, "denied", message=body.code)


def _sent(rows: Rows, account: str, entry: Entry, body: bodies.Sent) -> None:
    _move(rows, account, entry, body.id, "sent", attempts=body.attempt)


def _withheld(rows: Rows, account: str, entry: Entry, body: bodies.Withheld) -> None:
    _move(rows, account, entry, body.id, "intent", message=body.code)


def _acked(rows: Rows, account: str, entry: Entry, body: bodies.Acked) -> None:
    ticket = {} if body.order is None else {"ticket": body.order}
    _move(rows, account, entry, body.id, "open", code=body.code, message=body.message, **ticket)


def _rejected(rows: Rows, account: str, entry: Entry, body: bodies.Rejected) -> None:
    status = "intent" if body.again else "rejected"
    _move(rows, account, entry, body.id, status, code=body.code, message=body.message)


def _unresolved(rows: Rows, account: str, entry: Entry, body: bodies.Unresolved) -> None:
    _move(rows, account, entry, body.id, "unknown", code=body.code, message=body.message)


def _adopted(rows: Rows, account: str, entry: Entry, body: bodies.Adopted) -> None:
    status = body.status if body.status in _STATUSES else "open"
    _move(rows, account, entry, body.id, status, ticket=body.order)


def _ended(rows: Rows, account: str, entry: Entry, body: bodies.Ended) -> None:
    order = rows.get(OrderRow, account, body.id)
    if order is not None:
        status = "filled" if order.status == "filled" else body.status
        said = {"code": body.code, "message": body.message}
        rows.put(replace(order, updated=entry.ts, status=status, cancelling=0, **said))


def _cancel_asked(rows: Rows, account: str, entry: Entry, body: bodies.CancelAsked) -> None:
    _change(rows, account, entry, body.id, cancelling=1)


def _done(rows: Rows, account: str, entry: Entry, body: bodies.Done) -> None:
    order = rows.get(OrderRow, account, body.id)
    if order is None:
        return
    rows.put(replace(order, updated=entry.ts, status="done", code=body.code, message=body.message))
    if order.action == "amend":
        fresh = {name: getattr(order, name) for name in ("price", "limit_price", "stop", "target", "expires")}
        _change(rows, account, entry, order.target_id, **fresh)
    held = rows.get(PositionRow, account, order.position) if order.position is not None else None
    if order.action == "protect" and held is not None:
        rows.put(replace(held, stop=order.stop, target=order.target))


def _filled(rows: Rows, account: str, entry: Entry, body: bodies.Filled) -> None:
    if rows.get(FillRow, account, body.deal) is not None:
        raise EventRefused(f"deal {body.deal} is in the ledger already")
    fill = FillRow(
        account=account, seq=entry.seq, deal=body.deal, ticket=body.order, position=body.position, id=body.id,
        magic=body.magic, symbol=body.symbol, side=body.side, entry=body.entry, volume=body.volume,
        price=body.price, profit=body.profit, commission=body.commission, swap=body.swap, fee=body.fee,
        reason=body.reason, ts=body.ts, late=int(body.late), over=int(body.over),
        recovered=int(body.recovered), of_position=int(body.of_position),
    )  # fmt: skip
    rows.put(fill)
    rows.put(_with_fill(_position(rows, account, entry, fill.position, fill), fill))
    _book(rows, account, entry, f"deal.{fill.deal}", "deal", money_of(fill), fill.ts)
    _count(rows, account, entry, fill, fill.volume)


def _voided(rows: Rows, account: str, entry: Entry, body: bodies.Voided) -> None:
    fill = rows.get(FillRow, account, body.deal)
    if fill is None or fill.voided:
        return
    gone = replace(fill, voided=1)
    rows.put(gone)
    _book(rows, account, entry, f"void.{fill.deal}", "void", -money_of(fill), entry.ts)
    order = rows.get(OrderRow, account, fill.id) if fill.id else None
    if order is not None and order.ticket == fill.ticket:
        _count(rows, account, entry, fill, -fill.volume)
    _recount(rows, account, entry, fill)


def _corrected(rows: Rows, account: str, entry: Entry, body: bodies.Corrected) -> None:
    """Take the broker's value; what the balance gains by it is a movement of its own."""
    if body.what == "status":
        _adopt_status(rows, account, entry, body)
        return
    fill = rows.get(FillRow, account, body.deal)
    right = corrected(fill, body) if fill is not None and not fill.voided else None
    if fill is None or right is None:
        return
    rows.put(right)
    gained = money_of(right) - money_of(fill)
    if gained:
        _book(rows, account, entry, f"corrected.{body.key}", "correction", gained, entry.ts)
    _recount(rows, account, entry, right)


def _adopt_status(rows: Rows, account: str, entry: Entry, body: bodies.Corrected) -> None:
    order = rows.get(OrderRow, account, body.id)
    if order is None or order.status != body.ours or body.theirs not in _STATUSES:
        return
    cancelling = 0 if body.theirs in _OVER else order.cancelling
    rows.put(replace(order, updated=entry.ts, status=body.theirs, cancelling=cancelling))


def _recount(rows: Rows, account: str, entry: Entry, fill: FillRow) -> None:
    """Make the position of a deal anew from its deals."""
    was = _position(rows, account, entry, fill.position, fill)
    blank = PositionRow(
        account=account, seq=was.seq, position=was.position, magic=was.magic, symbol=was.symbol,
        stop=was.stop, target=was.target, opened=was.opened,
    )  # fmt: skip
    for one in rows.fills(account, fill.position):
        if not one.voided:
            blank = _with_fill(blank, one)
    rows.put(blank)


def _count(rows: Rows, account: str, entry: Entry, fill: FillRow, volume: Decimal) -> None:
    """Add a deal to its order, or take it away.

    What is over stays over unless its last volume is filled: a broker that takes a deal back does not work on
    its order again.
    """
    order = rows.get(OrderRow, account, fill.id) if fill.id and not fill.of_position else None
    if order is None:
        return
    filled = order.filled + volume
    status = order.status
    if order.volume is not None and filled >= order.volume:
        status = "filled"
    elif status not in _OVER:
        status = "partial" if filled > 0 else "open"
    rows.put(replace(order, updated=entry.ts, filled=filled, status=status, ticket=fill.ticket))


def _position(rows: Rows, account: str, entry: Entry, number: int, fill: FillRow) -> PositionRow:
    found = rows.get(PositionRow, account, number)
    if found is not None:
        return found
    return PositionRow(account=account, seq=entry.seq, position=number, magic=fill.magic, symbol=fill.symbol)


def _with_fill(position: PositionRow, fill: FillRow) -> PositionRow:
    """A position after one more deal: adding moves the average price, reducing keeps it, crossing sets it."""
    moved = fill.volume * fill.side
    before, after = position.volume, position.volume + moved
    price = position.price
    if before * moved > 0:
        price = _MEAN.divide(abs(before) * price + fill.volume * fill.price, abs(after))
    elif before == 0 or before * after < 0:
        price = fill.price
    return replace(
        position,
        magic=position.magic or fill.magic,
        volume=after,
        price=price,
        realised=position.realised + fill.profit,
        commission=position.commission + fill.commission,
        swap=position.swap + fill.swap,
        fee=position.fee + fill.fee,
        opened=fill.ts if position.opened is None else position.opened,
        closed=fill.ts if after == 0 else None,
    )


def _book(
    rows: Rows, account: str, entry: Entry, name: str, what: str, amount: Decimal, ts: int, operator: int = 0
) -> None:
    if rows.get(CashRow, account, name) is not None:
        raise EventRefused(f"cash movement {name} is in the ledger already")
    rows.put(
        CashRow(account=account, seq=entry.seq, name=name, what=what, amount=amount, ts=ts, operator=operator)
    )


def _cash(rows: Rows, account: str, entry: Entry, body: bodies.Cash) -> None:
    _book(rows, account, entry, body.key, body.what, body.amount, body.ts, int(body.operator))


def _protected(rows: Rows, account: str, entry: Entry, body: bodies.Protected) -> None:
    position = rows.get(PositionRow, account, body.position)
    if position is None:
        position = PositionRow(
            account=account, seq=entry.seq, position=body.position, magic=0, symbol=body.symbol
        )
    rows.put(replace(position, stop=body.stop, target=body.target))


def _alerted(rows: Rows, account: str, entry: Entry, body: bodies.Alerted) -> None:
    rows.put(
        AlertRow(
            account=account, seq=entry.seq, ts=entry.ts, severity=body.severity, code=body.code,
            text=body.text,
        )
    )  # fmt: skip


_HANDLERS: dict[type[AnyBody], Callable[[Rows, str, Entry, Any], None]] = {
    bodies.Intent: _intent,
    bodies.Denied: _denied,
    bodies.Sent: _sent,
    bodies.Withheld: _withheld,
    bodies.Acked: _acked,
    bodies.Rejected: _rejected,
    bodies.Unresolved: _unresolved,
    bodies.Adopted: _adopted,
    bodies.Ended: _ended,
    bodies.CancelAsked: _cancel_asked,
    bodies.Done: _done,
    bodies.Filled: _filled,
    bodies.Voided: _voided,
    bodies.Corrected: _corrected,
    bodies.Cash: _cash,
    bodies.Protected: _protected,
    bodies.Alerted: _alerted,
}
