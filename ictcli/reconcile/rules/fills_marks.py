"""Deals that both sides have and that the ledger has not marked for what they are."""

from collections.abc import Iterator, Sequence

import polars as pl

from ictcli.reconcile.case import Case, Difference, Effect
from ictcli.reconcile.findings import Finding, Kind
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.fills_owners import UNFILLED, counted
from ictcli.reconcile.rules.fills_told import Deal, about_orders, of_deal, sides, standing, words

_SPECIAL = ("stop_out", "rollover", "corporate")


def special(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals that the broker made for a cause of its own, which the ledger does not know."""
    del found
    unlike = pl.col("reason" + THEIRS).is_in(_SPECIAL) & (pl.col("reason") != pl.col("reason" + THEIRS))
    for row in case.disputed.filter(standing(), unlike).iter_rows(named=True):
        ours, theirs = sides(row)
        yield of_deal(Kind.SPECIAL_DEAL, (ours, theirs), ours=ours["reason"], theirs=theirs["reason"])


def overfills(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Booked deals beyond the volume of their order, without those that the ledger has marked as such."""
    unmarked = counted(case).filter(~pl.col("over"))
    volume = pl.col("volume").cast(pl.Int128)
    sums = unmarked.group_by("intent").agg(volume.sum().alias("filled"))
    orders = case.local.orders.select("intent", pl.col("volume").alias("wanted")).filter(pl.col("wanted") > 0)
    beyond = sums.join(orders, on="intent").filter(pl.col("filled") > pl.col("wanted"))
    deals = unmarked.join(beyond, on="intent").sort("ts", "deal")
    after = deals.filter(volume.cum_sum().over("intent") > pl.col("wanted"))
    yield from _unmarked(case, found, Kind.OVERFILL, after.get_column("deal"))


def late(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Booked deals from after the end of their order, without those that the ledger has marked as such."""
    ended = pl.col("status").is_in(UNFILLED) & (pl.col("touched") <= case.broker.window.until)
    orders = case.local.orders.filter(ended, pl.col("intent") != "").select("intent", "touched")
    deals = counted(case).filter(~pl.col("late")).join(orders, on="intent")
    after = deals.filter(pl.col("ts") > pl.col("touched") + case.tolerances.time).get_column("deal")
    beyond = [one.finding.key for one in found if one.finding.kind is Kind.OVERFILL]
    told = after.filter(~("deal:" + after.cast(pl.String)).is_in(beyond))
    yield from _unmarked(case, found, Kind.LATE_FILL, told)


def _unmarked(case: Case, found: Sequence[Difference], kind: Kind, deals: pl.Series) -> Iterator[Difference]:
    """Findings of deals that are booked already: there is nothing to take over but the mark.

    One from before the window has no fellow here that would say whether its volume is right.
    """
    wanted = pl.col("deal").is_in(deals.implode()) & (pl.col("ts") >= case.broker.window.since)
    doubles = about_orders(found, Kind.DOUBLE_SUBMIT)
    told: dict[int, Deal] = {}
    for row in case.broker_fills.filter(pl.col("deal").is_in(deals.implode())).iter_rows(named=True):
        told[row["deal"]] = row
    for ours in case.ledger_fills.filter(wanted).sort("deal").iter_rows(named=True):
        theirs = told.get(ours["deal"])
        double: Finding | None = doubles.get(ours["order"])
        yield of_deal(
            kind, (ours, theirs), Effect(order=ours["order"]),
            ours=words(ours), theirs=None if theirs is None else words(theirs),
            note="it is in the ledger, and not marked as such",
            caused_by=() if double is None else (double.name,),
        )  # fmt: skip
