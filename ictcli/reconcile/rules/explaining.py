"""Telling what follows from another finding: what findings before would change, and what is left then."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.findings import Kind


@dataclass(slots=True)
class Gains:
    """What the ledger would gain by several findings, units.

    Attributes:
        every: by all of them.
        certain: without deals that stand in the ledger twice: whether it counted them twice is its secret.
        names: of the findings.
    """

    every: int = 0
    certain: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, one: Difference, amount: int) -> None:
        """Add what one finding changes."""
        self.every += amount
        self.certain += 0 if one.finding.kind is Kind.DUPLICATE_FILL else amount
        if one.finding.name not in self.names:
            self.names.append(one.finding.name)

    def rest(self, difference: int) -> int:
        """What of a difference they leave unexplained."""
        return min(difference - self.every, difference - self.certain, key=abs)

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
    causes: dict[int, list[str]] = defaultdict(list)
    prices: dict[int, str] = {}
    for one in found:
        what, _, ticket = one.finding.key.partition(":")
        if what == "deal" and one.effect.position and one.effect.volume:
            causes[one.effect.position].append(one.finding.name)
        elif one.finding.kind is Kind.FILL_PRICE_DIFF:
            prices[int(ticket)] = one.finding.name
    for deal, position in _positions_of(case, sorted(prices)):
        causes[position].append(prices[deal])
    return {position: tuple(dict.fromkeys(names)) for position, names in causes.items()}


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
