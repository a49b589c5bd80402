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


def own_positions(case: Case) -> pl.Series:
    """Identifiers of our positions: opened, closed or held by us, or opened at the broker by our numbers."""
    explained = case.ledger_fills.filter(pl.col("intent") != "").get_column("position")
    named = case.local.orders.get_column("position")
    other = pl.Series(sorted(strangers(case, "position", "position")), dtype=pl.Int64)
    held = case.local.positions.filter(~pl.col("position").is_in(other.implode())).get_column("position")
    ours = pl.concat([explained, named, held, case.own_positions]).unique()
    return ours.filter(ours != 0)


def own_tickets(case: Case) -> pl.Series:
    """The broker's numbers of all orders that the ledger knows as ours."""
    tickets = case.local.orders.get_column("order").unique()
    return tickets.filter(tickets != 0)
