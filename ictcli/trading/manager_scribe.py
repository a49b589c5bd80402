"""What one input leads to, collected in order: events that change the book at once, and what must follow."""

from ictcli.ledger.bodies import Alerted, AnyBody, Illegal, Severity
from ictcli.trading.messages import Alert, Command, Look, Notify, Record, Send
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import OrderState
from ictcli.trading.transitions import NEVER_THERE, TABLE, Happening


class Scribe:
    """Writes events for one input: each changes the book in the same step as it is put down.

    Args:
        book: the state.
        now: the instant, ns UTC.
    """

    def __init__(self, book: OrderBook, now: int) -> None:
        self.book = book
        self.now = now
        self._bodies: list[AnyBody] = []
        self._notices: list[Notify] = []
        self._alerts: list[Alert] = []
        self._requests: list[Send | Look] = []

    def write(self, *bodies: AnyBody) -> None:
        """Put events down."""
        for body in bodies:
            self._bodies.append(body)
            self._notices += [Notify(notice) for notice in self.book.apply(body, self.now)]

    def happen(self, order: OrderState, event: Happening, *bodies: AnyBody, text: str = "") -> bool:
        """Put down what happened to an order, if the state machine takes it; whether it did.

        A finding is told to a person, an illegal event is recorded as such and changes nothing, old news
        leaves no mark.
        """
        verdict, status = TABLE[order.status, event], order.status
        if verdict.kind == "ignored":
            return False
        if verdict.kind == "illegal":
            self.write(Illegal(id=order.id, status=status, event=event))
            self.alert("critical", "illegal_event", f"order {order.id} is {status}, and was told: {event}")
            return False
        self.write(*bodies)
        if verdict.kind == "finding":
            severity: Severity = "critical" if status in NEVER_THERE else "warning"
            code = event.value.replace(" ", "_")
            self.alert(severity, code, f"order {order.id} was {status}, and at the broker: {event} {text}")
        return True

    def alert(self, severity: Severity, code: str, text: str) -> None:
        """Tell a person, and record it."""
        self.write(Alerted(severity=severity, code=code, text=text.strip()))
        self._alerts.append(Alert(severity, code, text.strip()))

    def ask(self, request: Send | Look) -> None:
        """Ask the broker once everything so far is durable."""
        self._requests.append(request)

    def commands(self) -> list[Command]:
        """In the order in which they must be carried out."""
        record = [Record(tuple(self._bodies), self.now)] if self._bodies else []
        return [*record, *self._requests, *self._notices, *self._alerts]
