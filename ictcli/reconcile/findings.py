"""What can differ between ledger and broker: 28 kinds, each with its weight and what is done about it."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import msgspec

Severity = Literal["info", "warning", "critical"]
Policy = Literal[
    "book",
    "adopt",
    "resolve",
    "flag",
    "classify",
    "restore",
    "halt_symbol",
    "reduce",
    "halt",
    "human",
    "none",
]
"""``book``: the ledger takes the broker's deal; ``adopt``: it takes the broker's value. These two, and only
these, ``reconcile --apply`` carries out by itself."""
AUTOMATIC: frozenset[Policy] = frozenset({"book", "adopt"})


class Kind(StrEnum):
    """The kinds, in the order in which one explains another.

    A finding is about the key behind its name: ``deal:TICKET``, ``order:TICKET``, ``intent:ID``,
    ``position:IDENTIFIER``, ``symbol:NAME``, ``cash:KEY`` or ``account``.
    """

    MISSING_FILL_LOCAL = "missing_fill_local"
    PHANTOM_FILL_LOCAL = "phantom_fill_local"
    DUPLICATE_FILL = "duplicate_fill"
    FILL_PRICE_DIFF = "fill_price_diff"
    FILL_QTY_DIFF = "fill_qty_diff"
    FILL_SIDE_DIFF = "fill_side_diff"
    FILL_TIME_DIFF = "fill_time_diff"
    FEE_DIFF = "fee_diff"
    SWAP_DIFF = "swap_diff"
    ORDER_STATUS_DIFF = "order_status_diff"
    ORDER_MISSING_AT_BROKER = "order_missing_at_broker"
    FOREIGN = "foreign"
    DOUBLE_SUBMIT = "double_submit"
    POSITION_QTY_DIFF = "position_qty_diff"
    POSITION_SIDE_FLIP = "position_side_flip"
    AVG_PRICE_DIFF = "avg_price_diff"
    REALISED_PNL_DIFF = "realised_pnl_diff"
    BALANCE_DIFF = "balance_diff"
    UNEXPLAINED_CASH = "unexplained_cash"
    OVERFILL = "overfill"
    LATE_FILL = "late_fill"
    BUST = "bust"
    STOP_DIFF = "stop_diff"
    SPEC_CHANGE = "spec_change"
    SPECIAL_DEAL = "special_deal"
    WINDOW_INCOMPLETE = "window_incomplete"
    LEDGER_INTEGRITY = "ledger_integrity"
    CLOCK_SKEW = "clock_skew"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind is: ``says`` in words, how bad, and what is done about it."""

    says: str
    severity: Severity
    policy: Policy


MEANINGS: dict[Kind, Meaning] = {
    Kind.MISSING_FILL_LOCAL: Meaning("a deal of the broker's is not in the ledger", "warning", "book"),
    Kind.PHANTOM_FILL_LOCAL: Meaning("the broker has no such deal", "critical", "human"),
    Kind.DUPLICATE_FILL: Meaning("one deal stands in the ledger twice", "critical", "human"),
    Kind.FILL_PRICE_DIFF: Meaning("the price of a deal differs", "warning", "adopt"),
    Kind.FILL_QTY_DIFF: Meaning("the volume of a deal differs", "critical", "human"),
    Kind.FILL_SIDE_DIFF: Meaning("side or symbol of a deal differs", "critical", "halt_symbol"),
    Kind.FILL_TIME_DIFF: Meaning("the time of a deal differs", "info", "none"),
    Kind.FEE_DIFF: Meaning("commission or fee of a deal differs", "warning", "adopt"),
    Kind.SWAP_DIFF: Meaning("the swap of a position differs", "warning", "adopt"),
    Kind.ORDER_STATUS_DIFF: Meaning("an order is over on one side only", "warning", "adopt"),
    Kind.ORDER_MISSING_AT_BROKER: Meaning("the broker knows no such order", "critical", "resolve"),
    Kind.FOREIGN: Meaning("it is none of ours", "warning", "flag"),
    Kind.DOUBLE_SUBMIT: Meaning("one intent has two orders at the broker", "critical", "halt"),
    Kind.POSITION_QTY_DIFF: Meaning("the volume of a position differs", "critical", "reduce"),
    Kind.POSITION_SIDE_FLIP: Meaning("a position is on the other side", "critical", "halt"),
    Kind.AVG_PRICE_DIFF: Meaning("the average price of a position differs", "warning", "none"),
    Kind.REALISED_PNL_DIFF: Meaning("the result of a position differs", "warning", "adopt"),
    Kind.BALANCE_DIFF: Meaning("the money does not add up", "critical", "human"),
    Kind.UNEXPLAINED_CASH: Meaning("money moved and the ledger does not know why", "warning", "classify"),
    Kind.OVERFILL: Meaning("an order was filled beyond its volume", "critical", "book"),
    Kind.LATE_FILL: Meaning("an order was filled after it was over", "warning", "book"),
    Kind.BUST: Meaning("the broker has taken a deal back", "critical", "adopt"),
    Kind.STOP_DIFF: Meaning("the broker holds another stop or target, or none", "critical", "restore"),
    Kind.SPEC_CHANGE: Meaning("the contract is not the one that was configured", "critical", "halt_symbol"),
    Kind.SPECIAL_DEAL: Meaning("the broker names another cause for a deal", "warning", "classify"),
    Kind.WINDOW_INCOMPLETE: Meaning("the broker's records are not complete", "warning", "none"),
    Kind.LEDGER_INTEGRITY: Meaning("the ledger is not what was written", "critical", "halt"),
    Kind.CLOCK_SKEW: Meaning("the broker's clock is off", "warning", "none"),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference.

    Attributes:
        kind: which.
        key: what it is about, see ``Kind``.
        field: of a kind with several: price, commission, fee, stop …; empty for the kind itself.
        symbol: ours; empty where there is none.
        ours, theirs: both values as people write them; None for nothing there.
        tolerance: what they may be apart, in words; empty where they must be equal.
        severity, policy: of the kind, or graver.
        caused_by: ``name`` of the findings that explain it; empty for a root.
        known: the ledger says so itself: told, and not counted.
        ts: instant it is about, ns UTC; 0 for none.
        note: what else there is to say.
        evidence: SHA-256 over the rows of both sides.
    """

    kind: Kind
    key: str
    severity: Severity
    policy: Policy
    field: str = ""
    symbol: str = ""
    ours: str | None = None
    theirs: str | None = None
    tolerance: str = ""
    caused_by: tuple[str, ...] = ()
    known: bool = False
    ts: int = 0
    note: str = ""
    evidence: str = ""

    @property
    def name(self) -> str:
        """What tells it from the others of a run."""
        return " ".join(part for part in (self.kind.value, self.key, self.field) if part)

    @property
    def root(self) -> bool:
        """Whether it counts: no other finding explains it, and the ledger does not know it already."""
        return not self.caused_by and not self.known


def finding(kind: Kind, key: str, rows: tuple[Any, ...] = (), **given: Any) -> Finding:
    """A finding with the weight and policy of its kind.

    Args:
        kind: which.
        key: what it is about.
        rows: what both sides say, for its evidence; anything that JSON can hold.
        given: other fields.
    """
    meaning = MEANINGS[kind]
    evidence = hashlib.sha256(msgspec.json.encode(rows, order="deterministic")).hexdigest() if rows else ""
    return Finding(
        kind=kind, key=key, evidence=evidence,
        **{"severity": meaning.severity, "policy": meaning.policy, **given},
    )  # fmt: skip
