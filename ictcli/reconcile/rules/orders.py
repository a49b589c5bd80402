"""Whose orders at the broker are, and whether both sides think alike of those that are ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ictcli.reconcile.case import Case, Difference, Effect, Rule
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.explaining import order_causes, unconfirmed
from ictcli.reconcile.rules.order_pairs import OF_POSITIONS, both, ledger_orders, paired, requests
from ictcli.reconcile.rules.ownership import OF_OURS, own_tickets, sent_unwritten, strangers
from ictcli.reconcile.watermark import settled

_OVER_HERE = ("filled", "cancelled", "expired", "rejected", "absent", "denied")
_OVER_THERE = ("filled", "cancelled", "expired", "rejected")
_AWAITED = ("sent", "unknown", "open", "partial")
_SHOWN = ("order", "magic", "symbol", "side", "kind", "status", "volume", "filled", "reason", "placed")


def foreign_orders(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """FOREIGN orders: no number of ours, not a ticket of ours, and not for a position of ours."""
    numbered = pl.col("magic").is_in(case.magics.implode())
    strange = case.broker.orders.filter(~numbered, ~pl.col("reason").is_in(OF_POSITIONS), _placed(case))
    if strange.is_empty():
        return
    ours = pl.col("order").is_in(own_tickets(case).implode())
    ours |= pl.col("position").is_in(case.own_positions.implode())
    # what was over before the ledger began is nobody's business
    lasting = ~pl.col("status").is_in(_OVER_THERE) | (pl.col("touched") >= case.local.window.since)
    known = strangers(case, "order", "order")
    for row in strange.filter(~ours, lasting).sort("order").iter_rows(named=True):
        unwritten = sent_unwritten(case, row["magic"])
        yield Difference(
            finding(
                Kind.FOREIGN, f"order:{row['order']}", ({}, _shown(row)), symbol=row["symbol"],
                theirs=row["status"], known=row["order"] in known and not unwritten, ts=row["placed"],
                note=f"magic number {row['magic']}{OF_OURS * unwritten}",
            ),
            Effect(order=row["order"]),
        )  # fmt: skip


def double_submits(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """DOUBLE_SUBMIT: further orders of one number of ours that ask for the same.

    The one that the ledger knows by its ticket is the original, else the one of the lowest. An older one that
    was rejected was asked for again, as it should be; an order on the other side was another hand's close.
    """
    numbers = case.broker.orders.filter(pl.col("magic") != 0).get_column("magic")
    repeated = numbers.filter(numbers.is_duplicated()).unique()
    if repeated.is_empty():
        return
    orders = case.broker.orders.filter(pl.col("magic").is_in(repeated.implode()), _placed(case))
    several = requests(case, orders).filter(pl.col("magic").is_duplicated()).sort("order")
    if several.is_empty():
        return
    local = ledger_orders(case)
    known = frozenset(local.get_column("order").to_list()) - {0}
    intents: dict[int, Mapping[str, Any]] = {}
    wanted = pl.col("magic").is_in(several.get_column("magic").unique().implode())
    for row in local.filter(wanted).iter_rows(named=True):
        intents.setdefault(row["magic"], row)
    for rows in several.partition_by("magic", maintain_order=True):
        yield from _further(list(rows.iter_rows(named=True)), intents, known)


def _further(
    rows: Sequence[Mapping[str, Any]], intents: Mapping[int, Mapping[str, Any]], known: frozenset[int]
) -> Iterator[Difference]:
    intent = intents[rows[0]["magic"]]
    alike = [row for row in rows if not intent["side"] or row["side"] == intent["side"]]
    if len(alike) < 2:
        return
    tickets = {row["order"] for row in alike}
    originals = tickets & known or {min(tickets)}
    for row in alike:
        again = row["status"] == "rejected" and not row["filled"] and row["order"] < min(originals)
        if row["order"] in originals or again:
            continue
        yield Difference(
            finding(
                Kind.DOUBLE_SUBMIT, f"order:{row['order']}", (_shown(intent), _shown(row)),
                symbol=row["symbol"], ours=str(min(originals)), theirs=str(row["order"]), ts=row["placed"],
                note=f"intent {intent['intent']}",
            ),
            Effect(order=row["order"]),
        )  # fmt: skip


def order_states(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """ORDER_STATUS_DIFF: over on one side only, or filled on one and otherwise over on the other."""
    local, until = ledger_orders(case), case.broker.window.until
    rows = paired(case, local)
    apart = both(case, local, rows, _unlike(case, local, rows)).filter(
        settled(until), pl.max_horizontal("placed", "placed" + THEIRS) <= until
    )
    if apart.is_empty():
        return
    causes = order_causes(found)
    open_questions = frozenset(unconfirmed(case).get_column("order").to_list())
    for row in apart.iter_rows(named=True):
        ticket = row["order" + THEIRS]
        if ticket in open_questions:
            continue
        yield Difference(_state(row, ticket, causes.get(ticket, ())))


def _unlike(case: Case, local: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """Which orders of the ledger are in another state at the broker; ``rows`` are the broker's of them."""
    states = pl.DataFrame(
        [local.get_column("status"), case.broker.orders["status"].gather(rows).alias("theirs")]
    )
    status, theirs = pl.col("status"), pl.col("theirs")
    over, over_there = status.is_in(_OVER_HERE), theirs.is_in(_OVER_THERE)
    apart = (over != over_there) | (over & over_there & ((status == "filled") != (theirs == "filled")))
    return states.select(apart.fill_null(value=False)).to_series()


def _state(row: Mapping[str, Any], ticket: int, causes: tuple[str, ...]) -> Finding:
    other = {name: row[name + THEIRS] for name in _SHOWN}
    return finding(
        Kind.ORDER_STATUS_DIFF, f"order:{ticket}", (_shown(row), other), symbol=row["symbol"],
        ours=row["status"], theirs=row["status" + THEIRS], caused_by=causes, ts=row["touched" + THEIRS],
        note=f"intent {row['intent']}",
    )  # fmt: skip


def orders_missing(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """ORDER_MISSING_AT_BROKER: sent inside the window, not over, and nowhere in complete records."""
    window = case.broker.window
    tells_no_orders = case.broker.orders.is_empty() and not case.broker.fills.is_empty()
    if not case.whole or tells_no_orders:
        return
    awaited = ledger_orders(case).filter(
        pl.col("status").is_in(_AWAITED), pl.col("placed") >= window.since, _placed(case),
        pl.col("touched") <= window.until,
    )  # fmt: skip
    if awaited.is_empty():
        return
    missing = awaited.filter(paired(case, awaited).is_null()).sort("intent")
    for row in missing.iter_rows(named=True):
        ticket = f"order {row['order']}" if row["order"] else "its ticket is not known"
        yield Difference(
            finding(
                Kind.ORDER_MISSING_AT_BROKER, f"intent:{row['intent']}", (_shown(row), {}),
                symbol=row["symbol"], ours=row["status"], ts=row["placed"], note=ticket,
            )
        )  # fmt: skip


def _placed(case: Case) -> pl.Expr:
    """Orders that were there at the watermark."""
    return pl.col("placed") <= case.broker.window.until


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN}


ORDER_IDENTITY_RULES: tuple[Rule, ...] = (foreign_orders, double_submits)
ORDER_STATE_RULES: tuple[Rule, ...] = (order_states, orders_missing)
