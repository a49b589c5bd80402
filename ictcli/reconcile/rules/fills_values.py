"""Deals that both sides have, told with another side, symbol, volume, price or time."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import polars as pl

from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND, iso
from ictcli.reconcile.case import Case, Difference, Effect
from ictcli.reconcile.exact import number, text
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.bounds import beyond, reaching
from ictcli.reconcile.rules.fills_told import agreed, apart, of_deal, sides


def side_or_symbol(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals of another side or symbol; what a source does not tell is no difference."""
    del found
    told = {"side": 0, "symbol": ""}
    for name, nothing in told.items():
        differ = (pl.col(name) != pl.col(name + THEIRS)) & (pl.col(name) != nothing)
        differ &= pl.col(name + THEIRS) != nothing
        for row in case.disputed.filter(agreed(), differ).iter_rows(named=True):
            ours, theirs = sides(row)
            turned = (theirs["side"] - ours["side"]) * ours["volume"] if name == "side" else 0
            effect = Effect(position=ours["position"], volume=turned) if turned else None
            says = [_SIDES.get(one[name], str(one[name])) for one in (ours, theirs)]
            yield of_deal(
                Kind.FILL_SIDE_DIFF, (ours, theirs), None if ours["voided"] else effect,
                field=name, ours=says[0], theirs=says[1],
            )  # fmt: skip


def volume(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals whose volumes are half a step or more apart; any difference where nobody knows the step."""
    del found
    steps = case.tolerances.volume_steps
    differ = reaching(apart("volume"), pl.col("step"), steps)
    for row in case.disputed.filter(agreed(), differ).iter_rows(named=True):
        ours, theirs = sides(row)
        more = theirs["side"] * (theirs["volume"] - ours["volume"])
        effect = Effect(position=ours["position"], volume=more, order=ours["order"])
        yield of_deal(
            Kind.FILL_QTY_DIFF, (ours, theirs), None if ours["voided"] else effect,
            ours=text(ours["volume"]), theirs=text(theirs["volume"]),
            tolerance=_share("less than", steps, "steps", row["step"]),
        )  # fmt: skip


def price(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals whose prices are more than half a tick apart; any difference where nobody knows the tick."""
    del found
    ticks = case.tolerances.price_ticks
    differ = beyond(apart("price"), pl.col("tick"), ticks)
    for row in case.disputed.filter(agreed(), differ).iter_rows(named=True):
        ours, theirs = sides(row)
        yield of_deal(
            Kind.FILL_PRICE_DIFF, (ours, theirs),
            ours=text(ours["price"]), theirs=text(theirs["price"]),
            tolerance=_share("", ticks, "ticks", row["tick"]),
        )  # fmt: skip


def time(case: Case, found: Sequence[Difference]) -> Iterator[Difference]:
    """Deals whose instants are further apart than the tolerance."""
    del found
    most = case.tolerances.time
    for row in case.disputed.filter(agreed(), apart("ts").abs() > most).iter_rows(named=True):
        ours, theirs = sides(row)
        yield of_deal(
            Kind.FILL_TIME_DIFF, (ours, theirs),
            ours=iso(ours["ts"]), theirs=iso(theirs["ts"]), tolerance=f"{most / NS_PER_SECOND:g} s",
            note=_hours(theirs["ts"] - ours["ts"], most),
        )  # fmt: skip


_SIDES: dict[int | str, str] = {1: "buy", -1: "sell"}


def _share(how: str, share: Decimal, unit: str, size: int) -> str:
    """A tolerance in words: ``0.5 ticks, 0.000005``."""
    amount = number(size) * share
    return f"{how} {share:f} {unit}, {amount.normalize():f}".strip() if size else ""


def _hours(apart_by: int, most: int) -> str:
    """What whole hours between two instants mean, in words."""
    hours = round(Decimal(apart_by) / NS_PER_HOUR)
    if hours == 0 or abs(apart_by - hours * NS_PER_HOUR) > most:
        return ""
    return f"{hours:+d} h: one side has the broker's time zone wrong"
