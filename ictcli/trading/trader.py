"""One trader: an account, an order manager behind it, and a broker; bars and deals go in, requests go out.

It is told when bars open and close and when to look at the broker; who tells it (a replay, or a loop on the
real clock) makes no difference to what it decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from ictcli.brokers.broker import Broker
from ictcli.brokers.reports import DealReport, Evidence, PositionReport, Quote
from ictcli.engine.external import Deal
from ictcli.engine.portfolio import Books
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal, explain
from ictcli.ledger.bodies import AnyBody, BarTaken, Decided, Intent, SwapSeen
from ictcli.strategies.decisions import ENTER, KIND_NAMES, STAGE_NAMES
from ictcli.trading.account import Account, Closed, Told
from ictcli.trading.messages import DoneNotice, EndNotice, FillNotice, Input, Quoted, Seen, Submit
from ictcli.trading.wishes import Header, Units, Wish, intend

_MOST_UNWRITTEN = 512
"""Events about bars that may wait for one that must not: a crash loses bars that a broker still has."""
_EXITS = {"stop": 0, "target": int(ExitReason.TARGET), "stop_out": int(ExitReason.STOP_OUT)}
_ENDS = {"expired": OrderEvent.EXPIRED, "cancelled": OrderEvent.CANCELLED}


class Desk(Protocol):
    """The order manager with its shell, as the trader needs it."""

    def handle(self, event: Input) -> None:
        """Take an input and carry out everything that follows from it."""
        ...

    def record(self, bodies: Sequence[AnyBody]) -> None:
        """Write events durably."""
        ...


@dataclass(slots=True)
class Links:
    """What belongs together here and at the broker.

    Attributes:
        wishes: intent = what was wanted.
        intents: (series, order number) = intent that placed it.
        positions: broker's identifier = (series, position number).
        identifiers: (series, position number) = broker's identifier.
    """

    wishes: dict[str, Wish] = field(default_factory=dict)
    intents: dict[tuple[int, int], str] = field(default_factory=dict)
    positions: dict[int, tuple[int, int]] = field(default_factory=dict)
    identifiers: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What happened so far."""

    bars: int = 0
    decisions: int = 0
    wishes: int = 0
    fills: int = 0
    money_differences: int = 0


