"""Open positions of two sides put beside each other by their identifiers."""

import polars as pl

from ictcli.reconcile.pairing import THEIRS


def side_by_side(
    ours: pl.DataFrame, theirs: pl.DataFrame, wanted: pl.Series, contracts: pl.DataFrame
) -> pl.DataFrame:
    """The wanted positions of both sides in one row, where either has one.

    The other side's columns end in ``THEIRS``. A side that has no such position says so in ``held``; its
    volume is 0, and null is what else it could tell. ``tick`` and ``step`` of the symbol stand beside it, 0
    where nobody knows them.
    """
    own = pl.col("position").is_in(wanted.implode())
    marked = [rows.filter(own).with_columns(held=pl.lit(value=True)) for rows in (ours, theirs)]
    both = marked[0].join(marked[1], on="position", how="full", coalesce=True, suffix=THEIRS)
    numbers = ("volume", "touched", "volume" + THEIRS, "touched" + THEIRS)
    told = both.with_columns(
        pl.coalesce("symbol", "symbol" + THEIRS).alias("symbol"),
        pl.col(*numbers).fill_null(0),
        pl.col("held", "held" + THEIRS).fill_null(value=False),
    )
    known = told.join(contracts, on="symbol", how="left")
    return known.with_columns(pl.col("tick", "step").fill_null(0)).sort("position")
