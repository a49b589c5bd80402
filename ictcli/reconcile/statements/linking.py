"""Which position each deal of a report belongs to; the table of deals does not say.

A hedging account: what goes in has the order of its position; what comes out is found by what the table of
positions says of it: time, price, volume, profit, swap, of one deal or of several that sum up to it. Where
the file contradicts itself the nearest deal is taken, so that the difference can be named. A netting account
has one position a symbol: from flat to flat.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from ictcli.reconcile.statements.record import ClosedPosition, StatedDeal, Statement

MOST_STEPS = 2_000
"""Combinations tried for one position that was closed in parts."""

Key = tuple[object, ...]
Record = TypeVar("Record", ClosedPosition, StatedDeal)


@dataclass(slots=True)
class Links:
    """Deals by position.

    Attributes:
        entries, exits: deals that opened and closed a position, by its number.
        loose: deals that came out of no position that is known.
        unclosed: closed positions whose closing deals were not found.
    """

    entries: dict[int, list[StatedDeal]] = field(default_factory=lambda: defaultdict(list))
    exits: dict[int, list[StatedDeal]] = field(default_factory=lambda: defaultdict(list))
    loose: list[StatedDeal] = field(default_factory=list)
    unclosed: list[ClosedPosition] = field(default_factory=list)

    def of_deal(self) -> dict[int, int]:
        """Position by deal."""
        return {
            deal.deal: position
            for side in (self.entries, self.exits)
            for position, deals in side.items()
            for deal in deals
        }


def link(statement: Statement) -> Links:
    """Find the position of every deal that bought or sold."""
    trades = [deal for deal in statement.deals if deal.trades]
    if statement.mode == "netting" and not any(deal.position for deal in trades):
        return _netting(trades)
    links = Links()
    out: list[StatedDeal] = []
    for deal in trades:
        if deal.position:
            (links.entries if deal.entry == "in" else links.exits)[deal.position].append(deal)
        elif deal.entry == "in":
            links.entries[deal.order].append(deal)
        else:
            out.append(deal)
    _closing(statement, out, links)
    return links


def _netting(trades: Iterable[StatedDeal]) -> Links:
    links = Links()
    held: dict[str, tuple[int, Decimal]] = {}
    for deal in trades:
        position, volume = held.get(deal.symbol, (0, Decimal(0)))
        if deal.entry == "in" and not volume:
            position = deal.order
        if not position:
            links.loose.append(deal)
            continue
        (links.entries if deal.entry == "in" else links.exits)[position].append(deal)
        held[deal.symbol] = position, volume + deal.side * deal.volume
    return links


def _exact(row: ClosedPosition) -> Key:
    return (row.symbol, row.side, row.closed, row.close_price, row.volume, row.profit, row.swap)


def _exact_deal(deal: StatedDeal) -> Key:
    return (deal.symbol, -deal.side, deal.time, deal.price, deal.volume, deal.profit, deal.swap)


_NEAR: tuple[tuple[int, ...], ...] = (
    (0, 1, 2, 3, 4), (0, 1, 2, 4, 5), (0, 1, 3, 4, 5), (0, 1, 2, 3, 5), (2, 3, 4, 5, 6),
    (0, 1, 2, 4), (0, 1, 3, 4),
)  # fmt: skip
"""Places of the exact key that must agree where not all of it does, nearest first."""


def _only(places: tuple[int, ...], key: Callable[[Record], Key]) -> Callable[[Record], Key]:
    def part(record: Record) -> Key:
        whole = key(record)
        return tuple(whole[place] for place in places)

    return part


def _closing(statement: Statement, out: list[StatedDeal], links: Links) -> None:
    open_rows, left = _take(statement.positions, out, _exact, _exact_deal, links)
    if open_rows and left:
        open_rows, left = _in_parts(open_rows, left, links)
    for places in _NEAR:
        if not open_rows or not left:
            break
        row_key, deal_key = _only(places, _exact), _only(places, _exact_deal)
        open_rows, left = _take(open_rows, left, row_key, deal_key, links)
    left = _of_open(statement, left, links)
    links.unclosed.extend(open_rows)
    links.loose.extend(left)


def _take(
    rows: Iterable[ClosedPosition],
    deals: Iterable[StatedDeal],
    row_key: Callable[[ClosedPosition], Key],
    deal_key: Callable[[StatedDeal], Key],
    links: Links,
) -> tuple[list[ClosedPosition], list[StatedDeal]]:
    """Link rows and deals of one key, in the order of the file; return what is left of both."""
    pool: dict[Key, deque[StatedDeal]] = defaultdict(deque)
    for deal in deals:
        pool[deal_key(deal)].append(deal)
    open_rows = []
    for row in rows:
        found = pool.get(row_key(row))
        if found:
            links.exits[row.position].append(found.popleft())
        else:
            open_rows.append(row)
    left = sorted((deal for found in pool.values() for deal in found), key=lambda deal: deal.row)
    return open_rows, left


def _in_parts(
    rows: list[ClosedPosition], left: list[StatedDeal], links: Links
) -> tuple[list[ClosedPosition], list[StatedDeal]]:
    """Link positions that several deals closed."""
    pool: dict[tuple[str, int], list[StatedDeal]] = defaultdict(list)
    for deal in left:
        pool[deal.symbol, -deal.side].append(deal)
    open_rows = []
    for row in rows:
        same = pool[row.symbol, row.side]
        near = [deal for deal in same if row.opened <= deal.time <= row.closed and deal.volume < row.volume]
        ended = any(deal.time == row.closed for deal in near)
        parts = _sum_up(near, row.volume, (row.profit, row.swap)) if ended else None
        if parts and max(deal.time for deal in parts) == row.closed:
            links.exits[row.position].extend(parts)
            taken = {deal.deal for deal in parts}
            pool[row.symbol, row.side] = [deal for deal in same if deal.deal not in taken]
        else:
            open_rows.append(row)
    return open_rows, sorted((deal for deals in pool.values() for deal in deals), key=lambda deal: deal.row)


def _sum_up(
    deals: list[StatedDeal], volume: Decimal, money: tuple[Decimal, Decimal] | None
) -> list[StatedDeal] | None:
    """Deals that sum up to a volume, and to a profit and swap where they are given; latest deals first."""
    latest = sorted(deals, key=lambda deal: (deal.time, deal.row), reverse=True)
    steps = 0
    stack: list[tuple[int, Decimal, tuple[int, ...]]] = [(0, volume, ())]
    while stack and steps < MOST_STEPS:
        steps += 1
        at, missing, taken = stack.pop()
        if not missing:
            chosen = [latest[place] for place in taken]
            if money in (None, (sum(deal.profit for deal in chosen), sum(deal.swap for deal in chosen))):
                return sorted(chosen, key=lambda deal: deal.row)
            continue
        if at < len(latest):
            stack.append((at + 1, missing, taken))
            if latest[at].volume <= missing:
                stack.append((at + 1, missing - latest[at].volume, (*taken, at)))
    return None


def _of_open(statement: Statement, left: list[StatedDeal], links: Links) -> list[StatedDeal]:
    """Link what came out of positions that are still open in part."""
    for row in statement.open_positions:
        came = sum((deal.volume for deal in links.entries.get(row.position, ())), Decimal(0))
        if not left or came <= row.volume:
            continue
        near = [
            deal
            for deal in left
            if deal.symbol == row.symbol and deal.side == -row.side and deal.time >= row.opened
        ]
        parts = _sum_up(near, came - row.volume, None)
        if parts:
            links.exits[row.position].extend(parts)
            taken = {deal.deal for deal in parts}
            left = [deal for deal in left if deal.deal not in taken]
    return left
