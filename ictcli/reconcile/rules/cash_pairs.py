"""Movements of money without an order, of both sides: which belong together, and which differ."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from ictcli.reconcile.case import Case

Row = Mapping[str, Any]
_TOLD = ("deal", "amount")


class CashPair(NamedTuple):
    """A movement as both sides tell it; None for a side that does not."""

    ours: Row | None
    theirs: Row | None


def cash_pairs(case: Case) -> Iterator[CashPair]:
    """Movements that differ, or that one side lacks and should have, by their numbers.

    They belong together by the number of the deal; where a side has none, by their key, else by amount and
    time. The broker lacks nothing when its records are incomplete, and nobody what is from before the other
    began.
    """
    ours, theirs = case.local.cash.filter(~pl.col("operator")), case.broker.cash
    if ours.select(_TOLD).equals(theirs.select(_TOLD)) and (ours.get_column("deal") != 0).all():
        return
    numbered = pl.col("deal") != 0
    both = ours.filter(numbered).join(theirs.filter(numbered), on="deal", how="inner", suffix="_theirs")
    most = case.tolerances.money_units * case.minor_unit
    away = both.filter((pl.col("amount") - pl.col("amount_theirs")).abs() > most)
    for row in away.sort("deal").iter_rows(named=True):
        yield CashPair(row, {name: row.get(f"{name}_theirs", row["deal"]) for name in theirs.columns})
    shared = pl.col("deal").is_in(both.get_column("deal").implode()) & numbered
    yield from _leftover(
        case,
        ours.filter(~shared).sort("ts", "key").to_dicts(),
        theirs.filter(~shared).sort("ts", "deal", "key").to_dicts(),
    )


def _leftover(case: Case, ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[CashPair]:
    most = case.tolerances.money_units * case.minor_unit
    alone = dict(enumerate(theirs))
    places: dict[str | int, list[int]] = defaultdict(list)
    for at, row in alone.items():
        for name in {row["key"], row["amount"]} - {""}:
            places[name].append(at)
    for row in ours:
        near = (at for name in (row["key"], row["amount"]) for at in places.get(name, ()) if at in alone)
        place = next((at for at in near if _alike(case, row, alone[at])), None)
        if place is None:
            if case.whole and row["ts"] >= case.broker.window.since:
                yield CashPair(row, None)
            continue
        partner = alone.pop(place)
        if abs(row["amount"] - partner["amount"]) > most:
            yield CashPair(row, partner)
    yield from (CashPair(None, row) for row in alone.values() if row["ts"] >= case.local.window.since)


def _alike(case: Case, ours: Row, theirs: Row) -> bool:
    """Whether two movements are one, though their numbers do not say so."""
    if ours["deal"] and theirs["deal"]:
        return False
    if ours["key"] and ours["key"] == theirs["key"]:
        return True
    near = abs(ours["ts"] - theirs["ts"]) <= case.tolerances.time
    return bool(near and ours["amount"] == theirs["amount"])
