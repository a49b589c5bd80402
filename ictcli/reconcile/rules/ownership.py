"""What on an account is ours, as the ledger knows it; the rest was opened by other hands."""

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.trading.identity import parts_of

OF_OURS = " of a strategy of ours, given out by no order of the ledger"


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


def sent_unwritten(case: Case, magic: int) -> bool:
    """Whether a number is of a strategy of ours and no order of the ledger's was given it.

    What is ours is in the ledger before it is sent: such an order was sent unwritten, or by a ledger that is
    lost. That the trader has flagged it settles nothing.
    """
    return parts_of(magic)[0] in case.local.strategies and magic not in case.numbers


def own_tickets(case: Case) -> pl.Series:
    """The broker's numbers of all orders that the ledger knows as ours."""
    tickets = case.local.orders.get_column("order").unique()
    return tickets.filter(tickets != 0)
