"""Random worlds of the engine, traded on paper: decisions that were drawn beforehand, through everything."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import numpy as np

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import Permissions, TerminalOptions
from ictcli.clock import monotonic
from ictcli.config.trading import BrokerConfig, TradeConfig
from ictcli.engine.external import ExternalDesk
from ictcli.engine.portfolio import Books
from ictcli.ledger.bodies import AnyBody, Start
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars
from ictcli.market.clocks import parse_rule
from ictcli.strategies.decide import Decisions
from ictcli.strategies.decisions import DECISION, NEVER
from ictcli.terminals.times import ServerClock
from ictcli.trading.account import Account
from ictcli.trading.dispatch import Dispatcher
from ictcli.trading.feeds import one_each
from ictcli.trading.manager import OrderManager
from ictcli.trading.messages import Alert, Begin
from ictcli.trading.messages import Told as Answer
from ictcli.trading.orderbook import Notice, OrderBook
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.reckoning import Seat
from ictcli.trading.simulated_world import permissions
from ictcli.trading.trader import Trader
from ictcli.trading.verifying import NeverHalted
from ictcli.trading.wishes import Header, Units
from tests.brokers.simulated.serving import CENT, NAMES, serve
from tests.engine.worlds import Ask, Told, World

MONDAY = 1_704_672_000_000_000_000
"""2024-01-08T00:00Z: worlds of the engine begin at instant 0, terminals do not."""
RULE = "ny+7"
OWNERS = ("first", "second")
DATED = ("expires", "flat")


class Memory:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Write events."""
        for body in bodies:
            self.entries.append(Entry(len(self.entries) + 1, now, body))
        return self.last

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Events behind a number."""
        return iter(self.entries[after:])

    @property
    def last(self) -> int:
        """The last number."""
        return len(self.entries)


class Script:
    """Decides what was drawn beforehand.

    Args:
        decisions: of one strategy on one series, by bar.
    """

    def __init__(self, decisions: Decisions) -> None:
        self._decisions, self._bar = decisions, 0

    def learn(self, bars: Bars) -> None:
        """Pass bars by."""
        self._bar += len(bars)

    def push(self, bar: Bars) -> Decisions:
        """What was drawn for the next bar."""
        self._bar += len(bar)
        due: Decisions = self._decisions[self._decisions["bar"] == self._bar - 1]
        return due

    def save(self) -> bytes:
        """A checkpoint."""
        return str(self._bar).encode()

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint."""
        self._bar = int(saved)


def dated(world: World, asks: Sequence[Ask]) -> tuple[World, list[Ask]]:
    """The same world on a Monday of our time; strategies take turns in their order, as they do in a run."""

    def later(bars: Bars | None) -> Bars | None:
        return None if bars is None else replace(bars, ts=bars.ts + MONDAY, ts_close=bars.ts_close + MONDAY)

    moved = [replace(one, decision=one.decision.copy()) for one in asks]
    for one in moved:
        for name in DATED:
            if one.decision[name][0] < NEVER:
                one.decision[name] += MONDAY
    rolls = None if world.rolls is None else world.rolls + np.array([MONDAY, 0])
    bars = [one for one in (later(bars) for bars in world.bars) if one is not None]
    fine = None if world.fine is None else [later(one) for one in world.fine]
    moved.sort(key=lambda one: (one.on, int(one.decision["bar"][0]), one.by))
    return replace(world, bars=bars, fine=fine, rolls=rolls), moved


def limits() -> TradeConfig:
    """Limits that bind nothing."""
    return TradeConfig(
        orders_per_minute=10_000, quote_age="520w", bar_age="520w", most_rejects=1_000,
        most_volume=CENT * 10**9,
    )  # fmt: skip


def script(asks: Sequence[Ask], s: int, owner: int) -> Script:
    """The decisions of one strategy on one series."""
    own = [one.decision for one in asks if (one.on, one.by) == (s, owner)]
    return Script(np.concatenate(own) if own else np.zeros(0, DECISION))


