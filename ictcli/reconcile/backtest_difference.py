"""A difference between a ledger and a backtest of its bars, as it is told and kept."""

from enum import StrEnum

import msgspec

from ictcli.reconcile.findings import Policy, Severity


class DifferenceKind(StrEnum):
    """What differs: what was decided at a bar, or how much of an order was filled."""

    DECISION_DIFF = "decision_diff"
    FILL_DIFF = "fill_diff"


SAYS: dict[DifferenceKind, str] = {
    DifferenceKind.DECISION_DIFF: "the backtest decides otherwise at this bar",
    DifferenceKind.FILL_DIFF: "the backtest fills another volume, or nothing",
}


class BacktestDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A decision or a fill that is another than the backtest's.

    Attributes:
        kind: which of both.
        key: ``bar:CLOSE`` of a decision, ``intent:ID`` of a fill.
        field: symbol, timeframe and strategy of a decision; what was filled: order, stop, target, stop_out.
        symbol: ours.
        ours, theirs: of the ledger, of the backtest; None for nothing there.
        ts: close of the bar, or instant of the fill, ns UTC.
        note: what else there is to say.
        evidence: SHA-256 over both rows.
        caused_by: names of the findings that explain it.
        tolerance, severity, policy, known: as of a finding, the same for all of them.
    """

    kind: DifferenceKind
    key: str
    field: str
    symbol: str
    ours: str | None
    theirs: str | None
    ts: int
    note: str
    evidence: str
    caused_by: tuple[str, ...] = ()
    tolerance: str = ""
    severity: Severity = "critical"
    policy: Policy = "human"
    known: bool = False

    @property
    def name(self) -> str:
        """What tells it from the others of a run."""
        return f"{self.kind.value} {self.key} {self.field}"

    @property
    def root(self) -> bool:
        """Whether it counts: nothing else explains it."""
        return not self.caused_by
