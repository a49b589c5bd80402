"""From a folded journal to a trader that may act (RELIABILITY.md 3.4).

A request that was recorded as sent may be at the broker: it becomes unknown. One that was decided and not
recorded as sent provably is not: it is denied as stale, unless it withdraws an order, which never harms.
Then the broker's records are read, what they show is booked, and only when positions and money agree is new
exposure allowed.
"""

from collections.abc import Collection
from decimal import Decimal

from msgspec.structs import replace

from ictcli.brokers.reports import Evidence
from ictcli.ledger.bodies import (
    Cash,
    Denied,
    Mode,
    ModeSet,
    Opened,
    Start,
    Synced,
    Unresolved,
)
from ictcli.trading.denials import Denial
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import OrderState, TaskState
from ictcli.trading.status import Status

OWN_REASON = "account: "
"""In front of the reason of a mode that the order manager set and may lift itself."""
OPENING = "opening"


def begin(scribe: Scribe, start: Start, answered: Collection[str] = ()) -> None:
    """Put down that a trader begins, and what its predecessor's end made of open requests.

    Args:
        scribe: writes.
        start: its epoch is set here.
        answered: requests whose answers are known after all.
    """
    book = scribe.book
    scribe.write(replace(start, epoch=book.epoch + 1))
    open_requests: list[OrderState | TaskState] = [*book.working_orders(), *book.pending_tasks()]
    for state in open_requests:
        if state.status == Status.INTENT and state.intent.action != "cancel":
            scribe.write(Denied(id=state.id, code=Denial.STALE))
        elif state.status == Status.SENT and state.id not in answered:
            scribe.write(
                Unresolved(id=state.id, attempt=state.attempt, code=0, message="sent before a restart")
            )


def open_books(scribe: Scribe, evidence: Evidence) -> None:
    """Put down how the account stands when a journal begins: what was before is not booked."""
    account = evidence.account
    if account is None:
        return
    tickets = [one.ticket for one in evidence.deals] + [one.ticket for one in evidence.cash]
    scribe.write(
        Opened(balance=account.balance, deal=max(tickets, default=0)),
        Cash(key=OPENING, what=OPENING, amount=account.balance, ts=evidence.begun),
    )


def money_difference(book: OrderBook, evidence: Evidence) -> Decimal:
    """The broker's balance less ours; 0 where the pass did not read it."""
    return evidence.account.balance - book.cash if evidence.account is not None else Decimal(0)


def finish(scribe: Scribe, evidence: Evidence, differences: list[str], unresolved: Mode) -> None:
    """Put down the comparison with the broker, and what is allowed from now on.

    Args:
        scribe: writes.
        evidence: a complete pass, booked already.
        differences: where records do not agree, in words.
        unresolved: mode of a start with requests whose outcome is unknown.
    """
    book, account = scribe.book, evidence.account
    difference = money_difference(book, evidence)
    scribe.write(
        Synced(
            since=evidence.since,
            balance=account.balance if account else book.cash,
            equity=account.equity if account else book.cash,
            difference=difference,
            open_orders=len(evidence.open_orders),
            positions=len(evidence.positions),
        )
    )
    judge(scribe, differences, difference, unresolved, starting=True)


def judge(
    scribe: Scribe, differences: list[str], difference: Decimal, unresolved: Mode, *, starting: bool
) -> None:
    """Restrict trading while the account is not explained, and lift only what was restricted here.

    What a person or a breaker restricted stays; what was halted here stays until the next start. A request
    of unknown outcome restricts a start; later its symbol alone is closed, by the gate.
    """
    book = scribe.book
    if book.mode != "active" and not book.mode_reason.startswith(OWN_REASON):
        return
    open_requests = len(book.unresolved()) if starting or book.mode != "active" else 0
    mode, reason = _verdict(differences, difference, open_requests, unresolved)
    lifted_by_a_start_only = mode == "active" and book.mode == "halted"
    if not starting and (mode == book.mode == "active" or lifted_by_a_start_only):
        return
    if starting or (mode, reason) != (book.mode, book.mode_reason):
        worse = mode != "active" and book.mode_reason != reason
        scribe.write(ModeSet(mode=mode, reason=reason))
        if worse:
            scribe.alert("critical", "account_unexplained", reason.removeprefix(OWN_REASON))


def _verdict(
    differences: list[str], difference: Decimal, open_requests: int, unresolved: Mode
) -> tuple[Mode, str]:
    if differences:
        return "reducing", OWN_REASON + "; ".join(differences)
    if open_requests:
        return unresolved, f"{OWN_REASON}requests of unknown outcome"
    if difference:
        return "reducing", f"{OWN_REASON}the broker's balance is {difference} above ours"
    return "active", f"{OWN_REASON}orders, positions and money agree"
