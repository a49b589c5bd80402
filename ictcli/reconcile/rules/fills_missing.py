"""Deals that the broker has and the ledger has not: ours and missed, late, too much, or none of ours."""

from collections.abc import Iterator, Sequence

import polars as pl

from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.findings import Finding, Kind
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.fills_foreign import foreign, foreigners
from ictcli.reconcile.rules.fills_owners import UNFILLED, Order, Owners, filled, owners
from ictcli.reconcile.rules.fills_told import Deal, about_orders, of_deal, sides, whole, words


def missing(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals of the broker's that the ledger has not; what he has taken back is nothing to miss."""
    deals = case.unbooked.filter(~pl.col("voided"))
    strange = foreign(case, deals)
    yield from foreigners(case, found, ((None, row) for row in deals.filter(strange).iter_rows(named=True)))
    ours = deals.filter(~strange).sort("ts", "deal")
    books = _Books(case, ours)
    doubles = _Doubles(case, ours, found)
    for row in ours.iter_rows(named=True):
        causes = doubles.causes(row)
        kind = Kind.MISSING_FILL_LOCAL if causes else books.book(row)
        yield of_deal(kind, (None, row), whole(row), theirs=words(row), caused_by=causes)
    yield from _undone(case)


def _undone(case: Case) -> Iterator[Difference]:
    """Deals that only the ledger calls taken back: it has them, and counts nothing of them."""
    back = pl.col("voided") & ~pl.col("voided" + THEIRS)
    for row in case.disputed.filter(back).iter_rows(named=True):
        ours, theirs = sides(row)
        yield of_deal(
            Kind.MISSING_FILL_LOCAL, (ours, theirs), whole(theirs), ours="taken back", theirs=words(theirs),
            policy="human",
        )  # fmt: skip


class _Books:
    """What booking one deal after another would make of our orders."""

    def __init__(self, case: Case, deals: pl.DataFrame) -> None:
        self._until = case.broker.window.until
        self._owners: Owners = owners(case, deals)
        behind = [self._owners.order(row) for row in deals.iter_rows(named=True)]
        self._filled = filled(case, sorted({one["intent"] for one in behind if one is not None}))

    def book(self, deal: Deal) -> Kind:
        order = self._owners.order(deal)
        if order is None:
            return Kind.MISSING_FILL_LOCAL
        volume = self._filled.get(order["intent"], 0) + deal["volume"]
        self._filled[order["intent"]] = volume
        if order["volume"] and volume > order["volume"]:
            return Kind.OVERFILL
        return Kind.LATE_FILL if self._over(order) else Kind.MISSING_FILL_LOCAL

    def _over(self, order: Order) -> bool:
        """Whether it was over, unfilled, when the watermark passed."""
        return order["status"] in UNFILLED and order["touched"] <= self._until


class _Doubles:
    """Orders that were submitted twice, and the positions that the second ones opened."""

    def __init__(self, case: Case, deals: pl.DataFrame, found: Sequence[Difference]) -> None:
        self._orders = about_orders(found, Kind.DOUBLE_SUBMIT)
        self._positions: dict[int, Finding] = {}
        concerned = pl.col("position").is_in(deals.get_column("position").implode())
        known = set(case.ledger_fills.filter(concerned).get_column("position"))
        for row in deals.filter(pl.col("order").is_in(list(self._orders))).iter_rows(named=True):
            if row["position"] not in known:
                self._positions[row["position"]] = self._orders[row["order"]]

    def causes(self, deal: Deal) -> tuple[str, ...]:
        cause = self._orders.get(deal["order"]) or self._positions.get(deal["position"])
        return () if cause is None else (cause.name,)
