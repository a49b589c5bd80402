"""Each row of a statement against the deals it is made of."""

from collections.abc import Iterable
from decimal import Decimal

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.reconcile.mismatch import Doubts
from ictcli.reconcile.statements.linking import Links
from ictcli.reconcile.statements.record import (
    ZERO,
    ClosedPosition,
    OpenPosition,
    StatedDeal,
    StatedOrder,
    Statement,
)
from ictcli.reconcile.statements.values import shown

_FINER = Decimal("0.5")


def check_rows(statement: Statement, links: Links, doubts: Doubts) -> None:
    """Compare running balances, positions, orders and times with the deals.

    Args:
        statement: of MetaTrader 5 or CSV.
        links: its deals by position.
        doubts: takes what is found.
    """
    _balances(statement.deals, doubts)
    _sequence(statement, doubts)
    if statement.source == "csv":
        return
    _orders(statement, doubts)
    if statement.mode == "netting":
        _netted(statement, links, doubts)
        return
    still = {row.position for row in statement.open_positions}
    for row in statement.positions:
        _closed(row, links, doubts, partly=row.position in still)
    for left in statement.open_positions:
        _open(left, links, doubts)
    _leftover(statement, links, doubts)


def _netted(statement: Statement, links: Links, doubts: Doubts) -> None:
    """Money of the positions of a netting account; how it writes volumes and averages nobody documents."""
    if statement.positions:
        doubts.unchecked.append("positions: volumes, prices and times of a netting account")
    for row in statement.positions:
        where = f"positions, row {row.row}, position {row.position}"
        deals = [*links.entries.get(row.position, ()), *links.exits.get(row.position, ())]
        if not deals:
            doubts.unchecked.append(f"{where}: no deals of that number")
            continue
        doubts.compare(where, "profit", row.profit, _sum(deals, "profit"))
        doubts.compare(where, "swap", row.swap, _sum(deals, "swap"))
    for left in statement.open_positions:
        deals = [*links.entries.get(left.position, ()), *links.exits.get(left.position, ())]
        if deals:
            held = sum((deal.side * deal.volume for deal in deals), ZERO)
            where = f"open positions, row {left.row}, position {left.position}"
            doubts.compare(where, "volume", left.side * left.volume, held)


def opening(statement: Statement) -> Decimal | None:
    """The balance before the first deal of a file; None where it states no balances."""
    first = statement.deals[0] if statement.deals else None
    if first is None or first.balance is None:
        return None
    return first.balance - first.moved


def _balances(deals: tuple[StatedDeal, ...], doubts: Doubts) -> None:
    before: Decimal | None = None
    for deal in deals:
        if before is not None and deal.balance is not None:
            doubts.compare(
                f"deals, row {deal.row}, deal {deal.deal}", "balance", deal.balance, before + deal.moved
            )
        before = deal.balance


def _sequence(statement: Statement, doubts: Doubts) -> None:
    last = 0
    for deal in statement.deals:
        if deal.time < last:
            doubts.compare(
                f"deals, row {deal.row}, deal {deal.deal}",
                "time",
                shown(deal.time),
                f"{shown(last)} or later",
            )
        last = max(last, deal.time)
    check_written(statement, last, doubts)


def check_written(statement: Statement, last: int, doubts: Doubts) -> None:
    """Nothing in a file is of later than the minute in which it was written; stops lie before targets."""
    rows: list[ClosedPosition | OpenPosition] = [*statement.positions, *statement.open_positions]
    last = max(last, *(row.closed for row in statement.positions), *(row.opened for row in rows), 0)
    if statement.written and last >= statement.written + NS_PER_MINUTE:
        doubts.compare("the report", "date", shown(statement.written), f"{shown(last)} or later")
    for row in rows:
        if row.stop is not None and row.target is not None and (row.target - row.stop) * row.side <= 0:
            doubts.compare(f"position {row.position}", "stop", row.stop, f"before the target {row.target:f}")
    for position in statement.positions:
        if position.closed < position.opened:
            doubts.compare(
                f"position {position.position}",
                "closed",
                shown(position.closed),
                f"{shown(position.opened)} or later",
            )


def _closed(row: ClosedPosition, links: Links, doubts: Doubts, *, partly: bool) -> None:
    where = f"positions, row {row.row}, position {row.position}"
    entries, exits = links.entries.get(row.position, []), links.exits.get(row.position, [])
    if entries:
        _entered(where, row, row.open_price, entries, doubts)
        if not partly:
            doubts.compare(where, "volume", row.volume, _volume(entries))
    else:
        _absent(where, "opening deal", doubts)
    if exits:
        _exited(where, row, entries, exits, doubts)
    else:
        doubts.compare(where, "closing deals", "closed", None)


def _exited(
    where: str, row: ClosedPosition, entries: list[StatedDeal], exits: list[StatedDeal], doubts: Doubts
) -> None:
    doubts.compare(where, "volume closed", row.volume, _volume(exits))
    doubts.compare(where, "closed", shown(row.closed), shown(max(deal.time for deal in exits)))
    _average(where, "close price", row.close_price, exits, doubts)
    if {deal.symbol for deal in exits} != {row.symbol} or {deal.side for deal in exits} != {-row.side}:
        doubts.compare(where, "closing deals", f"{_word(-row.side)} {row.symbol}", _described(exits))
    doubts.compare(where, "profit", row.profit, _sum(exits, "profit") + _sum(entries, "profit"))
    if not entries:
        return
    doubts.compare(where, "swap", row.swap, _sum(exits, "swap") + _sum(entries, "swap"))
    commission = _sum(exits, "commission") + _sum(entries, "commission")
    if row.commission != commission + _sum(exits, "fee") + _sum(entries, "fee"):
        doubts.compare(where, "commission", row.commission, commission)


