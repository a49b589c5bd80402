"""Whether the average prices of a position differ because its deals do."""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Any

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.reconcile.pairing import THEIRS

_WIDE = Context(prec=60)


def follows_from_deals(case: Case, row: Mapping[str, Any]) -> bool | None:
    """Whether the averages that each side's own deals make are apart as far as the averages they tell.

    None where the deals do not tell: some of them are from before the window.

    Args:
        case: both sides.
        row: the position, both sides in one row.
    """
    ours = _average(case.ledger_fills, row["position"])
    theirs = _average(case.broker_fills, row["position"])
    if ours is None or theirs is None or (ours[0], theirs[0]) != (row["volume"], row["volume" + THEIRS]):
        return None
    apart = row["price" + THEIRS] - row["price"]
    left = abs(apart - (theirs[1] - ours[1]))
    within = left <= case.tolerances.average * abs(row["price" + THEIRS])
    return bool(within and 2 * left < abs(apart))


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
