"""Deals of two sides put beside each other by their numbers, without copying what is equal."""

from collections.abc import Sequence

import polars as pl

THEIRS = "_theirs"
"""Behind the names of the other side's columns, where both stand in one row."""


def once(fills: pl.DataFrame, *, voided: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row for each deal, and the rows beyond it.

    Rows of one deal that do not agree are taken in an order of their own, whatever theirs was: those that
    are voided, as ``voided`` says, first, then the earliest.
    """
    deals = fills.get_column("deal")
    first = deals.is_first_distinct()
    if first.all():
        return fills, fills.clear()
    kept, further = fills.filter(first), fills.filter(~first)
    rows = beside(further.get_column("deal"), kept.get_column("deal"))
    doubtful = further.filter(unequal(further, kept, rows, fills.columns)).get_column("deal").unique()
    if doubtful.is_empty():
        return kept, further
    disputed = pl.col("deal").is_in(doubtful.implode())
    order = [
        "deal",
        "voided",
        "ts",
        *(name for name in fills.columns if name not in {"deal", "voided", "ts"}),
    ]
    several = fills.filter(disputed).sort(order, descending=[False, voided, *[False] * (len(order) - 2)])
    chosen = several.get_column("deal").is_first_distinct()
    return (
        pl.concat([kept.filter(~disputed), several.filter(chosen)]),
        pl.concat([further.filter(~disputed), several.filter(~chosen)]),
    )


def beside(ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """For each of our keys the other side's row with it, null for none; their keys are distinct."""
    rows = theirs.to_frame("key").with_row_index("row")
    return ours.to_frame("key").join(rows, on="key", how="left", maintain_order="left").get_column("row")


def unequal(ours: pl.DataFrame, theirs: pl.DataFrame, rows: pl.Series, columns: Sequence[str]) -> pl.Series:
    """Which of our rows differ from theirs in any of the columns; what has no row beside it does not."""
    apart = pl.repeat(value=False, n=ours.height, eager=True, dtype=pl.Boolean)
    for name in columns:
        apart |= (ours.get_column(name) != theirs.get_column(name).gather(rows)).fill_null(value=False)
    return apart


def joined(ours: pl.DataFrame, theirs: pl.DataFrame, rows: pl.Series, wanted: pl.Series) -> pl.DataFrame:
    """The wanted rows of both sides in one, by deal; names of the other side end in ``THEIRS``."""
    other = theirs[rows.filter(wanted)]
    return pl.concat(
        [ours.filter(wanted), other.rename({name: name + THEIRS for name in other.columns})],
        how="horizontal",
    ).sort("deal")
