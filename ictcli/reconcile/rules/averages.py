"""Whether the average price of a position is what its deals make of it."""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Any

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.reconcile.pairing import THEIRS

_WIDE = Context(prec=60)


def follows_from_deals(case: Case, row: Mapping[str, Any]) -> bool:
    """Whether both averages are what each side's own deals make, so that a difference is one of the deals.

    True as well where the deals do not tell: some of them are from before the window.

    Args:
        case: both sides.
        row: the position, both sides in one row.
    """
    sides = ((case.ledger_fills, ""), (case.broker_fills, THEIRS))
    averages = [(_average(rows, row["position"]), end) for rows, end in sides]
    if any(found is None or found[0] != row["volume" + end] for found, end in averages):
        return True
    share = case.tolerances.average
    return all(
        found is not None and abs(found[1] - row["price" + end]) <= share * abs(row["price" + end])
        for found, end in averages
    )


def _average(fills: pl.DataFrame, position: int) -> tuple[int, Decimal] | None:
    """Volume and average price after all deals of a position; None where there are none."""
    own = fills.filter(pl.col("position") == position, ~pl.col("voided")).sort("ts", "deal")
    return None if own.is_empty() else _folded(own.select("side", "volume", "price").iter_rows())


def _folded(deals: Iterable[tuple[int, int, int]]) -> tuple[int, Decimal]:
    """Adding moves the average, reducing keeps it, turning sets it (as the ledger's projections do)."""
    volume, average = 0, Decimal(0)
    for side, size, price in deals:
        before, volume = volume, volume + side * size
        if before * side > 0:
            average = _WIDE.divide(abs(before) * average + size * price, Decimal(abs(volume)))
        elif before == 0 or before * volume < 0:
            average = Decimal(price)
    return volume, average
