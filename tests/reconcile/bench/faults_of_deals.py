"""Faults of deals that one side lacks, has twice or has taken back."""

from dataclasses import replace
from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.planted import Form, Planted
from tests.reconcile.bench.records import MINUTE, NS, Asked, Deal, Group, Order, Pair


def asked_of(group: Group, deal: Deal) -> Asked | None:
    """The order of ours that a deal belongs to; None for one of the position itself."""
    return next((one for one in group.asked if one.broker.order == deal.order), None)


def plain(deal: Deal) -> bool:
    """Whether the ledger has nothing special to say of a deal."""
    return not (deal.late or deal.over or deal.voided)


def marked(pair: Pair, deal: Deal) -> bool:
    """Whether the ledger has marked a deal of the same order, so that this one decides about the mark."""
    return any(one.late or one.over for one in pair.local.deals if one.order == deal.order)


def _own(group: Group, deal: Deal) -> bool:
    asked = asked_of(group, deal)
    return asked is not None and plain(deal) and asked.local.status in {"filled", "partial", "open"}


def _stop(group: Group, deal: Deal) -> bool:
    return deal.of_position and deal.magic != 0


def _hand(group: Group, deal: Deal) -> bool:
    return deal.of_position and deal.magic == 0


def _last(group: Group, deal: Deal) -> bool:
    return plain(deal) and deal.deal == group.deals[-1]


def _alone(pair: Pair, group: Group, deal: Deal) -> bool:
    """Whether a deal is the only one of an order of ours that it filled wholly."""
    of_order = [one for one in pair.local.deals if one.order == deal.order]
    return _own(group, deal) and len(of_order) == 1 and deal.volume == _order(group, deal).local.volume


def _order(group: Group, deal: Deal) -> Asked:
    asked = asked_of(group, deal)
    assert asked is not None
    return asked


def _lose(pair: Pair, ours: Deal) -> None:
    """Take a deal from the ledger, which then has its swap with the open position still."""
    pair.local.deals.remove(ours)
    held = pair.local.held.get(ours.position)
    if held is not None:
        held.swap += ours.swap