def _open(row: OpenPosition, links: Links, doubts: Doubts) -> None:
    where = f"open positions, row {row.row}, position {row.position}"
    entries, exits = links.entries.get(row.position, []), links.exits.get(row.position, [])
    if not entries:
        _absent(where, "opening deal", doubts)
        return
    _entered(where, row, row.price, entries, doubts)
    left = sum((deal.side * deal.volume for deal in (*entries, *exits)), ZERO)
    doubts.compare(where, "volume", row.side * row.volume, left)


def _entered(
    where: str, row: ClosedPosition | OpenPosition, price: Decimal, entries: list[StatedDeal], doubts: Doubts
) -> None:
    doubts.compare(where, "opened", shown(row.opened), shown(min(deal.time for deal in entries)))
    _average(where, "open price", price, entries, doubts)
    if {deal.symbol for deal in entries} != {row.symbol} or {deal.side for deal in entries} != {row.side}:
        doubts.compare(where, "opening deals", f"{_word(row.side)} {row.symbol}", _described(entries))


def _average(where: str, name: str, price: Decimal, deals: list[StatedDeal], doubts: Doubts) -> None:
    """One deal has the price; of several it is the average, rounded."""
    if len(deals) == 1:
        doubts.compare(where, name, price, deals[0].price)
        return
    average = sum((deal.price * deal.volume for deal in deals), ZERO) / _volume(deals)
    exponent = min(int(each.as_tuple().exponent) for each in (price, *(deal.price for deal in deals)))
    if abs(price - average) > Decimal(1).scaleb(exponent) * _FINER:
        doubts.compare(where, name, price, round(average, 8))


def _leftover(statement: Statement, links: Links, doubts: Doubts) -> None:
    closed = {row.position for row in statement.positions}
    known = closed | {row.position for row in statement.open_positions}
    for position, deals in links.entries.items():
        if position not in known:
            doubts.compare(f"deals, row {deals[0].row}, deal {deals[0].deal}", "position", position, None)
    for position, deals in links.exits.items():
        if position not in known and position not in links.entries:
            doubts.compare(f"deals, row {deals[0].row}, deal {deals[0].deal}", "position", position, None)
    for deal in links.loose:
        where = f"deals, row {deal.row}, deal {deal.deal}"
        if doubts.whole or closed:
            doubts.compare(where, "position", "closed", None)
        else:
            doubts.unchecked.append(f"{where}: no row of positions says what it closed")


def _orders(statement: Statement, doubts: Doubts) -> None:
    known = {order.order: order for order in (*statement.orders, *statement.working)}
    by_order: dict[int, list[StatedDeal]] = {}
    for deal in statement.deals:
        if deal.trades:
            by_order.setdefault(deal.order, []).append(deal)
    for number, deals in by_order.items():
        if number in known:
            _order(known[number], deals, doubts)
        else:
            doubts.compare(f"deals, row {deals[0].row}, deal {deals[0].deal}", "order", number, None)
    for order in known.values():
        if order.filled and order.order not in by_order:
            doubts.compare(f"orders, row {order.row}, order {order.order}", "filled", order.filled, None)
        if order.state == "filled" and order.filled != order.volume:
            doubts.compare(
                f"orders, row {order.row}, order {order.order}", "filled", order.filled, order.volume
            )


def _order(order: StatedOrder, deals: list[StatedDeal], doubts: Doubts) -> None:
    where = f"orders, row {order.row}, order {order.order}"
    filled, last = _volume(deals), max(deal.time for deal in deals)
    if order.kind == "close_by":
        filled = filled / len(deals)
    elif {deal.kind for deal in deals} != {order.kind.partition("_")[0]}:
        doubts.compare(where, "type", order.kind, _described(deals))
    doubts.compare(where, "filled", order.filled, filled)
    if {deal.symbol for deal in deals} != {order.symbol}:
        doubts.compare(where, "symbol", order.symbol, _described(deals))
    if order.state == "filled" and abs(order.done - last) > NS_PER_SECOND:
        doubts.compare(where, "time", shown(order.done), shown(last))
    if order.placed > min(deal.time for deal in deals) + NS_PER_SECOND:
        doubts.compare(where, "open time", shown(order.placed), f"{shown(last)} or earlier")


def _absent(where: str, what: str, doubts: Doubts) -> None:
    if doubts.whole:
        doubts.compare(where, what, "opened", None)
    else:
        doubts.unchecked.append(f"{where}: its {what} is of before the report")


def _volume(deals: Iterable[StatedDeal]) -> Decimal:
    return sum((deal.volume for deal in deals), ZERO)


def _sum(deals: Iterable[StatedDeal], name: str) -> Decimal:
    return sum((getattr(deal, name) for deal in deals), ZERO)


def _word(side: int) -> str:
    return "buy" if side > 0 else "sell"


def _described(deals: Iterable[StatedDeal]) -> str:
    return ", ".join(sorted({f"{deal.kind} {deal.symbol}" for deal in deals}))
