"""What a ledger and a backtest of its bars tell otherwise, row by row, in the columns of a finding."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from ictcli.clock import iso
from ictcli.reconcile.decisions_again import DecisionRow
from ictcli.reconcile.findings import Policy, Severity
from ictcli.reconcile.model_fills import FillRow

_SIDES = {1: "bought", -1: "sold"}


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


def differences(
    rows: Sequence[DecisionRow | FillRow], causes: tuple[str, ...] = ()
) -> tuple[BacktestDifference, ...]:
    """Rows that differ as they are told and kept.

    Args:
        rows: of ``against_backtest.Comparison.differing``.
        causes: names of the findings that explain all of them.
    """
    return tuple(
        _decision(row, causes) if isinstance(row, DecisionRow) else _fill(row, causes) for row in rows
    )


def _decision(row: DecisionRow, causes: tuple[str, ...]) -> BacktestDifference:
    return BacktestDifference(
        kind=DifferenceKind.DECISION_DIFF, key=f"bar:{iso(row.bar)}",
        field=" ".join(part for part in (row.symbol, row.timeframe, row.strategy) if part),
        symbol=row.symbol, ours=row.ledger or None, theirs=row.core or None, ts=row.bar, note="",
        evidence=_digest(row), caused_by=causes,
    )  # fmt: skip


def _fill(row: FillRow, causes: tuple[str, ...]) -> BacktestDifference:
    return BacktestDifference(
        kind=DifferenceKind.FILL_DIFF, key=f"intent:{row.intent}", field=row.part, symbol=row.symbol,
        ours=_filled(row.volume, row.price), theirs=_filled(row.model_volume, row.model_price),
        ts=row.ts or row.model_ts, evidence=_digest(row), caused_by=causes,
        note=f"{_SIDES.get(row.side, 'traded')} by {row.strategy}, decided at {iso(row.bar)}",
    )  # fmt: skip


def _filled(volume: Decimal, price: Decimal) -> str | None:
    return f"{volume.normalize():f} at {price.normalize():f}" if volume else None


def _digest(row: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(row, order="deterministic")).hexdigest()
