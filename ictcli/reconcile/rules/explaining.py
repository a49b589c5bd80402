"""Telling what follows from another finding: what findings before would change, and what is left then."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.findings import Kind

_MOST_DOUBTS = 8
"""Deals that stand twice of which each may have been counted or not; of more, all or none."""


@dataclass(slots=True)
class Gains:
    """What the ledger would gain by several findings, units.

    Attributes:
        certain: by those that are not in ``doubtful``.
        doubtful: by each deal that stands in it twice: whether it was counted twice is the ledger's secret.
        names: of the findings.
    """

    certain: int = 0
    doubtful: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, one: Difference, amount: int) -> None:
        """Add what one finding changes."""
        if one.finding.kind is Kind.DUPLICATE_FILL:
            self.doubtful.append(amount)
        else:
            self.certain += amount
        if one.finding.name not in self.names:
            self.names.append(one.finding.name)

    def rests(self, difference: int) -> tuple[int, ...]:
        """What of a difference they may leave unexplained, the least first."""
        left = difference - self.certain
        if len(self.doubtful) > _MOST_DOUBTS:
            found = {left, left - sum(self.doubtful)}
        else:
            found = {left}
            for amount in self.doubtful:
                found |= {one - amount for one in found}
        return tuple(sorted(found, key=lambda one: (abs(one), one != left, one)))

    def rest(self, difference: int) -> int:
        """The least of ``rests``."""
        return self.rests(difference)[0]

    @property
    def causes(self) -> tuple[str, ...]:
        """Names in the order in which they were found."""
        return tuple(self.names)


def volume_gains(found: Sequence[Difference]) -> dict[int, Gains]:
    """By position, what findings change of its volume."""
    gains: dict[int, Gains] = defaultdict(Gains)
    for one in found:
        if one.effect.position and one.effect.volume:
            gains[one.effect.position].add(one, one.effect.volume)
    return dict(gains)


def money_gains(found: Sequence[Difference]) -> Gains:
    """What findings change of the balance."""
    gains = Gains()
    for one in found:
        if one.effect.money:
            gains.add(one, one.effect.money)
    return gains


def money_allowance(found: Sequence[Difference], each: Decimal, unit: int) -> Decimal:
    """How far a sum may be off that the amounts of money behind findings make up, units."""
    return each * unit * sum(one.effect.amounts for one in found)


def order_causes(found: Sequence[Difference]) -> dict[int, tuple[str, ...]]:
    """By order, the names of the findings that speak of it."""
    causes: dict[int, list[str]] = defaultdict(list)
    for one in found:
        if one.effect.order:
            causes[one.effect.order].append(one.finding.name)
    return {order: tuple(dict.fromkeys(names)) for order, names in causes.items()}


def position_causes(case: Case, found: Sequence[Difference]) -> dict[int, tuple[str, ...]]:
    """By position, the names of the findings that move its volume or its average price by a deal."""
    causes = _told_of_deals(case, found, Kind.FILL_PRICE_DIFF)
    for one in found:
        if one.finding.key.startswith("deal:") and one.effect.position and one.effect.volume:
            causes[one.effect.position].append(one.finding.name)
    return {position: tuple(dict.fromkeys(names)) for position, names in causes.items()}


def time_causes(case: Case, found: Sequence[Difference]) -> dict[int, tuple[str, ...]]:
    """By position, the names of the findings that may change the order of its deals."""
    causes = _told_of_deals(case, found, Kind.FILL_TIME_DIFF)
    return {position: tuple(names) for position, names in causes.items()}


def _told_of_deals(case: Case, found: Sequence[Difference], kind: Kind) -> dict[int, list[str]]:
    names = {
        int(one.finding.key.partition(":")[2]): one.finding.name for one in found if one.finding.kind is kind
    }
    causes: dict[int, list[str]] = defaultdict(list)
    for deal, position in _positions_of(case, sorted(names)):
        causes[position].append(names[deal])
    return causes


def _positions_of(case: Case, deals: Sequence[int]) -> list[tuple[int, int]]:
    if not deals:
        return []
    chosen = pl.col("deal").is_in(pl.Series(deals, dtype=pl.Int64).implode())
    sides = (case.ledger_fills, case.broker_fills)
    both = pl.concat([rows.filter(chosen).select("deal", "position") for rows in sides])
    return both.unique().sort("deal", "position").rows()


def unconfirmed(case: Case) -> pl.DataFrame:
    """The ledger's deals that an incomplete answer of the broker's neither shows nor denies."""
    if case.whole:
        return case.ledger_fills.clear()
    inside = case.ledger_fills.get_column("ts") >= case.broker.window.since
    return case.ledger_fills.filter(case.partners.is_null() & inside).filter(~pl.col("voided"))
