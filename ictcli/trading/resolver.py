"""What one pass over the broker's records says: deals to book, orders to adopt or end, what is not ours.

The broker's records are the only way out of ``unknown``. A pass that is not complete proves nothing by what
it lacks; a complete one counts towards absence only where it began when the request could no longer be on
its way and where it reaches back far enough.
"""

from dataclasses import dataclass, field
from typing import Literal

from ictcli.brokers.reports import DealReport, Evidence, OrderReport, PositionReport
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, parse_duration
from ictcli.config.trading import TradeConfig
from ictcli.ledger.bodies import (
    Adopted,
    Cash,
    Ended,
    EndStatus,
    Filled,
    Foreign,
    Missing,
    Protected,
    Voided,
)
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_fold import fill_event
from ictcli.trading.orderbook_records import OrderState
from ictcli.trading.status import Status
from ictcli.trading.transitions import TABLE, Happening

IN_FLIGHT = 45 * NS_PER_SECOND
"""A request that left may arrive within this time: a pass that begins earlier proves no absence."""
LATEST_DEAL = 30 * NS_PER_SECOND
"""So long after one deal another one of the same position that was made before it may still appear."""
REACH = 5 * NS_PER_MINUTE
"""A pass proves absence only if it asked for records from this long before the request."""
_BY_BROKER = frozenset({"stop", "target", "stop_out", "rollover"})
_ENDS: dict[str, tuple[EndStatus, Happening]] = {
    "cancelled": ("cancelled", Happening.CANCELLED),
    "partial": ("cancelled", Happening.CANCELLED),
    "expired": ("expired", Happening.EXPIRED),
    "rejected": ("rejected", Happening.REJECTED),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """When an order counts as absent, and what the broker's symbols are called here.

    Attributes:
        after: least time between the first and the last pass without a trace, ns.
        passes: least number of them.
        ours: broker's name = our symbol, where they differ.
    """

    after: int
    passes: int
    ours: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(settings: TradeConfig, names: dict[str, str]) -> "Rules":
        """Those of the configuration; ``names`` is our symbol = the broker's."""
        ours = {theirs: our for our, theirs in names.items()}
        return Rules(parse_duration(settings.absent_after), settings.absent_passes, ours)

    def symbol(self, name: str) -> str:
        """Our name of a broker's symbol."""
        return self.ours.get(name, name)


@dataclass(slots=True)
class Seeing:
    """What a pass left to be explained.

    Attributes:
        traced: intents of which it showed anything.
        lagging: records that do not agree yet: a later pass will tell.
    """

    traced: dict[str, None] = field(default_factory=dict)
    lagging: list[str] = field(default_factory=list)


def take(scribe: Scribe, evidence: Evidence, rules: Rules) -> Seeing:
    """Put down what a pass says; everything that it has said before leaves no mark."""
    seeing = Seeing()
    _take_deals(scribe, evidence, rules, seeing)
    _take_cash(scribe, evidence)
    for report in evidence.open_orders:
        _take_order(scribe, report, rules, seeing, done=False)
    for report in evidence.done_orders:
        _take_order(scribe, report, rules, seeing, done=True)
    _take_positions(scribe, evidence, rules, seeing)
    if evidence.complete:
        _forget_foreign(scribe, evidence)
        _count_absences(scribe, evidence, rules, seeing)
    return seeing


def _take_deals(scribe: Scribe, evidence: Evidence, rules: Rules, seeing: Seeing) -> None:
    book = scribe.book
    before = book.opened.deal if book.opened else 0
    fresh = {deal.ticket: deal for deal in evidence.deals if deal.ticket > before}
    for deal in sorted(fresh.values(), key=lambda one: (one.ts, one.ticket)):
        order, of_position, owner = attribute(book, deal)
        if order is not None:
            seeing.traced[order.id] = None
        if deal.ticket in book.deals:
            continue
        if order is None and not owner and _may_be_ours_yet(book, deal, evidence.begun):
            seeing.lagging.append(f"deal {deal.ticket} closes position {deal.position}, which no deal opened")
        else:
            _book_deal(scribe, deal, rules, order, owner if of_position else "")


def _may_be_ours_yet(book: OrderBook, deal: DealReport, now: int) -> bool:
    """Whether a deal may close a position of ours whose opening deal the records do not show yet."""
    if deal.entry not in {"out", "out_by"} or now - deal.ts > LATEST_DEAL:
        return False
    return deal.position not in book.strangers


def attribute(book: OrderBook, deal: DealReport) -> tuple[OrderState | None, bool, str]:
    """Whose a deal is: the order it executes, whether it is a position's instead, and that one's intent."""
    owner = book.owners.get(deal.position) or ""
    if not owner and deal.reason in _BY_BROKER:
        owner = book.by_magic.get(deal.magic) or ""
    by_ticket = book.by_ticket.get(deal.order)
    if by_ticket is not None:
        return book.orders[by_ticket], False, ""
    if deal.reason in _BY_BROKER and owner:
        return None, True, owner
    name = book.by_magic.get(deal.magic) if deal.magic else None
    order = book.orders[name] if name is not None else None
    if order is not None and not _other_hand(order, deal, owner):
        return order, False, ""
    return None, bool(owner), owner


def _other_hand(order: OrderState, deal: DealReport, owner: str) -> bool:
    """Whether a deal of our magic number closes the position that the order opened, for somebody else."""
    leaves = deal.entry in {"out", "out_by"} and order.intent.action == "place"
    return leaves and (bool(order.ticket) or owner == order.id or deal.side != order.intent.side)


def book_reported(scribe: Scribe, deal: DealReport) -> None:
    """Book a deal that another process read; its symbol is ours already."""
    order, of_position, owner = attribute(scribe.book, deal)
    _book_deal(scribe, deal, Rules(0, 0), order, owner if of_position else "", recovered=True)


def _book_deal(
    scribe: Scribe, deal: DealReport, rules: Rules, order: OrderState | None, owner: str, *,
    recovered: bool = False,
) -> None:  # fmt: skip
    event = fill_event(order, deal.volume) if order is not None else None
    body = Filled(
        deal=deal.ticket, order=deal.order, position=deal.position, symbol=rules.symbol(deal.symbol),
        side=deal.side, entry=deal.entry, volume=deal.volume, price=deal.price, profit=deal.profit,
        commission=deal.commission, swap=deal.swap, fee=deal.fee, reason=deal.reason, ts=deal.ts,
        id=order.id if order is not None else owner, magic=deal.magic,
        late=order is not None and order.over, over=event is Happening.OVERFILLED,
        recovered=recovered
        or scribe.book.recovering
        or (order is not None and order.status is Status.UNKNOWN),
        of_position=bool(owner) and order is None,
    )  # fmt: skip
    if order is not None and event is not None:
        scribe.happen(order, event, body, text=f"(deal {deal.ticket})")
        return
    scribe.write(body)
    if not owner:
        scribe.write(_foreign("deal", deal.ticket, body.symbol, deal))


def _foreign(
    what: Literal["order", "deal", "position"],
    ticket: int,
    symbol: str,
    one: DealReport | OrderReport | PositionReport,
) -> Foreign:
    volume = one.remaining if isinstance(one, OrderReport) else one.volume
    return Foreign(what=what, ticket=ticket, symbol=symbol, side=one.side, volume=volume, magic=one.magic)


def _take_cash(scribe: Scribe, evidence: Evidence) -> None:
    """Book what moved the balance; a credit is equity, not balance, and only noted."""
    book = scribe.book
    before = book.opened.deal if book.opened else 0
    for row in evidence.cash:
        if row.ticket in book.deals:
            if "cancel" in row.kind and row.ticket not in book.voided:
                scribe.write(Voided(deal=row.ticket, reason=row.kind))
                scribe.alert("critical", "deal_voided", f"the broker took deal {row.ticket} back: {row.kind}")
        elif row.ticket > before and f"cash.{row.ticket}" not in book.movements:
            credit = row.kind == "credit"
            what, amount = (f"credit of {row.amount}", row.amount * 0) if credit else (row.kind, row.amount)
            scribe.write(Cash(key=f"cash.{row.ticket}", what=what, amount=amount, ts=row.ts))


def _order_of(book: OrderBook, report: OrderReport) -> OrderState | None:
    """Our order behind a report: by ticket, else by magic number where it is the same request."""
    name = book.by_ticket.get(report.ticket)
    if name is not None:
        return book.orders[name]
    name = book.by_magic.get(report.magic) if report.magic else None
    order = book.orders[name] if name is not None else None
    if order is None or report.side != order.intent.side:
        return None
    return order


def _take_order(scribe: Scribe, report: OrderReport, rules: Rules, seeing: Seeing, *, done: bool) -> None:
    order = _order_of(scribe.book, report)
    if order is None or (order.ticket and order.ticket != report.ticket):
        _take_stranger(scribe, report, rules, order, done=done)
        return
    seeing.traced[order.id] = None
    executed = report.volume - report.remaining
    end = _ENDS.get(report.status) if done else None
    lags = executed > order.filled
    if lags:
        seeing.lagging.append(f"order {report.ticket} executed {executed}, booked {order.filled}")
    if end is None or lags:
        if not order.resting and (not order.over or not done):
            adopted = Adopted(id=order.id, order=report.ticket, status=report.status, filled=executed)
            scribe.happen(order, Happening.FOUND, adopted)
        return
    status, event = end
    if order.unresolved and not order.ticket:
        scribe.write(Adopted(id=order.id, order=report.ticket, status=report.status, filled=executed))
    scribe.happen(order, event, Ended(id=order.id, status=status, message="as the broker says"))


def _take_stranger(
    scribe: Scribe, report: OrderReport, rules: Rules, order: OrderState | None, *, done: bool
) -> None:
    """An order that is none of ours, or a second one of one of ours."""
    known = scribe.book.foreign.get(("order", report.ticket))
    if done or (known is not None and known.volume == report.remaining):
        return
    scribe.write(_foreign("order", report.ticket, rules.symbol(report.symbol), report))
    if order is not None and known is None:
        text = f"orders {order.ticket} and {report.ticket} are both of intent {order.id}"
        scribe.alert("critical", "double_order", text)


def _take_positions(scribe: Scribe, evidence: Evidence, rules: Rules, seeing: Seeing) -> None:
    book = scribe.book
    for report in evidence.positions:
        position = book.positions.get(report.identifier)
        if position is None:
            _take_strange_position(scribe, report, rules, seeing)
            continue
        held = (position.stop, position.target, position.ticket)
        if not position.seen or held != (report.stop, report.target, report.ticket):
            scribe.write(
                Protected(
                    position=report.identifier, symbol=position.symbol, stop=report.stop,
                    target=report.target, ticket=report.ticket,
                )
            )  # fmt: skip
    if evidence.complete:
        seeing.lagging += position_differences(book, evidence)


def _take_strange_position(scribe: Scribe, report: PositionReport, rules: Rules, seeing: Seeing) -> None:
    book = scribe.book
    name = book.owners.get(report.identifier) or book.by_magic.get(report.magic)
    if name:
        seeing.traced[name] = None
        return
    known = book.foreign.get(("position", report.identifier))
    if known is None or (known.volume, known.side) != (report.volume, report.side):
        scribe.write(_foreign("position", report.identifier, rules.symbol(report.symbol), report))


def position_differences(book: OrderBook, evidence: Evidence) -> list[str]:
    """Where our positions are not the broker's, in words."""
    theirs = {one.identifier: one.side * one.volume for one in evidence.positions}
    found = []
    for identifier, position in book.positions.items():
        held = theirs.pop(identifier, 0)
        if held != position.volume:
            found.append(f"position {identifier} is {position.volume} here and {held} at the broker")
    for identifier, held in theirs.items():
        if ("position", identifier) not in book.foreign:
            found.append(f"position {identifier} is 0 here and {held} at the broker")
    return found


def _forget_foreign(scribe: Scribe, evidence: Evidence) -> None:
    """Foreign orders and positions that are gone."""
    there = {("order", one.ticket) for one in evidence.open_orders}
    there |= {("position", one.identifier) for one in evidence.positions}
    for key, body in list(scribe.book.foreign.items()):
        if key in there:
            continue
        scribe.write(
            Foreign(
                what=body.what, ticket=body.ticket, symbol=body.symbol, side=body.side, volume=body.volume * 0
            )
        )


def _count_absences(scribe: Scribe, evidence: Evidence, rules: Rules, seeing: Seeing) -> None:
    for order in list(scribe.book.working_orders()):
        if order.status is not Status.UNKNOWN or order.id in seeing.traced:
            continue
        earliest = max(order.last_sent + IN_FLIGHT, order.unknown_since)
        if evidence.begun < earliest or evidence.since > order.first_sent - REACH:
            continue
        gap = rules.after // (2 * rules.passes)
        if order.missed and evidence.begun < order.last_missed + gap:
            continue
        scribe.happen(order, Happening.MISSED, Missing(id=order.id, asked=evidence.begun))
        if order.missed >= rules.passes and order.absent_for >= rules.after:
            _end_absent(scribe, order)


def _end_absent(scribe: Scribe, order: OrderState) -> None:
    text = f"no trace in {order.missed} complete looks"
    verdict = TABLE[order.status, Happening.ABSENT]
    if verdict.kind == "move":
        scribe.write(Ended(id=order.id, status="absent", message=text))
        scribe.alert("critical", "order_absent", f"order {order.id} never reached the broker: {text}")
