"""What follows from a ledger that is not what was written."""

from msgspec import structs

from ictcli.reconcile.findings import Finding, Kind
from ictcli.reconcile.matching import Verdict, ordered

_OF_THE_OTHER_SIDE = frozenset(
    {Kind.LEDGER_INTEGRITY, Kind.SPEC_CHANGE, Kind.WINDOW_INCOMPLETE, Kind.CLOCK_SKEW}
)
"""Kinds that need no word of the ledger's events."""


def in_doubt(verdict: Verdict) -> Verdict:
    """The verdict over a ledger whose events may be others than were written, or may lack some.

    Nobody can say whether a difference is the ledger's fault or its damage, so that all of them follow from
    that; the same verdict where the ledger has no fault.
    """
    causes = tuple(one.name for one in verdict.findings if one.kind is Kind.LEDGER_INTEGRITY)
    if not causes:
        return verdict
    return Verdict(verdict.result, ordered([_caused(one, causes) for one in verdict.findings]))


def _caused(one: Finding, causes: tuple[str, ...]) -> Finding:
    if not one.root or one.kind in _OF_THE_OTHER_SIDE:
        return one
    return structs.replace(one, caused_by=causes)
