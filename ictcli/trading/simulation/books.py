"""What the model of a broker keeps: its own orders, deals and positions, in points, steps and cents.

Written apart from the simulated trade server and from the engine, so that it can contradict both. Instants
are ns UTC, enumerations are the numbers of MT5 (MT5.md 2), a step is 0.01 lots and a point 0.00001, so that
one point of one step is one cent of a dollar account.
"""

from dataclasses import dataclass, field

BUY, SELL = 0, 1
PLACED, CANCELLED, PARTIAL, FILLED, REJECTED, EXPIRED = 1, 2, 3, 4, 5, 6
IN, OUT = 0, 1
BALANCE = 2
CLIENT, EXPERT, BY_STOP, BY_TARGET = 0, 3, 4, 5
LOTS_PER_STEP, PRICE_PER_POINT = 0.01, 0.00001
OPENING = {BUY: 1, SELL: -1, 2: 1, 3: -1, 4: 1, 5: -1}
"""Side of an order by its type: market, limit, stop."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request in the venue's units; fields as MT5 names them."""

    action: int
    symbol: str = ""
    type: int = 0
    volume: int = 0
    price: int = 0
    stop: int = 0
    target: int = 0
    magic: int = 0
    order: int = 0
    position: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the venue says at once."""

    code: int
    order: int = 0
    deal: int = 0
    volume: int = 0
    price: int = 0


@dataclass(slots=True)
class Order:
    """An order; ``shown`` is when a terminal first lists it as open, ``filed`` when its history does."""

    ticket: int
    symbol: str
    type: int
    volume: int
    remaining: int
    placed: int
    shown: int
    magic: int = 0
    price: int = 0
    stop: int = 0
    target: int = 0
    position: int = 0
    state: int = PLACED
    done: int = 0
    filed: int = 0
    reason: int = EXPERT
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Deal:
    """A fill, or cash; ``filed`` is when a terminal's history lists it."""

    ticket: int
    order: int
    ts: int
    filed: int
    type: int
    entry: int
    magic: int
    position: int
    reason: int
    symbol: str
    volume: int
    price: int
    commission: int = 0
    profit: int = 0
    comment: str = ""


@dataclass(slots=True)
class Position:
    """An open position; ``cost`` is the sum of price times volume of its entries."""

    ticket: int
    symbol: str
    type: int
    magic: int
    volume: int
    cost: int
    opened: int
    shown: int
    stop: int = 0
    target: int = 0


@dataclass(slots=True)
class Books:
    """All of an account; nothing is ever removed but open orders and open positions.

    ``ghosts`` are open orders and positions that are over, and until when terminals list them still.
    """

    balance: int
    orders: dict[int, Order] = field(default_factory=dict)
    done: list[Order] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    positions: dict[int, Position] = field(default_factory=dict)
    ghosts: list[tuple[int, Order | Position]] = field(default_factory=list)
    tickets: int = 1000

    def ticket(self) -> int:
        """A number that nothing had before."""
        self.tickets += 1
        return self.tickets
