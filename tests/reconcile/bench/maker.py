"""The hand that writes both sides of an account at once, so that they tell one story by construction."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ictcli.reconcile.exact import UNIT
from tests.reconcile.bench.records import NS, Asked, Cash, Deal, Group, Held, Instrument, Order, Side, state

LAG = 80_000_000
"""How much later than the broker the ledger writes an order's change."""


@dataclass(slots=True)
class Holding:
    """A position that is open, as it truly is."""

    group: Group
    intent: str
    magic: int
    deals: list[Deal] = field(default_factory=list)

    @property
    def volume(self) -> int:
        return state(self.deals).volume


class Maker:
    """Writes orders, deals and cash on both sides.

    Attributes:
        now: instant of what happens next, ns UTC.
        sees: whether ledger and broker learn of it.
        early: what happens is before the window, of which the broker tells nothing.
        ahead: what happens is behind the watermark.
    """

    def __init__(self, rng: Random, local: Side, broker: Side) -> None:
        self.rng, self.local, self.broker = rng, local, broker
        self.now = 0
        self.sees = (True, True)
        self.early = self.ahead = False
        self.groups: list[Group] = []
        self.holdings: dict[int, Holding] = {}
        self.working: list[tuple[Asked, Group]] = []
        self.strangers: set[str] = set()
        self.number = rng.randrange(10_000, 900_000)
        self._serial = 0

    def ticket(self) -> int:
        self.number += self.rng.randint(1, 4)
        return self.number

    def group(self, symbol: str, position: int = 0) -> Group:
        made = Group(len(self.groups), symbol, position, busy=self.ahead)
        self.groups.append(made)
        return made

    def price(self, instrument: Instrument) -> int:
        """Somewhere within one percent of where it trades, on its ticks."""
        away = self.rng.randint(-instrument.price // 100, instrument.price // 100)
        return (instrument.price + away) // instrument.tick * instrument.tick

    def volume(self, instrument: Instrument, most: int = 40) -> int:
        return instrument.step * self.rng.randint(1, most)

    def order(self, group: Group, kind: str, side: int, volume: int, **given: Any) -> Asked:
        """An order of ours that both sides have as working."""
        self._serial += 1
        ticket = self.ticket()
        one = Order(
            order=ticket, magic=(7 << 32) + self._serial, symbol=group.symbol, side=side, kind=kind,
            status="open", volume=volume, placed=self.now, touched=self.now, **given,
        )  # fmt: skip
        local = replace(one, intent=f"i{self._serial:06d}", touched=self.now + LAG)
        local.action = "close" if one.position else "place"
        asked = Asked(local, replace(one, reason=self.rng.choice(["expert", "expert", "client"])))
        group.asked.append(asked)
        self._tell("orders", asked.local, asked.broker)
        return asked

    def change(self, asked: Asked, **changes: Any) -> None:
        """Change an order on the sides that see it."""
        for one, seen, lag in ((asked.local, self.sees[0], LAG), (asked.broker, self.sees[1], 0)):
            if seen:
                for name, value in changes.items():
                    setattr(one, name, value)
                one.touched = self.now + lag

    def stopped(self, holding: Holding, volume: int, reason: str, magic: int) -> int:
        """An order at the broker that belongs to a position of ours; the ledger has none of it."""
        ticket = self.ticket()
        made = Order(
            ticket, magic, holding.group.symbol, -1 if holding.volume > 0 else 1, "market", "filled", volume,
            self.now, self.now, filled=volume, position=holding.group.position, reason=reason,
        )  # fmt: skip
        if self.sees[1]:
            self.broker.orders.append(made)
        return ticket

    def execute(self, asked: Asked, holding: Holding, volume: int, price: int, **flags: bool) -> None:
        """A deal of an order of ours; the order's own state is changed with it."""
        self.now += self.rng.randint(1, 20) * NS
        local, broker = asked.local, asked.broker
        self.deal(
            holding, order=broker.order, magic=local.magic, intent=local.intent, side=local.side,
            volume=volume, price=price, **flags,
        )  # fmt: skip
        filled = max(local.filled, broker.filled) + volume
        over = filled >= local.volume
        status = "filled" if over else local.status if flags.get("late") else "partial"
        self.change(asked, filled=filled, status=status)
        if self.sees[1] and broker.position == 0:
            broker.position = holding.group.position

    def deal(self, holding: Holding, *, side: int, volume: int, price: int, **given: Any) -> None:
        """A deal of a position of ours, with the money it made."""
        before = state(holding.deals)
        after = before.volume + side * volume
        closing = min(volume, abs(before.volume)) if before.volume * side < 0 else 0
        deal = Deal(
            deal=self.ticket(), position=holding.group.position, symbol=holding.group.symbol, side=side,
            entry="inout" if closing and before.volume * after < 0 else "out" if closing else "in",
            volume=volume, price=price, ts=self.now, **given,
        )  # fmt: skip
        self._money(deal, closing, (price - before.price) * -side)
        holding.deals.append(deal)
        holding.group.deals.append(deal.deal)
        if self.ahead:
            holding.group.busy = True
        theirs = replace(deal, intent="", late=False, over=False, of_position=False)
        self._jitter(theirs)
        self._tell("deals", deal, theirs)
        if after == 0:
            self.holdings.pop(holding.group.position, None)

    def open(self, asked: Asked, group: Group) -> Holding:
        """A position of ours that a deal of this order opens next."""
        group.position = asked.broker.order
        holding = Holding(group, asked.local.intent, asked.local.magic)
        self.holdings[group.position] = holding
        made = Held(
            group.position, group.position, asked.local.magic, group.symbol, asked.local.stop,
            asked.local.target, touched=self.now,
        )  # fmt: skip
        for side, seen in zip((self.local, self.broker), self.sees, strict=True):
            if seen:
                side.held[group.position] = replace(made)
        return holding

    def pay(self, kind: str, amount: int, *, operator: bool = False) -> None:
        """A movement of money; a source may give it no number."""
        numbered = not operator and self.rng.random() < 0.85
        ticket = self.ticket() if numbered else 0
        key = f"balance.{ticket}" if numbered else f"{kind}-{len(self.local.cash)}"
        ours = Cash(key, ticket, kind, amount, self.now, operator, kind)
        self._tell("cash", ours, None if operator else replace(ours, key=""))

    def _money(self, deal: Deal, closing: int, move: int) -> None:
        unit, contract = self.local.unit, self.local.instruments[deal.symbol].contract
        gained = move * closing // UNIT * contract // UNIT
        deal.profit = (gained + unit // 2) // unit * unit
        deal.commission = -unit * self.rng.choice([0, 3, 35, 700, self.rng.randint(0, 900)])
        deal.fee = -unit * self.rng.choice([0, 0, 0, 2, 19])
        if closing:
            deal.swap = unit * self.rng.choice([0, 0, -41, -7, 12])

    def _jitter(self, deal: Deal) -> None:
        """What a broker may tell within the tolerances."""
        if self.rng.random() < 0.15:
            half = self.local.instruments[deal.symbol].tick // 2
            deal.price += self.rng.choice([-half, half, self.rng.randint(-half, half)])
        if self.rng.random() < 0.15:
            deal.ts += self.rng.choice([-2 * NS, 2 * NS, self.rng.randint(-2 * NS, 2 * NS)])

    def _tell(self, name: str, ours: Any, theirs: Any) -> None:
        for side, seen, row in ((self.local, self.sees[0], ours), (self.broker, self.sees[1], theirs)):
            if seen and row is not None:
                getattr(side, name).append(row)
