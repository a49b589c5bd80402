"""A statement's story, to compare with a ledger's."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.reconcile.exact import units
from ictcli.reconcile.mismatch import Mismatch
from ictcli.reconcile.statements.linking import Links, link
from ictcli.reconcile.statements.record import StatedOrder, Statement
from ictcli.reconcile.story import CASH, FILLS, ORDERS, POSITIONS, Facts, Story, Window, table
from ictcli.reconcile.worth import Worth, verify
from ictcli.terminals.times import ServerClock

_STATES = {"started": "pending", "placed": "open", "canceled": "cancelled"}
_REASONS = (("[sl", "stop"), ("[tp", "target"), ("so:", "stop_out"), ("[so", "stop_out"))
"""How comments begin that a terminal gives to what a server does by itself."""


class _Instants:
    """Instants (ns UTC) of a server's clock; each reading is converted once."""

    def __init__(self, statement: Statement, clock: ServerClock) -> None:
        self._clock = clock
        walls = np.array([deal.time for deal in statement.deals], np.int64)
        in_order = bool((np.diff(walls) >= 0).all())
        self.of_deals: list[int] = (
            clock.instants(walls).tolist() if in_order else [clock.instant(int(wall)) for wall in walls]
        )
        self._known = dict(zip(walls.tolist(), self.of_deals, strict=True))

    def at(self, wall: int) -> int:
        """The instant of a reading; 0 stays 0."""
        if wall and wall not in self._known:
            self._known[wall] = self._clock.instant(wall)
        return self._known[wall] if wall else 0


def statement_story(
    statement: Statement, clock: ServerClock, names: Mapping[str, str], worth: Worth | None = None
) -> Story:
    """What a statement tells, in the tables of a reconciliation.

    A statement knows no magic numbers, and reasons only where the comment tells them. The story covers what
    the file does: from its first deal to the end of the minute in which it was written.

    Args:
        statement: the file.
        clock: the wall clock of the account's server.
        names: our names of symbols by the server's; others keep theirs.
        worth: its verification, if at hand. A file that contradicts itself, lists no deals or does not say
            where it ends is not complete. One that begins after the account is, from its first deal on.

    Raises:
        DataError: a number is finer than 10⁻⁸.
    """
    instants, links = _Instants(statement, clock), link(statement)
    orders = [*_orders(statement.orders, instants, names), *_orders(statement.working, instants, names)]
    return Story(
        _facts(statement),
        _window(statement, worth or verify(statement), instants),
        table(FILLS, _fills(statement, links, instants, names)),
        table(ORDERS, orders),
        table(POSITIONS, _positions(statement, links, instants, names)),
        table(CASH, _cash(statement, instants)),
    )


def _facts(statement: Statement) -> Facts:
    balance, equity = statement.stated.get("balance"), statement.stated.get("equity")
    if balance is None and statement.deals:
        balance = statement.deals[-1].balance
    return Facts(
        f"{statement.server}/{statement.account}",
        statement.currency,
        statement.minor,
        netting=statement.mode == "netting",
        balance=None if balance is None else units(balance),
        equity=None if equity is None else units(equity),
    )


def _window(statement: Statement, worth: Worth, instants: _Instants) -> Window:
    closed = [instants.at(row.closed) for row in statement.positions]
    known = [*instants.of_deals, *closed]
    ends = [*known, *([instants.at(statement.written) + NS_PER_MINUTE - 1] if statement.written else [])]
    if not ends:
        return Window(0, 0, complete=False, why="the statement tells of nothing")
    why = _incomplete(statement, worth.mismatches, worth.unchecked)
    return Window(min(instants.of_deals or closed or ends), max(ends), complete=not why, why=why)


def _incomplete(statement: Statement, mismatches: tuple[Mismatch, ...], unchecked: tuple[str, ...]) -> str:
    if statement.source == "mt4":
        return "a statement of MetaTrader 4 lists orders, not deals"
    if mismatches:
        return f"the statement contradicts itself in {len(mismatches)} places: {mismatches[0]}"
    return next((text for text in unchecked if text.endswith("the file states none")), "")


def _fills(
    statement: Statement, links: Links, instants: _Instants, names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    position = links.of_deal()
    for deal, ts in zip(statement.deals, instants.of_deals, strict=True):
        if deal.trades:
            yield {
                "deal": deal.deal,
                "order": deal.order,
                "position": position.get(deal.deal, deal.position),
                "symbol": names.get(deal.symbol, deal.symbol),
                "side": deal.side,
                "entry": deal.entry,
                "volume": units(deal.volume),
                "price": units(deal.price),
                "profit": units(deal.profit),
                "commission": units(deal.commission),
                "swap": units(deal.swap),
                "fee": units(deal.fee),
                "reason": _reason(deal.comment),
                "ts": ts,
            }


def _reason(comment: str) -> str:
    return next((reason for start, reason in _REASONS if comment.startswith(start)), "")


def _orders(
    orders: Iterable[StatedOrder], instants: _Instants, names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for order in orders:
        side, _, kind = order.kind.partition("_")
        yield {
            "order": order.order,
            "symbol": names.get(order.symbol, order.symbol),
            "side": {"buy": 1, "sell": -1}.get(side, 0),
            "kind": kind if kind and side != "close" else "market",
            "status": _STATES.get(order.state, order.state),
            "volume": units(order.volume),
            "filled": units(order.filled),
            "price": 0 if order.price is None else units(order.price),
            "stop": _level(order.stop),
            "target": _level(order.target),
            "reason": _reason(order.comment),
            "placed": instants.at(order.placed),
            "touched": instants.at(order.done or order.placed),
        }


def _positions(
    statement: Statement, links: Links, instants: _Instants, names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for row in statement.open_positions:
        deals = (*links.entries.get(row.position, ()), *links.exits.get(row.position, ()))
        yield {
            "position": row.position,
            "ticket": row.position,
            "symbol": names.get(row.symbol, row.symbol),
            "volume": row.side * units(row.volume),
            "price": units(row.price),
            "stop": _level(row.stop),
            "target": _level(row.target),
            "swap": units(row.swap),
            "profit": units(row.profit),
            "opened": instants.at(row.opened),
            "touched": instants.at(max((deal.time for deal in deals), default=row.opened)),
        }


def _cash(statement: Statement, instants: _Instants) -> Iterator[dict[str, Any]]:
    for deal, ts in zip(statement.deals, instants.of_deals, strict=True):
        if not deal.trades:
            yield {
                "deal": deal.deal,
                "kind": deal.kind.replace(" ", "_"),
                "amount": units(deal.amount),
                "ts": ts,
                "comment": deal.comment,
            }


def _level(price: Decimal | None) -> int | None:
    return None if price is None else units(price)
