"""Clearing an account by an own broker session, for when the trader cannot: cancel, close, look again.

What is ours, ``ownership`` tells. Nothing is ever opened: orders are withdrawn, positions closed by their own
ticket and volume, until nothing is left or what remains can be named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ictcli.brokers.broker import Broker
from ictcli.brokers.reports import Evidence, OrderReport, Outcome, PositionReport
from ictcli.brokers.requests import Cancel, Close
from ictcli.clock import NS_PER_DAY, NS_PER_SECOND
from ictcli.errors import ExitCode, SourceUnavailable
from ictcli.ledger.bodies import Emergency
from ictcli.trading.identity import EMERGENCY_STRATEGY, magic_of
from ictcli.trading.ownership import CLOSING_COMMENT, Ownership

_MOST_TICKET = 2**32 - 1
_AGAIN = {"retryable", "partial"}
_CANCEL_AGAIN = {"retryable", "partial", "unknown"}
"""Withdrawing an order twice does no harm."""
_CALM = 2
"""Looks in a row that must show nothing left: a request of the trader's may have been on its way."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to try.

    Attributes:
        deadline: seconds until what remains is named.
        pause: seconds between two looks.
        now: ns UTC.
        sleep: waits for seconds.
    """

    deadline: float
    pause: float
    now: Callable[[], int]
    sleep: Callable[[float], None]


@dataclass(slots=True)
class Cleared:
    """What came of it.

    Attributes:
        cancelled, closed: tickets that a later look did not show any more.
        resting, positions: of ours, in the last complete look; ``positions`` counts only when flattening.
        foreign: orders and positions that are not ours; never touched.
        unknown: tickets that are still shown though a request may have been, or is said to be, executed.
        looked: a complete look was made after the last request.
        requests: every request with its outcome, for the ledger.
    """

    cancelled: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    resting: list[OrderReport] = field(default_factory=list)
    positions: list[PositionReport] = field(default_factory=list)
    foreign: int = 0
    unknown: list[int] = field(default_factory=list)
    looked: bool = False
    requests: list[Emergency] = field(default_factory=list)

    @property
    def code(self) -> ExitCode:
        """0 when nothing is left, 8 when something may have been executed, 7 when the broker refused."""
        if self.unknown or not self.looked:
            return ExitCode.UNKNOWN_OUTCOME
        return ExitCode.REJECTED if self.resting or self.positions else ExitCode.OK


@dataclass(slots=True)
class _Asked:
    """The last answer about a ticket, and how often it was asked for."""

    outcome: str
    times: int = 1


class _Clearing:
    """One emergency: what was asked and what came of it."""

    def __init__(self, broker: Broker, epoch: int, pace: Pace, owned: Ownership, *, flatten: bool) -> None:
        self._broker = broker
        self._owned = owned
        self._epoch = epoch
        self._pace = pace
        self._flatten = flatten
        self._orders: dict[int, _Asked] = {}
        self._closes: dict[int, _Asked] = {}
        self._hedging = True
        self.result = Cleared()

    def look(self) -> bool:
        """Read the broker's records; whether the pass was complete."""
        evidence = self._broker.evidence(self._pace.now() - NS_PER_DAY)
        self.result.looked = evidence.complete
        if not evidence.complete:
            return False
        if evidence.account is not None:
            self._hedging = evidence.account.mode == "hedging"
        self._take(evidence)
        return True

    def _take(self, evidence: Evidence) -> None:
        result = self.result
        orders = {order.ticket: order for order in evidence.open_orders}
        positions = {position.ticket: position for position in evidence.positions}
        owns = self._owned.owns
        result.resting = [order for order in orders.values() if owns(order.magic, order.comment)]
        held = [position for position in positions.values() if owns(position.magic, position.comment)]
        result.positions = held if self._flatten else []
        result.foreign = len(orders) + len(positions) - len(result.resting) - len(held)
        result.cancelled = [ticket for ticket in self._orders if ticket not in orders]
        result.closed = [ticket for ticket in self._closes if ticket not in positions]
        asked = {**self._orders, **self._closes}
        result.unknown = [
            ticket
            for ticket in (*orders, *positions)
            if ticket in asked and asked[ticket].outcome in {"unknown", "placed", "done", "noop"}
        ]

    def act(self) -> bool:
        """Ask for everything that may be asked for now; whether anything was for the first time."""
        before = len(self._orders) + len(self._closes)
        for order in self.result.resting:
            asked = self._orders.get(order.ticket)
            if asked is None or asked.outcome in _CANCEL_AGAIN:
                outcome = self._broker.send(Cancel(order.symbol, order.ticket))
                self._note(self._orders, "cancel", order.ticket, order.symbol, None, outcome)
        for position in self.result.positions:
            if self._may_close(self._closes.get(position.ticket)):
                outcome = self._broker.send(closing(position))
                self._note(self._closes, "close", position.ticket, position.symbol, position.volume, outcome)
        return len(self._orders) + len(self._closes) > before

    def _may_close(self, asked: _Asked | None) -> bool:
        """A close by ticket cannot overshoot on a hedging account; on a netting one it could open.

        An answer that is missing is therefore waited for on a netting account, and asked for again on a
        hedging one once a complete look still shows the position.
        """
        if asked is None or asked.outcome in _AGAIN:
            return True
        return self._hedging and asked.outcome == "unknown"

    def _note(
        self,
        book: dict[int, _Asked],
        what: Literal["cancel", "close"],
        ticket: int,
        symbol: str,
        volume: Decimal | None,
        outcome: Outcome,
    ) -> None:
        earlier = book.get(ticket)
        times = earlier.times + 1 if earlier else 1
        book[ticket] = _Asked(outcome.kind, times)
        self.result.looked = False
        self.result.requests.append(
            Emergency(
                key=f"{self._epoch}-{what}-{ticket}-{times}",
                epoch=self._epoch,
                what=what,
                ticket=ticket,
                symbol=symbol,
                outcome=outcome.kind,
                ts=self._pace.now(),
                volume=volume,
                code=outcome.code,
                message=outcome.message,
            )
        )

    def settled(self) -> bool:
        """Whether nothing is left, or only what the broker refused for good."""
        result = self.result
        if not result.looked or result.unknown:
            return False
        left = [self._orders.get(order.ticket) for order in result.resting]
        left += [self._closes.get(position.ticket) for position in result.positions]
        return all(asked is not None and asked.outcome == "rejected" for asked in left)


