"""The order manager: inputs go in, commands come out, and nothing else happens (docs/orders.md).

    intent -> gate -> record of intent and of sending, durable -> request -> answer -> record -> notices

It performs no input or output and asks no clock. All it knows for good is in its order book, which is a fold
of what it recorded; what it keeps beside that (quotes, rates, when to look next) may be lost at any time.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ictcli.brokers.reports import Evidence
from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.config.trading import TradeConfig
from ictcli.ledger.bodies import Latched, ModeSet, Released, Unresolved
from ictcli.trading import laid, recovery, resolver, rolled_back
from ictcli.trading.manager_orders import Sender
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.manager_tasks import Tasks
from ictcli.trading.messages import (
    BREAKER_REASON,
    Begin,
    Command,
    FromOutside,
    Held,
    Input,
    Latch,
    Look,
    LookFailed,
    Passed,
    Quoted,
    Restrict,
    Seen,
    Submit,
    Told,
    Wake,
)
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.transitions import Happening

OVERLAP = 10 * NS_PER_MINUTE
"""How far behind the last complete pass the next one reaches: records appear late."""
START_OVERLAP = NS_PER_DAY
LONGEST_LOOK = 60 * NS_PER_SECOND
"""After this time a look that was asked for is given up."""
LONGEST_ANSWER = 60 * NS_PER_SECOND
"""After this time a request without an answer is of unknown outcome."""
SETTLING = 15 * NS_PER_SECOND
"""How long records may disagree before a person is told: they appear one after another."""
_STEPS = (1, 1, 2, 4, 8, 15)
"""Seconds between looks while something is unexplained."""


class OrderManager:
    """Decides what is sent, recorded, looked up and told.

    Args:
        settings: the ``[trade]`` table.
        book: the journal, folded.
        names: our symbol = the broker's, where they differ.
    """

    def __init__(
        self, settings: TradeConfig, book: OrderBook, names: Mapping[str, str] | None = None
    ) -> None:
        known = dict(names or {})
        self.book = book
        self._settings = settings
        self._rules = resolver.Rules.of(settings, known)
        self._sender = Sender(settings, book, known)
        self._tasks = Tasks(book, self._sender)
        self._covered = max(0, book.last_ts - START_OVERLAP) if book.last_ts else -1
        self._asked_at: int | None = None
        self._due: int | None = None
        self._step = 0
        self._unexplained_since: int | None = None
        self._now = 0
        self._handlers: dict[type[Any], Callable[[Scribe, Any], None]] = {
            Begin: self._begin,
            Submit: lambda scribe, event: self._sender.submit(scribe, event.intent),
            Told: self._told,
            Held: self._sender.held,
            Seen: lambda scribe, event: self._seen(scribe, event.evidence),
            LookFailed: self._look_failed,
            Quoted: self._quoted,
            Passed: self._passed,
            Latch: self._latch,
            Restrict: self._restrict,
            FromOutside: lambda scribe, event: laid.take(scribe, event.laid),
        }

    @property
    def epoch(self) -> int:
        """Number of this start, which fences off every earlier one."""
        return self._sender.epoch

    def handle(self, event: Input, now: int) -> list[Command]:
        """Take an input.

        Args:
            event: what happened.
            now: the instant, ns UTC.

        Returns:
            What must be carried out, strictly in this order.
        """
        self._follow_clock(now)
        scribe = Scribe(self.book, now)
        self._handlers[type(event)](scribe, event)
        self._tasks.follow_up(scribe)
        self._break(scribe)
        wake = self._look_if_due(scribe)
        return [*scribe.commands(), *wake]

    def since(self, now: int) -> int:
        """From when on the broker's records must be read so that nothing can be missed, ns UTC."""
        sent = [one.last_sent for one in self.book.pending_tasks() if one.last_sent]
        sent += [one.first_sent for one in self.book.working_orders() if one.unresolved]
        covered = now - START_OVERLAP if self._covered < 0 else self._covered
        return max(0, min([covered, now, *sent]) - OVERLAP)

    def _follow_clock(self, now: int) -> None:
        """Set what is due back with a clock that goes back: nothing may wait for hours to pass again."""
        back, self._now = self._now - now, now
        if back <= 0:
            return
        due = self._sender.due
        due.update({name: at - back for name, at in due.items()})
        self._due = None if self._due is None else self._due - back
        self._asked_at = None if self._asked_at is None else self._asked_at - back
        if self._unexplained_since is not None:
            self._unexplained_since -= back

    def _begin(self, scribe: Scribe, event: Begin) -> None:
        recovery.begin(scribe, event.start, {one.id for one in event.answers})
        self._sender.epoch = self.book.epoch
        self._sender.due.clear()
        self._tasks.wait_on(scribe.now)
        for answer in event.answers:
            self._told(scribe, answer)
        self._want_look(scribe.now)

    def _told(self, scribe: Scribe, event: Told) -> None:
        if (task := self.book.tasks.get(event.id)) is not None:
            self._tasks.told(scribe, task, event)
        elif event.id in self.book.orders:
            self._sender.told(scribe, event)
        if event.outcome.kind != "placed" and not (event.outcome.kind == "retryable" and self._sender.due):
            self._want_look(scribe.now)

    def _seen(self, scribe: Scribe, evidence: Evidence) -> None:
        self._asked_at = None
        if self.book.opened is None:
            if not (evidence.complete and evidence.account):
                self._look_later(scribe.now)
                return
            recovery.open_books(scribe, evidence)
        lost = rolled_back.lost_numbers(self.book, evidence)
        seeing = resolver.take(scribe, evidence, self._rules)
        rolled_back.restrict(scribe, lost)
        self._tasks.see(scribe, evidence)
        self._tasks.protect(scribe, evidence)
        if evidence.complete:
            if self._covered < 0 or evidence.since <= self._covered:
                self._covered = max(self._covered, evidence.begun)
            self._compare(scribe, evidence, seeing.lagging)
        self._plan_next(scribe, settled=evidence.complete and not seeing.lagging)

    def _compare(self, scribe: Scribe, evidence: Evidence, lagging: list[str]) -> None:
        """Compare the account with the broker's, once records had time to appear."""
        difference = recovery.money_difference(self.book, evidence)
        if not lagging and not difference:
            self._unexplained_since = None
        elif self._unexplained_since is None:
            self._unexplained_since = scribe.now
        since = self._unexplained_since
        if since is not None and scribe.now - since < SETTLING:
            return
        unresolved = self._settings.unresolved
        if self.book.recovering:
            recovery.finish(scribe, evidence, lagging, unresolved)
        else:
            recovery.judge(scribe, lagging, difference, unresolved, starting=False)

    def _plan_next(self, scribe: Scribe, *, settled: bool) -> None:
        explained = settled and self._unexplained_since is None and not self.book.recovering
        if explained and not self.book.unresolved():
            self._due, self._step = None, 0
        else:
            self._look_later(scribe.now)

    def _look_failed(self, scribe: Scribe, _event: LookFailed) -> None:
        self._asked_at = None
        self._look_later(scribe.now)

    def _quoted(self, _scribe: Scribe, event: Quoted) -> None:
        self._sender.quotes[event.symbol] = event.quote

    def _passed(self, scribe: Scribe, _event: Passed) -> None:
        if self._asked_at is not None and scribe.now - self._asked_at > LONGEST_LOOK:
            self._asked_at = None
            self._look_later(scribe.now)
        for order in list(self.book.working_orders()):
            if order.status == "sent" and scribe.now - order.last_sent > LONGEST_ANSWER:
                body = Unresolved(id=order.id, attempt=order.attempt, code=0, message="no answer in time")
                scribe.happen(order, Happening.UNRESOLVED, body)
                self._want_look(scribe.now)
        for task in list(self.book.pending_tasks()):
            if task.status == "sent" and scribe.now - task.last_sent > LONGEST_ANSWER:
                scribe.write(
                    Unresolved(id=task.id, attempt=task.attempt, code=0, message="no answer in time")
                )
                self._want_look(scribe.now)

    def _latch(self, scribe: Scribe, event: Latch) -> None:
        held = self.book.latched
        on = held is not None
        if event.on and (held is None or (event.flatten and not held.flatten)):
            body = Latched(epoch=event.epoch, reason=event.reason, by=event.by, flatten=event.flatten)
            scribe.write(body)
            scribe.alert("critical", "halted", f"the emergency stop is on: {event.reason}")
        elif not event.on and on:
            scribe.write(Released(reason=event.reason, by=event.by))

    def _restrict(self, scribe: Scribe, event: Restrict) -> None:
        if (event.mode, event.reason) != (self.book.mode, self.book.mode_reason):
            scribe.write(ModeSet(mode=event.mode, reason=event.reason))

    def _break(self, scribe: Scribe) -> None:
        """After too many refusals in a row nothing more is opened until a person says so."""
        rejects = self.book.rejects
        if rejects >= self._settings.most_rejects and self.book.mode == "active":
            reason = f"{BREAKER_REASON}{rejects} orders in a row were refused"
            scribe.write(ModeSet(mode="reducing", reason=reason))
            scribe.alert("critical", "too_many_rejects", reason.removeprefix(BREAKER_REASON))

    def _want_look(self, now: int) -> None:
        self._due, self._step = now, 0

    def _look_later(self, now: int) -> None:
        step = min(self._step, len(_STEPS) - 1)
        self._due, self._step = now + _STEPS[step] * NS_PER_SECOND, self._step + 1

    def _look_if_due(self, scribe: Scribe) -> list[Command]:
        """Ask for a look that is due, or say when to come back."""
        if self._due is not None and self._due <= scribe.now and self._asked_at is None:
            self._due, self._asked_at = None, scribe.now
            scribe.ask(Look(self.since(scribe.now), "recovery" if self.book.recovering else "resolve"))
        instants = [*self._sender.due.values()]
        instants += [self._due] if self._due is not None else []
        if self._asked_at is not None:
            instants.append(self._asked_at + LONGEST_LOOK + 1)
        return [Wake(min(instants), "resolve")] if instants else []
