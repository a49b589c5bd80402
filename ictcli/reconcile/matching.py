"""Ledger snapshot, broker report, tolerances -> findings: a pure function over two stories."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ictcli.reconcile.case import Case, Difference, Rule
from ictcli.reconcile.findings import Finding, Kind
from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances
from ictcli.reconcile.watermark import cut

Result = Literal["clean", "findings", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it; ``findings`` with roots first, each followed by what it explains."""

    result: Result
    findings: tuple[Finding, ...]

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(one for one in self.findings if one.root)


def reconcile(local: Story, broker: Story, tolerances: Tolerances, rules: Sequence[Rule] = RULES) -> Verdict:
    """Compare two stories of one account.

    Args:
        local: the ledger's, read at once, before and after the broker's.
        broker: the broker's, from the same instant on and up to the same watermark.
        tolerances: how far values may be apart.
        rules: what is looked for, in the order in which one finding explains another.

    Returns:
        ``inconclusive`` whenever the broker's records are not complete, whatever else was found.
    """
    case = Case(cut(local, broker.window), cut(broker, broker.window), tolerances)
    found: list[Difference] = []
    for rule in rules:
        found.extend(rule(case, tuple(found)))
    findings = _ordered([one.finding for one in found])
    return Verdict(_result(findings), findings)


def _result(findings: Sequence[Finding]) -> Result:
    if any(one.kind is Kind.WINDOW_INCOMPLETE for one in findings):
        return "inconclusive"
    return "findings" if any(one.root for one in findings) else "clean"


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Roots by weight, each followed by what it explains first."""
    weights = {"critical": 0, "warning": 1, "info": 2}
    told: dict[str, Finding] = {}
    followers: dict[str, list[Finding]] = {}
    for one in findings:
        if one.caused_by:
            followers.setdefault(one.caused_by[0], []).append(one)
    roots = [one for one in findings if not one.caused_by]
    for root in sorted(roots, key=lambda one: (one.known, weights[one.severity], one.name)):
        told[root.name] = root
        told |= {one.name: one for one in sorted(followers.get(root.name, ()), key=lambda one: one.name)}
    return (*told.values(), *(one for one in findings if one.name not in told))