def clear(broker: Broker, epoch: int, pace: Pace, owned: Ownership, *, flatten: bool) -> Cleared:
    """Cancel our resting orders and, when asked, close our positions, until nothing is left.

    Args:
        broker: connected.
        epoch: of the stop.
        pace: how long to try.
        owned: tells what is ours.
        flatten: close positions, too.

    Returns:
        What was done and what remains; its requests are for the ledger whatever came of them.

    Raises:
        SourceUnavailable: the broker could not be asked once; nothing was requested.
    """
    clearing = _Clearing(broker, epoch, pace, owned, flatten=flatten)
    end = pace.now() + int(pace.deadline * NS_PER_SECOND)
    calm = 0
    while True:
        complete = _looked(clearing, over=pace.now() >= end)
        calm = calm + 1 if complete and clearing.settled() else 0
        if calm == _CALM or pace.now() >= end:
            return clearing.result
        if not complete or calm or not clearing.act():
            pace.sleep(pace.pause)


def _looked(clearing: _Clearing, *, over: bool) -> bool:
    """Look once; whether it was complete.

    Raises:
        SourceUnavailable: time is up, and nothing was ever requested.
    """
    try:
        return clearing.look()
    except SourceUnavailable:
        clearing.result.looked = False
        if over and not clearing.result.requests:
            raise
        return False


def closing(position: PositionReport) -> Close:
    """The request that closes a position as it is; its magic says that no strategy asked for it."""
    return Close(
        symbol=position.symbol,
        position=position.ticket,
        side=-position.side,
        volume=position.volume,
        magic=magic_of(EMERGENCY_STRATEGY, position.ticket % _MOST_TICKET + 1),
        comment=CLOSING_COMMENT,
    )
