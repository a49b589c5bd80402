"""A plain broker in memory, a journal in memory, and intents: what the order manager's tests stand on.

Hedging, one price per symbol, no latency. What happens to the next request is scripted: executed or not,
answered or not.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from ictcli.brokers.broker import Health, never
from ictcli.brokers.reports import (
    AccountReport,
    CashReport,
    DealReport,
    Evidence,
    Instrument,
    OrderReport,
    Outcome,
    PositionReport,
    Quote,
)
from ictcli.brokers.requests import Amend, Cancel, Close, Place, Protect, Request
from ictcli.config.trading import TradeConfig
from ictcli.errors import LedgerUnwritable, SourceUnavailable
from ictcli.ledger.bodies import AnyBody, Intent, Start, decode, encode
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe
from ictcli.trading.dispatch import Dispatcher
from ictcli.trading.identity import intent_id
from ictcli.trading.invariants import BrokerRecord, Wire
from ictcli.trading.manager import OrderManager
from ictcli.trading.manager_requests import digest_of
from ictcli.trading.messages import Alert, Begin, Input, Passed, Quoted, Submit
from ictcli.trading.orderbook import Notice, OrderBook

SECOND = 1_000_000_000
T0 = 1_700_000_000 * SECOND
D = Decimal
ACCOUNT = 4711
CASH, PRICE, WHOLE = D(10_000), D("1.10000"), D(1)


class MemoryLog:
    """A journal that keeps canonical JSON, so that what is read back went through its text."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self.batches: list[int] = []
        self.full = False

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        if self.full:
            raise LedgerUnwritable("no space left")
        self.lines += [(now, encode(body)) for body in bodies]
        self.batches.append(len(bodies))
        return self.last

    def read(self, after: int = 0) -> Iterator[Entry]:
        for number, (ts, text) in enumerate(self.lines[after:], start=after + 1):
            yield Entry(number, ts, decode(text))

    @property
    def last(self) -> int:
        return len(self.lines)

    def bodies(self) -> list[AnyBody]:
        return [entry.body for entry in self.read()]


