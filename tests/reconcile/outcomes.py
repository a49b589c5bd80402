"""Outcomes for tests of what is kept and shown."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ictcli.reconcile.backtest_difference import BacktestDifference
from ictcli.reconcile.decisions_again import DecisionRow
from ictcli.reconcile.differences import differences
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.story import Window

START, END = 1_700_000_000_123_456_000, 1_700_000_007_000_000_000
ROOT = finding(
    Kind.MISSING_FILL_LOCAL, "deal:7", ({"deal": 7},), symbol="EURUSD", theirs="0.10 at 1.1", ts=START
)
DERIVED = finding(Kind.BALANCE_DIFF, "account", field="balance", caused_by=(ROOT.name,), ours="1", theirs="2")
KNOWN = finding(Kind.FOREIGN, "order:9", known=True)


def outcome(*findings: Finding, ledger: str = "broker", **more: Any) -> Outcome:
    """A reconciliation of a broker's account with these findings."""
    verdict = Verdict("findings" if any(one.root for one in findings) else "clean", findings)
    base = Outcome("ledger", ledger, "desk", "Demo/1", "USD", Window(START, END), verdict)
    return replace(base, stated=Decimal("10.10"), computed=Decimal("10.00"), events=12, **more)


def differing(number: int, *causes: str) -> tuple[BacktestDifference, ...]:
    """So many bars at which only the backtest decides something."""
    rows = [
        DecisionRow(START + at * 10**9, "EURUSD", "M5", "sma_cross", "", "enter, long")
        for at in range(number)
    ]
    return differences(rows, causes)
