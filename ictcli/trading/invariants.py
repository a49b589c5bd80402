"""What must hold at every moment (RELIABILITY.md 3.5), as functions that say in words what does not.

``journal_faults`` needs only the journal and the book folded from it. ``broker_faults`` compares with the
broker's own records and holds once nothing is under way: records appear late, answers get lost.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ictcli.brokers.reports import CashReport, DealReport, OrderReport, PositionReport
from ictcli.ledger.bodies import (
    AnyBody,
    Cash,
    Corrected,
    Filled,
    Intent,
    Latched,
    Released,
    Sent,
    Start,
    Unresolved,
    Voided,
)
from ictcli.ledger.corrections import corrected
from ictcli.ledger.log import Entry
from ictcli.trading.identity import intent_id
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import OrderState

_ZERO = Decimal(0)
_BY_BROKER = frozenset({"stop", "target", "stop_out", "rollover"})


@dataclass(frozen=True, slots=True)
class Wire:
    """A request that left the process: when, ns UTC, and SHA-256 of its canonical form."""

    ts: int
    digest: str


@dataclass(frozen=True, slots=True)
class BrokerRecord:
    """The whole truth of the broker: all orders, deals and cash ever, open positions, balance, requests."""

    orders: tuple[OrderReport, ...]
    deals: tuple[DealReport, ...]
    cash: tuple[CashReport, ...]
    positions: tuple[PositionReport, ...]
    balance: Decimal
    requests: tuple[Wire, ...] = ()


def journal_faults(book: OrderBook, entries: Sequence[Entry]) -> list[str]:
    """What the journal and the book break, I1 to I3, I7 to I10 and I14; empty when all is well."""
    checks = (
        _gaps(entries), _refolded(book, entries), _overfills(book), _position_sums(book, entries),
        _cash_sums(book, entries), _sends_under_latch(entries), _sends_beside_unknown(entries),
        _conservation(entries), _names(entries),
    )  # fmt: skip
    return [fault for check in checks for fault in check]


def broker_faults(book: OrderBook, entries: Sequence[Entry], record: BrokerRecord) -> list[str]:
    """Where the broker's records and ours differ, I2 to I6 and I11 to I13; empty when all is well."""
    checks = (
        _positions_agree(book, record), _money_agrees(book, record), _deals_agree(book, record),
        _single_orders(book, record), _requests_recorded(entries, record), _ends_agree(book, record),
        _stops_held(book, record),
    )  # fmt: skip
    return [fault for check in checks for fault in check]


def _gaps(entries: Sequence[Entry]) -> Iterator[str]:
    first = entries[0].seq if entries else 1
    for expected, entry in enumerate(entries, start=first):
        if entry.seq != expected:
            yield f"I7: sequence {entry.seq} stands where {expected} should"
            return


def _refolded(book: OrderBook, entries: Sequence[Entry]) -> Iterator[str]:
    fresh = OrderBook()
    fresh.apply_all(entries)
    for name, value in vars(fresh).items():
        if value != getattr(book, name):
            yield f"I10: {name} is {getattr(book, name)!r}, the journal says {value!r}"


def _overfills(book: OrderBook) -> Iterator[str]:
    flagged = {fill.id for fill in book.deals.values() if fill.over}
    for order in book.orders.values():
        if order.filled > max(order.volume, _ZERO) and order.id not in flagged:
            yield f"I1: order {order.id} filled {order.filled} of {order.volume}"


def _fills(entries: Sequence[Entry]) -> dict[int, Filled]:
    fills: dict[int, Filled] = {}
    for entry in entries:
        if isinstance(entry.body, Filled):
            fills.setdefault(entry.body.deal, entry.body)
        elif isinstance(entry.body, Voided):
            fills.pop(entry.body.deal, None)
        elif isinstance(entry.body, Corrected) and (fill := fills.get(entry.body.deal)) is not None:
            fills[fill.deal] = corrected(fill, entry.body) or fill
    return fills


