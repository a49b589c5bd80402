"""Pairs whose difference is exactly a tolerance, which is none, or one unit more, which is one."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.faults_of_accounts import later
from tests.reconcile.bench.faults_of_deals import asked_of, marked, plain
from tests.reconcile.bench.faults_of_positions import standing
from tests.reconcile.bench.planted import Planted
from tests.reconcile.bench.records import NS, Deal, Group, Pair

Push = Callable[[Pair, Random, int], Planted | None]
"""Moves one value by its tolerance and ``past`` units more; says what is found when that is too far."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One tolerance. ``found_at``: the first value of ``past`` that is a finding."""

    name: str
    push: Push
    found_at: int = 1


def _sign(rng: Random) -> int:
    return rng.choice([-1, 1])


def _price(pair: Pair, rng: Random, past: int) -> Planted | None:
    chosen = pair.choose(rng, lambda group, deal: plain(deal))
    if chosen is None:
        return None
    _, ours, theirs = chosen
    ours.price = theirs.price + _sign(rng) * (pair.instrument(ours.symbol).tick // 2 + past)
    return Planted(Kind.FILL_PRICE_DIFF, f"deal:{ours.deal}")


def _volume(pair: Pair, rng: Random, past: int) -> Planted | None:
    chosen = pair.choose(rng, lambda group, deal: plain(deal) and not marked(pair, deal))
    if chosen is None:
        return None
    _, ours, theirs = chosen
    ours.volume = theirs.volume + _sign(rng) * (pair.instrument(ours.symbol).step // 2 + past)
    return Planted(Kind.FILL_QTY_DIFF, f"deal:{ours.deal}")


def _time(pair: Pair, rng: Random, past: int) -> Planted | None:
    def want(group: Group, deal: Deal) -> bool:
        asked = asked_of(group, deal)
        return plain(deal) and (asked is None or asked.local.status == "filled")

    chosen = pair.choose(rng, want)
    if chosen is None:
        return None
    _, ours, theirs = chosen
    ours.ts = theirs.ts + _sign(rng) * (2 * NS + past)
    return Planted(Kind.FILL_TIME_DIFF, f"deal:{ours.deal}")


def _amount(field: str, kind: Kind) -> Push:
    """An amount of a deal that is the only one of its position, so that the row is the sum."""

    def push(pair: Pair, rng: Random, past: int) -> Planted | None:
        chosen = pair.choose(rng, lambda group, deal: plain(deal) and len(group.deals) == 1)
        if chosen is None:
            return None
        group, ours, theirs = chosen
        setattr(ours, field, getattr(theirs, field) + _sign(rng) * (pair.unit + past))
        if kind is Kind.FEE_DIFF:
            return Planted(kind, f"deal:{ours.deal}", field)
        return Planted(kind, f"position:{group.position}")

    return push


def _sum(field: str, kind: Kind) -> Push:
    """A sum over four deals: half a minor unit for each of them."""

    def push(pair: Pair, rng: Random, past: int) -> Planted | None:
        def all_of(group: Group) -> list[Deal]:
            return [one for one in pair.local.deals if one.deal in group.deals]

        def want(group: Group, deal: Deal) -> bool:
            deals = all_of(group)
            return len(deals) == 4 and all(plain(one) and pair.inside(one.ts) for one in deals)

        chosen = pair.choose(rng, want)
        if chosen is None:
            return None
        sign, deals = _sign(rng), all_of(chosen[0])
        for ours, away in zip(deals, [pair.unit, pair.unit + past], strict=False):
            setattr(ours, field, getattr(ours, field) + sign * away)
        if past > 0:
            first, last = deals[1], deals[-1]
            setattr(first, field, getattr(first, field) - sign * past)
            setattr(last, field, getattr(last, field) + sign * past)
        return Planted(kind, f"position:{chosen[0].position}")

    return push


def _open_swap(pair: Pair, rng: Random, past: int) -> Planted | None:
    found = standing(pair, rng)
    if not found:
        return None
    group = found[0][0]
    pair.local.held[group.position].swap += _sign(rng) * (pair.unit + past)
    return Planted(Kind.SWAP_DIFF, f"position:{group.position}")


def _held_volume(pair: Pair, rng: Random, past: int) -> Planted | None:
    found = standing(pair, rng)
    if not found:
        return None
    group, ours, _ = found[0]
    away = pair.instrument(group.symbol).step // 2 + past
    pair.broker.held[group.position].volume = int(ours["volume"]) + _sign(rng) * away
    return Planted(Kind.POSITION_QTY_DIFF, f"position:{group.position}")


def _average(pair: Pair, rng: Random, past: int) -> Planted | None:
    """0.01 % of both prices lies between 5,000 units and one more."""
    found = standing(pair, rng)
    if not found:
        return None
    position = found[0][0].position
    pair.broker.held[position].price = 50_000_000
    pair.local.held[position].price = 50_005_000 + past
    return Planted(Kind.AVG_PRICE_DIFF, f"position:{position}")


def _level(field: str) -> Push:
    def push(pair: Pair, rng: Random, past: int) -> Planted | None:
        found = [one for one in standing(pair, rng) if one[1][field] is not None]
        if not found:
            return None
        group, ours, _ = found[0]
        away = pair.instrument(group.symbol).tick // 2 + past
        setattr(pair.broker.held[group.position], field, ours[field] + _sign(rng) * away)
        return Planted(Kind.STOP_DIFF, f"position:{group.position}", field)

    return push


def _cash(pair: Pair, rng: Random, past: int) -> Planted | None:
    told = {one.deal for one in pair.broker.cash}
    found = [one for one in pair.local.cash if one.deal and one.deal in told and pair.inside(one.ts)]
    if not found:
        return None
    ours = rng.choice(found)
    ours.amount += _sign(rng) * (pair.unit + past)
    return Planted(Kind.UNEXPLAINED_CASH, f"deal:{ours.deal}")


def _balance(pair: Pair, rng: Random, past: int) -> Planted | None:
    if not pair.broker.balance_told:
        return None
    booked = {one.deal for one in pair.local.deals}
    if any(one.deal not in booked and not one.voided for one in pair.broker.deals):
        return None
    pair.broker.balance_off = _sign(rng) * (pair.unit + past)
    return Planted(Kind.BALANCE_DIFF, "account", "balance")


def _equity(pair: Pair, rng: Random, past: int) -> Planted | None:
    told = pair.broker.equity_told and pair.broker.balance_told
    if not told or later(pair.local) or later(pair.broker):
        return None
    pair.broker.equity_off = _sign(rng) * (pair.unit + past)
    return Planted(Kind.BALANCE_DIFF, "account", "equity")


def _clock(pair: Pair, rng: Random, past: int) -> Planted | None:
    pair.broker.clock_offset = _sign(rng) * (NS + past)
    return Planted(Kind.CLOCK_SKEW, "account", severity="warning", policy="none")


def _watermark(pair: Pair, rng: Random, past: int) -> Planted | None:
    """The broker has a deal at the watermark, or the nanosecond behind it, that the ledger lacks."""

    def want(group: Group, deal: Deal) -> bool:
        return plain(deal) and deal.of_position and deal.deal == group.deals[-1]

    chosen = pair.choose(rng, want)
    if chosen is None:
        return None
    _, ours, theirs = chosen
    pair.local.deals.remove(ours)
    order = pair.broker.order(theirs.order)
    theirs.ts = order.touched = order.placed = pair.until + 1 - past
    return Planted(Kind.MISSING_FILL_LOCAL, f"deal:{ours.deal}")


BOUNDARIES: tuple[Boundary, ...] = (
    Boundary("price", _price),
    Boundary("volume", _volume, found_at=0),
    Boundary("time", _time),
    Boundary("commission", _amount("commission", Kind.FEE_DIFF)),
    Boundary("fee", _amount("fee", Kind.FEE_DIFF)),
    Boundary("swap", _amount("swap", Kind.SWAP_DIFF)),
    Boundary("profit", _amount("profit", Kind.REALISED_PNL_DIFF)),
    Boundary("profit_sum", _sum("profit", Kind.REALISED_PNL_DIFF)),
    Boundary("swap_sum", _sum("swap", Kind.SWAP_DIFF)),
    Boundary("open_swap", _open_swap),
    Boundary("held_volume", _held_volume, found_at=0),
    Boundary("average", _average),
    Boundary("stop", _level("stop")),
    Boundary("target", _level("target")),
    Boundary("cash", _cash),
    Boundary("balance", _balance),
    Boundary("equity", _equity),
    Boundary("clock", _clock),
    Boundary("watermark", _watermark),
)
