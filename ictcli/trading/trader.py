"""One trader: an account, an order manager behind it, and a broker; bars and deals go in, requests go out.

It is told when bars open and close and when to look at the broker; who tells it (a replay, or a loop on the
real clock) makes no difference to what it decides.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from ictcli.brokers.broker import Broker
from ictcli.brokers.reports import Evidence, Quote
from ictcli.engine.refusals import OrderEvent
from ictcli.errors import SourceUnavailable
from ictcli.ledger.bodies import AnyBody, Intent
from ictcli.trading.account import Account, Closed
from ictcli.trading.bookings import Bookings, Counts
from ictcli.trading.messages import Input, Quoted, Seen, Submit
from ictcli.trading.reckoning import Told
from ictcli.trading.telling import bars_taken, decided
from ictcli.trading.wishes import Header, Wish, intend

_MOST_UNWRITTEN = 512
"""Events about bars that may wait for one that must not: a crash loses bars that a broker still has."""

Hear = Callable[[int, Sequence[Told]], None]
"""Is told what was decided at an instant, ns UTC."""

_NEVER_ASKED = (-1, -1)
"""Stop and target that no position has: those it should have are asked for again."""


class Desk(Protocol):
    """The order manager with its shell, as the trader needs it."""

    def handle(self, event: Input) -> None:
        """Take an input and carry out everything that follows from it."""
        ...

    def record(self, bodies: Sequence[AnyBody]) -> None:
        """Write events durably; none: those that were to precede something and did not."""
        ...

    def precede(self, bodies: Sequence[AnyBody]) -> None:
        """Write events together with what the next input leads to."""
        ...


class Trader:
    """An account under way at a broker.

    Args:
        account: its books and strategies.
        broker: where quotes and evidence come from.
        header: account number, strategies, configuration.
        now: the instant, ns UTC.
        real: the real clock, ns UTC, where bars come as they close; None where they are played back.
    """

    def __init__(
        self,
        account: Account,
        broker: Broker,
        header: Header,
        now: Callable[[], int],
        real: Callable[[], int] | None = None,
    ) -> None:
        self.account = account
        self.counts = Counts()
        self.bookings = Bookings(account, self.counts, now, self.submit)
        self._broker, self._header, self._now, self._real = broker, header, now, real
        self._desk: Desk | None = None
        self._since: Callable[[int], int] | None = None
        self._unwritten: list[AnyBody] = []
        self._held: list[Wish] | None = None

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
        self.desk.record(self.bookings.take_swaps(evidence.positions))
        return evidence

    def opened(self, series: int, ts: int) -> None:
        """A bar has opened: withdraw and close what must be now."""
        if self.account.desk.is_idle(series):
            return
        quote = self.quote(series)
        units = self.account.units[series]
        bid, spread = units.points(quote.bid), units.points(quote.ask - quote.bid)
        wishes = self.account.open(series, ts, bid, spread)
        self.submit(wishes + self.account.watch(series, ts, bid, bid, spread))

    def traded(self, series: int, ts: int, high: int, low: int, spread: int) -> None:
        """Bids between two prices were traded since the last word."""
        if self.account.desk.is_idle(series):
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
        self._unwritten += bars_taken(closed, self.account, names, self._real)
        self._unwritten += decided(told, self.account, now)
        if wishes:
            self._put_ahead()
        elif len(self._unwritten) >= _MOST_UNWRITTEN:
            self.flush()
        self.counts.bars += len(closed)
        self.counts.decisions += len(told)
        first = dict.fromkeys(self.account.units[wish.series].symbol for wish in wishes)
        for symbol in first:
            self._try_quote(symbol)
        self.submit(wishes)
        if wishes:
            for symbol in dict.fromkeys(self.account.units[one.series].symbol for one in closed):
                if symbol not in first:
                    self._try_quote(symbol)
        return told

    def late(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> None:
        """Bars that closed too long ago to act on: learn from them, and look after positions."""
        wishes = self.account.pass_by(now, closed)
        self._unwritten += bars_taken(closed, self.account, names, self._real, late=True)
        self.counts.bars += len(closed)
        self.submit(wishes)

    def flush(self) -> None:
        """Write down the bars that nothing came of; whatever is sent or booked comes behind them."""
        bodies, self._unwritten = self._unwritten, []
        self.desk.record(bodies)

    def _put_ahead(self) -> None:
        """Let the bars be written with the first intent that follows: one turn of the disk is enough."""
        bodies, self._unwritten = self._unwritten, []
        self.desk.precede(bodies)

    def replay(
        self, now: int, closed: Sequence[Closed], *, late: bool, hear: Hear | None = None
    ) -> list[Wish]:
        """Decide on bars that were decided on before; the wishes, which are sent to nobody.

        Args:
            now: the instant they closed, ns UTC.
            closed: one bar of each series that closed.
            late: only to be learned from.
            hear: is told what was decided.
        """
        if late:
            self.counts.bars += len(closed)
            return self.account.pass_by(now, closed)
        wishes, told = self.account.close(now, closed)
        self.counts.bars += len(closed)
        self.counts.decisions += len(told)
        if hear is not None:
            hear(now, told)
        return wishes

    @contextmanager
    def holding(self) -> Iterator[list[Wish]]:
        """For the block nothing is handed to the order manager; what would be is put into the list."""
        held: list[Wish] = []
        self._held = held
        try:
            yield held
        finally:
            self._held = None

    def is_of(self, wish: Wish, intent: Intent) -> bool:
        """Whether an intent of the journal is the one of a wish."""
        own = self.intent_of(wish)
        return own is not None and own.id == intent.id

    def adopt(self, intent: Intent) -> None:
        """Take an intent of the journal for one of this trader's own."""
        local = intent.local
        if intent.id in self.bookings.links.wishes or "series" not in local:
            return
        s, number, reason = local["series"], local["number"], local["reason"]
        owner = self.account.names.index(intent.strategy) if intent.strategy in self.account.names else 0
        wish = Wish(intent.action, s, owner, intent.bar, intent.leg, number, intent.side, reason=reason)
        self.bookings.links.wishes[intent.id] = wish
        if intent.action == "place":
            self.bookings.links.intents[s, number] = intent.id
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
        elif wish.action == "protect":
            self.account.protected[wish.number] = _NEVER_ASKED

    def quote(self, series: int) -> Quote:
        """Fresh prices of a series, also for the send gate."""
        return self._quote(self.account.units[series].symbol)

    def _try_quote(self, symbol: str) -> None:
        """Fresh prices where they can be had: without them the gate denies entries, and the bar is taken.

        A bar is decided once: nothing behind ``Account.close`` may send it round again.
        """
        try:
            self._quote(symbol)
        except SourceUnavailable:
            self.bookings.quotes.pop(symbol, None)

    def _quote(self, symbol: str) -> Quote:
        quote = self._broker.quote(symbol)
        self.bookings.quotes[symbol] = quote
        self.desk.handle(Quoted(symbol, quote))
        return quote

    def submit(self, wishes: Sequence[Wish]) -> None:
        """Hand wishes to the order manager, closings and withdrawals first."""
        if self._held is not None:
            self._held += wishes
            return
        if not wishes:
            return
        self._put_ahead()
        for wish in sorted(wishes, key=lambda one: not one.reduces):
            intent = self.intent_of(wish)
            if intent is None:
                continue
            self.bookings.links.wishes[intent.id] = wish
            if wish.action == "place":
                self.bookings.links.intents[wish.series, wish.number] = intent.id
            self.counts.wishes += 1
            self.counts.orders += wish.action == "place"
            self.desk.handle(Submit(intent))
        self.desk.record(())

    def intent_of(self, wish: Wish) -> Intent | None:
        """The intent of a wish; None where what it is about never reached the broker."""
        units = self.account.units[wish.series]
        key = wish.series, wish.number
        target_id = self.bookings.links.intents.get(key, "") if wish.action == "cancel" else ""
        position = self.bookings.links.identifiers.get(key) if wish.action in ("close", "protect") else None
        if (wish.action == "cancel" and not target_id) or (
            wish.action in ("close", "protect") and not position
        ):
            return None
        quote = self.bookings.quotes.get(units.symbol)
        prices: dict[str, Any] = {}
        if quote is not None:
            prices = {"bid": quote.bid, "ask": quote.ask, "quoted": quote.ts}
        return intend(wish, self._header, units, target_id=target_id, position=position, quote=prices)
