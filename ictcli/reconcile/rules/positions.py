"""Positions that are open at the watermark: whose they are, how large, at what price, how protected."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from ictcli.reconcile.case import Case, Difference, Rule
from ictcli.reconcile.exact import text
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.averages import averages, follows_from_deals
from ictcli.reconcile.rules.bounds import beyond
from ictcli.reconcile.rules.explaining import position_causes, time_causes, unconfirmed
from ictcli.reconcile.rules.ownership import OF_OURS, sent_unwritten, strangers
from ictcli.reconcile.rules.position_volumes import Apart, held_by_both, volumes_apart

_SHOWN = ("position", "symbol", "volume", "price", "stop", "target", "swap")


def foreign_positions(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """FOREIGN positions: neither opened by us nor bearing a number of ours."""
    theirs = pl.col("position").is_in(case.own_positions.implode())
    rows = case.broker.positions.filter(~theirs).sort("position")
    if rows.is_empty():
        return
    known = strangers(case, "position", "position")
    deals = position_causes(case, [one for one in found if one.finding.kind is Kind.FOREIGN])
    orders = _orders_of(case, found)
    for row in rows.iter_rows(named=True):
        number, unwritten = row["position"], sent_unwritten(case, row["magic"])
        yield Difference(
            finding(
                Kind.FOREIGN, f"position:{number}", ({}, _shown(row)), symbol=row["symbol"],
                theirs=text(row["volume"]), known=number in known and not unwritten, ts=row["opened"],
                caused_by=deals.get(number) or orders.get(number, ()),
                note=f"magic number {row['magic']}{OF_OURS * unwritten}",
            )
        )  # fmt: skip


def _orders_of(case: Case, found: Sequence[Difference]) -> dict[int, tuple[str, ...]]:
    """By position, the foreign orders that name it."""
    foreign = (one.finding for one in found if one.finding.kind is Kind.FOREIGN)
    names = {int(one.key[6:]): one.name for one in foreign if one.key.startswith("order:")}
    if not names:
        return {}
    chosen = pl.col("order").is_in(pl.Series(sorted(names), dtype=pl.Int64).implode())
    orders = case.broker.orders.filter(chosen, pl.col("position") != 0).sort("order")
    causes: dict[int, list[str]] = defaultdict(list)
    for order, position in orders.select("order", "position").iter_rows():
        causes[position].append(names[order])
    return {position: tuple(own) for position, own in causes.items()}


def quantities(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """POSITION_QTY_DIFF: another volume on the same side, or on one side only."""
    return (_volume(Kind.POSITION_QTY_DIFF, one) for one in volumes_apart(case, found) if not one.flipped)


def flips(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """POSITION_SIDE_FLIP: long on one side and short on the other."""
    return (_volume(Kind.POSITION_SIDE_FLIP, one) for one in volumes_apart(case, found) if one.flipped)


def _volume(kind: Kind, one: Apart) -> Difference:
    row = {"position": one.position, "symbol": one.symbol}
    note = f"of which {text(one.explained)} is explained" if one.explained and not one.causes else ""
    return Difference(
        finding(
            kind, f"position:{one.position}", (row | {"volume": one.ours}, row | {"volume": one.theirs}),
            symbol=one.symbol, ours=text(one.ours) if one.ours else None,
            theirs=text(one.theirs) if one.theirs else None, tolerance=one.tolerance, caused_by=one.causes,
            note=note,
        )
    )  # fmt: skip


def average_prices(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """AVG_PRICE_DIFF: further apart than a share of the broker's price."""
    share = case.tolerances.average
    away = beyond(pl.col("price") - pl.col("price" + THEIRS), pl.col("price" + THEIRS), share)
    told = (pl.col("price") != 0) & (pl.col("price" + THEIRS) != 0)
    rows = held_by_both(case).filter(away, told).sort("position")
    if rows.is_empty():
        return
    ours, theirs = (
        averages(fills, rows.get_column("position")) for fills in (case.ledger_fills, case.broker_fills)
    )
    moves, orders = position_causes(case, found), time_causes(case, found)
    turned = {one.finding.key for one in found if one.finding.kind is Kind.POSITION_SIDE_FLIP}
    open_questions = frozenset(unconfirmed(case).get_column("position").to_list())
    for row in rows.filter(~pl.col("position").is_in(open_questions)).iter_rows(named=True):
        key = f"position:{row['position']}"
        causes = moves.get(row["position"], ())
        causes += (f"{Kind.POSITION_SIDE_FLIP.value} {key}",) if key in turned else ()
        by_deals = follows_from_deals(row, ours, theirs, share)
        if by_deals is not None:
            causes = causes + orders.get(row["position"], ()) if by_deals else ()
        yield Difference(
            _apart(Kind.AVG_PRICE_DIFF, row, "price", f"{share:%} of the price", caused_by=causes)
        )


def protections(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """STOP_DIFF: another stop or target, or one on one side only."""
    del found
    allowed = case.tolerances.price_ticks
    held = held_by_both(case)
    for field in ("stop", "target"):
        ours, theirs = pl.col(field), pl.col(field + THEIRS)
        one_sided = ours.is_null() != theirs.is_null()
        away = beyond(ours - theirs, pl.col("tick"), allowed).fill_null(value=False)
        for row in held.filter(one_sided | away).sort("position").iter_rows(named=True):
            within = f"{allowed} ticks of {text(row['tick'])}"
            yield Difference(_apart(Kind.STOP_DIFF, row, field, within, field=field))


def open_swaps(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """SWAP_DIFF of open positions; it follows from a deal that took the swap along on one side only."""
    unit = case.tolerances.money_units
    away = beyond(pl.col("swap") - pl.col("swap" + THEIRS), case.minor_unit, unit)
    rows = held_by_both(case).filter(away).sort("position")
    if rows.is_empty():
        return
    causes, taken = position_causes(case, found), _swap_of_deals(case)
    names = {one.finding.name for one in found}
    for row in rows.iter_rows(named=True):
        number = row["position"]
        left = row["swap" + THEIRS] - row["swap"] + taken.get(number, 0)
        explained = causes.get(number, ()) if abs(left) <= unit * case.minor_unit else ()
        told = f"{Kind.SWAP_DIFF.value} position:{number}" in names
        within = f"{text(unit * case.minor_unit)} {case.local.facts.currency}"
        yield Difference(
            _apart(Kind.SWAP_DIFF, row, "swap", within, caused_by=explained, field="open" if told else "")
        )


def _swap_of_deals(case: Case) -> dict[int, int]:
    """By position, how much swap went with deals of the broker's alone, less that of the ledger's alone."""
    sides = ((case.unbooked, 1), (case.ledger_fills.filter(case.phantoms), -1))
    signed = [
        rows.filter(~pl.col("voided")).select("position", swap=pl.col("swap") * sign) for rows, sign in sides
    ]
    return dict(pl.concat(signed).group_by("position").agg(pl.col("swap").sum()).iter_rows())


def _apart(kind: Kind, row: Mapping[str, Any], column: str, tolerance: str, **given: Any) -> Finding:
    other = {name: row.get(name + THEIRS) for name in _SHOWN}
    ours, theirs = (None if value is None else text(value) for value in (row[column], row[column + THEIRS]))
    return finding(
        kind, f"position:{row['position']}", (_shown(row), other), symbol=row["symbol"], ours=ours,
        theirs=theirs, tolerance=tolerance, **given,
    )  # fmt: skip


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN}


POSITION_RULES: tuple[Rule, ...] = (
    foreign_positions, quantities, flips, average_prices, protections, open_swaps,
)  # fmt: skip
