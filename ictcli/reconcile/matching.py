"""Ledger snapshot, broker report, tolerances -> findings: a pure function over two stories."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ictcli.errors import DataError
from ictcli.reconcile.case import Case, Difference, Rule
from ictcli.reconcile.findings import Finding, Kind
from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances
from ictcli.reconcile.watermark import cut, once

Result = Literal["clean", "findings", "inconclusive"]
_WEIGHTS = {"critical": 0, "warning": 1, "info": 2}


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

    Raises:
        DataError: the two count in different currencies, so they are not of one account.
    """
    ours, theirs = local.facts.currency, broker.facts.currency
    if ours and theirs and ours != theirs:
        raise DataError(
            f"the ledger counts in {ours} and the broker in {theirs}: they are not of one account",
            hint="Name the right --ledger, --broker or --statement.",
        )
    told = once(broker)
    case = Case(cut(local, told.window, told), cut(told, told.window), tolerances)
    found: list[Difference] = []
    for rule in rules:
        found.extend(rule(case, tuple(found)))
    findings = ordered([one.finding for one in found])
    return Verdict(_result(findings, complete=broker.window.complete), findings)


def _result(findings: Sequence[Finding], *, complete: bool) -> Result:
    if not complete or any(one.kind is Kind.WINDOW_INCOMPLETE for one in findings):
        return "inconclusive"
    return "findings" if any(one.root for one in findings) else "clean"


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings that nothing explains by weight, each followed by what it explains, at every remove.

    A finding with several causes stands behind the first of them that was found; one whose causes were not
    found stands by itself. None is lost and none told twice, also where two bear one name.
    """
    names = {one.name for one in findings}
    followers: dict[str, list[int]] = {}
    tops: list[int] = []
    for at, one in enumerate(findings):
        cause = next((name for name in one.caused_by if name in names and name != one.name), None)
        (tops if cause is None else followers.setdefault(cause, [])).append(at)
    told: list[int] = []
    for top in _sorted(findings, tops):
        told += _walked(findings, followers, top)
    left = set(range(len(findings))) - set(told)  # causes that run in a circle
    return tuple(findings[at] for at in [*told, *_sorted(findings, sorted(left))])


def _walked(findings: Sequence[Finding], followers: dict[str, list[int]], top: int) -> Iterator[int]:
    """A finding and all behind it, depth first; the followers of a name are told once."""
    waiting = [top]
    while waiting:
        at = waiting.pop()
        yield at
        waiting += reversed(_sorted(findings, followers.pop(findings[at].name, [])))


def _sorted(findings: Sequence[Finding], places: Sequence[int]) -> list[int]:
    def weight(at: int) -> tuple[bool, bool, int, str, str]:
        one = findings[at]
        return (one.known, bool(one.caused_by), _WEIGHTS[one.severity], one.name, one.evidence)

    return sorted(places, key=weight)
