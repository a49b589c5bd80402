"""What became of the orders of a stage: from its ledger, and from the broker's own records beside it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.ledger.bodies import Denied, Done, Ended, Filled, Illegal, Intent, Rejected, Unresolved
from ictcli.ledger.log import Entry
from ictcli.stress.claims import cases_claim, share_claim
from ictcli.stress.scenario import Claim
from ictcli.stress.world import Stage
from ictcli.trading.invariants import BrokerRecord, broker_faults, journal_faults

_ERRORS, _DIFFERENCES = "orders in error", "ledger and broker differ"
_SHOWN = 3
"""Of what went wrong, in the note of a claim."""
_GOOD = frozenset({"filled", "cancelled", "expired", "absent"})
"""Ends of an order that are no error of ours."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of orders.

    Attributes:
        requests: intents that were to reach the broker.
        wrong: those that ended in an error: denied, refused, of unknown outcome, without any end.
        deals: at the broker.
        faults: where ledger and broker do not tell one story, in words.
    """

    requests: int
    wrong: dict[str, str]
    deals: int
    faults: tuple[str, ...]

    def claims(self, error_rate: float) -> list[Claim]:
        """What may be said of them.

        Args:
            error_rate: least share of requests in error that is too many.
        """
        reasons = Counter(self.wrong.values()).most_common(_SHOWN)
        why = "; ".join(f"{count} {reason}" for reason, count in reasons)
        lost = "; ".join(self.faults[:_SHOWN])
        return [
            share_claim(_ERRORS, len(self.wrong), self.requests, "orders", error_rate, note=why),
            cases_claim(_DIFFERENCES, len(self.faults), self.deals, "deals", note=lost),
        ]


def tally_of(stage: Stage) -> Tally:
    """Of all orders of a stage; to be asked once nothing is under way.

    Raises:
        SourceUnavailable: the broker cannot be asked.
    """
    entries = list(stage.journal.read())
    broker = stage.world.broker
    seen = broker.evidence(0)
    record = BrokerRecord(
        (*seen.open_orders, *seen.done_orders),
        seen.deals,
        seen.cash,
        seen.positions,
        broker.account().balance,
    )
    book = stage.one.book
    faults = (*journal_faults(book, entries), *broker_faults(book, entries, record))
    requests, wrong = outcomes(entries, set(book.working))
    return Tally(requests, wrong, len(seen.deals), faults)


def outcomes(entries: Sequence[Entry], under_way: set[str]) -> tuple[int, dict[str, str]]:
    """How many requests a ledger tells of, and which of them ended in what error.

    Args:
        entries: of the ledger, from its beginning.
        under_way: names of those that rest at the broker, which is no error.
    """
    asked: dict[str, None] = {}
    answered: set[str] = set(under_way)
    wrong: dict[str, str] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, Intent):
            asked[body.id] = None
        elif isinstance(body, Denied):
            wrong[body.id] = f"denied: {body.code}"
        elif isinstance(body, Rejected) and not body.again:
            wrong[body.id] = f"rejected: {body.message or body.code}"
        elif isinstance(body, Unresolved):
            wrong[body.id] = "of unknown outcome"
        elif isinstance(body, Illegal):
            wrong[body.id] = "not allowed in its state"
        elif isinstance(body, Ended):
            answered.add(body.id)
            if body.status not in _GOOD:
                wrong.setdefault(body.id, body.status)
        elif isinstance(body, Filled | Done):
            answered.add(body.id)
    wrong |= {name: "without an end" for name in asked if name not in answered and name not in wrong}
    return len(asked), wrong
