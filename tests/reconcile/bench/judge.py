"""Compares what was found with what was planted, and what follows with what must follow."""

from collections import Counter
from collections.abc import Sequence

from ictcli.reconcile.findings import Finding, Kind
from tests.reconcile.bench.planted import Planted
from tests.reconcile.bench.records import Pair
from tests.reconcile.bench.telling import balance_at, volumes_at

MOVED = {Kind.POSITION_QTY_DIFF, Kind.POSITION_SIDE_FLIP, Kind.FOREIGN}
ALIKE = {
    Kind.WINDOW_INCOMPLETE, Kind.LEDGER_INTEGRITY, Kind.LATE_FILL, Kind.OVERFILL, Kind.BALANCE_DIFF,
    Kind.REALISED_PNL_DIFF,
}  # fmt: skip
"""Kinds that may have the same words for both sides: what is wrong stands elsewhere."""


def complaints(pair: Pair, planted: Sequence[Planted], result: str, findings: Sequence[Finding]) -> list[str]:
    """What is wrong with an answer, in words; nothing for a right one."""
    wanted = Counter(one.name for one in planted)
    got = Counter(one.name for one in findings if one.root)
    said = [f"not found: {name}" for name in (wanted - got).elements()]
    said += [f"invented: {name}" for name in (got - wanted).elements()]
    expected = "findings" if planted else "clean"
    if any(one.kind is Kind.WINDOW_INCOMPLETE for one in planted):
        expected = "inconclusive"
    if result != expected:
        said.append(f"result {result}, not {expected}")
    foreign = {one.key for one in findings if one.kind is Kind.FOREIGN}
    said += [f"{key} is not called foreign" for key in sorted(pair.strangers - foreign)]
    said += _weights(planted, findings) + _values(findings) + _causes(findings)
    return said + _followers(pair, findings)


def _weights(planted: Sequence[Planted], findings: Sequence[Finding]) -> list[str]:
    told = {one.name: one for one in findings}
    said = [
        f"{one.name} does not say {one.says!r}"
        for one in planted
        if one.name in told and one.says not in told[one.name].note
    ]
    return said + [
        f"{one.name} is {told[one.name].severity} {told[one.name].policy}"
        for one in planted
        if one.severity and one.name in told
        if (one.severity, one.policy) != (told[one.name].severity, told[one.name].policy)
    ]


def _values(findings: Sequence[Finding]) -> list[str]:
    """Both sides' words differ, and the rows behind them are kept as a hash."""
    said = [f"{one.name} has no evidence" for one in findings if one.root and len(one.evidence) != 64]
    values = [one for one in findings if one.root and one.kind not in ALIKE]
    return said + [f"{one.name} has {one.ours} on both sides" for one in values if one.ours == one.theirs]


def _causes(findings: Sequence[Finding]) -> list[str]:
    """Every cause is another finding of the same run, told once; only what is foreign is known."""
    names = {one.name for one in findings}
    said = [
        f"{one.name} is caused by {cause}, which is not there"
        for one in findings
        for cause in one.caused_by
        if cause not in names or cause == one.name
    ]
    said += [f"{one.name} is known" for one in findings if one.known and one.kind is not Kind.FOREIGN]
    return said + [
        f"{name} is told twice" for name, times in Counter(x.name for x in findings).items() if times > 1
    ]


def _followers(pair: Pair, findings: Sequence[Finding]) -> list[str]:
    """What differs in volume or balance is told, be it as a root or as what follows."""
    if not pair.broker.complete:
        return []
    said = []
    kinds = {(one.kind, one.key) for one in findings}
    clock = {one.deal: one.ts for one in pair.broker.deals}
    ours, theirs = (volumes_at(side, pair.until, clock) for side in (pair.local, pair.broker))
    for position in sorted(ours.keys() | theirs.keys()):
        apart = abs(ours.get(position, 0) - theirs.get(position, 0))
        if 2 * apart >= _step(pair, position) and not any(
            (kind, f"position:{position}") in kinds for kind in MOVED
        ):
            said.append(f"nothing is said of the volume of position {position}")
    away = balance_at(pair.broker, pair.until, clock) - balance_at(pair.local, pair.until, clock)
    if (
        pair.broker.balance_told
        and abs(away) > pair.unit + _drift(pair)
        and (Kind.BALANCE_DIFF, "account") not in kinds
    ):
        said.append(f"nothing is said of the balance, which is {away} units away")
    return said


def _step(pair: Pair, position: int) -> int:
    """The smallest volume of a position's symbol."""
    deals = [one for side in (pair.broker, pair.local) for one in side.deals if one.position == position]
    return pair.instrument(deals[0].symbol).step


def _drift(pair: Pair) -> int:
    """What results of deals no further apart than a tolerance add up to; nothing needs saying of it."""
    theirs = {one.deal: one.profit + one.swap for one in pair.broker.deals}
    apart = [
        abs(one.profit + one.swap - theirs.get(one.deal, one.profit + one.swap)) for one in pair.local.deals
    ]
    return sum(one for one in apart if one <= pair.unit)
