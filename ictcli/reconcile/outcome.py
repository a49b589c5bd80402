"""What came of a reconciliation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from ictcli.errors import ExitCode
from ictcli.reconcile.backtest_difference import BacktestDifference
from ictcli.reconcile.findings import Finding, Severity
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.story import INSTRUMENTS, Window, empty

Mode = Literal["ledger", "statement_only", "backtest"]
"""``ledger``: against a broker or a statement; ``statement_only``: no ledger here is of that account."""

CODES: dict[str, ExitCode] = {
    "clean": ExitCode.OK,
    "findings": ExitCode.DISCREPANCY,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
"""Result = exit code."""
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""Gravest first."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a reconciliation was carried out, and under which number it is kept.

    Attributes:
        run: number in ``state/recon.db``.
        started, ended: ns UTC.
    """

    run: int
    started: int
    ended: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reconciliation that was carried through.

    Attributes:
        mode: what was compared with what.
        ledger: broker, paper or replay; empty where there is none.
        against: the other side for people: a broker's name, a file, a run.
        account: ``server/login``.
        currency: of the account.
        window: what was compared; None where it has no bounds.
        verdict: result and findings.
        stated: the balance as the other side tells it, at the watermark; None where it does not.
        computed: the same, added up here.
        applied: names of the findings that were put right, and by what.
        events, anchors: how much of the ledger was verified.
        clock_offset: the broker's clock less ours, ns; None where not measured.
        instruments: contracts as the broker specifies them (``story.INSTRUMENTS``).
        details: further facts of the mode, as plain values.
        differences: decisions and fills that are others than the backtest's.
        compared: what = how many of it were compared, those of one side only with them.
    """

    mode: Mode
    ledger: str
    against: str
    account: str
    currency: str
    window: Window | None
    verdict: Verdict
    stated: Decimal | None = None
    computed: Decimal | None = None
    applied: Mapping[str, str] = field(default_factory=dict)
    events: int = 0
    anchors: int = 0
    clock_offset: int | None = None
    instruments: pl.DataFrame = field(default_factory=lambda: empty(INSTRUMENTS))
    details: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[BacktestDifference, ...] = ()
    compared: Mapping[str, int] = field(default_factory=dict)

    @property
    def code(self) -> ExitCode:
        """What the process ends with."""
        return CODES[self.verdict.result]

    @property
    def rows(self) -> tuple[Finding | BacktestDifference, ...]:
        """All that is kept and handed on row by row: findings, then differences from a backtest."""
        return (*self.verdict.findings, *self.differences)

    @property
    def counts(self) -> dict[str, Any]:
        """How many findings there are, roots by kind and by severity; ``derived``: differences as well."""
        found, roots = self.verdict.findings, self.verdict.roots
        weights = Counter(one.severity for one in roots)
        return {
            "roots": len(roots),
            "differences": len(self.differences),
            "derived": sum(bool(one.caused_by) for one in self.rows),
            "known": sum(one.known and not one.caused_by for one in found),
            "by_kind": dict(sorted(Counter(one.kind.value for one in roots).items())),
            "by_severity": {word: number for word in SEVERITIES if (number := weights[word])},
        }
