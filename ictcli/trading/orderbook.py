"""The state of all orders, positions and money: a pure fold over the journal, and nothing else.

Whatever the order manager knows for good it knows from here, so a restart is a fold of the journal. Only
dictionaries are kept, in the order in which things were applied: two folds of one journal are equal.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ictcli.ledger.bodies import AnyBody, Cash, Filled, Foreign, Latched, Mode, Opened, Start
from ictcli.ledger.log import Entry
from ictcli.trading import orderbook_fold
from ictcli.trading.messages import DoneNotice, EndNotice, FillNotice
from ictcli.trading.orderbook_records import OrderState, PositionState, TaskState

Notice = FillNotice | EndNotice | DoneNotice


class OrderBook:
    """Everything that the journal says about trading.

    Attributes:
        orders, tasks: by intent, in order of their decisions.
        working: intents of orders that are not over.
        pending: intents of tasks that are not over.
        positions: our open positions, by the broker's identifier.
        owners: position = intent that opened it, kept after its end.
        deals, voided: every deal booked, and when one was taken back.
        movements: cash movements by key.
        spooled: files of the spool that were booked.
        foreign: (what, ticket) = what is not ours, as last seen.
        by_magic, by_ticket: intents of orders.
        cash: what the broker's books should hold.
        fees: operator fees, which they do not hold.
        epoch, start, opened: the last start, and how the account stood at the first.
        recovering: begun, and not yet compared with the broker.
        mode, mode_reason: what is allowed, and why.
        latched: the emergency stop that is on.
        rejects: orders to open that the broker refused, in a row.
        sequence: last durable number given to an order.
        last_ts: when the last event was written, ns UTC.
        illegal: events that the state machine does not allow.
    """

    def __init__(self) -> None:
        self.orders: dict[str, OrderState] = {}
        self.tasks: dict[str, TaskState] = {}
        self.working: dict[str, None] = {}
        self.pending: dict[str, None] = {}
        self.positions: dict[int, PositionState] = {}
        self.owners: dict[int, str] = {}
        self.deals: dict[int, Filled] = {}
        self.voided: dict[int, int] = {}
        self.movements: dict[str, Cash] = {}
        self.spooled: dict[str, None] = {}
        self.foreign: dict[tuple[str, int], Foreign] = {}
        self.by_magic: dict[int, str] = {}
        self.by_ticket: dict[int, str] = {}
        self.cash = Decimal(0)
        self.fees = Decimal(0)
        self.epoch = 0
        self.start: Start | None = None
        self.opened: Opened | None = None
        self.recovering = False
        self.mode: Mode = "active"
        self.mode_reason = ""
        self.latched: Latched | None = None
        self.rejects = 0
        self.sequence = 0
        self.last_ts = 0
        self.illegal = 0

    def apply(self, body: AnyBody, ts: int) -> tuple[Notice, ...]:
        """Take one event in.

        Args:
            body: the event.
            ts: when it was written, ns UTC.

        Returns:
            What the decision side is to be told of it.
        """
        self.last_ts = max(self.last_ts, ts)
        return orderbook_fold.apply(self, body, ts)

    def apply_all(self, entries: Iterable[Entry]) -> None:
        """Take events of a journal in."""
        for entry in entries:
            self.apply(entry.body, entry.ts)

    def working_orders(self) -> Iterator[OrderState]:
        """Orders that are not over."""
        return (self.orders[name] for name in self.working)

    def pending_tasks(self) -> Iterator[TaskState]:
        """Tasks that are not over."""
        return (self.tasks[name] for name in self.pending)

    def unresolved_of(self, symbol: str) -> list[OrderState]:
        """Orders of a symbol that the broker may have without our knowing."""
        return [one for one in self.working_orders() if one.unresolved and one.intent.symbol == symbol]

    def unresolved(self) -> list[OrderState | TaskState]:
        """Everything that the broker may have without our knowing."""
        found: list[OrderState | TaskState] = [one for one in self.working_orders() if one.unresolved]
        return found + [one for one in self.pending_tasks() if one.unresolved]

    def closing(self, position: int) -> Decimal:
        """Volume of a position that closes under way may still take away, lots."""
        asked = (
            one.remaining
            for one in self.working_orders()
            if one.intent.action == "close" and one.intent.position == position and one.status != "intent"
        )
        return sum(asked, Decimal(0))

    def exposure(self, symbol: str) -> tuple[Decimal, Decimal]:
        """The longest and the shortest that a symbol can become, signed lots.

        Orders that work and orders whose outcome is unknown count in full, foreign positions and orders too.
        """
        held = [position.volume for position in self.positions.values() if position.symbol == symbol]
        strange = [one for one in self.foreign.values() if one.symbol == symbol and one.what != "deal"]
        held += [one.side * one.volume for one in strange if one.what == "position"]
        asked = [one.side * one.volume for one in strange if one.what == "order"]
        asked += [
            one.intent.side * one.remaining
            for one in self.working_orders()
            if one.intent.symbol == symbol and one.intent.action == "place" and one.attempt
        ]
        zero = Decimal(0)
        now = sum(held, zero)
        return (
            now + sum((one for one in asked if one > 0), zero),
            now + sum((one for one in asked if one < 0), zero),
        )
