"""A side under construction told as a story: balance and positions follow from its deals and cash."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ictcli.reconcile.story import CASH, FILLS, INSTRUMENTS, ORDERS, POSITIONS, Facts, Story, Window, table
from tests.reconcile.bench.records import Cash, Deal, Held, Instrument, Order, Pair, Side, State, state

OVER = frozenset({"filled", "cancelled", "expired", "rejected", "absent", "denied"})


def ledger(pair: Pair) -> Story:
    """The ledger's side of a pair."""
    return _story(pair.local, local=True)


def broker(pair: Pair) -> Story:
    """The broker's side of a pair."""
    return _story(pair.broker, local=False)


Clock = Mapping[int, int]
"""Instants of deals as the broker has them."""


def balance_at(side: Side, until: int, clock: Clock) -> int:
    """The balance as it was at an instant."""
    later = sum(one.money for one in side.deals if clock.get(one.deal, one.ts) > until)
    paid = sum(one.amount for one in side.cash if one.ts > until and not one.operator)
    return side.balance - later - paid


def volumes_at(side: Side, until: int, clock: Clock) -> dict[int, int]:
    """Signed volumes of the positions that were open at an instant."""
    rows = {row["position"]: row["volume"] for row in positions(side, local=True)}
    for deal in side.deals:
        if clock.get(deal.deal, deal.ts) > until and not deal.voided:
            rows[deal.position] = rows.get(deal.position, 0) - deal.side * deal.volume
    return {position: volume for position, volume in rows.items() if volume}


def positions(side: Side, *, local: bool) -> list[dict[str, Any]]:
    """Rows of open positions, from deals and what else is held of them."""
    groups: dict[int, list[Deal]] = {}
    for deal in side.deals:
        groups.setdefault(deal.position, []).append(deal)
    rows = []
    for position in groups.keys() | side.held.keys():
        deals = groups.get(position, [])
        held = side.held.get(position) or _held(deals)
        row = _position(held, deals, state(deals), local=local)
        if row["volume"] and not held.gone:
            rows.append(row)
    return sorted(rows, key=lambda row: int(row["position"]))


def _held(deals: list[Deal]) -> Held:
    first = deals[0]
    return Held(first.position, first.position, first.magic, first.symbol)


def _position(held: Held, deals: list[Deal], now: State, *, local: bool) -> dict[str, Any]:
    return {
        "position": held.position, "ticket": held.ticket, "magic": held.magic, "symbol": held.symbol,
        "volume": now.volume if held.volume is None else held.volume,
        "price": now.price if held.price is None else held.price,
        "stop": held.stop, "target": held.target, "swap": held.swap,
        "profit": None if local else held.profit,
        "opened": deals[0].ts if deals else 0,
        "touched": max([held.touched, *(one.ts for one in deals)]),
    }  # fmt: skip


def _story(side: Side, *, local: bool) -> Story:
    told = [one for one in side.deals if one.ts >= side.since and ("deal", one.deal) not in side.untold]
    orders = [one for one in side.orders if _told(side, one)]
    cash = [one for one in side.cash if one.ts >= side.since and ("cash", one.deal) not in side.untold]
    rows = positions(side, local=local)
    return Story(
        facts=_facts(side, rows),
        window=Window(side.since, side.until, side.complete, side.why),
        fills=table(FILLS, _rows(FILLS, told, side.repeats)),
        orders=table(ORDERS, _rows(ORDERS, orders, side.repeats)),
        positions=table(POSITIONS, rows),
        cash=table(CASH, _rows(CASH, cash, side.repeats)),
        instruments=table(INSTRUMENTS, _rows(INSTRUMENTS, list(side.instruments.values()), 0)),
        foreign=frozenset(side.foreign),
    )


def _told(side: Side, order: Order) -> bool:
    if ("order", order.order) in side.untold:
        return False
    return order.status not in OVER or order.touched >= side.since


def _facts(side: Side, rows: list[dict[str, Any]]) -> Facts:
    floating = sum((row["profit"] or 0) + row["swap"] for row in rows)
    return Facts(
        account=side.account, currency=side.currency, minor=side.minor, netting=side.netting,
        balance=side.balance if side.balance_told else None,
        equity=side.balance + floating + side.equity_off if side.equity_told else None,
        clock_offset=side.clock_offset, faults=tuple(side.faults),
    )  # fmt: skip


def _rows(
    schema: Mapping[str, Any], rows: list[Deal] | list[Order] | list[Cash] | list[Instrument], repeats: int
) -> list[dict[str, Any]]:
    """Rows of a table; the last of them again, as pages that overlap do."""
    again = rows[len(rows) - repeats :] if repeats else []
    names = [one.name for one in fields(rows[0]) if one.name in schema] if rows else []
    return [{name: getattr(row, name) for name in names} for row in [*rows, *again]]