def _position_sums(book: OrderBook, entries: Sequence[Entry]) -> Iterator[str]:
    sums: dict[int, Decimal] = {}
    for fill in _fills(entries).values():
        if fill.id:
            sums[fill.position] = sums.get(fill.position, _ZERO) + fill.side * fill.volume
    for identifier in sorted({*sums, *book.positions}):
        position = book.positions.get(identifier)
        held = position.volume if position is not None else _ZERO
        if held != sums.get(identifier, _ZERO):
            yield f"I2: position {identifier} is {held}, its deals say {sums.get(identifier, _ZERO)}"


def _cash_sums(book: OrderBook, entries: Sequence[Entry]) -> Iterator[str]:
    moved = {entry.body.key: entry.body for entry in reversed(entries) if isinstance(entry.body, Cash)}
    total = sum((one.amount for one in moved.values() if not one.operator), _ZERO)
    for fill in _fills(entries).values():
        total += fill.profit + fill.commission + fill.swap + fill.fee
    if total != book.cash:
        yield f"I3: cash is {book.cash}, its movements say {total}"


def _sends_under_latch(entries: Sequence[Entry]) -> Iterator[str]:
    passing = None
    for entry in entries:
        body = entry.body
        if isinstance(body, Latched):
            passing = {"cancel", "close"} if body.flatten else {"cancel"}
        elif isinstance(body, Released):
            passing = None
        elif isinstance(body, Sent) and passing is not None and body.request.get("action") not in passing:
            yield f"I8: {body.id} passed the gate under the emergency stop"


def _sends_beside_unknown(entries: Sequence[Entry]) -> Iterator[str]:
    """No order that opens beside one of the same symbol whose outcome is unknown."""
    intents: dict[str, Intent] = {}
    unknown: dict[str, None] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, Intent):
            intents[body.id] = body
        elif isinstance(body, Unresolved):
            unknown[body.id] = None
        elif isinstance(body, Sent):
            mine = intents.get(body.id)
            if mine is None:
                yield f"I6: {body.id} was sent without an intent"
            elif mine.action == "place" and not mine.reduces:
                for name in unknown:
                    other = intents.get(name)
                    if other is not None and other.symbol == mine.symbol and _opens_or_closes(other):
                        yield f"I9: {body.id} was sent while {name} was unknown"
        else:
            unknown.pop(_settles(body), None)


def _opens_or_closes(intent: Intent) -> bool:
    return intent.action in {"place", "close"}


def _settles(body: AnyBody) -> str:
    return str(getattr(body, "id", "")) if type(body).__name__ in _SETTLING else ""


_SETTLING = frozenset({"Acked", "Rejected", "Adopted", "Ended", "Filled", "Denied"})


def _conservation(entries: Sequence[Entry]) -> Iterator[str]:
    """What is sent is never more than was decided, and nothing is sent again that may have been executed."""
    volumes: dict[str, Decimal] = {}
    in_doubt: dict[str, None] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, Intent) and body.volume is not None and body.action in {"place", "close"}:
            volumes[body.id] = body.volume
        elif isinstance(body, Sent) and body.id in volumes:
            if Decimal(str(body.request.get("volume"))) > volumes[body.id]:
                yield f"I9: {body.id} asks for more than {volumes[body.id]}"
            if body.id in in_doubt:
                yield f"I5: {body.id} was sent again while it may have been executed"
            in_doubt[body.id] = None
        elif type(body).__name__ in {"Rejected", "Withheld"}:
            in_doubt.pop(str(getattr(body, "id", "")), None)


def _names(entries: Sequence[Entry]) -> Iterator[str]:
    """Names and numbers are unique, and names follow from what was decided."""
    intents = [entry.body for entry in entries if isinstance(entry.body, Intent)]
    for what, counts in (
        ("name", Counter(one.id for one in intents)),
        ("magic number", Counter(one.magic for one in intents if one.magic)),
    ):
        for key in [key for key, count in counts.items() if count > 1]:
            yield f"I14: {what} {key} is of several intents"
    account = next((entry.body.account for entry in entries if isinstance(entry.body, Start)), 0)
    for one in intents:
        if one.id != intent_id(account, one.strategy, one.symbol, one.bar, one.leg, one.action):
            yield f"I14: the name {one.id} does not follow from what was decided"


