"""Deals that none of our intents explains."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.pairing import THEIRS, joined
from ictcli.reconcile.rules.fills_told import Deal, about_orders, of_deal, sides, whole, words
from ictcli.reconcile.rules.ownership import own_tickets, sent_unwritten
from ictcli.reconcile.story import FILLS


def foreign(case: Case, deals: pl.DataFrame) -> pl.Series:
    """Which of the broker's deals are none of ours: by magic number, by order and by position."""
    ours = pl.col("magic").is_in(case.magics.implode())
    ours |= pl.col("order").is_in(own_tickets(case).implode())
    ours |= pl.col("position").is_in(case.own_positions.implode())
    return deals.select(~ours).to_series()


def foreigners(
    case: Case, found: Sequence[Difference], deals: Iterable[tuple[Deal | None, Deal]]
) -> Iterator[Difference]:
    """Findings of such deals, as both sides have them; ``known`` where the ledger has them as such."""
    orders = about_orders(found, Kind.FOREIGN)
    for ours, theirs in deals:
        order = orders.get(theirs["order"])
        yield of_deal(
            Kind.FOREIGN, (ours, theirs), whole(theirs) if ours is None else None,
            ours=None if ours is None else words(ours), theirs=words(theirs),
            known=(ours is not None or ("deal", theirs["deal"]) in case.local.foreign)
            and not sent_unwritten(case, theirs["magic"]),
            caused_by=() if order is None else (order.name,),
        )  # fmt: skip


def booked_foreigners(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals that both sides have and that the ledger has booked as none of ours."""
    ours = case.ledger_fills
    strange = (ours.get_column("intent") == "") & ~ours.get_column("voided") & case.partners.is_not_null()
    if not strange.any():
        return
    both = joined(ours, case.broker_fills, case.partners, strange)
    theirs = both.select(pl.col(name + THEIRS).alias(name) for name in FILLS)
    apart = foreign(case, theirs) & ~theirs.get_column("voided")
    yield from foreigners(case, found, map(sides, both.filter(apart).iter_rows(named=True)))