def missing_own(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks a deal of an order of ours, which it believes to be working."""
    chosen = pair.choose(rng, lambda group, deal: _own(group, deal) and not marked(pair, deal))
    if chosen is None:
        return []
    group, ours, _ = chosen
    _lose(pair, ours)
    local = _order(group, ours).local
    if rng.random() < 0.8:
        local.filled -= ours.volume
        local.status = "partial" if local.filled else rng.choice(["open", "sent", "unknown"])
    if local.status in {"sent", "unknown"} and rng.random() < 0.5:
        local.order = 0
    return [Planted(Kind.MISSING_FILL_LOCAL, f"deal:{ours.deal}")]


def missing_stop(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks the deal of a stop, target or stop-out of a position of ours."""
    chosen = pair.choose(rng, _stop)
    if chosen is None:
        return []
    _lose(pair, chosen[1])
    return [Planted(Kind.MISSING_FILL_LOCAL, f"deal:{chosen[1].deal}")]


def missing_hand(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks a deal by which a person closed a position of ours."""
    chosen = pair.choose(rng, _hand)
    if chosen is None:
        return []
    _lose(pair, chosen[1])
    return [Planted(Kind.MISSING_FILL_LOCAL, f"deal:{chosen[1].deal}")]


def missing_all(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks every deal of a position, whoever opened and closed it."""

    def want(group: Group, deal: Deal) -> bool:
        deals = [one for one in pair.local.deals if one.deal in group.deals]
        own = all(one.of_position or _own(group, one) for one in deals)
        return own and len(deals) > 1 and all(plain(one) and pair.inside(one.ts) for one in deals)

    chosen = pair.choose(rng, want)
    if chosen is None:
        return []
    deals = [one for one in pair.local.deals if one.deal in chosen[0].deals]
    pair.local.deals = [one for one in pair.local.deals if one not in deals]
    for asked in chosen[0].asked:
        if asked.local.status in {"filled", "partial"}:
            asked.local.status, asked.local.filled = rng.choice(["open", "sent", "unknown"]), 0
    return [Planted(Kind.MISSING_FILL_LOCAL, f"deal:{one.deal}") for one in deals]


def late_over(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks a deal of an order that it believes to be withdrawn or run out."""
    return _late(pair, rng, ["cancelled", "expired"])


def late_refused(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks a deal of an order that it believes to be refused, or never to have arrived."""
    return _late(pair, rng, ["rejected", "absent"])


def _late(pair: Pair, rng: Random, statuses: list[str]) -> list[Planted]:
    chosen = pair.choose(rng, lambda group, deal: _alone(pair, group, deal))
    if chosen is None:
        return []
    group, ours, _ = chosen
    pair.local.deals.remove(ours)
    local = _order(group, ours).local
    local.status, local.filled = rng.choice(statuses), 0
    local.touched = (local.placed + ours.ts) // 2
    if local.status == "absent":
        local.order = 0
    return [Planted(Kind.LATE_FILL, f"deal:{ours.deal}")]


def late_rest(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger lacks the last deal of an order that it believes to be withdrawn after some were filled."""

    def want(group: Group, deal: Deal) -> bool:
        of_order = [one for one in pair.local.deals if one.order == deal.order]
        return _own(group, deal) and len(of_order) > 1 and deal is of_order[-1] and all(map(plain, of_order))

    chosen = pair.choose(rng, want)
    if chosen is None:
        return []
    group, ours, _ = chosen
    pair.local.deals.remove(ours)
    local = _order(group, ours).local
    before = max(one.ts for one in pair.local.deals if one.order == ours.order)
    local.status, local.filled = rng.choice(["cancelled", "expired"]), local.filled - ours.volume
    local.touched = (before + ours.ts) // 2
    return [Planted(Kind.LATE_FILL, f"deal:{ours.deal}")]


def late_unmarked(pair: Pair, rng: Random) -> list[Planted]:
    """Both sides have a deal after its order was over, and the ledger has not marked it."""
    chosen = pair.choose(rng, lambda group, deal: _alone(pair, group, deal))
    if chosen is None:
        return []
    group, ours, _ = chosen
    asked = _order(group, ours)
    for one in (asked.local, asked.broker):
        one.volume += pair.instrument(group.symbol).step * rng.randint(1, 9)
        one.status = "cancelled"
        one.touched = ours.ts - 5 * MINUTE
        one.placed = min(one.placed, one.touched - MINUTE)
    return [Planted(Kind.LATE_FILL, f"deal:{ours.deal}")]


def over_unbooked(pair: Pair, rng: Random) -> list[Planted]:
    """The broker has one deal more of an order than the order is large."""

    def want(group: Group, deal: Deal) -> bool:
        counted = [one.volume for one in pair.local.deals if one.order == deal.order and not one.voided]
        return _own(group, deal) and sum(counted) >= _order(group, deal).local.volume

    chosen = pair.choose(rng, want)
    if chosen is None:
        return []
    group, ours, _ = chosen
    of_order = [one for one in pair.broker.deals if one.order == ours.order]
    step = pair.instrument(group.symbol).step
    extra = replace(
        of_order[-1], deal=pair.ticket(), volume=step * rng.randint(1, 9), ts=of_order[-1].ts + 3 * NS,
        profit=0, swap=0, fee=0, commission=-pair.unit * rng.randint(0, 300), voided=False,
    )  # fmt: skip
    pair.broker.deals.insert(pair.broker.deals.index(of_order[-1]) + 1, extra)
    _order(group, ours).broker.filled += extra.volume
    return [Planted(Kind.OVERFILL, f"deal:{extra.deal}")]


def over_unmarked(pair: Pair, rng: Random) -> list[Planted]:
    """Both sides have a deal beyond the volume of its order, and the ledger has not marked it."""

    def want(group: Group, deal: Deal) -> bool:
        of_order = [one for one in pair.local.deals if one.order == deal.order]
        if not _own(group, deal) or not all(map(plain, of_order)) or deal is not of_order[-1]:
            return False
        order, step = _order(group, deal).local, pair.instrument(group.symbol).step
        return order.status == "filled" and sum(one.volume for one in of_order) > step

    chosen = pair.choose(rng, want)
    if chosen is None:
        return []
    group, ours, _ = chosen
    asked, step = _order(group, ours), pair.instrument(group.symbol).step
    most = min(ours.volume, asked.local.filled - step)
    cut = step * rng.randint(1, most // step)
    for one in (asked.local, asked.broker):
        one.volume = one.filled - cut
    return [Planted(Kind.OVERFILL, f"deal:{ours.deal}")]


def phantom_invented(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has an order, its deal and its position of which the broker has nothing."""
    instrument = rng.choice(list(pair.instruments.values())[:-1])
    if f"spec:{instrument.symbol}" in pair.taken:
        return []
    pair.taken.add(f"symbol:{instrument.symbol}")
    ticket, magic, ts = pair.ticket(), (8 << 32) + pair.ticket(), pair.instant(rng)
    volume = instrument.step * rng.randint(1, 20)
    order = Order(
        ticket, magic, instrument.symbol, 1, "market", "filled", volume, ts - NS, ts, f"x{ticket}", "place",
        filled=volume,
    )  # fmt: skip
    deal = Deal(
        pair.ticket(), ticket, ticket, magic, instrument.symbol, 1, "in", volume, instrument.price, ts,
        intent=order.intent, commission=-pair.unit * rng.randint(0, 800),
    )  # fmt: skip
    pair.local.orders.append(order)
    pair.local.deals.append(deal)
    return [Planted(Kind.PHANTOM_FILL_LOCAL, f"deal:{deal.deal}")]


def phantom_untraded(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has a deal of an order that the broker did not fill, or not that far."""
    chosen = pair.choose(rng, _last)
    if chosen is None:
        return []
    group, ours, theirs = chosen
    pair.broker.deals.remove(theirs)
    asked = asked_of(group, ours)
    if asked is None:
        pair.broker.orders.remove(pair.broker.order(ours.order))
    elif asked.broker.status == "filled":
        asked.broker.filled -= theirs.volume
        asked.broker.status = rng.choice(["cancelled", "partial" if asked.broker.filled else "open"])
    return [Planted(Kind.PHANTOM_FILL_LOCAL, f"deal:{ours.deal}")]


def twice(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has a deal twice."""
    chosen = pair.choose(rng, lambda group, deal: plain(deal))
    if chosen is None:
        return []
    ours = chosen[1]
    pair.local.deals.insert(pair.local.deals.index(ours) + 1, replace(ours))
    return [Planted(Kind.DUPLICATE_FILL, f"deal:{ours.deal}")]


def thrice(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has a deal three times: two rows too many."""
    chosen = pair.choose(rng, lambda group, deal: plain(deal))
    if chosen is None:
        return []
    ours = chosen[1]
    place = pair.local.deals.index(ours) + 1
    pair.local.deals[place:place] = [replace(ours), replace(ours)]
    return [Planted(Kind.DUPLICATE_FILL, f"deal:{ours.deal}", str(row)) for row in (1, 2)]


def bust(pair: Pair, rng: Random) -> list[Planted]:
    """The broker has taken back the last deal of a position."""
    chosen = pair.choose(rng, _last)
    if chosen is None:
        return []
    chosen[2].voided = True
    return [Planted(Kind.BUST, f"deal:{chosen[1].deal}")]


FORMS: tuple[Form, ...] = (
    Form(Kind.MISSING_FILL_LOCAL, "own", missing_own),
    Form(Kind.MISSING_FILL_LOCAL, "stop", missing_stop),
    Form(Kind.MISSING_FILL_LOCAL, "hand", missing_hand),
    Form(Kind.MISSING_FILL_LOCAL, "all", missing_all),
    Form(Kind.LATE_FILL, "over", late_over),
    Form(Kind.LATE_FILL, "refused", late_refused),
    Form(Kind.LATE_FILL, "rest", late_rest),
    Form(Kind.LATE_FILL, "unmarked", late_unmarked),
    Form(Kind.OVERFILL, "unbooked", over_unbooked),
    Form(Kind.OVERFILL, "unmarked", over_unmarked),
    Form(Kind.PHANTOM_FILL_LOCAL, "invented", phantom_invented, absence=True),
    Form(Kind.PHANTOM_FILL_LOCAL, "untraded", phantom_untraded, absence=True),
    Form(Kind.DUPLICATE_FILL, "twice", twice),
    Form(Kind.DUPLICATE_FILL, "thrice", thrice),
    Form(Kind.BUST, "last", bust),
)
