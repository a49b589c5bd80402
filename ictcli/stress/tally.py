"""What became of the orders of a stage: from its ledger, and from the broker's own records beside it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.ledger.bodies import (
    Acked,
    AnyBody,
    Denied,
    Done,
    Ended,
    Filled,
    Illegal,
    Intent,
    Rejected,
    Unresolved,
)
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
class Outcomes:
    """What became of requests.

    Attributes:
        requests: intents that were to reach the broker.
        wrong: those that ended in an error: denied, rejected, of unknown outcome, without any end.
        refused: how many the broker took and refused later, as the market had gone: by the open an order's
            stop lay on the wrong side. No error of ours; they happen in backtests, too.
    """

    requests: int
    wrong: dict[str, str]
    refused: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of orders.

    Attributes:
        outcomes: of the requests.
        deals: at the broker.
        faults: where ledger and broker do not tell one story, in words.
    """

    outcomes: Outcomes
    deals: int
    faults: tuple[str, ...]

    def __add__(self, other: "Tally") -> "Tally":
        """Of both stages together."""
        one, two = self.outcomes, other.outcomes
        wrong = {f"{at}:{name}": why for at, own in enumerate((one, two)) for name, why in own.wrong.items()}
        both = Outcomes(one.requests + two.requests, wrong, one.refused + two.refused)
        return Tally(both, self.deals + other.deals, (*self.faults, *other.faults))

    def claims(self, error_rate: float) -> list[Claim]:
        """What may be said of them.

        Args:
            error_rate: share of requests in error that is too many.
        """
        own = self.outcomes
        reasons = Counter(own.wrong.values()).most_common(_SHOWN)
        parts = [f"{count} {reason}" for reason, count in reasons]
        parts += [f"{own.refused} more taken, then refused: the price had gone"] if own.refused else []
        note, wrong = "; ".join(parts), len(own.wrong)
        errors = share_claim(_ERRORS, wrong, own.requests, "orders", error_rate, note=note)
        lost = "; ".join(self.faults[:_SHOWN])
        return [errors, cases_claim(_DIFFERENCES, len(self.faults), self.deals, "deals", note=lost)]


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
    return Tally(outcomes(entries, set(book.working)), len(seen.deals), faults)


def outcomes(entries: Sequence[Entry], under_way: set[str]) -> Outcomes:
    """What a ledger tells of its requests.

    Args:
        entries: of the ledger, from its beginning.
        under_way: names of those that rest at the broker, which is no error.
    """
    asked: dict[str, None] = {}
    answered, taken, refused = set(under_way), set(), set()
    wrong: dict[str, str] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, Intent):
            asked[body.id] = None
        elif isinstance(body, Acked):
            taken.add(body.id)
        elif isinstance(body, Ended) and body.status == "rejected" and body.id in taken:
            refused.add(body.id)
        elif isinstance(body, Ended | Filled | Done):
            answered.add(body.id)
        if error := _error(body):
            name, why = error
            wrong.setdefault(name, why)
    for name in refused:
        wrong.pop(name, None)
    open_still = [name for name in asked if name not in answered | refused and name not in wrong]
    wrong |= dict.fromkeys(open_still, "without an end")
    return Outcomes(len(asked), wrong, len(refused))


def _error(body: AnyBody) -> tuple[str, str] | None:
    """Whose error an event tells of, and which; None for one that tells of none."""
    if isinstance(body, Denied):
        return body.id, f"denied: {body.code}"
    if isinstance(body, Rejected) and not body.again:
        return body.id, f"rejected: {body.message or body.code}"
    if isinstance(body, Unresolved):
        return body.id, "of unknown outcome"
    if isinstance(body, Illegal):
        return body.id, "not allowed in its state"
    if isinstance(body, Ended) and body.status not in _GOOD:
        return body.id, body.status
    return None
