"""The journal told again by other code than the trader's own: what its events add up to."""

from dataclasses import dataclass, field
from decimal import Decimal

from ictcli.ledger.bodies import (
    Acked,
    Adopted,
    AnyBody,
    Cash,
    Corrected,
    Denied,
    Done,
    Ended,
    Filled,
    Intent,
    Missing,
    Rejected,
    Sent,
    Unresolved,
    Withheld,
)

_WORKING = {"sent", "unknown"}


@dataclass(slots=True)
class Story:
    """What became of one intent.

    Attributes:
        state: intent, sent, unknown, open, retry, withheld, denied, done, or the status it ended with.
        sends: durable ``sent`` events.
        order: the broker's ticket, 0 while unknown.
        filled: volume of its deals.
        missing: passes without a trace since it was last unknown.
        last_sent, ended: ns UTC, 0 before.
    """

    intent: Intent
    state: str = "intent"
    sends: int = 0
    order: int = 0
    filled: Decimal = Decimal(0)
    missing: int = 0
    last_sent: int = 0
    ended: int = 0

    @property
    def undecided(self) -> bool:
        """Whether the broker may hold an order that the journal does not know."""
        return self.state in _WORKING


@dataclass(frozen=True, slots=True)
class Holding:
    """A position that one of our orders opened; ``volume`` is what is open of it."""

    position: int
    symbol: str
    side: int
    volume: Decimal


@dataclass(slots=True)
class Retold:
    """All that a journal says, told anew event by event.

    Attributes:
        stories: by intent.
        by_magic: intents by their numbers.
        fills: by deal; ``doubles`` are deals that were written more than once.
        cash: movements by key.
        complaints: what contradicts itself.
    """

    stories: dict[str, Story] = field(default_factory=dict)
    by_magic: dict[int, str] = field(default_factory=dict)
    decisions: dict[tuple[str, str, int, int, str], str] = field(default_factory=dict)
    fills: dict[int, Filled] = field(default_factory=dict)
    cash: dict[str, Cash] = field(default_factory=dict)
    corrections: list[Corrected] = field(default_factory=list)
    changes_sent: int = 0
    complaints: list[str] = field(default_factory=list)

    def hear(self, body: AnyBody, ts: int) -> None:
        """Take the next event."""
        if isinstance(body, Intent):
            self._intent(body)
        elif isinstance(body, Filled):
            self._fill(body)
        elif isinstance(body, Cash):
            if body.key in self.cash:
                self.complaints.append(f"cash {body.key} is booked twice")
            self.cash[body.key] = body
        elif isinstance(body, Corrected):
            self.corrections.append(body)
        elif isinstance(story := self.stories.get(getattr(body, "id", "")), Story):
            self._step(story, body, ts)

    def undecided(self, symbol: str) -> list[Story]:
        """Orders of a symbol that the broker may hold without the journal knowing."""
        return [
            story
            for story in self.stories.values()
            if story.undecided and story.intent.symbol == symbol and story.intent.magic
        ]

    def open_volumes(self) -> dict[int, Decimal]:
        """Volume by position, as deals make it; closed ones are left out."""
        volumes: dict[int, Decimal] = {}
        for fill in self.fills.values():
            sign = 1 if fill.entry == "in" else -1
            volumes[fill.position] = volumes.get(fill.position, Decimal(0)) + sign * fill.volume
        return {position: volume for position, volume in volumes.items() if volume}

    def holdings(self) -> list[Holding]:
        """Our own open positions."""
        entries = {fill.position: fill for fill in self.fills.values() if fill.entry == "in" and fill.id}
        return [
            Holding(position, entries[position].symbol, entries[position].side, volume)
            for position, volume in self.open_volumes().items()
            if position in entries and volume > 0
        ]

    def resting(self) -> list[Story]:
        """Resting orders that are open as far as the journal knows."""
        return [
            story
            for story in self.stories.values()
            if story.state == "open" and story.order and story.intent.order not in {"market", ""}
        ]

    def money(self) -> Decimal:
        """Sum of all that deals and cash did to the balance."""
        deals = sum((f.profit + f.commission + f.swap + f.fee for f in self.fills.values()), Decimal(0))
        return deals + sum((c.amount for c in self.cash.values() if not c.operator), Decimal(0))

    def _intent(self, body: Intent) -> None:
        if body.id in self.stories:
            self.complaints.append(f"intent {body.id} is written twice")
        decision = (body.strategy, body.symbol, body.bar, body.leg, body.action)
        if decision in self.decisions and body.magic:
            self.complaints.append(f"{body.action} of {body.symbol} at {body.bar} is decided twice")
        self.decisions[decision] = body.id
        if body.magic and body.magic in self.by_magic:
            self.complaints.append(f"magic {body.magic} is given to two intents")
        self.stories[body.id] = Story(body)
        if body.magic:
            self.by_magic[body.magic] = body.id

    def _fill(self, body: Filled) -> None:
        if body.deal in self.fills:
            self.complaints.append(f"deal {body.deal} is booked twice")
        self.fills[body.deal] = body
        if body.id in self.stories and not body.of_position:
            story = self.stories[body.id]
            story.filled += body.volume
            if story.filled >= (story.intent.volume or 0):
                story.state = "filled"
            elif story.undecided:
                story.state = "open"

    def _step(self, story: Story, body: AnyBody, ts: int) -> None:
        if isinstance(body, Sent):
            story.sends += 1
            story.state, story.last_sent, story.missing = "sent", ts, 0
            self.changes_sent += not story.intent.magic
        elif isinstance(body, Acked | Adopted):
            story.state, story.order = "open", body.order or story.order
        elif isinstance(body, Rejected):
            story.state = "retry" if body.again else story.state
        elif isinstance(body, Missing):
            story.missing += 1
        elif isinstance(body, Ended):
            story.state, story.ended = body.status, ts
        else:
            states = {Denied: "denied", Withheld: "withheld", Unresolved: "unknown", Done: "done"}
            story.state = states.get(type(body), story.state)