def _positions_agree(book: OrderBook, record: BrokerRecord) -> Iterator[str]:
    strange = {ticket for what, ticket in book.foreign if what == "position"}
    theirs = {
        one.identifier: one.side * one.volume for one in record.positions if one.identifier not in strange
    }
    ours = {identifier: position.volume for identifier, position in book.positions.items()}
    if ours != theirs:
        yield f"I2: positions are {ours} here and {theirs} at the broker"


def _money_agrees(book: OrderBook, record: BrokerRecord) -> Iterator[str]:
    if book.cash != record.balance:
        yield f"I3: cash is {book.cash} here and {record.balance} at the broker"


def _deals_agree(book: OrderBook, record: BrokerRecord) -> Iterator[str]:
    before = book.opened.deal if book.opened else 0
    theirs = {one.ticket: one for one in record.deals if one.ticket > before}
    for ticket, deal in theirs.items():
        fill = book.deals.get(ticket)
        if fill is None:
            yield f"I4: deal {ticket} of the broker is not booked"
            continue
        ours = (fill.order, fill.position, fill.side, fill.volume, fill.price)
        if ours != (deal.order, deal.position, deal.side, deal.volume, deal.price):
            yield f"I4: deal {ticket} is booked as {ours}"
        money = (fill.profit, fill.commission, fill.swap, fill.fee)
        if money != (deal.profit, deal.commission, deal.swap, deal.fee):
            yield f"I13: the money of deal {ticket} is booked as {money}"
    for ticket in book.deals:
        if ticket not in theirs and ticket not in book.voided:
            yield f"I4: deal {ticket} is booked and not the broker's"


def _orders_of(book: OrderBook, record: BrokerRecord) -> dict[str, list[OrderReport]]:
    """Orders that the broker made of each of our intents; hits of stops carry the magic number, too."""
    by_broker = {deal.order for deal in record.deals if deal.reason in _BY_BROKER}
    found: dict[str, list[OrderReport]] = {}
    for report in record.orders:
        name = book.by_magic.get(report.magic) if report.magic else None
        if name is not None and report.ticket not in by_broker and _is_of(book.orders[name], report):
            found.setdefault(name, []).append(report)
    return found


def _is_of(order: OrderState, report: OrderReport) -> bool:
    return report.side == order.intent.side


def _single_orders(book: OrderBook, record: BrokerRecord) -> Iterator[str]:
    for name, orders in _orders_of(book, record).items():
        if len(orders) > 1:
            yield f"I5: intent {name} has {len(orders)} orders at the broker"


def _requests_recorded(entries: Sequence[Entry], record: BrokerRecord) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for wire in record.requests:
        seen[wire.digest] += 1
        recorded = sum(
            isinstance(entry.body, Sent) and entry.body.digest == wire.digest and entry.ts <= wire.ts
            for entry in entries
        )
        if recorded < seen[wire.digest]:
            yield f"I6: a request left at {wire.ts} without being recorded as sent before"


def _ends_agree(book: OrderBook, record: BrokerRecord) -> Iterator[str]:
    made = _orders_of(book, record)
    for order in book.orders.values():
        if not order.over:
            continue
        executed = sum((one.volume - one.remaining for one in made.get(order.id, [])), _ZERO)
        if executed != order.filled:
            yield f"I11: order {order.id} filled {order.filled} here and {executed} at the broker"


def _stops_held(book: OrderBook, record: BrokerRecord) -> Iterator[str]:
    there = {one.identifier: one for one in record.positions}
    for position in book.positions.values():
        report = there.get(position.identifier)
        if report is not None and report.stop is None and position.wanted_stop is not None:
            yield f"I12: position {position.identifier} has no stop at the broker"
