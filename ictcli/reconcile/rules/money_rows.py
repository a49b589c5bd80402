"""What the listed deals and movements of both sides make of the difference between their balances."""

from collections.abc import Iterator

import polars as pl

from ictcli.reconcile.case import Case
from ictcli.reconcile.exact import total
from ictcli.reconcile.pairing import beside
from ictcli.reconcile.watermark import MONEY


def rows_gain(case: Case) -> Iterator[int]:
    """The broker's rows less the ledger's, units; with and without the deals the ledger has twice.

    Rows of one side alone count from where both stories begin.
    """
    since = max(case.local.window.since, case.broker.window.since)
    deals = _deals(case.broker_fills, case.ledger_fills, since) - _deals(
        case.ledger_fills, case.broker_fills, since
    )
    ours, theirs = case.local.cash.filter(~pl.col("operator")), case.broker.cash
    gain = deals + _cash(theirs, ours, since) - _cash(ours, theirs, since)
    yield gain
    if not case.repeated_fills.is_empty():
        yield gain - _net(case.repeated_fills.filter(~pl.col("voided"), pl.col("ts") >= since))


def within_tolerance(case: Case) -> bool:
    """Whether every row of money has its like on the other side, no further from it than a tolerance."""
    most = case.tolerances.money_units * case.minor_unit
    if case.unbooked.filter(~pl.col("voided")).height or case.ledger_fills.filter(case.phantoms).height:
        return False
    shared = case.partners.is_not_null()
    ours, theirs = case.ledger_fills.filter(shared), case.broker_fills[case.partners.drop_nulls()]
    if not (ours.get_column("voided") == theirs.get_column("voided")).all():
        return False
    return all(((ours.get_column(name) - theirs.get_column(name)).abs() <= most).all() for name in MONEY)


def _deals(rows: pl.DataFrame, other: pl.DataFrame, since: int) -> int:
    """Money of deals that the other side has too, or that are from where both begin on."""
    shared = pl.col("deal").is_in(other.get_column("deal").implode())
    return _net(rows.filter(~pl.col("voided"), shared | (pl.col("ts") >= since)))


def _cash(rows: pl.DataFrame, other: pl.DataFrame, since: int) -> int:
    shared = beside(rows.get_column("deal"), other.get_column("deal").unique()).is_not_null()
    counted = (shared & (rows.get_column("deal") != 0)) | (rows.get_column("ts") >= since)
    return int(rows.filter(counted).select(total("amount")).item() or 0)


def _net(rows: pl.DataFrame) -> int:
    return sum(rows.select(total(name)).item() or 0 for name in MONEY)