@dataclass
class Stage:
    """One world on paper: server and terminal, and whoever trades there.

    Attributes:
        world, asks: what is played.
        make: kind of server.
    """

    world: World
    asks: Sequence[Ask]
    log: Memory = field(default_factory=Memory)
    alerts: list[Alert] = field(default_factory=list)
    crashpoint: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        self.start = min(int(one.ts[0]) for one in self.world.bars if len(one))
        self.clock = VirtualClock(self.start)
        self.server: TradeServer = serve(self.world)
        options = TerminalOptions(warm_up=0, selected=None, permissions=self._permissions())
        self.terminal = SimulatedTerminal(self.server, parse_rule(RULE), options)

    def _permissions(self) -> dict[str, Permissions]:
        rules = self.world.rules[0]
        own = permissions(share=bool(rules["fill_share"]), cancelled=bool(rules["rest_cancelled"]))
        return dict.fromkeys(NAMES, own)

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Of every series."""
        return tuple(one.timeframe.name for one in self.server.scene.symbols)

    def broker(self) -> Mt5Broker:
        """A fresh adapter over the terminal, connected."""
        around = Surroundings(self.clock.now, lambda _seconds: None, monotonic, Random(0))
        settings = BrokerConfig(terminal="simulated", login=self.server.account().login, server_tz=RULE)
        broker = Mt5Broker(self.terminal, settings, around, ServerClock(RULE))
        broker.connect()
        return broker

    def account(self) -> Account:
        """The account before its first bar."""
        desk = ExternalDesk.of(self.world.desk(), self.start)
        n = len(self.world.bars)
        seats = [Seat(s, o, script(self.asks, s, o)) for s in range(n) for o in range(len(OWNERS))]
        return Account(desk, seats, [Units(name, 0, CENT, 2) for name in NAMES[:n]], OWNERS)

    def engage(self) -> Trader:
        """A trader on the journal as it stands; nothing is begun."""
        book = OrderBook()
        book.apply_all(self.log.read())
        manager = OrderManager(limits(), book)
        broker = self.broker()
        header = Header(self.server.account().login, OWNERS, "")
        trader = Trader(self.account(), broker, header, self.clock.now)

        def tell(what: Notice | Alert) -> None:
            if isinstance(what, Alert):
                self.alerts.append(what)
            else:
                trader.bookings.told(what)

        self.manager = manager
        self.dispatcher = Dispatcher(
            manager, self.log, broker, self.clock.now, NeverHalted(), tell, self.crashpoint
        )
        trader.attach(self.dispatcher, manager.since)
        return trader

    def begin(self, answers: Sequence[Answer] = ()) -> None:
        """Let the order manager begin; ``answers`` to requests that were on their way."""
        login = self.server.account().login
        start = Start(
            run="world", epoch=1, mode="replay", account=login, server="s", currency="USD", version="",
            config="", strategies=OWNERS,
        )  # fmt: skip
        self.dispatcher.handle(Begin(start, tuple(answers)))

    def play(self, trader: Any) -> None:
        """Let all bars go by."""
        typical = [int(own["typical_spread"]) for own in self.server.scene.world.series]
        n = len(self.world.bars)
        fine: Sequence[Bars | None] = self.world.fine or [None] * n
        play = Playback(self.server, trader, self.clock, self.timeframes, typical, one_each(n, n))
        play.play(self.world.bars, fine, [0] * n, lambda _now: False)

    def books(self, trader: Trader) -> Books:
        """What the trader's account wrote, its end included."""
        account = trader.account
        account.keep(account.desk.finish(self.world.closes()[-1]))
        return account.written.together()


def on_paper(stage: Stage) -> tuple[Books, Trader]:
    """Trade a world on paper."""
    trader = stage.engage()
    stage.begin()
    stage.play(trader)
    return stage.books(trader), trader


def backtested(world: World, asks: Sequence[Ask]) -> Told:
    """The same world in the engine alone."""
    return replace(world, ends=True).run(asks)
