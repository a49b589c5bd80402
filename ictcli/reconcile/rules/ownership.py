"""What on an account is ours, as the ledger knows it; the rest was opened by other hands."""

import polars as pl

from ictcli.reconcile.case import Case


def strangers(case: Case, what: str, column: str) -> frozenset[int]:
    """What the ledger itself says is not ours: flagged, or of a deal that no intent explains.

    Args:
        case: both sides.
        what: order or position.
        column: of the ledger's deals, where its number stands.
    """
    unexplained = case.ledger_fills.filter(pl.col("intent") == "").get_column(column)
    flagged = (ticket for kind, ticket in case.local.foreign if kind == what)
    return frozenset(unexplained.to_list()) | frozenset(flagged)


def own_tickets(case: Case) -> pl.Series:
    """The broker's numbers of all orders that the ledger knows as ours."""
    tickets = case.local.orders.get_column("order").unique()
    return tickets.filter(tickets != 0)
