"""Whose a deal is: the order of ours that it executes, and what that order has been filled by already."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.reconcile.rules.fills_told import Deal

UNFILLED = ("cancelled", "expired", "rejected", "absent", "denied")
"""The ledger's words for an order that is over without having been filled."""
_OF_POSITION = frozenset({"stop", "target", "stop_out", "rollover", "corporate"})
"""Reasons of deals that the broker makes for a position, under the magic number of what opened it."""
_LEAVES = frozenset({"out", "out_by"})

Order = Mapping[str, Any]
"""A row of ``story.ORDERS``."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Our orders that some deals could belong to."""

    by_ticket: Mapping[int, Order]
    by_magic: Mapping[int, Order]

    def order(self, deal: Deal) -> Order | None:
        """The order that a deal executes: by ticket, else by magic number unless it is the position's."""
        named = self.by_ticket.get(deal["order"])
        if named is not None or deal["reason"] in _OF_POSITION:
            return named
        marked = self.by_magic.get(deal["magic"])
        return None if marked is None or _other_hand(marked, deal) else marked


def _other_hand(order: Order, deal: Deal) -> bool:
    """Whether somebody else closes the position that an order has opened, which bears its magic number."""
    leaves = deal["entry"] in _LEAVES and order["action"] == "place"
    return bool(leaves and (order["order"] or deal["side"] != order["side"]))


def owners(case: Case, deals: pl.DataFrame) -> Owners:
    """Our orders behind deals of the broker's."""
    named = pl.col("order").is_in(deals.get_column("order").implode()) & (pl.col("order") != 0)
    marked = pl.col("magic").is_in(deals.get_column("magic").implode()) & (pl.col("magic") != 0)
    ours = case.local.orders.filter(pl.col("intent") != "", named | marked).sort("intent", "order")
    rows = ours.to_dicts()
    return Owners(
        {one["order"]: one for one in rows if one["order"]},
        {one["magic"]: one for one in rows if one["magic"]},
    )


def counted(case: Case) -> pl.DataFrame:
    """Deals of the ledger that fill an order: intent, deal, ts, late, over and volume.

    Left out is what another finding says is none: phantoms, what either side calls taken back. The volume is
    the smaller of both sides', so that a volume that differs makes no overfill.
    """
    theirs = case.broker_fills.select(pl.col("volume").alias("volume_theirs"), pl.col("voided").alias("gone"))
    told = pl.concat(
        [
            case.ledger_fills.select(
                "intent", "deal", "ts", "late", "over", "volume", "voided", "of_position"
            ),
            theirs.select(pl.all().gather(case.partners)),
            case.phantoms.alias("phantom").to_frame(),
        ],
        how="horizontal",
    )
    fills = (pl.col("intent") != "") & ~pl.col("of_position") & ~pl.col("voided") & ~pl.col("phantom")
    standing = ~pl.col("gone").fill_null(value=False)
    smaller = pl.min_horizontal("volume", "volume_theirs").alias("volume")
    return told.filter(fills & standing).select("intent", "deal", "ts", "late", "over", smaller)


def filled(case: Case, intents: list[str]) -> dict[str, int]:
    """Volume that orders have been filled by, units, by intent."""
    volumes: dict[str, int] = defaultdict(int)
    if intents:
        booked = counted(case).filter(pl.col("intent").is_in(intents))
        for intent, volume in booked.select("intent", "volume").iter_rows():
            volumes[intent] += volume
    return volumes