class Trader:
    """An account under way at a broker.

    Args:
        account: its books and strategies.
        broker: where quotes and evidence come from.
        header: account number, strategies, configuration.
        now: the instant, ns UTC.
    """

    def __init__(self, account: Account, broker: Broker, header: Header, now: Callable[[], int]) -> None:
        self.account = account
        self.links = Links()
        self.counts = Counts()
        self._broker, self._header, self._now = broker, header, now
        self._desk: Desk | None = None
        self._since: Callable[[int], int] | None = None
        self._series = {units.symbol: s for s, units in enumerate(account.units)}
        self._quotes: dict[str, Quote] = {}
        self._unwritten: list[AnyBody] = []

    def attach(self, desk: Desk, since: Callable[[int], int]) -> None:
        """Give it its order manager, which tells it what comes of its intents (``told``).

        Args:
            desk: the order manager with its shell.
            since: from when on the broker's records must be read at an instant, ns UTC.
        """
        self._desk, self._since = desk, since

    @property
    def desk(self) -> Desk:
        """The order manager.

        Raises:
            RuntimeError: ``attach`` was not called.
        """
        if self._desk is None:
            raise RuntimeError("the trader has no order manager yet")
        return self._desk

    def look(self) -> Evidence:
        """Read the broker's records, let the order manager book them, and take the swap of open positions."""
        self.flush()
        since = self._since(self._now()) if self._since is not None else 0
        evidence = self._broker.evidence(since)
        self.desk.handle(Seen(evidence))
        self._take_swaps(evidence.positions)
        return evidence

    def opened(self, series: int, ts: int) -> None:
        """A bar has opened: withdraw and close what must be now."""
        if self.account.is_idle(series):
            return
        quote = self.quote(series)
        units = self.account.units[series]
        bid, spread = units.points(quote.bid), units.points(quote.ask - quote.bid)
        wishes = self.account.open(series, ts, bid, spread)
        self.submit(wishes + self.account.watch(series, ts, bid, bid, spread))

    def traded(self, series: int, ts: int, high: int, low: int, spread: int) -> None:
        """Bids between two prices were traded since the last word."""
        if self.account.is_idle(series):
            return
        self.submit(self.account.watch(series, ts, high, low, spread))

    def closed(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> list[Told]:
        """Bars have closed: record them, decide, and send what is wanted.

        Args:
            now: the instant they closed, ns UTC.
            closed: one bar of each series that closed.
            names: timeframe of every series.
        """
        wishes, told = self.account.close(now, closed)
        bars = [self._bar_taken(one, names[one.series]) for one in closed]
        self._unwritten += [*bars, *self._decided(told, now)]
        if wishes or len(self._unwritten) >= _MOST_UNWRITTEN:
            self.flush()
        self.counts.bars += len(closed)
        self.counts.decisions += len(told)
        for one in closed if wishes else ():
            self.quote(one.series)
        self.submit(wishes)
        return told

    def late(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> None:
        """Bars that closed too long ago to act on: learn from them, and look after positions."""
        wishes = self.account.pass_by(now, closed)
        self._unwritten += [self._bar_taken(one, names[one.series], late=True) for one in closed]
        self.counts.bars += len(closed)
        self.submit(wishes)

    def flush(self) -> None:
        """Write down the bars that nothing came of; whatever is sent or booked comes behind them."""
        bodies, self._unwritten = self._unwritten, []
        if bodies:
            self.desk.record(bodies)

    def replay(self, now: int, closed: Sequence[Closed], *, late: bool) -> list[Wish]:
        """Decide on bars that were decided on before; the wishes, which are sent to nobody."""
        if late:
            self.counts.bars += len(closed)
            return self.account.pass_by(now, closed)
        wishes, told = self.account.close(now, closed)
        self.counts.bars += len(closed)
        self.counts.decisions += len(told)
        return wishes

    def is_of(self, wish: Wish, intent: Intent) -> bool:
        """Whether an intent of the journal is the one of a wish."""
        own = self.intent_of(wish)
        return own is not None and own.id == intent.id

    def adopt(self, intent: Intent) -> None:
        """Take an intent of the journal for one of this trader's own."""
        local = intent.local
        if intent.id in self.links.wishes or "series" not in local:
            return
        s, number, reason = local["series"], local["number"], local["reason"]
        owner = self.account.names.index(intent.strategy) if intent.strategy in self.account.names else 0
        wish = Wish(intent.action, s, owner, intent.bar, intent.leg, number, intent.side, reason=reason)
        self.links.wishes[intent.id] = wish
        if intent.action == "place":
            self.links.intents[s, number] = intent.id
        elif intent.action == "cancel":
            self.account.withdraw(s, number, intent.bar)
        elif intent.action == "close":
            self.account.closing(s, number, reason)

    def drop(self, wish: Wish) -> None:
        """Give up a wish that came too late to be sent."""
        if wish.action == "place":
            self.account.end(wish.series, wish.number, self._now(), OrderEvent.REFUSED)
        elif wish.action == "close":
            self.account.failed(wish.number)

    def quoted(self) -> dict[str, int]:
        """When the last quote of each symbol was made, ns UTC."""
        return {symbol: quote.ts for symbol, quote in self._quotes.items()}

    def quote(self, series: int) -> Quote:
        """Fresh prices of a series, also for the send gate."""
        symbol = self.account.units[series].symbol
        quote = self._broker.quote(symbol)
        self._quotes[symbol] = quote
        self.desk.handle(Quoted(symbol, quote))
        return quote

    def submit(self, wishes: Sequence[Wish]) -> None:
        """Hand wishes to the order manager, closings and withdrawals first."""
        if wishes:
            self.flush()
        for wish in sorted(wishes, key=lambda one: not one.reduces):
            intent = self.intent_of(wish)
            if intent is None:
                continue
            self.links.wishes[intent.id] = wish
            if wish.action == "place":
                self.links.intents[wish.series, wish.number] = intent.id
            self.counts.wishes += 1
            self.desk.handle(Submit(intent))

    def intent_of(self, wish: Wish) -> Intent | None:
        """The intent of a wish; None where what it is about never reached the broker."""
        units = self.account.units[wish.series]
        key = wish.series, wish.number
        target_id = self.links.intents.get(key, "") if wish.action == "cancel" else ""
        position = self.links.identifiers.get(key) if wish.action in ("close", "protect") else None
        if (wish.action == "cancel" and not target_id) or (
            wish.action in ("close", "protect") and not position
        ):
            return None
        quote = self._quotes.get(units.symbol)
        prices: dict[str, Any] = {}
        if quote is not None:
            prices = {"bid": quote.bid, "ask": quote.ask, "quoted": quote.ts}
        return intend(wish, self._header, units, target_id=target_id, position=position, quote=prices)

    def told(self, notice: FillNotice | EndNotice | DoneNotice) -> None:
        """Take what the order manager tells."""
        if isinstance(notice, FillNotice):
            self._filled(notice)
        elif isinstance(notice, EndNotice):
            self._ended(notice)
        elif not notice.ok:
            wish = self.links.wishes.get(notice.id)
            if wish is not None and wish.action == "close":
                self.account.failed(wish.number)

    def _filled(self, notice: FillNotice) -> None:
        deal, wish = notice.deal, self.links.wishes.get(notice.id)
        known = self.links.positions.get(deal.position)
        money = deal.profit + deal.commission + deal.swap + deal.fee
        if wish is None and known is None:
            self.account.desk.adjust(self.account.units[0].minor(money))
            return
        self.counts.fills += 1
        if wish is not None and wish.action == "place" and deal.reason not in _EXITS:
            self._entered(wish, deal)
        elif known is not None:
            reason = _EXITS.get(deal.reason)
            if reason is None:
                reason = wish.reason if wish is not None and wish.reason else int(ExitReason.STRATEGY)
            self._left(known, deal, reason)

    def _entered(self, wish: Wish, deal: DealReport) -> None:
        account, s = self.account, wish.series
        units = account.units[s]
        booked = len(account.written.books)
        own = self._deal(s, units, deal, wish.side)
        known = self.links.positions.get(deal.position)
        if known is not None and deal.entry != "in":
            self._take_swap(known, deal)
        wishes = account.fill(wish.number, own)
        self._compare(account.written.books[booked:], deal, units)
        self._link_position(s, deal.position)
        self.submit(wishes)

    def _link_position(self, series: int, identifier: int) -> None:
        """Remember which of the broker's positions the youngest one of ours is."""
        live = self.account.desk.live_positions(series)
        if identifier in self.links.positions or not live:
            return
        number = max(int(one["number"]) for one in live)
        if (series, number) not in self.links.identifiers:
            self.links.positions[identifier] = (series, number)
            self.links.identifiers[series, number] = identifier

    def _left(self, known: tuple[int, int], deal: DealReport, reason: int) -> None:
        s, number = known
        units = self.account.units[s]
        self._take_swap(known, deal)
        booked = len(self.account.written.books)
        self.account.leave(number, self._deal(s, units, deal, deal.side), reason)
        self._compare(self.account.written.books[booked:], deal, units)

    def _take_swap(self, known: tuple[int, int], deal: DealReport) -> None:
        """The swap of a position as its closing deal tells it, where that deal closes all of it."""
        s, number = known
        units, record = self.account.units[s], self.account.desk.position(*known)
        if record is not None and units.steps(deal.volume) >= record["steps"]:
            self.account.desk.set_swap(s, number, units.minor(deal.swap))

    def _deal(self, s: int, units: Units, deal: DealReport, side: int) -> Deal:
        price = units.points(deal.price)
        quote = self._quotes.get(units.symbol)
        if quote is None:
            return Deal(s, deal.ts, price, units.steps(deal.volume))
        spread = units.points(quote.ask - quote.bid)
        market = units.points(quote.ask if side > 0 else quote.bid)
        lost = side * (price - market) if deal.reason == "expert" else 0
        return Deal(s, deal.ts, price, units.steps(deal.volume), spread, lost)

    def _compare(self, books: Sequence[Books], deal: DealReport, units: Units) -> None:
        """Where the broker counted other money than we did, its money counts."""
        ours = sum(
            int(one["gross"]) - int(one["commission"]) - int(one["fees"])
            for part in books
            for one in part.deals
        )
        theirs = units.minor(deal.profit + deal.commission + deal.fee)
        if ours != theirs:
            self.counts.money_differences += 1
            self.account.desk.adjust(theirs - ours)

    def _ended(self, notice: EndNotice) -> None:
        wish = self.links.wishes.get(notice.id)
        if wish is None:
            return
        if wish.action == "close":
            if notice.status != "filled":
                self.account.failed(wish.number)
        elif wish.action == "place" and notice.status != "filled":
            event = _ENDS.get(notice.status, OrderEvent.REFUSED)
            self.account.end(wish.series, wish.number, self._now(), event)

    def _take_swaps(self, positions: Sequence[PositionReport]) -> None:
        bodies: list[AnyBody] = []
        for one in positions:
            known = self.links.positions.get(one.identifier)
            if known is None:
                continue
            units = self.account.units[known[0]]
            if self.account.desk.set_swap(*known, units.minor(one.swap)):
                bodies.append(SwapSeen(position=one.identifier, swap=one.swap, ts=self._now()))
        if bodies:
            self.desk.record(bodies)

    def swap_seen(self, position: int, swap: Decimal) -> None:
        """Take the swap of an open position from the journal."""
        known = self.links.positions.get(position)
        if known is not None:
            self.account.desk.set_swap(*known, self.account.units[known[0]].minor(swap))

    def _bar_taken(self, one: Closed, timeframe: str, *, late: bool = False) -> BarTaken:
        bar, units = one.bar, self.account.units[one.series]
        names = ("ts", "ts_close", "open", "high", "low", "close", "spread", "tick_volume")
        values = {name: int(getattr(bar, name)[0]) for name in names}
        return BarTaken(symbol=units.symbol, timeframe=timeframe, digits=bar.digits, late=late, **values)

    def _decided(self, told: Sequence[Told], now: int) -> list[AnyBody]:
        """Every decision and non-decision in words."""
        found: list[AnyBody] = []
        for one in told:
            decision, seat = one.decision, one.seat
            why = explain(one.refusal) if one.refusal != Refusal.NONE else ""
            facts: dict[str, Any] = {"stage": STAGE_NAMES[int(decision["stage"])]}
            if decision["kind"] == ENTER:
                facts |= {name: int(decision[name]) for name in ("side", "price", "stop", "target")}
            found.append(
                Decided(
                    symbol=self.account.units[seat.series].symbol,
                    strategy=self.account.names[seat.owner],
                    bar=now,
                    what="refused" if why else KIND_NAMES[int(decision["kind"])],
                    reason=why or seat.reason(int(decision["reason"])),
                    setup=int(decision["setup"]),
                    facts=facts,
                )
            )
        return found
