"""What the order book keeps of an order, of a request without an order, and of a position."""

from dataclasses import dataclass
from decimal import Decimal

from ictcli.ledger.bodies import Intent
from ictcli.trading.status import OVER, Status, TaskStatus


@dataclass(slots=True)
class OrderState:
    """An order: an intent to place or close, and what became of it.

    Attributes:
        intent: what was decided.
        created: when it was recorded, ns UTC.
        status: where it stands.
        attempt: number of the last attempt, 0 before the first.
        first_sent, last_sent: when the first and the last attempt were recorded; 0: never.
        unknown_since: when its outcome was last called unknown; 0: never.
        missed, last_missed, absent_for: passes without a trace: how many, when the last began, and the time
            between them, ns, where one gap counts ``LONGEST_GAP`` at most: a clock that jumps proves nothing.
        ticket: at the broker; 0 while not known.
        filled: volume of its deals.
        cancel_asked: a withdrawal is under way.
        version: counts changes of its prices.
        changed: the amendment that is in force, None for none.
        provable: every attempt so far provably was not executed, so it may be sent.
    """

    intent: Intent
    created: int
    status: Status = Status.INTENT
    attempt: int = 0
    first_sent: int = 0
    last_sent: int = 0
    unknown_since: int = 0
    missed: int = 0
    last_missed: int = 0
    absent_for: int = 0
    ticket: int = 0
    filled: Decimal = Decimal(0)
    cancel_asked: bool = False
    version: int = 0
    changed: Intent | None = None
    provable: bool = True

    @property
    def id(self) -> str:
        """Name of the intent."""
        return self.intent.id

    @property
    def volume(self) -> Decimal:
        """Volume that was decided, lots."""
        return self.intent.volume or Decimal(0)

    @property
    def remaining(self) -> Decimal:
        """Volume not filled; 0 once it is over."""
        return Decimal(0) if self.over else max(self.volume - self.filled, Decimal(0))

    @property
    def over(self) -> bool:
        """Whether it is the end for us."""
        return self.status in OVER

    @property
    def unresolved(self) -> bool:
        """Whether the broker may have it without our knowing."""
        return self.status in {Status.SENT, Status.UNKNOWN}

    @property
    def resting(self) -> bool:
        """Whether the broker is known to work on it."""
        return self.status in {Status.OPEN, Status.PARTIAL}


@dataclass(slots=True)
class TaskState:
    """A request to cancel, protect or amend, and what became of it; fields as in ``OrderState``.

    ``refused`` is when the broker last refused it, ns UTC; 0 for never.
    """

    intent: Intent
    created: int
    status: TaskStatus = TaskStatus.INTENT
    attempt: int = 0
    last_sent: int = 0
    unknown_since: int = 0
    refused: int = 0

    @property
    def id(self) -> str:
        """Name of the intent."""
        return self.intent.id

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in {TaskStatus.DENIED, TaskStatus.DONE, TaskStatus.FAILED}

    @property
    def unresolved(self) -> bool:
        """Whether the broker may have it without our knowing."""
        return self.status in {TaskStatus.SENT, TaskStatus.UNKNOWN}


@dataclass(slots=True)
class PositionState:
    """One of our open positions.

    Attributes:
        identifier: its stable key at the broker.
        symbol: ours.
        volume: signed lots, the sum of its deals.
        price: average of the deals that opened it.
        owner: intent that opened it.
        wanted_stop, wanted_target: what was asked for last.
        stop, target: what the broker was last seen to hold.
        seen: whether it was seen in the broker's list of positions.
        ticket: what requests name it by.
    """

    identifier: int
    symbol: str
    owner: str
    volume: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    wanted_stop: Decimal | None = None
    wanted_target: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    seen: bool = False
    ticket: int = 0
