"""Placing and closing: from the intent to the broker's answer."""

from msgspec.structs import replace

from ictcli.brokers.reports import Outcome, Quote
from ictcli.clock import NS_PER_SECOND
from ictcli.config.trading import TradeConfig
from ictcli.ledger.bodies import (
    Acked,
    CancelAsked,
    Denied,
    Done,
    Ended,
    Intent,
    Rejected,
    Unresolved,
    Withheld,
)
from ictcli.trading.denials import Denial
from ictcli.trading.gate import Gate, Refusal, View
from ictcli.trading.identity import magic_of, strategy_number
from ictcli.trading.manager_requests import request_of, sent_of
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import Held, Send, Told
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import OrderState, TaskState
from ictcli.trading.status import Status, TaskStatus
from ictcli.trading.transitions import Happening

MOST_ATTEMPTS = 3
"""Of an order that opens, and of a change."""
MOST_CLOSINGS = 20
"""Of a close while its position exists; from the fourth on after a pause."""
MOST_PAUSE = 30 * NS_PER_SECOND


class Sender:
    """Sends what the gate lets pass, and takes the broker's answers.

    Args:
        settings: limits, deviation.
        book: the state.
        names: our symbol = the broker's, where they differ.
    """

    def __init__(self, settings: TradeConfig, book: OrderBook, names: dict[str, str]) -> None:
        self.gate = Gate(settings)
        self.epoch = 0
        self.quotes: dict[str, Quote] = {}
        self.due: dict[str, int] = {}
        """Requests that are to be asked again, and when. A restart denies them as stale, but withdrawals."""
        self._deviation = settings.deviation
        self._book = book
        self._names = names

    def submit(self, scribe: Scribe, intent: Intent) -> None:
        """Take what was decided; a name that is known is no second decision."""
        book = self._book
        if intent.id in book.orders or intent.id in book.tasks:
            return
        if intent.action in {"place", "close"} and not intent.magic:
            intent = replace(intent, magic=self._magic(intent.strategy))
        refused = self._judge(scribe, intent, again=False)
        scribe.write(intent)
        if refused is not None:
            scribe.write(Denied(id=intent.id, code=refused.code, detail=refused.detail))
        elif intent.action == "cancel":
            self.ask_cancel(scribe, book.tasks[intent.id])
        else:
            self._send(scribe, intent, 1)

    def _magic(self, strategy: str) -> int:
        return magic_of(strategy_number(strategy), self._book.sequence + 1)

    def _judge(self, scribe: Scribe, intent: Intent, *, again: bool) -> Refusal | None:
        view = View(intent, self.epoch, self.quotes.get(intent.symbol), scribe.now, again)
        return self.gate.pass_through(self._book, view)

    def _send(self, scribe: Scribe, intent: Intent, attempt: int) -> None:
        symbol = self._names.get(intent.symbol, intent.symbol)
        request = request_of(self._book, intent, symbol, self._deviation)
        scribe.write(sent_of(intent, attempt, request))
        scribe.ask(Send(intent.id, attempt, request))

    def ask_cancel(self, scribe: Scribe, task: TaskState) -> None:
        """Send a withdrawal when its order is known to rest; until then it waits beside the order."""
        target = self._book.orders[task.intent.target_id]
        if target.over:
            scribe.write(Done(id=task.id, message="the order is over"))
            return
        if not target.cancel_asked:
            scribe.write(CancelAsked(id=target.id))
        if target.resting and target.ticket:
            self._send(scribe, task.intent, task.attempt + 1)

    def again(self, scribe: Scribe, state: OrderState | TaskState) -> None:
        """Ask once more, if the gate lets it; otherwise it is over."""
        self.due.pop(state.id, None)
        if isinstance(state, TaskState) and state.intent.action == "cancel":
            self.ask_cancel(scribe, state)
            return
        refused = self._judge(scribe, state.intent, again=True)
        if refused is None:
            self._send(scribe, state.intent, state.attempt + 1)
        elif isinstance(state, OrderState):
            self._deny(scribe, state, refused)
        else:
            scribe.write(Denied(id=state.id, code=refused.code, detail=refused.detail))

    @staticmethod
    def _deny(scribe: Scribe, order: OrderState, refused: Refusal) -> None:
        body = Denied(id=order.id, code=refused.code, detail=refused.detail)
        scribe.happen(order, Happening.DENIED, body)

    def held(self, scribe: Scribe, event: Held) -> None:
        """The shell found the emergency stop on and did not send."""
        state = self._book.orders.get(event.id) or self._book.tasks.get(event.id)
        if state is None or state.attempt != event.attempt:
            return
        body = Withheld(id=event.id, attempt=event.attempt, code=event.code)
        denied = Denied(id=event.id, code=Denial.LATCHED, detail=event.code)
        if isinstance(state, TaskState):
            if state.status is TaskStatus.SENT:
                scribe.write(body, denied)
        elif scribe.happen(state, Happening.WITHHELD, body):
            scribe.write(denied)

    def told(self, scribe: Scribe, event: Told) -> None:
        """Take the answer to a request to open or close; an older attempt's is old news."""
        order = self._book.orders[event.id]
        if event.attempt != order.attempt:
            return
        outcome = event.outcome
        if outcome.kind in {"done", "placed", "partial"}:
            scribe.happen(order, Happening.ACKED, self._acked(event))
        elif outcome.kind == "unknown" or (outcome.kind == "noop" and order.intent.action == "place"):
            body = Unresolved(id=order.id, attempt=event.attempt, code=outcome.code, message=outcome.message)
            scribe.happen(order, Happening.UNRESOLVED, body)
        elif outcome.kind == "retryable" and order.status is Status.SENT and self._may_ask_again(order):
            self._refused(scribe, order, outcome, again=True)
        else:
            self._refused(scribe, order, outcome, again=False)

    @staticmethod
    def _acked(event: Told) -> Acked:
        outcome = event.outcome
        return Acked(
            id=event.id, attempt=event.attempt, code=outcome.code, order=outcome.order,
            message=outcome.message,
        )  # fmt: skip

    def _may_ask_again(self, order: OrderState) -> bool:
        if order.intent.action == "close":
            there = order.intent.position in self._book.positions
            return there and order.attempt < MOST_CLOSINGS
        return order.attempt < MOST_ATTEMPTS

    def _refused(self, scribe: Scribe, order: OrderState, outcome: Outcome, *, again: bool) -> None:
        event = Happening.AGAIN if again else Happening.REFUSED
        body = Rejected(
            id=order.id, attempt=order.attempt, code=outcome.code, message=outcome.message, again=again
        )
        if not scribe.happen(order, event, body):
            return
        if not again:
            code, message = outcome.code, outcome.message
            scribe.write(Ended(id=order.id, status="rejected", code=code, message=message))
        elif order.attempt < MOST_ATTEMPTS:
            self.again(scribe, order)
        else:
            self.due[order.id] = scribe.now + pause(order.attempt - MOST_ATTEMPTS)


def pause(step: int) -> int:
    """Time to the next attempt: doubles from a second up to half a minute, ns."""
    return min(NS_PER_SECOND << min(step, 6), MOST_PAUSE)
