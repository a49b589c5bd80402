"""Both sides of an account under construction: rows that can still be changed, and what faults may touch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from ictcli.reconcile.exact import UNIT

NS = 1_000_000_000
MINUTE = 60 * NS
HOUR = 3600 * NS
DAY = 24 * HOUR


@dataclass(slots=True)
class Deal:
    """One row of fills, as ``story.FILLS`` has it."""

    deal: int
    order: int
    position: int
    magic: int
    symbol: str
    side: int
    entry: str
    volume: int
    price: int
    ts: int
    intent: str = ""
    profit: int = 0
    commission: int = 0
    swap: int = 0
    fee: int = 0
    currency: str = ""
    reason: str = "expert"
    voided: bool = False
    late: bool = False
    over: bool = False
    of_position: bool = False

    @property
    def money(self) -> int:
        return 0 if self.voided else self.profit + self.commission + self.swap + self.fee


@dataclass(slots=True)
class Order:
    """One row of orders, as ``story.ORDERS`` has it."""

    order: int
    magic: int
    symbol: str
    side: int
    kind: str
    status: str
    volume: int
    placed: int
    touched: int
    intent: str = ""
    action: str = ""
    filled: int = 0
    price: int | None = None
    limit: int | None = None
    stop: int | None = None
    target: int | None = None
    position: int = 0
    reason: str = ""


@dataclass(slots=True)
class Cash:
    """One row of cash, as ``story.CASH`` has it."""

    key: str
    deal: int
    kind: str
    amount: int
    ts: int
    operator: bool = False
    comment: str = ""


@dataclass(slots=True)
class Held:
    """What a side says of an open position beyond its deals.

    ``volume`` and ``price`` replace what follows from the deals; ``gone`` leaves the row out.
    """

    position: int
    ticket: int
    magic: int
    symbol: str
    stop: int | None = None
    target: int | None = None
    swap: int = 0
    profit: int = 0
    touched: int = 0
    volume: int | None = None
    price: int | None = None
    gone: bool = False


@dataclass(slots=True)
class Instrument:
    """A contract and the price it trades around."""

    symbol: str
    digits: int
    tick: int
    step: int
    contract: int
    price: int


@dataclass(slots=True)
class Side:
    """One side.

    ``since``: it tells of nothing before. ``untold``: what it leaves out. ``balance_off``, ``equity_off``:
    how far they are from what follows. ``repeats``: how many of the last rows of each table it tells again.
    """

    account: str
    currency: str
    minor: int
    netting: bool
    opening: int
    since: int = 0
    until: int = 0
    complete: bool = True
    why: str = ""
    deals: list[Deal] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    cash: list[Cash] = field(default_factory=list)
    held: dict[int, Held] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    foreign: set[tuple[str, int]] = field(default_factory=set)
    untold: set[tuple[str, int]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    clock_offset: int | None = None
    balance_told: bool = True
    equity_told: bool = False
    balance_off: int = 0
    equity_off: int = 0
    repeats: int = 0

    @property
    def unit(self) -> int:
        """One minor unit of money."""
        return int(UNIT // 10**self.minor)

    @property
    def balance(self) -> int:
        paid = sum(one.amount for one in self.cash if not one.operator)
        return self.opening + paid + sum(one.money for one in self.deals) + self.balance_off

    def deal(self, ticket: int) -> Deal:
        return next(one for one in self.deals if one.deal == ticket)

    def order(self, ticket: int) -> Order:
        return next(one for one in self.orders if one.order == ticket)


@dataclass(slots=True)
class Asked:
    """An order of ours as both sides have it."""

    local: Order
    broker: Order


@dataclass(slots=True)
class Group:
    """What belongs together, so that two faults in it could explain each other: a position or an order.

    ``busy``: no fault is planted here: it is foreign, or moved behind the watermark.
    """

    number: int
    symbol: str
    position: int = 0
    deals: list[int] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    busy: bool = False


@dataclass(slots=True)
class Pair:
    """Both sides, with the groups that faults choose their targets from.

    ``strangers``: keys of what others did and the ledger knows of: told, and no root.
    """

    seed: int
    local: Side
    broker: Side
    groups: list[Group]
    number: int
    strangers: set[str]
    instruments: dict[str, Instrument]
    taken: set[str] = field(default_factory=set)

    @property
    def unit(self) -> int:
        return self.broker.unit

    @property
    def since(self) -> int:
        return self.broker.since

    @property
    def until(self) -> int:
        return self.broker.until

    def ticket(self) -> int:
        """A number that neither side has."""
        self.number += 1
        return self.number

    def instrument(self, symbol: str) -> Instrument:
        return self.instruments[symbol]

    def instant(self, rng: Random) -> int:
        """Some instant well inside the window."""
        return rng.randrange(self.since + HOUR, self.until - HOUR)

    def free(self, rng: Random) -> Iterator[Group]:
        """Groups that may get a fault, in random order."""
        groups = [one for one in self.groups if self.may(one)]
        rng.shuffle(groups)
        return iter(groups)

    def may(self, group: Group) -> bool:
        """Whether a fault may be planted in a group."""
        names = {f"group:{group.number}", f"spec:{group.symbol}"}
        return not group.busy and not names & self.taken

    def take(self, group: Group) -> None:
        """Keep other faults out of a group."""
        self.taken |= {f"group:{group.number}", f"symbol:{group.symbol}"}

    def inside(self, ts: int) -> bool:
        """Whether an instant is within the window, away from its ends."""
        return self.since + MINUTE < ts < self.until - MINUTE

    def choose(self, rng: Random, want: Callable[[Group, Deal], bool]) -> tuple[Group, Deal, Deal] | None:
        """A deal of both sides in a free group, which is then taken; None where there is none."""
        for group in self.free(rng):
            deals = [one for one in self.local.deals if one.deal in group.deals]
            fit = [one for one in deals if self.inside(one.ts) and not one.voided and want(group, one)]
            if fit:
                ours = rng.choice(fit)
                self.take(group)
                return group, ours, self.broker.deal(ours.deal)
        return None


@dataclass(frozen=True, slots=True)
class State:
    """A position as its deals make it; ``price``: exact until it is rounded to a unit."""

    volume: int = 0
    price: int = 0


def state(deals: list[Deal]) -> State:
    """Fold deals in their order: adding moves the average, reducing keeps it, crossing sets it."""
    volume, average = 0, Fraction(0)
    for deal in deals:
        if deal.voided:
            continue
        moved = deal.side * deal.volume
        after = volume + moved
        if volume == 0 or volume * after < 0:
            average = Fraction(deal.price)
        elif volume * moved > 0:
            average = (abs(volume) * average + deal.volume * deal.price) / abs(after)
        volume = after
    return State(volume, round(average))


def lots(value: float) -> int:
    """Units of a number with few places."""
    scaled: float = value * UNIT
    return round(scaled)
