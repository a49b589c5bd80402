"""What an account earned, from its deals upward, in exact decimals, against all that a statement states."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from ictcli.clock import NS_PER_DAY
from ictcli.reconcile.exact import total, units
from ictcli.reconcile.mismatch import Doubts, Mismatch
from ictcli.reconcile.stated_rows import check_rows, check_written, opening
from ictcli.reconcile.stated_totals import check_totals
from ictcli.reconcile.statements.linking import Links, link
from ictcli.reconcile.statements.record import ZERO, Statement

MONEY = ("profit", "commission", "swap", "fee", "taxes")
_AMOUNTS = {
    "ts": pl.Int64, "position": pl.Int64, "symbol": pl.String, "cash": pl.Int64,
    **dict.fromkeys(MONEY, pl.Int64),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worth:
    """The result of a verification. Money of the tables is in units of 10⁻⁸ (``exact``).

    Attributes:
        opening: the balance before the first row.
        closing: the balance behind the last: ``opening`` and everything that moved it.
        cash: deposits, withdrawals and whatever else moved the balance without an order.
        realised, commission, swap, fee, taxes: of what bought and sold.
        floating: of open positions, swap included.
        positions: position, symbol, profit, commission, swap, fee, taxes, net, closed (last deal, server's
            clock, ns; null while it is open); what belongs to no known position has number 0.
        days: day of the server's clock, the same money, cash, and the balance behind it.
        symbols: symbol and the same money.
        mismatches: where the file contradicts itself.
        unchecked: what could not be compared, in words.
    """

    opening: Decimal
    closing: Decimal
    cash: Decimal
    realised: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    taxes: Decimal
    floating: Decimal
    positions: pl.DataFrame
    days: pl.DataFrame
    symbols: pl.DataFrame
    mismatches: tuple[Mismatch, ...]
    unchecked: tuple[str, ...]

    @property
    def net(self) -> Decimal:
        """What trading earned, costs included."""
        return self.realised + self.commission + self.swap + self.fee + self.taxes


def verify(statement: Statement) -> Worth:
    """Compute everything from the deals and compare it with everything that is stated.

    Of MetaTrader 4, whose statements have no deals, from the closed orders upward.
    """
    before = _opening(statement)
    links, doubts = link(statement), Doubts(whole=not before)
    if before:
        doubts.unchecked.append(f"history before the file, which left a balance of {before:f}")
    if statement.source == "mt4":
        check_written(statement, max((deal.time for deal in statement.deals), default=0), doubts)
    else:
        check_rows(statement, links, doubts)
    check_totals(statement, doubts)
    amounts = pl.DataFrame(list(_amounts(statement, links)), schema=_AMOUNTS, orient="row")
    sums = _sums(statement)
    closing = before + sum(sums.values(), ZERO)
    _identity(statement, closing, doubts)
    return Worth(
        before, closing, sums["cash"], sums["profit"], sums["commission"], sums["swap"], sums["fee"],
        sums["taxes"], sum((row.profit + row.swap + row.commission + row.taxes
                            for row in statement.open_positions), ZERO),
        _positions(amounts, statement), _days(amounts, units(before)), _symbols(amounts),
        tuple(doubts.mismatches), tuple(doubts.unchecked),
    )  # fmt: skip


def _opening(statement: Statement) -> Decimal:
    if statement.source == "mt4":
        moved = statement.stated["deposits"] + statement.stated["closed_profit"]
        return statement.stated["balance"] - moved
    return opening(statement) or ZERO


def _identity(statement: Statement, closing: Decimal, doubts: Doubts) -> None:
    """Opening and everything in between is the balance that is stated."""
    if "balance" in statement.stated:
        doubts.compare("the account", "balance", statement.stated["balance"], closing)


def _sums(statement: Statement) -> dict[str, Decimal]:
    sums = dict.fromkeys(("cash", *MONEY), ZERO)
    for deal in statement.deals:
        if not deal.trades:
            sums["cash"] += deal.moved
            continue
        for name in ("profit", "commission", "swap", "fee"):
            sums[name] += getattr(deal, name)
    if statement.source == "mt4":
        for row in statement.positions:
            for name in ("profit", "commission", "swap", "taxes"):
                sums[name] += getattr(row, name)
    return sums


def _amounts(statement: Statement, links: Links) -> Iterator[tuple[Any, ...]]:
    position = links.of_deal()
    for deal in statement.deals:
        if deal.trades:
            money = (deal.profit, deal.commission, deal.swap, deal.fee, ZERO)
            yield deal.time, position.get(deal.deal, 0), deal.symbol, 0, *map(units, money)
        else:
            yield deal.time, None, "", units(deal.moved), 0, 0, 0, 0, 0
    if statement.source == "mt4":
        for row in statement.positions:
            money = (row.profit, row.commission, row.swap, ZERO, row.taxes)
            yield row.closed, row.position, row.symbol, 0, *map(units, money)


def _money() -> list[pl.Expr]:
    return [total(name).cast(pl.Int64) for name in MONEY]


def _net() -> pl.Expr:
    return pl.sum_horizontal(*MONEY).alias("net")


def _positions(amounts: pl.DataFrame, statement: Statement) -> pl.DataFrame:
    trades = amounts.filter(pl.col("position").is_not_null())
    grouped = trades.group_by("position", maintain_order=True).agg(
        pl.col("symbol").first(), *_money(), pl.col("ts").max().alias("closed")
    )
    still = pl.col("position").is_in([row.position for row in statement.open_positions])
    closed = pl.when(~still).then("closed")
    return grouped.with_columns(_net(), closed.alias("closed")).sort("closed", "position", nulls_last=True)


def _days(amounts: pl.DataFrame, before: int) -> pl.DataFrame:
    day = (pl.col("ts") // NS_PER_DAY).cast(pl.Int32).cast(pl.Date).alias("day")
    grouped = amounts.group_by(day).agg(*_money(), total("cash").cast(pl.Int64)).sort("day")
    moved = pl.col("net") + pl.col("cash")
    return grouped.with_columns(_net()).with_columns((moved.cum_sum() + before).alias("balance"))


def _symbols(amounts: pl.DataFrame) -> pl.DataFrame:
    trades = amounts.filter(pl.col("position").is_not_null())
    return trades.group_by("symbol").agg(*_money()).with_columns(_net()).sort("symbol")
