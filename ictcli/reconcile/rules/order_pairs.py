"""Our orders beside the broker's: by ticket, and by magic number where the ledger knows no ticket."""

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.reconcile.pairing import THEIRS, beside
from ictcli.reconcile.rules.ownership import own_tickets

OF_POSITIONS = ("stop", "target", "stop_out")
"""Reasons of orders that the broker makes for a position by itself."""
_ASKED_FOR = ("expert", "client", "")
_MAKE_NO_ORDER = ("cancel", "protect", "amend")


def requests(case: Case, orders: pl.DataFrame) -> pl.DataFrame:
    """Of the broker's orders those that bear a number of ours because we asked for them."""
    return orders.filter(pl.col("magic").is_in(case.magics.implode()), pl.col("reason").is_in(_ASKED_FOR))


def ledger_orders(case: Case) -> pl.DataFrame:
    """What of the ledger's intents makes an order."""
    return case.local.orders.filter(~pl.col("action").is_in(_MAKE_NO_ORDER))


def paired(case: Case, local: pl.DataFrame) -> pl.Series:
    """For each of some orders of the ledger its row among the broker's, null for none.

    One whose ticket the ledger does not know, or the broker does not, is the oldest of its number and side
    that no other intent has.
    """
    theirs = case.broker.orders
    known = beside(local.get_column("order"), theirs.get_column("order"))
    known = known.set(local.get_column("order") == 0, None)
    free = requests(case, theirs.with_row_index("row"))
    free = free.filter(~pl.col("order").is_in(own_tickets(case).implode()))
    if free.is_empty():
        return known
    oldest = free.sort("order").unique(["magic", "side"], keep="first").select("magic", "side", "row")
    marked = local.select("magic", "side").join(
        oldest, on=["magic", "side"], how="left", maintain_order="left"
    )
    by_magic = marked.get_column("row")
    return pl.select(pl.coalesce(known, by_magic)).to_series()


def both(case: Case, local: pl.DataFrame, rows: pl.Series, wanted: pl.Series) -> pl.DataFrame:
    """The wanted orders of the ledger with the broker's beside them; its columns end in ``THEIRS``."""
    other = case.broker.orders[rows.filter(wanted)]
    other = other.rename({name: name + THEIRS for name in other.columns})
    return pl.concat([local.filter(wanted), other], how="horizontal").sort("order" + THEIRS, "intent")
