"""The judge of a simulated run: the broker's own record against the journal, and each request as it leaves.

It knows the venue's books, which no trader can see, and shares no code with the order manager.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.ledger.bodies import Ended, Missing
from ictcli.trading.invariants import Wire
from ictcli.trading.simulation.books import (
    BY_STOP,
    BY_TARGET,
    CANCELLED,
    EXPERT,
    FILLED,
    IN,
    REJECTED,
    Deal,
    Order,
)
from ictcli.trading.simulation.line import Line
from ictcli.trading.simulation.retold import Retold, Story
from ictcli.trading.simulation.storage import Block
from ictcli.trading.simulation.surface import ask_of

FEWEST_LOOKS, SHORTEST_WAIT = 4, 60 * NS_PER_SECOND
"""An order is absent no sooner (RELIABILITY.md 3.1)."""
_ENDED_AS = {FILLED: {"filled"}, CANCELLED: {"cancelled"}, REJECTED: {"rejected", "cancelled"}}
_NEVER_MADE = {"denied", "rejected", "absent"}


def money(minor: int) -> Decimal:
    """Cents as the journal writes money."""
    return Decimal(minor).scaleb(-2)


def lots(steps: int) -> Decimal:
    """Steps as the journal writes volume."""
    return Decimal(steps).scaleb(-2)


class Audit:
    """Watches one run.

    Args:
        line: with the venue behind it.
        stopped: whether the emergency stop is on now.

    Attributes:
        retold: the durable journal, told by other code.
        requests: what left a process, as the order manager's own invariants want it.
        violations: what must never happen and did.
    """

    def __init__(self, line: Line, stopped: Callable[[], bool]) -> None:
        self._line, self._stopped = line, stopped
        self.retold = Retold()
        self.violations: list[str] = []
        self.requests: list[Wire] = []
        self._complete = False
        self._blind = 0

    def looking(self) -> None:
        """A look at the broker's records begins; until it is over it is not complete."""
        self._complete, self._blind = False, self._line.blind

    def looked(self, *, complete: bool) -> None:
        """It is over; ``complete`` as the adapter says."""
        self._complete = complete
        if complete and self._line.blind != self._blind:
            self._blame("a look without a connection is said to be complete")

    @contextmanager
    def noting(self, digest: str) -> Iterator[None]:
        """Note the request behind ``digest`` if it leaves within the block, however that ends."""
        wired = self._line.wired
        before = len(wired)
        try:
            yield
        finally:
            if len(wired) > before:
                self.requests.append(Wire(wired[before].at, digest))

    def durable(self, block: Block) -> None:
        """Take a transaction that cannot be lost any more."""
        for body in block.bodies:
            self.retold.hear(body, block.ts)
            if isinstance(body, Missing) and not self._complete:
                self._blame(f"{body.id} is missing after a look that was not complete")
            elif isinstance(body, Ended) and (story := self.retold.stories.get(body.id)) is not None:
                self._ended(story, body.status, block.ts)

    def leaving(self, request: Mapping[str, Any]) -> None:
        """Judge a request in the moment it leaves the process."""
        ask = ask_of(request)
        if ask.action not in {1, 5}:
            changes = sum(wired.ask.action not in {1, 5} for wired in self._line.wired)
            if changes >= self.retold.changes_sent:
                self._blame("a change left without a durable `sent`")
            if self._stopped() and ask.action != 8:
                self._blame("a change left while halted")
            return
        story = self.retold.stories.get(self.retold.by_magic.get(ask.magic, ""))
        if story is None:
            self._blame(f"order {ask.magic} left without a durable intent")
            return
        before = [wired for wired in self._line.wired if wired.ask.magic == ask.magic]
        if len(before) >= story.sends:
            self._blame(f"order {ask.magic} left without a durable `sent`")
        if any(not wired.certain for wired in before):
            self._blame(f"order {ask.magic} left again although its outcome was unknown")
        if self._stopped():
            self._blame(f"order {ask.magic} left while halted")
        others = [other for other in self.retold.undecided(story.intent.symbol) if other is not story]
        if others and not ask.position:
            self._blame(f"order {ask.magic} left while another one of {ask.symbol} was unknown")

    def _ended(self, story: Story, status: str, now: int) -> None:
        """Judge the end of an order as it is written down."""
        name, magic = story.intent.id, story.intent.magic
        if status == "absent":
            if not self._complete or story.missing < FEWEST_LOOKS or now - story.last_sent < SHORTEST_WAIT:
                self._blame(f"{name} is called absent after {story.missing} looks")
        elif status == "rejected" and magic:
            wired = [one for one in self._line.wired if one.ask.magic == magic]
            done = self._line.venue.books.done
            rejected = any(one.magic == magic and one.state == REJECTED for one in done)
            if wired and not wired[-1].certain and not rejected:
                self._blame(f"{name} is called rejected by an answer that decided nothing")

    def judge(self) -> list[str]:
        """All violations of a run that is over and had its quiet period."""
        self._orders()
        self._deals()
        self._state()
        return self.violations + self.retold.complaints

    def _orders(self) -> None:
        books = self._line.venue.books
        made: dict[int, list[Order]] = {}
        for order in [*books.orders.values(), *books.done]:
            if order.magic and order.reason == EXPERT:
                made.setdefault(order.magic, []).append(order)
        for magic, orders in made.items():
            if len(orders) > 1:
                self._blame(f"doubled: {len(orders)} orders of {magic}")
            if magic not in self.retold.by_magic:
                self._blame(f"order of {magic} without an intent")
        for magic, name in self.retold.by_magic.items():
            self._order(self.retold.stories[name], made.get(magic, []))

    def _order(self, story: Story, orders: list[Order]) -> None:
        name = f"{story.intent.action} {story.intent.magic}"
        if story.state in {"sent", "unknown"}:
            self._blame(f"{name} is still {story.state} after the quiet period")
        elif not orders:
            if story.state not in _NEVER_MADE:
                self._blame(f"{name} is {story.state} and the broker has nothing of it")
        else:
            order = orders[0]
            expected = {"open"} if not order.done else _ENDED_AS.get(order.state, {"expired"})
            if story.state not in expected:
                self._blame(f"{name} is {story.state}, at the broker {order.state}")
            if lots(order.volume - order.remaining) != story.filled:
                self._blame(
                    f"{name} filled {story.filled}, at the broker {order.volume - order.remaining} steps"
                )

    def _deals(self) -> None:
        deals = self._line.venue.books.deals
        for deal in deals:
            if deal.type < 2:
                self._deal(deal)
        known = {deal.ticket for deal in deals}
        for ticket in self.retold.fills.keys() - known:
            self._blame(f"invented: deal {ticket}")

    def _deal(self, deal: Deal) -> None:
        fill = self.retold.fills.get(deal.ticket)
        if fill is None:
            self._blame(f"lost: deal {deal.ticket} of order {deal.order}, magic {deal.magic}")
            return
        ours = (fill.order, fill.position, fill.volume, fill.price, fill.entry, fill.side)
        theirs = (
            deal.order, deal.position, lots(deal.volume), Decimal(deal.price).scaleb(-5),
            "in" if deal.entry == IN else "out", 1 if deal.type == 0 else -1,
        )  # fmt: skip
        if ours != theirs or fill.profit + fill.commission != money(deal.profit + deal.commission):
            self._blame(f"deal {deal.ticket} is booked as {ours}, at the broker {theirs}")
        own = deal.reason not in {BY_STOP, BY_TARGET} and self.retold.by_magic.get(deal.magic)
        if own and (fill.id != own or fill.of_position):
            self._blame(f"deal {deal.ticket} of {deal.magic} is booked for {fill.id or 'nobody'}")

    def _state(self) -> None:
        books = self._line.venue.books
        theirs = {ticket: lots(position.volume) for ticket, position in books.positions.items()}
        if self.retold.open_volumes() != theirs:
            self._blame(f"positions {self.retold.open_volumes()}, at the broker {theirs}")
        if self.retold.money() != money(books.balance):
            self._blame(f"money {self.retold.money()}, at the broker {money(books.balance)}")
        for ticket, position in books.positions.items():
            if position.magic and not position.stop:
                self._blame(f"position {ticket} has no stop")

    def _blame(self, what: str) -> None:
        self.violations.append(what)
