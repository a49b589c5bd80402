"""The state of all orders, positions and money: a pure fold over the journal, and nothing else.

Whatever the order manager knows for good it knows from here, so a restart is a fold of the journal: two
folds of one journal are equal. Nothing is forgotten, for a deal may come late and must be booked once for
ever; what is over lies compressed (``store.packed``).
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ictcli.ledger.bodies import (
    AnyBody,
    Cash,
    Denied,
    Done,
    Ended,
    Filled,
    Foreign,
    Latched,
    Mode,
    Opened,
    Start,
)
from ictcli.ledger.log import Entry
from ictcli.store.packed import BLOCK, KEPT, Packed
from ictcli.trading import orderbook_fold
from ictcli.trading.messages import DoneNotice, EndNotice, FillNotice, MoneyNotice
from ictcli.trading.orderbook_records import OrderState, PositionState, TaskState

Notice = FillNotice | EndNotice | DoneNotice | MoneyNotice


class OrderBook:
    """Everything that the journal says about trading.

    Attributes:
        orders, tasks: by intent.
        lately: orders that were recorded within the last half hour, in order; they are not compressed.
        working: intents of orders that are not over.
        pending: intents of tasks that are not over.
        positions: our open positions, by the broker's identifier.
        owners: position = intent that opened it, kept after its end.
        strangers: positions that deals of nobody of ours opened or closed, and when that was booked, ns UTC.
        deals, voided: every deal booked, and when one was taken back.
        movements: cash movements by key.
        corrections: keys of corrections that were booked.
        spooled: files of the spool that were booked.
        foreign: (what, ticket) = orders and positions that are not ours, as last seen.
        foreign_deals: deals that are not ours.
        by_magic, by_ticket: intents of orders.
        cash: what the broker's books should hold.
        fees: operator fees, which they do not hold.
        epoch, start, opened: the last start, and how the account stood at the first.
        recovering: begun, and not yet compared with the broker.
        mode, mode_reason: what is allowed, and why.
        latched: the emergency stop that is on.
        rejects: orders to open that the broker refused, in a row; until one is taken, or a person lifts what
            followed from them.
        sequence: last durable number given to an order.
        last_ts: when the last event was written, ns UTC.
        illegal: events that the state machine does not allow.

    Args:
        kept: orders, deals and the like that are kept as they are after they are over; older ones are
            compressed.
        block: how many are compressed together.
    """

    def __init__(self, kept: int = KEPT, block: int = BLOCK) -> None:
        self.orders: Packed[str, OrderState] = Packed(str, OrderState, self._may_be_packed, kept, block)
        self.tasks: Packed[str, TaskState] = Packed(str, TaskState, _is_over, kept, block)
        self.lately: dict[str, OrderState] = {}
        self.working: dict[str, None] = {}
        self.pending: dict[str, None] = {}
        self.positions: dict[int, PositionState] = {}
        self.owners: Packed[int, str] = Packed(int, str, None, kept, block)
        self.strangers: Packed[int, int] = Packed(int, int, None, kept, block)
        self.deals: Packed[int, Filled] = Packed(int, Filled, None, kept, block)
        self.voided: dict[int, int] = {}
        self.movements: Packed[str, Cash] = Packed(str, Cash, None, kept, block)
        self.corrections: dict[str, None] = {}
        self.spooled: dict[str, None] = {}
        self.foreign: dict[tuple[str, int], Foreign] = {}
        self.foreign_deals: Packed[int, Foreign] = Packed(int, Foreign, None, kept, block)
        self.by_magic: Packed[int, str] = Packed(int, str, None, kept, block)
        self.by_ticket: Packed[int, str] = Packed(int, str, None, kept, block)
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
        notices = orderbook_fold.apply(self, body, ts)
        if isinstance(body, Filled | Ended | Done | Denied | Cash):
            self._tidy()
        return notices

    def apply_all(self, entries: Iterable[Entry]) -> None:
        """Take events of a journal in."""
        for entry in entries:
            self.apply(entry.body, entry.ts)

    def _tidy(self) -> None:
        """Compress what is over, where there is enough of it: never while a request waits to be sent."""
        self.orders.tidy()
        self.tasks.tidy()
        self.deals.tidy()
        self.movements.tidy()
        for one in (self.by_magic, self.by_ticket, self.owners):
            one.tidy()
        self.strangers.tidy()
        self.foreign_deals.tidy()

    def _may_be_packed(self, order: OrderState) -> bool:
        return order.over and order.id not in self.lately

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
        strange = [one for one in self.foreign.values() if one.symbol == symbol]
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


def _is_over(state: TaskState) -> bool:
    return state.over
