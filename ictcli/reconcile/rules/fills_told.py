"""How deals are told in findings, and what taking one over would do to the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from ictcli.reconcile.case import Difference, Effect
from ictcli.reconcile.exact import text
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.story import FILLS

Deal = Mapping[str, Any]
"""A row of ``story.FILLS``."""
Deals = tuple[Deal | None, Deal | None]
"""The ledger's and the broker's row of one deal."""


def sides(row: Mapping[str, Any]) -> tuple[Deal, Deal]:
    """Both deals of a row in which they stand beside each other."""
    return {name: row[name] for name in FILLS}, {name: row[name + THEIRS] for name in FILLS}


def signed(deal: Deal) -> int:
    """Volume, below 0 when sold."""
    return int(deal["side"] * deal["volume"])


def money(deal: Deal) -> int:
    """What a deal moved the balance by."""
    return int(deal["profit"] + deal["commission"] + deal["swap"] + deal["fee"])


def words(deal: Deal) -> str:
    """A deal as people write it: ``buy 0.1 EURUSD at 1.10432``."""
    side = {1: "buy", -1: "sell"}.get(deal["side"], "deal of")
    return f"{side} {text(deal['volume'])} {deal['symbol']} at {text(deal['price'])}"


def whole(deal: Deal, times: int = 1) -> Effect:
    """Of a deal that is booked, or with -1 taken out of the books."""
    return Effect(
        money=times * money(deal), position=deal["position"], volume=times * signed(deal),
        order=deal["order"], amounts=1,
    )  # fmt: skip


def of_deal(kind: Kind, deals: Deals, effect: Effect | None = None, **given: Any) -> Difference:
    """A finding about a deal; its time is the broker's where he tells one.

    Args:
        kind: which.
        deals: the ledger's row and the broker's; None where a side has none.
        effect: none when it is left out.
        given: other fields of the finding.
    """
    rows = [one for one in deals if one is not None]
    found = finding(
        kind,
        f"deal:{rows[0]['deal']}",
        rows=deals,
        **{"symbol": rows[0]["symbol"], "ts": rows[-1]["ts"], **given},
    )
    return Difference(found, effect or Effect())


def apart(column: str) -> pl.Expr:
    """The broker's value less ours, which may leave 64 bits."""
    return pl.col(column + THEIRS).cast(pl.Int128) - pl.col(column).cast(pl.Int128)


def standing() -> pl.Expr:
    """Of disputed deals those that neither side calls taken back."""
    return ~pl.col("voided") & ~pl.col("voided" + THEIRS)


def agreed() -> pl.Expr:
    """Of disputed deals those that both sides call taken back, or neither does."""
    return pl.col("voided") == pl.col("voided" + THEIRS)


def about_orders(found: Sequence[Difference], kind: Kind) -> dict[int, Finding]:
    """What was found about orders, of one kind, by ticket."""
    about = [one.finding for one in found if one.finding.kind is kind]
    keyed = [(one.key.partition(":"), one) for one in about]
    return {int(ticket): one for (what, _, ticket), one in keyed if what == "order"}
