"""Money of deals that both sides have: costs by deal, swap and result by position."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from ictcli.reconcile.case import Case, Difference, Effect
from ictcli.reconcile.exact import text
from ictcli.reconcile.findings import Kind, finding
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.bounds import beyond
from ictcli.reconcile.rules.fills_told import Deal, apart, of_deal, sides, standing


def fees(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Commissions and fees that are more than a minor unit apart, or in another currency."""
    del found
    most = case.tolerances.money_units * case.minor_unit
    for name in ("commission", "fee"):
        differ = beyond(apart(name), case.minor_unit, case.tolerances.money_units)
        for row in case.disputed.filter(standing(), differ).iter_rows(named=True):
            ours, theirs = sides(row)
            yield of_deal(
                Kind.FEE_DIFF, (ours, theirs), Effect(money=theirs[name] - ours[name], amounts=1),
                field=name, ours=text(ours[name]), theirs=text(theirs[name]), tolerance=_amount(case, most),
            )  # fmt: skip
    yield from _currencies(case)


def _currencies(case: Case) -> Iterator[Difference]:
    home = case.local.facts.currency, case.broker.facts.currency
    told = pl.col("currency") != pl.col("currency" + THEIRS)
    for row in case.disputed.filter(standing(), told).iter_rows(named=True):
        both = sides(row)
        foreign = [
            "" if one["currency"] == own else one["currency"] for one, own in zip(both, home, strict=True)
        ]
        if foreign[0] != foreign[1]:
            says = [one or own for one, own in zip(foreign, home, strict=True)]
            yield of_deal(Kind.FEE_DIFF, both, field="currency", ours=says[0], theirs=says[1])


def swaps(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Positions whose deals carry other swaps."""
    del found
    for one in _positions(case, "swap"):
        yield _of_position(case, Kind.SWAP_DIFF, one)


def results(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Positions whose deals made other results, without their costs."""
    del found
    for one in _positions(case, "profit"):
        yield _of_position(case, Kind.REALISED_PNL_DIFF, one)


@dataclass(frozen=True, slots=True)
class _Sums:
    """One kind of money of a position's deals, as both sides have it; ``deals``: the rows that differ."""

    position: int
    ours: int
    more: int
    compared: int
    deals: tuple[tuple[Deal, Deal], ...]


def _positions(case: Case, name: str) -> Iterator[_Sums]:
    """Positions of which one deal, or the sum of all that both sides have, is too far apart."""
    differ = case.disputed.filter(standing(), pl.col(name) != pl.col(name + THEIRS))
    if differ.is_empty():
        return
    away = differ.group_by("position").agg(
        apart(name).sum().alias("more"), apart(name).abs().max().alias("worst")
    )
    sums = away.join(_compared(case, name, away.get_column("position")), on="position")
    wrong = sums.filter(_too_far(case)).sort("position")
    rows = differ.filter(pl.col("position").is_in(wrong.get_column("position").implode()))
    deals = rows.partition_by("position", as_dict=True)
    for row in wrong.iter_rows(named=True):
        both = tuple(map(sides, deals[(row["position"],)].iter_rows(named=True)))
        yield _Sums(row["position"], row["ours"], row["more"], row["compared"], both)


def _compared(case: Case, name: str, positions: pl.Series) -> pl.DataFrame:
    """How many deals of a position both sides have, and our sum of them."""
    gone = case.broker_fills.get_column("voided").gather(case.partners)
    matched = case.ledger_fills.select("position", "voided", name).filter(~gone.fill_null(value=True))
    wanted = ~pl.col("voided") & pl.col("position").is_in(positions.implode())
    ours = pl.col(name).cast(pl.Int128).sum().alias("ours")
    return matched.filter(wanted).group_by("position").agg(pl.len().cast(pl.Int128).alias("compared"), ours)


def _too_far(case: Case) -> pl.Expr:
    """One amount beyond its own tolerance, or the sum beyond that and the tolerance of sums."""
    alone, unit = case.tolerances.money_units, case.minor_unit
    together = beyond(pl.col("more"), pl.col("compared") * unit, case.tolerances.aggregate_units)
    return beyond(pl.col("worst"), unit, alone) | (beyond(pl.col("more"), unit, alone) & together)


def _of_position(case: Case, kind: Kind, sums: _Sums) -> Difference:
    last = sums.deals[-1]
    alone = case.tolerances.money_units * case.minor_unit
    together = int(case.tolerances.aggregate_units * case.minor_unit * sums.compared)
    tolerance = _amount(case, alone)
    if sums.compared > 1:
        tolerance = f"{tolerance} a deal, {_amount(case, max(alone, together))} in sum"
    found = finding(
        kind, f"position:{sums.position}", rows=sums.deals, symbol=last[0]["symbol"], ts=last[1]["ts"],
        ours=text(sums.ours), theirs=text(sums.ours + sums.more), tolerance=tolerance,
    )  # fmt: skip
    return Difference(found, Effect(money=sums.more, amounts=len(sums.deals)))


def _amount(case: Case, units: int) -> str:
    return f"{text(units)} {case.local.facts.currency}"
