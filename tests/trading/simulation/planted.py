"""Mistakes that order managers are known to make, planted around the production code one at a time.

Each is the smallest change of one part that makes it; nothing of the package knows of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, cast

from msgspec import structs

from ictcli.brokers.broker import Broker, never
from ictcli.brokers.reports import AccountReport, Evidence, Outcome, Quote
from ictcli.brokers.requests import Close, Place, Request
from ictcli.errors import SourceUnavailable
from ictcli.ledger.bodies import AnyBody, Filled, Intent, Sent
from ictcli.ledger.log import Log
from ictcli.store.packed import Packed
from ictcli.trading import resolver
from ictcli.trading.dispatch import Dispatcher, HaltLatch
from ictcli.trading.identity import magic_of, strategy_number
from ictcli.trading.manager import OrderManager
from ictcli.trading.messages import Command, Input, Record, Send
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import OrderState
from ictcli.trading.simulation.process import SETTINGS, Process
from ictcli.trading.simulation.storage import DiskLog
from ictcli.trading.simulation.world import Case, Verdict, World


@dataclass
class Around:
    """A broker with something changed about it; what is not overridden passes through."""

    inner: Broker
    book: OrderBook
    begun: int
    unknown: dict[int, Request] = field(default_factory=dict)

    deduplicates = False

    def connect(self) -> AccountReport:
        return self.inner.connect()

    def quote(self, symbol: str) -> Quote:
        return self.inner.quote(symbol)

    def evidence(self, since: int) -> Evidence:
        return self.inner.evidence(since)

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        return self.inner.send(request, hold)


class SendsBeforeJournal(Process):
    def make_manager(self) -> OrderManager:
        class Hasty(OrderManager):
            def handle(self, event: Input, now: int) -> list[Command]:
                commands = super().handle(event, now)
                return sorted(commands, key=lambda one: not isinstance(one, Send))

        return Hasty(SETTINGS, self.book)


class NeverSyncs(Process):
    def make_log(self) -> Log:
        class Unsynced(DiskLog):
            def append(self, bodies: Sequence[AnyBody], now: int) -> int:
                disk = self._disk
                self._disk = cast("Any", NoSync(disk))
                try:
                    return super().append(bodies, now)
                finally:
                    self._disk = disk

        return Unsynced(self.world.disk, self.doom)


@dataclass
class NoSync:
    disk: Any

    def write(self, block: Any) -> None:
        self.disk.write(block)

    def sync(self) -> None:
        pass


class RetriesBlindly(Process):
    def make_broker(self) -> Broker:
        class Blind(Around):
            def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
                outcome = self.inner.send(request, hold)
                return self.inner.send(request, hold) if outcome.kind == "unknown" else outcome

        return cast("Broker", Blind(super().make_broker(), self.book, self.world.schedule.now))


class TakesSilenceForNo(Process):
    def make_broker(self) -> Broker:
        class Deaf(Around):
            def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
                outcome = self.inner.send(request, hold)
                return replace(outcome, kind="rejected") if outcome.kind == "unknown" else outcome

        return cast("Broker", Deaf(super().make_broker(), self.book, self.world.schedule.now))


def traces(evidence: Evidence) -> set[int]:
    """Magic numbers of which a pass shows anything."""
    orders = {one.magic for one in (*evidence.open_orders, *evidence.done_orders)}
    return orders | {one.magic for one in evidence.deals} | {one.magic for one in evidence.positions}


class SendsAgainWhenNotFound(Process):
    def make_broker(self) -> Broker:
        class Eager(Around):
            def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
                outcome = self.inner.send(request, hold)
                if outcome.kind == "unknown" and isinstance(request, Place | Close):
                    self.unknown[request.magic] = request
                return outcome

            def evidence(self, since: int) -> Evidence:
                found = self.inner.evidence(since)
                for magic in list(self.unknown):
                    request = self.unknown.pop(magic)
                    if found.complete and magic not in traces(found):
                        self.inner.send(request)
                return found

        return cast("Broker", Eager(super().make_broker(), self.book, self.world.schedule.now))


class TakesOneLookForProof(Process):
    def make_manager(self) -> OrderManager:
        manager = super().make_manager()
        manager._rules = resolver.Rules(after=0, passes=1)
        return manager


class BooksDealsAgain(Process):
    def make_book(self) -> OrderBook:
        class Forgetful(Packed[int, Filled]):
            def __contains__(self, key: object) -> bool:
                return False

        book = super().make_book()
        book.deals = Forgetful(int, Filled)
        return book


class DropsLateFills(Process):
    def make_broker(self) -> Broker:
        class Strict(Around):
            def evidence(self, since: int) -> Evidence:
                found = self.inner.evidence(since)
                over = {name for name, order in self.book.orders.items() if order.over}
                kept = [
                    deal for deal in found.deals if (self.book.by_magic.get(deal.magic) or "") not in over
                ]
                known = [deal for deal in found.deals if deal.ticket in self.book.deals]
                return replace(found, deals=tuple({deal.ticket: deal for deal in kept + known}.values()))

        return cast("Broker", Strict(super().make_broker(), self.book, self.world.schedule.now))


class MissesFillsOfTheGap(Process):
    def make_broker(self) -> Broker:
        class Forward(Around):
            def evidence(self, since: int) -> Evidence:
                found = self.inner.evidence(since)
                return replace(found, deals=tuple(deal for deal in found.deals if deal.ts >= self.begun))

        return cast("Broker", Forward(super().make_broker(), self.book, self.world.schedule.now))


class ChecksHaltOnce(Process):
    def make_dispatcher(self, latch: HaltLatch) -> Dispatcher:
        class Blind:
            def flattens(self) -> bool:
                """It never asks for positions to be closed."""
                return False

            def reason(self) -> str | None:
                return None

        return super().make_dispatcher(Blind())


class TakesErrorsForAnswers(Process):
    def make_broker(self) -> Broker:
        schedule = self.world.schedule

        class Glib(Around):
            def evidence(self, since: int) -> Evidence:
                try:
                    return self.inner.evidence(since)
                except SourceUnavailable:
                    return Evidence(since, schedule.now, schedule.now, complete=True)

        return cast("Broker", Glib(super().make_broker(), self.book, self.world.schedule.now))


class CountsIncompleteLooks(Process):
    def make_broker(self) -> Broker:
        class Sure(Around):
            def evidence(self, since: int) -> Evidence:
                return replace(self.inner.evidence(since), complete=True)

        return cast("Broker", Sure(super().make_broker(), self.book, self.world.schedule.now))


class NumbersFromOneAgain(Process):
    def make_manager(self) -> OrderManager:
        manager, numbers = super().make_manager(), count(1)
        sender = cast("Any", manager._sender)
        sender._magic = lambda strategy: magic_of(strategy_number(strategy), next(numbers))
        return manager


class DecidesAgainAfterARestart(Process):
    def wishes(self, bar: int) -> list[Intent]:
        life = str(self.manager.epoch) if self.manager.epoch > 1 else ""
        return [structs.replace(wish, id=(wish.id + life)[-26:]) for wish in super().wishes(bar)]


class LetsUnknownPass(Process):
    def make_book(self) -> OrderBook:
        class Careless(OrderBook):
            def unresolved_of(self, symbol: str) -> list[OrderState]:
                return []

        return Careless()


class SendsAgainAfterARestart(Process):
    def live(self, until: int) -> None:
        waiting: dict[str, Sent] = {}
        for entry in self.log.read():
            if isinstance(entry.body, Sent):
                waiting[entry.body.id] = entry.body
            else:
                waiting.pop(getattr(entry.body, "id", ""), None)
        self.broker.connect()
        for name in waiting:
            state = self.book.orders.get(name)
            if state is not None and state.status == "sent":
                one = state.intent
                again = Place(one.symbol, one.side, "market", state.volume, one.magic, stop=one.stop)
                self.broker.send(again)
        super().live(until)


class IgnoresCash(Process):
    def make_broker(self) -> Broker:
        class Trades(Around):
            def evidence(self, since: int) -> Evidence:
                return replace(self.inner.evidence(since), cash=())

        return cast("Broker", Trades(super().make_broker(), self.book, self.world.schedule.now))


class WritesInTwoTransactions(Process):
    """The answer is acted on before it is recorded, and lost with the process."""

    def make_manager(self) -> OrderManager:
        class Split(OrderManager):
            def handle(self, event: Input, now: int) -> list[Command]:
                commands = super().handle(event, now)
                if any(isinstance(one, Send) for one in commands):
                    return [
                        Record(tuple(body for body in one.bodies if not isinstance(body, Sent)))
                        if isinstance(one, Record)
                        else one
                        for one in commands
                    ]
                return commands

        return Split(SETTINGS, self.book)


Start = type[Process]

MISTAKES: dict[str, Start] = {
    "sends before it journals": SendsBeforeJournal,
    "never syncs the journal": NeverSyncs,
    "retries blindly after silence": RetriesBlindly,
    "takes silence for a rejection": TakesSilenceForNo,
    "sends again when one look finds nothing": SendsAgainWhenNotFound,
    "takes one look for proof of absence": TakesOneLookForProof,
    "books a deal each time it is seen": BooksDealsAgain,
    "drops fills that come after the end": DropsLateFills,
    "does not fetch what it missed": MissesFillsOfTheGap,
    "looks at the halt latch only once": ChecksHaltOnce,
    "takes an error while asking for an answer": TakesErrorsForAnswers,
    "counts looks that are not complete": CountsIncompleteLooks,
    "numbers orders from one after a restart": NumbersFromOneAgain,
    "decides anew on the same bar after a restart": DecidesAgainAfterARestart,
    "opens more while an order is unknown": LetsUnknownPass,
    "sends again what was under way at a crash": SendsAgainAfterARestart,
    "books no cash movements": IgnoresCash,
    "sends without a record of sending": WritesInTwoTransactions,
}


def run_planted(mistake: str, case: Case) -> Verdict:
    """Run a case with one mistake in the trader."""
    return World(case, MISTAKES[mistake]).run()
