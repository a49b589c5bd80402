"""The state machine of an order as a table: every state, every event, one verdict (RELIABILITY.md 3.3).

Events are of three sources: what this process does, what the broker answers, and what its records show. Only
the last two leave ``unknown``; a lapse of time is no event.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ictcli.trading.status import OVER, Status


class Happening(StrEnum):
    """What can happen to an order."""

    SENT = "sent"
    DENIED = "denied"
    WITHHELD = "withheld"
    ACKED = "acked"
    REFUSED = "refused"
    AGAIN = "again"
    UNRESOLVED = "unresolved"
    FOUND = "found"
    MISSED = "missed"
    ABSENT = "absent"
    FILLED_IN_PART = "filled in part"
    FILLED_WHOLLY = "filled wholly"
    OVERFILLED = "overfilled"
    REPEATED = "repeated deal"
    VOIDED = "voided"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


MEANINGS: dict[Happening, str] = {
    Happening.SENT: "we are about to send it",
    Happening.DENIED: "the gate keeps it, or it was never sent and a start finds it stale",
    Happening.WITHHELD: "the halt latch was found on at the last look before the send",
    Happening.ACKED: "answer: accepted or executed",
    Happening.REFUSED: "answer: provably not executed",
    Happening.AGAIN: "answer: provably not executed, and it may be asked again",
    Happening.UNRESOLVED: "no answer, an ambiguous one, or a start finds it sent",
    Happening.FOUND: "records: the order is there and works",
    Happening.MISSED: "records: one complete pass without a trace",
    Happening.ABSENT: "records: absence is proven",
    Happening.FILLED_IN_PART: "records: a deal that leaves volume open",
    Happening.FILLED_WHOLLY: "records: a deal that completes the volume",
    Happening.OVERFILLED: "records: a deal beyond the volume",
    Happening.REPEATED: "records: a deal that is booked already",
    Happening.VOIDED: "records: the broker took a deal back",
    Happening.CANCELLED: "records: withdrawn",
    Happening.EXPIRED: "records: lapsed",
    Happening.REJECTED: "records: refused after all",
}

Kind = Literal["move", "ignored", "finding", "illegal"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an event means in a state.

    Attributes:
        kind: ``move`` is legal; ``ignored`` is known or older news; ``finding`` is taken as the truth and a
            person is told; ``illegal`` is recorded and the state kept.
        to: state behind it.
    """

    kind: Kind
    to: Status


_FILLS = {
    Happening.FILLED_IN_PART: Status.PARTIAL,
    Happening.FILLED_WHOLLY: Status.FILLED,
    Happening.OVERFILLED: Status.FILLED,
}
_ENDS = {
    Happening.CANCELLED: Status.CANCELLED,
    Happening.EXPIRED: Status.EXPIRED,
    Happening.REJECTED: Status.REJECTED,
}
_OURS = {
    (Status.INTENT, Happening.SENT): Status.SENT,
    (Status.INTENT, Happening.DENIED): Status.DENIED,
    (Status.SENT, Happening.WITHHELD): Status.INTENT,
    (Status.SENT, Happening.ACKED): Status.OPEN,
    (Status.SENT, Happening.REFUSED): Status.REJECTED,
    (Status.SENT, Happening.AGAIN): Status.INTENT,
    (Status.SENT, Happening.UNRESOLVED): Status.UNKNOWN,
    (Status.SENT, Happening.FOUND): Status.OPEN,
    (Status.UNKNOWN, Happening.ACKED): Status.OPEN,
    (Status.UNKNOWN, Happening.REFUSED): Status.REJECTED,
    (Status.UNKNOWN, Happening.FOUND): Status.OPEN,
    (Status.UNKNOWN, Happening.MISSED): Status.UNKNOWN,
    (Status.UNKNOWN, Happening.ABSENT): Status.ABSENT,
}
_AT_BROKER = (Status.SENT, Status.UNKNOWN, Status.OPEN, Status.PARTIAL)
NEVER_THERE = frozenset({Status.INTENT, Status.DENIED, Status.REJECTED, Status.ABSENT})
"""States in which the broker should have nothing of the order: anything it shows is a finding."""
_KNOWN = (Status.OPEN, Status.PARTIAL, Status.FILLED, Status.CANCELLED, Status.EXPIRED)


def _build() -> dict[tuple[Status, Happening], Verdict]:
    """Illegal unless something says otherwise."""
    table = {(status, event): Verdict("illegal", status) for status in Status for event in Happening}
    for status in Status:
        _add_records(table, status)
        if status in NEVER_THERE:
            _add_findings(table, status)
    table.update({key: Verdict("move", to) for key, to in _OURS.items()})
    for status in _AT_BROKER:
        for event, to in _ENDS.items():
            table[status, event] = Verdict("move", to)
    return table


def _add_records(table: dict[tuple[Status, Happening], Verdict], status: Status) -> None:
    """What the broker's records may say in any state: deals are booked whatever we thought of the order."""
    table[status, Happening.VOIDED] = Verdict("finding", status)
    for event in (Happening.REPEATED, Happening.MISSED):
        table[status, event] = Verdict("ignored", status)
    for event, to in _FILLS.items():
        legal = status in _AT_BROKER and event is not Happening.OVERFILLED
        stays = status in OVER and event is Happening.FILLED_IN_PART
        table[status, event] = Verdict("move" if legal else "finding", status if stays else to)
    if status is not Status.INTENT:
        table[status, Happening.UNRESOLVED] = Verdict("ignored", status)
    if status in _KNOWN:
        for event in (Happening.ACKED, Happening.FOUND, *_ENDS):
            table[status, event] = Verdict("ignored", status)


def _add_findings(table: dict[tuple[Status, Happening], Verdict], status: Status) -> None:
    """What the broker may show of an order that it should not have."""
    table[status, Happening.FOUND] = Verdict("finding", Status.OPEN)
    for event in (Happening.CANCELLED, Happening.EXPIRED):
        table[status, event] = Verdict("finding", _ENDS[event])
    if status in OVER:
        table[status, Happening.REJECTED] = Verdict("ignored", status)
    if status in {Status.REJECTED, Status.ABSENT}:
        table[status, Happening.REFUSED] = Verdict("ignored", status)
    if status is Status.ABSENT:
        table[status, Happening.ACKED] = Verdict("finding", Status.OPEN)


TABLE = _build()
"""The verdict on each of |states| x |events|."""


def transition_table() -> str:
    """The table of docs/orders.md: a row per event, a column per state."""
    marks = {"ignored": "·", "illegal": "✗"}
    states = list(Status)
    rows = [
        "| event | " + " | ".join(f"`{status}`" for status in states) + " |",
        "|---|" + "---|" * len(states),
    ]
    for event in Happening:
        cells = []
        for status in states:
            verdict = TABLE[status, event]
            note = "!" if verdict.kind == "finding" else ""
            cells.append(marks.get(verdict.kind) or f"{verdict.to}{note}")
        rows.append(f"| {event}: {MEANINGS[event]} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
