"""One life of the trader's process: the production order manager, shell, recovery and MT5 adapter.

Everything here is what runs against a real terminal; only the clock, the disk and the terminal behind the
adapter are the simulation's. Each part is made by a method of its own, where a test may put a mistake in.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, cast

from ictcli.brokers.broker import Broker, never
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.reports import Evidence, Outcome, Quote
from ictcli.brokers.requests import Request
from ictcli.clock import NS_PER_SECOND
from ictcli.config.trading import BrokerConfig, TradeConfig
from ictcli.errors import SourceUnavailable
from ictcli.ledger.bodies import Intent, Start
from ictcli.ledger.log import Log
from ictcli.trading.dispatch import Dispatcher, HaltLatch
from ictcli.trading.invariants import BrokerRecord, broker_faults, journal_faults
from ictcli.trading.manager import OrderManager
from ictcli.trading.manager_requests import digest_of
from ictcli.trading.messages import Begin, Latch, LookFailed, Passed, Quoted, Seen, Submit
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.simulation.audit import Audit
from ictcli.trading.simulation.crashes import Doom
from ictcli.trading.simulation.script import BAR, STRATEGY
from ictcli.trading.simulation.storage import DiskLog
from ictcli.trading.simulation.surface import LOGIN, SERVER
from ictcli.trading.simulation.terminal import FaultyTerminal

if TYPE_CHECKING:
    from ictcli.trading.simulation.world import World

POLL, QUIET_POLL = 25 * NS_PER_SECOND, 50 * NS_PER_SECOND
"""Time between two looks of the loop itself; the order manager asks for more where it has questions."""
SETTINGS = TradeConfig(most_rejects=1000, orders_per_minute=1000)
_KEPT, _BLOCK = 2, 2
"""The defaults, but for breakers that would end a short run early."""
_BROKER = BrokerConfig(login=LOGIN, server=SERVER, server_tz="+03:00", deadline="5s")


class _Watched(Mt5Broker):
    """The adapter as it is; the judge hears what each look came to."""

    audit: Audit

    def evidence(self, since: int) -> Evidence:
        """One pass over orders, deals and positions."""
        self.audit.looking()
        found = super().evidence(since)
        self.audit.looked(complete=found.complete)
        return found

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        """Ask once."""
        with self.audit.noting(digest_of(request)):
            return super().send(request, hold)


class Process:
    """A process that recovers and then trades by the script.

    Args:
        world: what outlives it.
        doom: when it ends.
    """

    def __init__(self, world: "World", doom: Doom) -> None:
        self.world, self.doom = world, doom
        self.log = self.make_log()
        self.book = self.make_book()
        self.book.apply_all(self.log.read())
        self.broker = self.make_broker()
        self.manager = self.make_manager()
        self.dispatcher = self.make_dispatcher(world.switch)
        self._quotes: dict[str, Quote] = {}
        self._decided = -1
        self._polled = world.schedule.now

    def make_log(self) -> Log:
        """The journal on the world's disk."""
        return DiskLog(self.world.disk, self.doom)

    def make_book(self) -> OrderBook:
        """An empty order book, for the journal to be folded into; nearly all that is over is compressed."""
        return OrderBook(kept=_KEPT, block=_BLOCK)

    def make_broker(self) -> Broker:
        """The MT5 adapter over the world's line."""
        world, schedule = self.world, self.world.schedule
        terminal = FaultyTerminal(world.line, world.surface, self.doom, world.audit.leaving)
        world.audit.looked(complete=False)
        surroundings = Surroundings(
            lambda: schedule.now,
            lambda seconds: schedule.wait(int(seconds * NS_PER_SECOND)),
            lambda: schedule.now / NS_PER_SECOND,
            Random(world.case.seed),
        )
        broker = _Watched(terminal, _BROKER, surroundings, world.clock)
        broker.audit = world.audit
        return cast("Broker", broker)

    def make_manager(self) -> OrderManager:
        """The order manager on the folded journal."""
        return OrderManager(SETTINGS, self.book)

    def make_dispatcher(self, latch: HaltLatch) -> Dispatcher:
        """The shell; its crash points are steps at which this process can end."""
        schedule = self.world.schedule
        return Dispatcher(
            self.manager, self.log, self.broker, lambda: schedule.now, latch, lambda _: None, self.doom.step
        )  # fmt: skip

    def live(self, until: int) -> None:
        """Connect, recover, and trade until an instant, ns UTC."""
        account = self.broker.connect()
        start = Start(
            run="simulated", epoch=0, mode="live", account=LOGIN, server=SERVER, currency=account.currency,
            version="", config="", strategies=(STRATEGY,),
        )  # fmt: skip
        self.dispatcher.handle(Begin(start))
        schedule = self.world.schedule
        while schedule.now < until:
            self._turn()
            schedule.wait(max(1, min(self._next(), until) - schedule.now))

    @property
    def _pace(self) -> int:
        return QUIET_POLL if self.world.faults.calm else POLL

    def faults(self) -> list[str]:
        """What the trader's own invariants say at the end, I1 to I14."""
        entries = list(self.log.read())
        evidence = self.broker.evidence(0)
        balance = evidence.account.balance if evidence.account is not None else Decimal(0)
        record = BrokerRecord(
            evidence.open_orders + evidence.done_orders, evidence.deals, evidence.cash, evidence.positions,
            balance, tuple(self.world.audit.requests),
        )  # fmt: skip
        return journal_faults(self.book, entries) + broker_faults(self.book, entries, record)

    def _next(self) -> int:
        now = self.world.schedule.now
        instants = [self._polled + self._pace]
        if self.world.deciding:
            instants.append(now - (now - self.world.begun) % BAR + BAR)
        if self.dispatcher.wake_at is not None:
            instants.append(self.dispatcher.wake_at)
        return min(instants)

    def _turn(self) -> None:
        world, dispatcher = self.world, self.dispatcher
        if world.switch.on != (self.book.latched is not None):
            dispatcher.handle(Latch(on=world.switch.on, reason="by the script", by="script", epoch=1))
        if dispatcher.wake_at is not None and dispatcher.wake_at <= world.schedule.now:
            dispatcher.wake_at = None
            dispatcher.handle(Passed())
        bar = world.script.bar_at(world.schedule.now)
        if bar != self._decided and world.deciding:
            self._decided = bar
            self._decide(bar)
        if world.schedule.now >= self._polled + self._pace:
            self._poll()

    def wishes(self, bar: int) -> list[Intent]:
        """What the script wants at the close of a bar."""
        return list(self.world.script.wishes(bar, self.world.audit.retold, self._quotes))

    def _decide(self, bar: int) -> None:
        for symbol in self.world.venue.prices:
            try:
                self._quotes[symbol] = self.broker.quote(symbol)
            except SourceUnavailable:
                self._quotes.pop(symbol, None)
            else:
                self.dispatcher.handle(Quoted(symbol, self._quotes[symbol]))
        for intent in self.wishes(bar):
            self.dispatcher.handle(Submit(intent))

    def _poll(self) -> None:
        self._polled = self.world.schedule.now
        try:
            evidence = self.broker.evidence(self.manager.since(self._polled))
        except SourceUnavailable as error:
            self.dispatcher.handle(LookFailed(error.message))
        else:
            self.dispatcher.handle(Seen(evidence))
