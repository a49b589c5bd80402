"""Faults of orders, and of what others did on the account."""

from dataclasses import replace
from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.planted import Form, Planted
from tests.reconcile.bench.records import HOUR, MINUTE, NS, Asked, Deal, Group, Held, Instrument, Order, Pair
from tests.reconcile.bench.telling import positions

WORKING = frozenset({"sent", "unknown", "open", "partial", "pending"})
UNFILLED = frozenset({"cancelled", "expired", "rejected"})


def _orders(
    pair: Pair, rng: Random, ours: frozenset[str], theirs: frozenset[str]
) -> list[tuple[Group, Asked]]:
    """Orders placed in the window, in free groups, with these states."""
    return [
        (group, asked)
        for group in pair.free(rng)
        for asked in group.asked
        if asked.local.status in ours and asked.broker.status in theirs and pair.inside(asked.local.placed)
        if asked.broker in pair.broker.orders and pair.inside(asked.local.touched)
    ]  # fmt: skip


def over_here(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger believes an order to be over that works."""
    found = _orders(pair, rng, frozenset({"open", "partial"}), WORKING)
    if not found:
        return []
    group, asked = found[0]
    pair.take(group)
    asked.local.status = rng.choice(["cancelled", "expired", "rejected", "filled"])
    return [Planted(Kind.ORDER_STATUS_DIFF, f"order:{asked.broker.order}")]


def over_there(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger believes an order to be working that is over."""
    found = _orders(pair, rng, frozenset({"open", "partial"}), WORKING)
    if not found:
        return []
    group, asked = found[0]
    pair.take(group)
    asked.broker.status = rng.choice(["cancelled", "expired", "rejected"])
    return [Planted(Kind.ORDER_STATUS_DIFF, f"order:{asked.broker.order}")]


def unheard(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has had no answer for an order, knows no ticket, and it is over."""
    found = _orders(pair, rng, frozenset({"sent", "unknown"}), WORKING)
    if not found:
        return []
    group, asked = found[0]
    pair.take(group)
    asked.broker.status = rng.choice(["cancelled", "expired", "rejected"])
    return [Planted(Kind.ORDER_STATUS_DIFF, f"order:{asked.broker.order}")]


def filled_on_one(pair: Pair, rng: Random) -> list[Planted]:
    """An order is over on both sides, on one of them as filled."""
    found = _orders(pair, rng, UNFILLED - {"rejected"}, UNFILLED)
    if not found:
        return []
    group, asked = found[0]
    pair.take(group)
    rng.choice([asked.local, asked.broker]).status = "filled"
    return [Planted(Kind.ORDER_STATUS_DIFF, f"order:{asked.broker.order}")]


def gone(pair: Pair, rng: Random) -> list[Planted]:
    """The broker has nothing of an order that the ledger believes to be working."""
    found = _orders(pair, rng, frozenset({"open", "partial", "sent", "unknown"}), WORKING)
    if not found:
        return []
    group, asked = found[0]
    pair.take(group)
    pair.broker.orders.remove(asked.broker)
    return [Planted(Kind.ORDER_MISSING_AT_BROKER, f"intent:{asked.local.intent}")]


def lost(pair: Pair, rng: Random) -> list[Planted]:
    """The broker has nothing of an order of which the ledger has no answer."""
    instrument = _instrument(pair, rng)
    if instrument is None:
        return []
    ts = pair.instant(rng)
    made = Order(
        0, (8 << 32) + pair.ticket(), instrument.symbol, rng.choice([-1, 1]), "market",
        rng.choice(["sent", "unknown"]), instrument.step * 3, ts, ts + NS, f"x{pair.ticket()}",
        rng.choice(["place", "close"]),
    )  # fmt: skip
    pair.local.orders.append(made)
    return [Planted(Kind.ORDER_MISSING_AT_BROKER, f"intent:{made.intent}")]


def strange_order(pair: Pair, rng: Random) -> list[Planted]:
    """An order of which the ledger knows nothing."""
    instrument = _instrument(pair, rng)
    if instrument is None:
        return []
    made = _strange(pair, rng, instrument, rng.choice(["open", "cancelled", "rejected"]))
    pair.broker.orders.append(made)
    return [Planted(Kind.FOREIGN, f"order:{made.order}")]


def strange_trade(pair: Pair, rng: Random) -> list[Planted]:
    """An order with its deal and the position it opened: the order is the root of it."""
    instrument = _instrument(pair, rng)
    if instrument is None:
        return []
    made = _strange(pair, rng, instrument, "filled")
    pair.broker.orders.append(made)
    pair.broker.deals.append(_traded(pair, rng, made, made.placed + NS))
    return [Planted(Kind.FOREIGN, f"order:{made.order}")]


def strange_deal(pair: Pair, rng: Random) -> list[Planted]:
    """A deal and its position, without an order that anyone told of."""
    instrument = _instrument(pair, rng)
    if instrument is None:
        return []
    made = _traded(pair, rng, _strange(pair, rng, instrument, "filled"), pair.instant(rng))
    pair.broker.deals.append(made)
    return [Planted(Kind.FOREIGN, f"deal:{made.deal}")]


def strange_position(pair: Pair, rng: Random) -> list[Planted]:
    """A position from before the window."""
    instrument = _instrument(pair, rng)
    if instrument is None:
        return []
    made = _traded(pair, rng, _strange(pair, rng, instrument, "filled"), pair.since - 3 * HOUR)
    made.commission = 0
    pair.broker.deals.insert(0, made)
    return [Planted(Kind.FOREIGN, f"position:{made.position}")]


def _instrument(pair: Pair, rng: Random) -> Instrument | None:
    """Where something new may happen: with netting, a symbol on which nothing else did."""
    listed = [one for one in pair.instruments.values() if f"spec:{one.symbol}" not in pair.taken]
    if pair.local.netting:
        sides = (pair.local, pair.broker)
        used = {one.symbol for side in sides for one in side.deals}
        used |= {one.symbol for side in sides for one in side.orders}
        listed = [one for one in listed if one.symbol not in used]
    if not listed:
        return None
    chosen = rng.choice(listed)
    pair.taken.add(f"symbol:{chosen.symbol}")
    return chosen


def _strange(pair: Pair, rng: Random, instrument: Instrument, status: str) -> Order:
    ts = pair.instant(rng)
    return Order(
        pair.ticket(), rng.choice([0, 5, 123_456]), instrument.symbol, rng.choice([-1, 1]), "market", status,
        instrument.step * rng.randint(1, 20), ts, ts, reason=rng.choice(["client", "expert"]),
    )  # fmt: skip


def _traded(pair: Pair, rng: Random, order: Order, ts: int) -> Deal:
    order.position, order.filled = order.order, order.volume
    pair.broker.held[order.order] = Held(order.order, order.order, order.magic, order.symbol)
    return Deal(
        pair.ticket(), order.order, order.order, order.magic, order.symbol, order.side, "in", order.volume,
        pair.instrument(order.symbol).price, ts, commission=-pair.unit * rng.randint(0, 500), reason="client",
    )  # fmt: skip


def second_working(pair: Pair, rng: Random) -> list[Planted]:
    """An intent has a second order, which was not filled."""
    found = _doubled(pair, rng)
    if not found:
        return []
    asked = found[0][1]
    second = _second(pair, asked, pair.ticket(), rng.choice(["open", "cancelled", "pending"]))
    return [Planted(Kind.DOUBLE_SUBMIT, f"order:{second.order}")]


def second_lower(pair: Pair, rng: Random) -> list[Planted]:
    """The order that the ledger knows is the one with the higher ticket."""
    used = {one.order for one in pair.broker.orders} | {one.order for one in pair.local.orders}
    used |= {one.deal for one in [*pair.broker.deals, *pair.local.deals]}
    found = _doubled(pair, rng)
    fit = [one for one in found if one[1].local.order and one[1].broker.order - 1 not in used]
    if not fit:
        return []
    asked = fit[0][1]
    second = _second(pair, asked, asked.broker.order - 1, "open")
    return [Planted(Kind.DOUBLE_SUBMIT, f"order:{second.order}")]


def second_filled(pair: Pair, rng: Random) -> list[Planted]:
    """An intent has a second order, which was filled: the deal that the ledger lacks follows from it."""
    standing = {row["position"]: row["volume"] for row in positions(pair.broker, local=False)}
    found = _doubled(pair, rng)
    if pair.local.netting:
        found = [one for one in found if standing.get(one[0].position, 0) * one[1].broker.side > 0]
    if not found:
        return []
    group, asked = found[0]
    second = _second(pair, asked, pair.ticket(), "filled")
    instrument = pair.instrument(group.symbol)
    position = group.position if pair.local.netting else second.order
    deal = Deal(
        pair.ticket(), second.order, position, second.magic, group.symbol, second.side, "in",
        instrument.step * rng.randint(1, 9), instrument.price, second.placed + NS,
        commission=-pair.unit * rng.randint(0, 500),
    )  # fmt: skip
    second.volume = second.filled = deal.volume
    second.position = position
    pair.broker.deals.append(deal)
    return [Planted(Kind.DOUBLE_SUBMIT, f"order:{second.order}")]


def _doubled(pair: Pair, rng: Random) -> list[tuple[Group, Asked]]:
    known = _orders(pair, rng, frozenset({"open", "partial", "filled", "cancelled"}), WORKING | {"filled"})
    return [*known, *_orders(pair, rng, frozenset({"sent", "unknown"}), WORKING)]


def _second(pair: Pair, asked: Asked, ticket: int, status: str) -> Order:
    group = next(one for one in pair.groups if asked in one.asked)
    pair.take(group)
    ts = (
        max([asked.broker.touched, *(one.ts for one in pair.broker.deals if one.deal in group.deals)])
        + MINUTE
    )
    second = replace(asked.broker, order=ticket, status=status, filled=0, placed=ts, touched=ts, position=0)
    pair.broker.orders.append(second)
    return second


FORMS: tuple[Form, ...] = (
    Form(Kind.ORDER_STATUS_DIFF, "over_here", over_here),
    Form(Kind.ORDER_STATUS_DIFF, "over_there", over_there),
    Form(Kind.ORDER_STATUS_DIFF, "unheard", unheard),
    Form(Kind.ORDER_STATUS_DIFF, "filled_on_one", filled_on_one),
    Form(Kind.ORDER_MISSING_AT_BROKER, "gone", gone, absence=True),
    Form(Kind.ORDER_MISSING_AT_BROKER, "lost", lost, absence=True),
    Form(Kind.FOREIGN, "order", strange_order),
    Form(Kind.FOREIGN, "trade", strange_trade),
    Form(Kind.FOREIGN, "deal", strange_deal),
    Form(Kind.FOREIGN, "position", strange_position),
    Form(Kind.DOUBLE_SUBMIT, "working", second_working),
    Form(Kind.DOUBLE_SUBMIT, "lower", second_lower),
    Form(Kind.DOUBLE_SUBMIT, "filled", second_filled),
)
