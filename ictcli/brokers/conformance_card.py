"""What a conformance card is, and what it is played on: a broker, a symbol, and a market that goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from ictcli.brokers.broker import Broker
from ictcli.brokers.reports import DealReport, Evidence, Instrument, OrderReport, PositionReport
from ictcli.brokers.requests import Cancel, Close, Place
from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import Finding
from ictcli.market.timeframes import Timeframe

_MOST_MOVES = 30
_AWAY = Decimal("0.02")
"""Share of the price that resting orders, stops and targets of cards keep from the market."""


class CardFailed(Finding):
    """A broker does not do what a card claims."""


class Faults(Protocol):
    """What can be made to go wrong between us and the broker."""

    @property
    def arrived(self) -> int:
        """Requests to trade that reached the broker's server so far."""
        ...

    def lose_answer(self, *, executed: bool) -> None:
        """The next request is executed or not, and its answer never comes."""
        ...

    def answer(self, code: int, *, executed: bool) -> None:
        """The next request is answered with this code, executed or not."""
        ...

    def fill_partly(self) -> None:
        """Of the next request a part is filled."""
        ...

    def connect(self, *, connected: bool) -> None:
        """The terminal loses or regains its trade server."""
        ...

    def fail_reads(self, count: int) -> None:
        """So many of the next reads of open positions fail."""
        ...

    def switch_account(self, *, ours: bool) -> None:
        """Somebody logs the terminal in to another account, or back to ours."""
        ...

    def restart(self) -> None:
        """The terminal ends and starts again."""
        ...


class Market(Protocol):
    """What goes on at the broker while a card is played."""

    @property
    def now(self) -> int:
        """The instant, ns UTC."""
        ...

    @property
    def faults(self) -> Faults | None:
        """What can be made to go wrong; None at a real broker."""
        ...

    @property
    def timeframe(self) -> Timeframe:
        """Of bars that the broker has."""
        ...

    def go_on(self) -> None:
        """Let prices move and the broker work: a bar of a simulated market, a moment at a real one."""
        ...


@dataclass(slots=True)
class Bench:
    """One broker under test.

    Attributes:
        broker: it.
        market: its market.
        symbol: a symbol that trades now, by the broker's name.
        magics: numbers that no order had yet.
        login: account that is configured.
        begun: instant before the first card, ns UTC.
        mine: magic numbers handed out.
    """

    broker: Broker
    market: Market
    symbol: str
    magics: Iterator[int]
    login: int
    begun: int
    mine: set[int] = field(default_factory=set)

    def magic(self) -> int:
        """A new number."""
        number = next(self.magics)
        self.mine.add(number)
        return number

    @property
    def instrument(self) -> Instrument:
        """The symbol's contract."""
        return self.broker.instrument(self.symbol)

    def price(self, share: int) -> Decimal:
        """A price so many times 2 % above the bid, on the symbol's grid."""
        bid = self.broker.quote(self.symbol).bid
        tick = self.instrument.tick_size
        return round(bid * (1 + share * _AWAY) / tick) * tick

    def at_market(self, side: int = 1, volume: Decimal | None = None) -> Place:
        """A market order of the least volume."""
        lots = self.instrument.volume_min if volume is None else volume
        return Place(self.symbol, side, "market", lots, self.magic(), deviation=1000, comment="conformance")

    def resting(self) -> Place:
        """A buy limit order well below the market, with stop and target."""
        return Place(
            self.symbol,
            1,
            "limit",
            self.instrument.volume_min,
            self.magic(),
            price=self.price(-1),
            stop=self.price(-2),
            target=self.price(1),
        )

    def look(self) -> Evidence:
        """A complete pass since the first card."""
        seen = self.broker.evidence(self.begun - NS_PER_MINUTE)
        expect(seen.complete, "a pass over the records was not complete though nothing was wrong")
        return seen

    def until(self, done: Callable[[Evidence], bool], what: str) -> Evidence:
        """Let the market go on until the records show it."""
        for _ in range(_MOST_MOVES):
            seen = self.look()
            if done(seen):
                return seen
            self.market.go_on()
        raise CardFailed(f"the records never showed {what}")

    def opened(self, side: int = 1, volume: Decimal | None = None) -> PositionReport:
        """A new position, by a market order."""
        request = self.at_market(side, volume)
        outcome = self.broker.send(request)
        expect(outcome.kind in ("done", "placed"), f"a market order ended {outcome.kind}: {outcome.message}")
        seen = self.until(lambda one: bool(deals_of(one, request.magic)), "the deal of a market order")
        identifier = deals_of(seen, request.magic)[0].position
        found = [one for one in seen.positions if one.identifier == identifier]
        expect(len(found) == 1, f"a deal opened position {identifier}, which is not there")
        return found[0]

    def closed(self, position: PositionReport, volume: Decimal | None = None) -> Close:
        """The request that closes a position or a part of it."""
        lots = position.volume if volume is None else volume
        return Close(self.symbol, position.ticket, -position.side, lots, self.magic(), deviation=1000)

    def clear(self) -> None:
        """Cancel the orders and close the positions that cards made."""
        for order in self.look().open_orders:
            if order.magic in self.mine and order.kind != "market":
                self.broker.send(Cancel(order.symbol, order.ticket))
        for _ in range(_MOST_MOVES):
            seen = self.look()
            waiting = any(order.magic in self.mine for order in seen.open_orders)
            rest = [one for one in seen.positions if self.is_mine(seen, one)]
            if not waiting and not rest:
                return
            if not waiting:
                for one in rest:
                    self.broker.send(self.closed(one))
            self.market.go_on()
        raise CardFailed("what a card opened could not be closed again")

    def is_mine(self, seen: Evidence, position: PositionReport) -> bool:
        """Whether a card opened a position; of a netting account its deals tell."""
        deals = [deal for deal in seen.deals if deal.position == position.identifier]
        return position.magic in self.mine or any(deal.magic in self.mine for deal in deals)


@dataclass(frozen=True, slots=True)
class Card:
    """One claim about every broker.

    Attributes:
        number: its place in the list; never given to another card.
        claim: what holds.
        check: how it is checked, in words.
        play: raises ``CardFailed`` where it does not hold.
        faults: it needs a broker that can be disturbed, so a real one skips it.
    """

    number: int
    claim: str
    check: str
    play: Callable[[Bench], None]
    faults: bool = False

    @property
    def name(self) -> str:
        """``C07``."""
        return f"C{self.number:02d}"


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Fail the card unless something holds.

    Raises:
        CardFailed: it does not.
    """
    if not holds:
        raise CardFailed(otherwise)


def equal(found: object, wanted: object, what: str) -> None:
    """Fail the card unless two values are equal.

    Raises:
        CardFailed: they differ.
    """
    expect(found == wanted, f"{what} is {found}, not {wanted}")


def orders_of(seen: Evidence, magic: int) -> list[OrderReport]:
    """Orders of a magic number, each once."""
    every = {order.ticket: order for order in (*seen.open_orders, *seen.done_orders)}
    return [order for order in every.values() if order.magic == magic]


def deals_of(seen: Evidence, magic: int) -> list[DealReport]:
    """Deals of a magic number."""
    return [deal for deal in seen.deals if deal.magic == magic]


def disturbed(bench: Bench) -> Faults:
    """What can be made to go wrong.

    Raises:
        CardFailed: nothing can; such a card is to be skipped.
    """
    faults = bench.market.faults
    if faults is None:
        raise CardFailed("this broker cannot be disturbed")
    return faults
