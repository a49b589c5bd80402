"""Faults of deals that both sides have, and that differ in one field."""

from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.faults_of_deals import asked_of, marked, plain
from tests.reconcile.bench.planted import Form, Planted
from tests.reconcile.bench.records import HOUR, NS, Deal, Group, Pair


def _any(group: Group, deal: Deal) -> bool:
    return plain(deal)


def price(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another price."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    _, ours, theirs = chosen
    tick = pair.instrument(theirs.symbol).tick
    away = rng.choice([tick // 2 + 1, tick, 3 * tick, theirs.price // 200 // tick * tick + tick])
    ours.price = theirs.price + rng.choice([-1, 1]) * away
    return [Planted(Kind.FILL_PRICE_DIFF, f"deal:{ours.deal}")]


def volume(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another volume; its order and position follow from it."""
    chosen = pair.choose(rng, lambda group, deal: plain(deal) and not marked(pair, deal))
    if chosen is None:
        return []
    group, ours, _ = chosen
    step = pair.instrument(group.symbol).step
    away = rng.choice([step // 2, step, 2 * step, 7 * step]) * rng.choice([-1, 1])
    away = away if ours.volume + away > 0 else abs(away)
    ours.volume += away
    asked = asked_of(group, ours)
    if asked is not None:
        local = asked.local
        local.filled += away
        if local.status in {"filled", "partial"}:
            local.status = "filled" if local.filled >= local.volume else "partial"
    return [Planted(Kind.FILL_QTY_DIFF, f"deal:{ours.deal}")]


def side(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has it the other way round."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    chosen[1].side = -chosen[1].side
    return [Planted(Kind.FILL_SIDE_DIFF, f"deal:{chosen[1].deal}", "side")]


def symbol(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has it on another symbol."""
    free = {name for name in pair.instruments if f"spec:{name}" not in pair.taken}
    chosen = pair.choose(rng, lambda group, deal: plain(deal) and bool(free - {deal.symbol}))
    if chosen is None:
        return []
    ours = chosen[1]
    ours.symbol = rng.choice(sorted(free - {ours.symbol}))
    pair.taken.add(f"symbol:{ours.symbol}")
    return [Planted(Kind.FILL_SIDE_DIFF, f"deal:{ours.deal}", "symbol")]


def seconds(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has it some seconds or minutes away."""
    away = rng.choice([2 * NS + 1, 3 * NS, 47 * NS, 600 * NS + 5])
    return _time(pair, rng, away * rng.choice([-1, 1]))


def hours(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has it whole hours away, as a wrong time zone would, even before the window began."""
    number = rng.randint(1, 12)
    return _time(pair, rng, number * HOUR * rng.choice([-1, 1]), f"{number} h")


def _time(pair: Pair, rng: Random, away: int, says: str = "") -> list[Planted]:
    def want(group: Group, deal: Deal) -> bool:
        asked = asked_of(group, deal)
        return (
            plain(deal)
            and (asked is None or asked.local.status == "filled")
            and deal.ts + away < pair.until - 60 * NS
        )

    chosen = pair.choose(rng, want)
    if chosen is None:
        return []
    _, ours, theirs = chosen
    ours.ts = theirs.ts + away
    return [Planted(Kind.FILL_TIME_DIFF, f"deal:{ours.deal}", says=says)]


def commission(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another commission, or none."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    ours = chosen[1]
    away = pair.unit * rng.choice([2, 3, 150, -2, -40])
    ours.commission = 0 if ours.commission < -pair.unit and rng.random() < 0.5 else ours.commission + away
    return [Planted(Kind.FEE_DIFF, f"deal:{ours.deal}", "commission")]


def fee(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another fee, or none."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    ours = chosen[1]
    away = pair.unit * rng.choice([2, 3, 150, -2, -40])
    ours.fee = 0 if ours.fee < -pair.unit and rng.random() < 0.5 else ours.fee + away
    return [Planted(Kind.FEE_DIFF, f"deal:{ours.deal}", "fee")]


def currency(pair: Pair, rng: Random) -> list[Planted]:
    """The broker took its costs in another currency than the ledger has."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    one = chosen[rng.choice([1, 2])]
    assert isinstance(one, Deal)
    one.currency = "BNB"
    return [Planted(Kind.FEE_DIFF, f"deal:{one.deal}", "currency")]


def swap(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another swap for a deal."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    group, ours, _ = chosen
    away = len(group.deals) + rng.choice([2, 30, 1_000])
    ours.swap += pair.unit * away * rng.choice([-1, 1])
    return [Planted(Kind.SWAP_DIFF, f"position:{group.position}")]


def profit(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another result for a deal."""
    chosen = pair.choose(rng, _any)
    if chosen is None:
        return []
    group, ours, _ = chosen
    away = len(group.deals) + rng.choice([2, 30, 100_000])
    ours.profit += pair.unit * away * rng.choice([-1, 1])
    return [Planted(Kind.REALISED_PNL_DIFF, f"position:{group.position}")]


def profits(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has one minor unit more for each deal, which no row alone would tell."""
    return _several(pair, rng, [pair.unit, pair.unit])


def swapped(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has too much for one deal and too little for another, which no sum would tell."""
    return _several(pair, rng, [50 * pair.unit, -50 * pair.unit])


def _several(pair: Pair, rng: Random, aways: list[int]) -> list[Planted]:
    def inside(group: Group) -> list[Deal]:
        deals = [one for one in pair.local.deals if one.deal in group.deals]
        return [one for one in deals if pair.inside(one.ts) and plain(one)]

    chosen = pair.choose(rng, lambda group, deal: len(inside(group)) == len(group.deals) == len(aways))
    if chosen is None:
        return []
    for ours, away in zip(inside(chosen[0]), aways, strict=True):
        ours.profit += away
    return [Planted(Kind.REALISED_PNL_DIFF, f"position:{chosen[0].position}")]


def _special(reason: str) -> Form:
    def plant(pair: Pair, rng: Random) -> list[Planted]:
        chosen = pair.choose(rng, lambda group, deal: plain(deal) and deal.reason != "stop_out")
        if chosen is None:
            return []
        chosen[2].reason = reason
        return [Planted(Kind.SPECIAL_DEAL, f"deal:{chosen[1].deal}")]

    return Form(Kind.SPECIAL_DEAL, reason, plant)


FORMS: tuple[Form, ...] = (
    Form(Kind.FILL_PRICE_DIFF, "price", price),
    Form(Kind.FILL_QTY_DIFF, "volume", volume),
    Form(Kind.FILL_SIDE_DIFF, "side", side),
    Form(Kind.FILL_SIDE_DIFF, "symbol", symbol),
    Form(Kind.FILL_TIME_DIFF, "seconds", seconds),
    Form(Kind.FILL_TIME_DIFF, "hours", hours),
    Form(Kind.FEE_DIFF, "commission", commission),
    Form(Kind.FEE_DIFF, "fee", fee),
    Form(Kind.FEE_DIFF, "currency", currency),
    Form(Kind.SWAP_DIFF, "deal", swap),
    Form(Kind.REALISED_PNL_DIFF, "deal", profit),
    Form(Kind.REALISED_PNL_DIFF, "sum", profits),
    Form(Kind.REALISED_PNL_DIFF, "opposite", swapped),
    _special("stop_out"),
    _special("rollover"),
    _special("corporate"),
)
