"""Rows of a report of MetaTrader 5 as records."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from ictcli.errors import DataError
from ictcli.reconcile.statements import values
from ictcli.reconcile.statements.markup import Row
from ictcli.reconcile.statements.record import (
    ZERO,
    ClosedPosition,
    OpenPosition,
    StatedDeal,
    StatedOrder,
)
from ictcli.reconcile.statements.tables import Table

SIDES = {"buy": 1, "sell": -1}
ORDER_KINDS = frozenset(
    {"buy", "sell", "buy limit", "sell limit", "buy stop", "sell stop", "buy stop limit", "sell stop limit",
     "close by"}
)  # fmt: skip
STATES = frozenset({"started", "placed", "canceled", "partial", "filled", "rejected", "expired"})
CASH_KINDS = frozenset(
    {"balance", "credit", "charge", "correction", "bonus", "commission", "daily commission",
     "monthly commission", "daily agent commission", "monthly agent commission", "agent daily",
     "agent monthly", "commission daily", "commission monthly", "interest rate", "interest",
     "dividend", "dividend franked", "franked dividend", "tax", "so compensation", "so credit compensation"}
)  # fmt: skip
ENTRIES = {"in": "in", "out": "out", "in/out": "inout", "in / out": "inout", "out by": "out_by"}

Record = TypeVar("Record")


def records(table: Table, read: Callable[[int, Row], Record]) -> Iterator[Record]:
    """The rows of a table, read.

    Raises:
        DataError: one cannot be; names table, row and line.
    """
    for number, row in enumerate(table.rows, start=1):
        try:
            yield read(number, row)
        except DataError as error:
            raise DataError(
                f"table {table.title!r}, row {number} (line {row.line}): {error.message}"
            ) from error


def hidden(row: Row, place: int) -> str:
    """What the hidden cell behind ``place`` shown ones says; empty where there is none."""
    return row.cells[place].text if row.cells[place].hidden else ""


def closed_position(number: int, row: Row) -> ClosedPosition:
    """A row of Positions; the comment stands in a hidden cell behind the type, without a heading."""
    (opened, ticket, symbol, kind, volume, price, stop, target, closed, out, commission, swap, profit) = (
        row.texts
    )
    return ClosedPosition(
        number, values.ticket(ticket), values.symbol(symbol), side(kind), values.positive(volume),
        values.wall(opened), values.positive(price), values.wall(closed), values.positive(out),
        values.level(stop), values.level(target), values.number(commission), ZERO, values.number(swap),
        values.number(profit), hidden(row, 4),
    )  # fmt: skip


def open_position(number: int, row: Row) -> OpenPosition:
    """A row of Open Positions."""
    (opened, ticket, symbol, kind, volume, price, stop, target, market, swap, profit, comment) = row.texts
    return OpenPosition(
        number, values.ticket(ticket), values.symbol(symbol), side(kind), values.positive(volume),
        values.wall(opened), values.positive(price), values.positive(market), values.level(stop),
        values.level(target), ZERO, ZERO, values.number(swap), values.number(profit), comment,
    )  # fmt: skip


def order(number: int, row: Row) -> StatedOrder:
    """A row of Orders."""
    (placed, ticket, symbol, kind, volume, price, stop, target, done, state, comment) = row.texts
    return _order(number, (placed, ticket, symbol, kind, volume, price, stop, target, state, comment), done)


def working_order(number: int, row: Row) -> StatedOrder:
    """A row of Working Orders, which has the market's price where others have the time they were done."""
    (placed, ticket, symbol, kind, volume, price, stop, target, market, state, comment) = row.texts
    values.positive(market)
    return _order(number, (placed, ticket, symbol, kind, volume, price, stop, target, state, comment), "")


def _order(number: int, texts: tuple[str, ...], done: str) -> StatedOrder:
    placed, ticket, symbol, kind, volume, price, stop, target, state, comment = texts
    if kind not in ORDER_KINDS:
        raise DataError(f"{kind[:40]!r} is no type of an order")
    if state not in STATES:
        raise DataError(f"{state[:40]!r} is no state of an order")
    asked, filled = values.filled_volume(volume)
    return StatedOrder(
        number, values.ticket(ticket), values.symbol(symbol), kind.replace(" ", "_"), asked, filled,
        None if price == "market" else values.level(price), values.level(stop), values.level(target),
        values.wall(placed), values.wall(done) if done else 0, state, comment,
    )  # fmt: skip


def deal(number: int, row: Row) -> StatedDeal:
    """A row of Deals; a hidden cell holds their cost, which moved no money."""
    (time, ticket, symbol, kind, entry, volume, price, order_ticket, *money, comment) = row.texts
    if cost := hidden(row, 8):
        values.number(cost)
    commission, fee, swap, profit, balance = (values.number(text) for text in money)
    trades = kind in SIDES
    if trades and entry not in ENTRIES:
        raise DataError(f"{entry[:40]!r} is no direction of a deal")
    if not trades and kind not in CASH_KINDS:
        raise DataError(f"{kind[:40]!r} is no type of a deal")
    if not trades and any((entry, volume, price, order_ticket)):
        raise DataError(f"a {kind} that has volume, price or order")
    return StatedDeal(
        number, values.ticket(ticket), values.wall(time), values.symbol(symbol) if trades else symbol, kind,
        ENTRIES[entry] if trades else "", values.positive(volume) if trades else ZERO,
        values.positive(price) if trades else ZERO, values.ticket(order_ticket) if trades else 0, 0,
        commission, fee, swap, profit, balance, comment,
    )  # fmt: skip


def side(kind: str) -> int:
    """1 for buy, -1 for sell.

    Raises:
        DataError: it is neither.
    """
    if kind not in SIDES:
        raise DataError(f"{kind[:40]!r} is neither buy nor sell")
    return SIDES[kind]
