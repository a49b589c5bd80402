"""Carries out what the order manager commands: strictly in order, durable records before requests."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from ictcli.brokers.broker import Broker
from ictcli.brokers.requests import Cancel, Close, Request
from ictcli.errors import LedgerUnwritable, SourceUnavailable
from ictcli.ledger.bodies import Acked, AnyBody, Ended, Intent, Rejected, Sent, Unresolved
from ictcli.ledger.log import Log
from ictcli.trading.crashpoints import CrashPoints
from ictcli.trading.manager import OrderManager
from ictcli.trading.messages import (
    Alert,
    Command,
    Held,
    Input,
    Look,
    LookFailed,
    Notify,
    Record,
    Seen,
    Send,
    Told,
    Wake,
)
from ictcli.trading.orderbook import Notice

_OUTCOMES = (Acked, Rejected, Unresolved, Ended)


class HaltLatch(Protocol):
    """The emergency stop."""

    def reason(self) -> str | None:
        """Why nothing may be sent; None while sending is allowed."""
        ...

    def flattens(self) -> bool:
        """Whether closing positions is what the stop asks for."""
        ...


class Dispatcher:
    """The shell around the order manager.

    Args:
        manager: decides.
        log: the journal.
        broker: is asked.
        clock: the instant, ns UTC.
        latch: the emergency stop, looked at in front of every request.
        tell: takes what the decision side, or a person, is to be told; it may hand in new inputs.
        crashpoint: passes the named crash points.
    """

    def __init__(
        self,
        manager: OrderManager,
        log: Log,
        broker: Broker,
        clock: Callable[[], int],
        latch: HaltLatch,
        tell: Callable[[Notice | Alert], None],
        crashpoint: Callable[[str], None] | None = None,
    ) -> None:
        self.manager = manager
        self.wake_at: int | None = None
        """When ``Passed`` is to be handed in at the latest."""
        self.dead: Exception | None = None
        """The failure of the journal after which nothing is carried out any more."""
        self.refused: tuple[Sequence[AnyBody], int] = ((), 0)
        """What the journal did not take then, and its instant."""
        self._log, self._broker, self._clock = log, broker, clock
        self._latch, self._tell = latch, tell
        self._crashpoint = crashpoint or CrashPoints()
        self._inputs: deque[Input] = deque()
        self._commands: deque[Command] = deque()
        self._ahead: list[AnyBody] = []
        self._busy = False

    def handle(self, event: Input) -> None:
        """Hand an input to the order manager and carry out all that follows from it.

        Raises:
            LedgerUnwritable: the journal took no record: nothing after it was carried out.
        """
        if self.dead is not None:
            raise self._refusal(self.dead)
        self._inputs.append(event)
        self._start()

    def record(self, bodies: Sequence[AnyBody]) -> None:
        """Write events that the order manager did not make, behind everything that is under way.

        What they change is told like anything else.

        Raises:
            LedgerUnwritable: the journal took no record.
        """
        if not (bodies or self._ahead):
            return
        if self.dead is not None:
            raise self._refusal(self.dead)
        record = Record(tuple(bodies), self._clock())
        notices = [one for body in bodies for one in self.manager.book.apply(body, record.at)]
        self._commands += [record, *(Notify(one) for one in notices)]
        self._start()

    def precede(self, bodies: Sequence[AnyBody]) -> None:
        """Write events that change nothing here in one transaction with what the next input leads to.

        ``record`` of no events writes them where nothing did. It saves a request a turn of the disk.

        Raises:
            LedgerUnwritable: the journal took no record.
        """
        if self._busy:
            self.record(bodies)
        else:
            self._ahead += bodies

    def _start(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            self._run()
        finally:
            self._busy = False

    def _run(self) -> None:
        while self._inputs or self._commands:
            if self._inputs:
                self.wake_at = None
                self._commands.extend(self.manager.handle(self._inputs.popleft(), self._clock()))
            elif (answer := self._carry_out(self._commands.popleft())) is not None:
                self._inputs.append(answer)

    def _carry_out(self, command: Command) -> Input | None:
        if isinstance(command, Record):
            self._write(command)
        elif isinstance(command, Send):
            return self._send(command)
        elif isinstance(command, Look):
            return self._look(command)
        elif isinstance(command, Wake):
            self.wake_at = command.at
        else:
            self._crashpoint("before_tell")
            self._tell(command.notice if isinstance(command, Notify) else command)
            self._crashpoint("after_tell")
        return None

    def _write(self, record: Record) -> None:
        if self.dead is not None:
            raise self._refusal(self.dead)
        self._crashpoint("before_record")
        bodies, self._ahead = (*self._ahead, *record.bodies), []
        try:
            self._log.append(bodies, record.at)
        except Exception as error:
            self.dead, self.refused = error, (bodies, record.at)
            self._commands.clear()
            self._inputs.clear()
            raise
        self._crashpoint("after_record")
        for body, point in ((Intent, "after_intent"), (Sent, "after_sent"), (_OUTCOMES, "after_outcome")):
            if any(isinstance(one, body) for one in record.bodies):
                self._crashpoint(point)

    @staticmethod
    def _refusal(cause: Exception) -> LedgerUnwritable:
        return LedgerUnwritable(f"the journal failed before: {cause}")

    def _send(self, command: Send) -> Input:
        """The request, unless a last look finds the emergency stop on; see ``_withheld``.

        The adapter has to read before it can send, and that may take long: the last look is its last step.
        """
        held: list[str] = []

        def last_look() -> str | None:
            reason = self._withheld(command.request)
            held.extend([reason] if reason is not None else [])
            return reason

        self._crashpoint("before_send")
        outcome = self._broker.send(command.request, last_look)
        if held:
            return Held(command.id, command.attempt, held[0])
        self._crashpoint("after_send")
        return Told(command.id, command.attempt, outcome)

    def _withheld(self, request: Request) -> str | None:
        """Why the emergency stop keeps a request: never a cancel, nor a close where positions are to go."""
        if isinstance(request, Cancel):
            return None
        reason = self._latch.reason()
        return (
            None if reason is not None and isinstance(request, Close) and self._latch.flattens() else reason
        )

    def _look(self, command: Look) -> Input:
        self._crashpoint("before_look")
        try:
            evidence = self._broker.evidence(command.since)
        except SourceUnavailable as error:
            return LookFailed(error.message)
        self._crashpoint("after_look")
        return Seen(evidence)
