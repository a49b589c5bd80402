"""Our orders beside the broker's: by ticket, and by magic number where the ledger knows no ticket."""

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.ownership import own_tickets

OF_POSITIONS = ("stop", "target", "stop_out")
"""Reasons of orders that the broker makes for a position by itself."""
_MAKE_NO_ORDER = ("cancel", "protect", "amend")


def requests(case: Case) -> pl.DataFrame:
    """The broker's orders that bear a number of ours because we asked for them."""
    ours = pl.col("magic").is_in(case.magics.implode())
    return case.broker.orders.filter(ours, ~pl.col("reason").is_in(OF_POSITIONS))


def ledger_orders(case: Case) -> pl.DataFrame:
    """What of the ledger's intents makes an order."""
    return case.local.orders.filter(~pl.col("action").is_in(_MAKE_NO_ORDER))


def paired(case: Case) -> pl.DataFrame:
    """The ledger's orders that the broker has, both rows in one; the broker's columns end in ``THEIRS``.

    One whose ticket the ledger does not know, or the broker does not, is the oldest of its number and side
    that no other intent has.
    """
    local = ledger_orders(case)
    theirs = case.broker.orders
    theirs = theirs.rename({name: name + THEIRS for name in theirs.columns})
    known = local.filter(pl.col("order") != 0).join(
        theirs, left_on="order", right_on="order" + THEIRS, how="inner", coalesce=False
    )
    free = requests(case).filter(~pl.col("order").is_in(own_tickets(case).implode()))
    oldest = free.sort("order").unique(["magic", "side"], keep="first", maintain_order=True)
    oldest = oldest.rename({name: name + THEIRS for name in oldest.columns})
    rest = local.join(known, on="intent", how="anti").filter(pl.col("magic") != 0)
    by_magic = rest.join(
        oldest, left_on=["magic", "side"], right_on=["magic" + THEIRS, "side" + THEIRS], how="inner",
        coalesce=False,
    )  # fmt: skip
    return pl.concat([known, by_magic.select(known.columns)]).sort("order" + THEIRS, "intent")