class FileLog(MemoryLog):
    """The same on a file, a line an event, synced."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        for line in path.read_bytes().splitlines() if path.exists() else []:
            ts, _, text = line.partition(b" ")
            self.lines.append((int(ts), text))

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        with self._path.open("ab") as file:
            file.write(b"".join(b"%d %s\n" % (now, encode(body)) for body in bodies))
            file.flush()
            os.fsync(file.fileno())
        return super().append(bodies, now)


@dataclass
class Fate:
    """What becomes of one request; ``answer`` overrides what the sender hears."""

    executed: bool = True
    answer: str = ""
    placed: bool = False
    share: Decimal = WHOLE


@dataclass
class ModelBroker:
    """One hedging account; ``now`` is moved by the test."""

    now: int = T0
    deduplicates: bool = False
    balance: Decimal = CASH
    price: Decimal = PRICE
    fates: list[Fate] = field(default_factory=list)
    reachable: bool = True
    complete: bool = True
    hidden: set[int] = field(default_factory=set)
    asked: list[tuple[int, Request]] = field(default_factory=list)
    orders: dict[int, OrderReport] = field(default_factory=dict)
    done: dict[int, OrderReport] = field(default_factory=dict)
    deals: dict[int, DealReport] = field(default_factory=dict)
    cash: dict[int, CashReport] = field(default_factory=dict)
    positions: dict[int, PositionReport] = field(default_factory=dict)
    keep_stops: bool = True
    tickets: int = 100
    waiting: list[int] = field(default_factory=list)

    # -- the protocol ----------------------------------------------------------------------------------

    def connect(self) -> AccountReport:
        return self.account()

    def close(self) -> None:
        return

    def health(self) -> Health:
        return Health(self.reachable, trade_allowed=True, clock_offset=0, clock_confirmed=True, latency=0.0)

    def account(self) -> AccountReport:
        return AccountReport(
            ACCOUNT,
            "model",
            "USD",
            self.balance,
            self.balance,
            D(0),
            "hedging",
            demo=True,
            trade_allowed=True,
        )

    def instrument(self, symbol: str) -> Instrument:
        point = D("0.00001")
        return Instrument(symbol, 5, point, D(100_000), D("0.01"), D(100), D("0.01"), 0, 0, tradable=True)

    def quote(self, symbol: str) -> Quote:
        return Quote(symbol, self.price, self.price + D("0.00010"), self.now)

    def bars(self, symbol: str, timeframe: Timeframe, start: int, end: int) -> Bars:
        raise SourceUnavailable("the model has no bars")

    def evidence(self, since: int) -> Evidence:
        if not self.reachable:
            raise SourceUnavailable("no connection")
        return Evidence(
            since, self.now, self.now, self.complete,
            tuple(self.orders.values()), tuple(self.done.values()),
            tuple(deal for deal in self.deals.values() if deal.ticket not in self.hidden),
            tuple(self.cash.values()), tuple(self.positions.values()), self.account(),
        )  # fmt: skip

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        if (reason := hold()) is not None:
            return Outcome("rejected", 0, reason, sent="no")
        self.asked.append((self.now, request))
        fate = self.fates.pop(0) if self.fates else Fate()
        outcome = self.execute(request, fate) if fate.executed else Outcome("rejected", 10006, "reject")
        if fate.answer:
            return Outcome(fate.answer, 0, fate.answer)  # type: ignore[arg-type]
        return outcome

    def preview(self, request: Request) -> Outcome:
        return Outcome("done", 0, "")

    def exact(self, request: Request) -> dict[str, Any]:
        return {}

    def record(self) -> BrokerRecord:
        """Everything it knows."""
        wires = tuple(Wire(at, digest_of(request)) for at, request in self.asked)
        orders = (*self.orders.values(), *self.done.values())
        return BrokerRecord(
            orders, tuple(self.deals.values()), tuple(self.cash.values()), tuple(self.positions.values()),
            self.balance, wires,
        )  # fmt: skip

    # -- what happens at the broker --------------------------------------------------------------------

    def ticket(self) -> int:
        self.tickets += 1
        return self.tickets

    def execute(self, request: Request, fate: Fate) -> Outcome:
        actions: dict[type[Any], Callable[[Any, Fate], Outcome]] = {
            Place: self._place, Close: self._close, Cancel: self._cancel, Protect: self._protect,
            Amend: self._amend,
        }  # fmt: skip
        return actions[type(request)](request, fate)

    def _place(self, request: Place, fate: Fate) -> Outcome:
        if self.deduplicates and any(
            one.magic == request.magic for one in [*self.orders.values(), *self.done.values()]
        ):
            return Outcome("noop", 110072, "duplicate")
        number = self.ticket()
        report = OrderReport(
            number, request.magic, request.symbol, request.side, request.kind, "open", request.volume,
            request.volume, self.now, price=request.price, stop=request.stop, target=request.target,
        )  # fmt: skip
        self.orders[number] = report
        if request.kind != "market" or fate.placed:
            return Outcome("placed", 10008, "placed", order=number)
        volume = request.volume * fate.share
        deal = self.fill(number, volume)
        if fate.share < 1:
            self.end(number, "cancelled")
        return Outcome("partial" if fate.share < 1 else "done", 10009, "done", number, deal, volume)

    def _close(self, request: Close, fate: Fate) -> Outcome:
        position = self.positions.get(request.position)
        if position is None:
            return Outcome("noop", 10036, "position closed")
        number = self.ticket()
        self.orders[number] = OrderReport(
            number, request.magic, request.symbol, request.side, "market", "open", request.volume,
            request.volume, self.now, position=position.identifier,
        )  # fmt: skip
        deal = self.fill(number, request.volume * fate.share)
        if fate.share < 1:
            self.end(number, "cancelled")
        return Outcome("done", 10009, "done", number, deal, request.volume)

    def _cancel(self, request: Cancel, _fate: Fate) -> Outcome:
        if request.order not in self.orders:
            return Outcome("rejected", 10013, "no such order")
        self.end(request.order, "cancelled")
        return Outcome("done", 10009, "done")

    def _protect(self, request: Protect, _fate: Fate) -> Outcome:
        position = self.positions.get(request.position)
        if position is None:
            return Outcome("rejected", 10036, "position closed")
        self.positions[position.identifier] = replace(position, stop=request.stop, target=request.target)
        return Outcome("done", 10009, "done")

    def _amend(self, request: Amend, _fate: Fate) -> Outcome:
        if request.order not in self.orders:
            return Outcome("rejected", 10013, "no such order")
        order = self.orders[request.order]
        self.orders[request.order] = replace(
            order, price=request.price, limit=request.limit, stop=request.stop, target=request.target
        )
        return Outcome("done", 10009, "done")

    def fill(self, number: int, volume: Decimal | None = None) -> int:
        """Execute an open order, wholly or in part."""
        order = self.orders[number]
        volume = order.remaining if volume is None else volume
        identifier = order.position if order.position is not None else number
        entry = "in" if order.position is None else "out"
        deal = self.book(number, identifier, order.magic, order.side, entry, volume, "expert")
        left = order.remaining - volume
        self.orders[number] = replace(order, remaining=left, status="partial" if left else "filled")
        if entry == "in" and identifier in self.positions and self.keep_stops:
            self.positions[identifier] = replace(
                self.positions[identifier], stop=order.stop, target=order.target
            )
        if not left:
            self.end(number, "filled")
        return deal

    def end(self, number: int, status: str) -> None:
        """Move an open order to history."""
        self.done[number] = replace(self.orders.pop(number), status=status, done=self.now)  # type: ignore[arg-type]

    def stop_hit(self, identifier: int) -> int:
        """Close a position by its stop: a new order and a deal with the position's magic number."""
        position = self.positions[identifier]
        number = self.ticket()
        self.done[number] = OrderReport(
            number, position.magic, position.symbol, -position.side, "market", "filled", position.volume,
            D(0), self.now, position=identifier,
        )  # fmt: skip
        return self.book(number, identifier, position.magic, -position.side, "out", position.volume, "stop")

    def book(
        self, order: int, identifier: int, magic: int, side: int, entry: str, volume: Decimal, reason: str
    ) -> int:
        """Write a deal and move its position and the balance."""
        number = self.ticket()
        profit = D(0) if entry == "in" else D("1.25")
        symbol = "EURUSD"
        self.deals[number] = DealReport(
            number, order, identifier, magic, symbol, side, entry, volume, self.price, profit, D("-0.35"),  # type: ignore[arg-type]
            D(0), D(0), reason, self.now,  # type: ignore[arg-type]
        )  # fmt: skip
        self.balance += profit - D("0.35")
        held = self.positions.get(identifier)
        signed = (held.side * held.volume if held else D(0)) + side * volume
        if not signed:
            self.positions.pop(identifier, None)
        elif held is None:
            self.positions[identifier] = PositionReport(
                identifier,
                identifier,
                magic,
                symbol,
                side,
                volume,
                self.price,
                None,
                None,
                D(0),
                D(0),
                self.now,
            )
        else:
            self.positions[identifier] = replace(held, volume=abs(signed), side=1 if signed > 0 else -1)
        return number


