"""Whether the average prices of a position differ because its deals do."""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Any

import polars as pl

from ictcli.reconcile.pairing import THEIRS

_WIDE = Context(prec=60)


Averages = Mapping[int, tuple[int, Decimal]]
"""By position, volume and average price that its deals make, units."""


def averages(fills: pl.DataFrame, positions: pl.Series) -> Averages:
    """What the deals of some positions make of them."""
    counted = fills.filter(pl.col("position").is_in(positions.implode()), ~pl.col("voided"))
    deals = counted.sort("ts", "deal").select("position", "side", "volume", "price")
    by_position = deals.partition_by("position", as_dict=True, include_key=False, maintain_order=True)
    return {int(position): _folded(rows.iter_rows()) for (position,), rows in by_position.items()}


def follows_from_deals(
    row: Mapping[str, Any], ours: Averages, theirs: Averages, share: Decimal
) -> bool | None:
    """Whether the averages that each side's own deals make are apart as far as the averages they tell.

    None where the deals do not tell: some of them are from before the window.

    Args:
        row: the position, both sides in one row.
        ours: what the deals of the ledger make.
        theirs: what those of the broker make.
        share: of the price, that what is left may be.
    """
    nothing = (0, Decimal(0))
    here, there = ours.get(row["position"], nothing), theirs.get(row["position"], nothing)
    if (here[0], there[0]) != (row["volume"], row["volume" + THEIRS]):
        return None
    apart = row["price" + THEIRS] - row["price"]
    left = abs(apart - (there[1] - here[1]))
    return bool(left <= share * abs(row["price" + THEIRS]) and 2 * left < abs(apart))


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
