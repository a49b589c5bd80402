"""The same facts told in another way, which must not change the answer."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import polars as pl

from ictcli.reconcile.story import Story, Window
from tests.reconcile.bench.faults_of_positions import standing
from tests.reconcile.bench.planted import Planted
from tests.reconcile.bench.records import NS, Cash, Deal, Held, Order, Pair, Side
from tests.reconcile.bench.telling import OVER


def shuffled(story: Story, seed: int) -> Story:
    """Every table in another order."""
    return _with(story, lambda rows: rows.sample(fraction=1, shuffle=True, seed=seed))


def repeated(story: Story, seed: int) -> Story:
    """A broker whose pages overlap: a third of the rows is told again, some of them far behind."""

    def again(rows: pl.DataFrame) -> pl.DataFrame:
        some = rows.sample(fraction=0.4, seed=seed)
        return pl.concat([some, rows, some.head(1)])

    return _with(story, again)


def _with(story: Story, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Story:
    """A story with every table changed."""
    return replace(
        story, fills=change(story.fills), orders=change(story.orders), positions=change(story.positions),
        cash=change(story.cash), instruments=change(story.instruments),
    )  # fmt: skip


def written_on(pair: Pair, rng: Random) -> None:
    """Go on trading behind the watermark: here, and now and then at the broker already."""
    for _ in range(rng.randint(1, 4)):
        both = [pair.local, pair.broker] if rng.random() < 0.5 else [pair.local]
        rng.choice([_enter, _leave, _pay])(pair, rng, both)


def _enter(pair: Pair, rng: Random, sides: list[Side]) -> None:
    symbol = rng.choice(list(pair.instruments)[:-1])
    if pair.local.netting:
        return
    ticket, volume = pair.ticket(), pair.instrument(symbol).step * rng.randint(1, 9)
    magic, ts = (9 << 32) + ticket, pair.until + rng.randint(1, 3600 * NS)
    order = Order(ticket, magic, symbol, 1, "market", "filled", volume, ts, ts, filled=volume)
    deal = Deal(
        pair.ticket(), ticket, ticket, magic, symbol, 1, "in", volume, pair.instrument(symbol).price, ts,
        commission=-pair.unit * 7,
    )  # fmt: skip
    for side in sides:
        own = side is pair.local
        intent = f"w{ticket}" if own else ""
        said = {"intent": intent, "action": "place"} if own else {"reason": "expert", "position": ticket}
        side.orders.append(replace(order, **said))
        side.deals.append(replace(deal, intent=intent))
        side.held[ticket] = Held(ticket, ticket, magic, symbol, touched=ts)


def _leave(pair: Pair, rng: Random, sides: list[Side]) -> None:
    """A position that no fault is about is closed, by a person."""
    found = standing(pair, rng)
    if not found:
        return
    group, ours, theirs = found[0]
    if ours["volume"] != theirs["volume"]:
        return
    pair.take(group)
    group.busy = True
    volume, ts = int(ours["volume"]), pair.until + rng.randint(1, 3600 * NS)
    intent = next(one.intent for one in pair.local.deals if one.position == group.position)
    deal = Deal(
        pair.ticket(), pair.ticket(), group.position, 0, group.symbol, -1 if volume > 0 else 1, "out",
        abs(volume), pair.instrument(group.symbol).price, ts, profit=pair.unit * 12_345, reason="client",
    )  # fmt: skip
    for side in sides:
        own = side is pair.local
        side.deals.append(replace(deal, intent=intent if own else "", of_position=own))


def _pay(pair: Pair, rng: Random, sides: list[Side]) -> None:
    ticket = pair.ticket()
    for side in sides:
        key = f"balance.{ticket}" if side is pair.local else ""
        paid = Cash(key, ticket, "deposit", pair.unit * 4_200, pair.until + rng.randint(1, 3600 * NS))
        side.cash.append(paid)


def halves(pair: Pair, told: Story, rng: Random) -> tuple[Story, Story] | None:
    """The broker's story of the first part of the window and of the rest; None where nothing can be cut.

    No order and no deal is under way at the cut: a deal of an order that ended later would be judged by a
    state that is not of its time.
    """
    cuts = _cuts(pair)
    if not cuts:
        return None
    at = rng.choice(cuts)
    first = replace(told, window=Window(pair.since, at))
    working = ~pl.col("status").is_in(list(OVER))
    second = replace(
        told,
        window=Window(at + 1, pair.until),
        fills=told.fills.filter(pl.col("ts") > at),
        orders=told.orders.filter(working | (pl.col("touched") > at)),
        cash=told.cash.filter(pl.col("ts") > at),
    )
    return first, second


def _cuts(pair: Pair) -> list[int]:
    """Instants at which nothing that has deals is under way."""
    spans: dict[int, list[int]] = {}
    for side in (pair.local, pair.broker):
        for order in side.orders:
            spans.setdefault(order.magic or order.order, []).extend([order.placed, order.touched])
        for deal in side.deals:
            spans.setdefault(deal.magic or deal.deal, []).append(deal.ts)
            spans.setdefault(-deal.deal, []).append(deal.ts)
    busy = sorted((min(span), max(span)) for span in spans.values())
    cuts, reached = [], pair.since
    for begin, end in busy:
        if begin > reached + 10 * NS and pair.since < reached and begin < pair.until:
            cuts.append((begin + reached) // 2)
        reached = max(reached, end)
    return cuts


def of_deals(planted: list[Planted]) -> set[str]:
    """Names of the roots that are about deals."""
    return {one.name for one in planted if one.key.startswith("deal:")}
