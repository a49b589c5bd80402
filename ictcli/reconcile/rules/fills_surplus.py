"""Deals that the ledger has and the broker has not, has once, or has taken back."""

from collections.abc import Iterator, Sequence

import polars as pl

from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.fills_told import of_deal, sides, whole, words


def phantoms(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals of the ledger that a broker who tells everything does not tell; voided ones are gone for both."""
    del found
    unknown = case.ledger_fills.filter(case.phantoms).filter(~pl.col("voided"))
    for row in unknown.sort("deal").iter_rows(named=True):
        yield of_deal(Kind.PHANTOM_FILL_LOCAL, (row, None), whole(row, -1), ours=words(row))


def duplicates(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Further rows of the ledger for a deal that it has; numbered where there are several."""
    del found
    further = case.repeated_fills.sort(case.repeated_fills.columns)
    several = further.select(
        pl.len().over("deal").alias("of"), pl.col("deal").cum_count().over("deal").alias("number")
    )
    for row, (of, number) in zip(further.iter_rows(named=True), several.iter_rows(), strict=True):
        effect = None if row["voided"] else whole(row, -1)
        field = str(number) if of > 1 else ""
        yield of_deal(Kind.DUPLICATE_FILL, (row, None), effect, field=field, ours=words(row))


def busts(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals that the broker has taken back and the ledger still counts."""
    del found
    taken_back = ~pl.col("voided") & pl.col("voided" + THEIRS)
    for row in case.disputed.filter(taken_back).iter_rows(named=True):
        ours, theirs = sides(row)
        yield of_deal(Kind.BUST, (ours, theirs), whole(ours, -1), ours=words(ours), theirs="taken back")