class OpenLatch:
    """An emergency stop in memory."""

    def __init__(self) -> None:
        self.why: str | None = None
        self.flatten = False

    def flattens(self) -> bool:
        """Whether positions are to be closed, too."""
        return self.flatten

    def reason(self) -> str | None:
        return self.why


def start() -> Start:
    return Start(
        run="r", epoch=0, mode="paper", account=ACCOUNT, server="model", currency="USD", version="1",
        config="c", strategies=("s",),
    )  # fmt: skip


def settings(**changes: Any) -> TradeConfig:
    return TradeConfig(**changes)


def intent(action: str = "place", bar: int = 1, leg: int = 0, **changes: Any) -> Intent:
    """An intent of strategy ``s`` on EURUSD; by default to buy 0.10 at the market with a stop."""
    values: dict[str, Any] = {"strategy": "s", "symbol": "EURUSD", "bar": bar, "leg": leg, "side": 1}
    if action == "place":
        values |= {
            "order": "market", "volume": D("0.10"), "stop": D("1.09000"), "target": D("1.12000"),
            "expected": D("1.10010"),
        }  # fmt: skip
    values |= changes
    name = intent_id(ACCOUNT, values["strategy"], values["symbol"], bar, leg, action)
    return Intent(id=name, action=action, **values)  # type: ignore[arg-type]


class Desk:
    """A trader's order handling on the model: journal and broker outlive it, the rest ends with it."""

    def __init__(
        self,
        broker: ModelBroker,
        log: MemoryLog,
        crashpoint: Callable[[str], None] = lambda name: None,
        **changes: Any,
    ) -> None:
        self.broker, self.log = broker, log
        self.latch = OpenLatch()
        self.told: list[Notice] = []
        self.alerts: list[Alert] = []
        book = OrderBook(kept=1, block=2)  # nearly all that is over is compressed
        book.apply_all(log.read())
        self.manager = OrderManager(settings(**changes), book)
        self.shell = Dispatcher(
            self.manager,
            log,
            broker,
            lambda: broker.now,
            self.latch,
            self._hear,
            crashpoint,
        )

    @property
    def book(self) -> OrderBook:
        return self.manager.book

    def _hear(self, word: Notice | Alert) -> None:
        if isinstance(word, Alert):
            self.alerts.append(word)
        else:
            self.told.append(word)

    def begin(self) -> "Desk":
        self.shell.handle(Begin(start()))
        return self

    def do(self, event: Input) -> None:
        self.shell.handle(event)

    def submit(self, one: Intent) -> Intent:
        """Hand an intent in with a fresh quote."""
        self.shell.handle(Quoted("EURUSD", self.broker.quote("EURUSD")))
        self.shell.handle(Submit(one))
        return one

    def wait(self, seconds: int) -> None:
        """Let time pass, waking the order manager each second."""
        for _ in range(seconds):
            self.broker.now += SECOND
            self.shell.handle(Passed())

    def status(self, one: Intent) -> str:
        order = self.book.orders.get(one.id)
        return str(order.status if order is not None else self.book.tasks[one.id].status)


def desk(broker: ModelBroker | None = None, log: MemoryLog | None = None, **changes: Any) -> Desk:
    """A begun desk."""
    return Desk(broker or ModelBroker(), log or MemoryLog(), **changes).begin()


def state(book: OrderBook) -> dict[str, Any]:
    """Everything a book holds, for comparison."""
    return dict(vars(book))


def refold(log: MemoryLog) -> OrderBook:
    """The book as a fold of the journal's text."""
    book = OrderBook()
    book.apply_all(log.read())
    return book
