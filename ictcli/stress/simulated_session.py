"""The production trading loop at a simulated terminal with faults, on a real or a simulated clock.

What trades is ``trading.live.trade_live``: loop, order manager, send gate, adapter, ledger on disk. What it
trades are random entries of the smallest volume, so that there is always something under way. Only the
terminal, its market and, where it is not to take hours, the clock are simulated.
"""

import dataclasses
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from msgspec.structs import replace

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.simulated.faults import FaultPlan, FaultRates
from ictcli.brokers.simulated.faults_server import FaultyServer
from ictcli.brokers.simulated.served import ServedOptions, served_terminal
from ictcli.clock import NS_PER_SECOND, iso, monotonic, now_ns, parse_duration
from ictcli.config.records import AccountConfig, Config, RiskConfig, SizingConfig
from ictcli.config.trading import BrokerConfig
from ictcli.ledger.address import Place, find_place
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.reconcile.terminal_pull import Historian
from ictcli.research.backtest import Workshop
from ictcli.store.store import Store
from ictcli.stress.outages import Outage, UnsteadyTerminal
from ictcli.telemetry import silent
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock
from ictcli.trading.live import BREAKER, READS, trade_live
from ictcli.trading.request import Outside, Traded, TradeRequest

BROKER, LOGIN, RULE = "stress", 7_001, "ny+7"
STRATEGY = "random_entry"
TRAFFIC = {
    "probability": "1", "windows": "", "stop_atr": "20", "target_atr": "0", "max_bars": "2",
}  # fmt: skip
"""An entry on each bar, closed two bars later: of each symbol two orders a bar."""
BAR = "M1"
NO_PARAMS: Mapping[str, str] = MappingProxyType({})
_WARM_UP = 60
_DEADLINE = "5s"
_LONGEST_TURN = NS_PER_SECOND
"""A loop that takes longer for a turn is not there meanwhile."""


class SimulatedTime:
    """A clock that passes when somebody waits."""

    def __init__(self, start: int) -> None:
        self._start = self._at = start

    def now(self) -> int:
        """The instant, ns UTC."""
        return self._at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._at += int(seconds * NS_PER_SECOND)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self._at - self._start) / NS_PER_SECOND


class FastTime:
    """A clock that runs faster than this machine's.

    Args:
        anchor: instant of this machine, ns UTC, at which it shows ``start``.
        start: ns UTC.
        speed: its seconds in a second.
    """

    def __init__(self, anchor: int, start: int, speed: float) -> None:
        self._anchor, self._start, self._speed = anchor, start, speed

    def now(self) -> int:
        """The instant, ns UTC."""
        return self._start + int((now_ns() - self._anchor) * self._speed)

    def real(self, instant: int) -> int:
        """This machine's instant at one of its own, ns UTC."""
        return self._anchor + int((instant - self._start) / self._speed)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds / self._speed)

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin."""
        return monotonic() * self._speed


class RealTime:
    """The clock of this machine."""

    def now(self) -> int:
        """The instant, ns UTC."""
        return now_ns()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin."""
        return monotonic()


Time = SimulatedTime | FastTime | RealTime


@dataclass(frozen=True, slots=True)
class Scene:
    """What a session is played in.

    Attributes:
        market: symbols, account, faults of requests; its start and record are set here.
        outages: of the terminal.
        calm: instant from which nothing goes wrong any more, ns UTC; None: never calm.
        seed: of what else is random.
        config: laid over the traffic's own.
        params: of the strategy, over those of the traffic.
    """

    market: ServedOptions
    outages: tuple[Outage, ...] = ()
    calm: int | None = None
    seed: int = 1
    config: Callable[[Config], Config] = lambda config: config
    params: Mapping[str, str] = field(default_factory=dict)


def unheard(_text: str) -> None:
    """Nobody listens."""


MakeBroker = Callable[[Terminal, BrokerConfig, Surroundings, ServerClock], Broker]


def make_broker(
    terminal: Terminal, settings: BrokerConfig, around: Surroundings, clock: ServerClock
) -> Broker:
    """The adapter as the live loop has it."""
    return cast("Broker", Mt5Broker(terminal, settings, around, clock, retry=READS, rule=BREAKER))


@dataclass
class Desk:
    """A workspace, a terminal with its market, and session after session of the trader.

    Attributes:
        folder: of its own.
        config: of the workspace that is certified.
        scene: what it is played in.
        clock: its own.
        make: makes the adapter.
        said: lines for people.
        stalls: spans in which the loop made no turn, ns UTC.
    """

    folder: Path
    config: Config
    scene: Scene
    clock: Time
    make: MakeBroker = make_broker
    said: list[str] = field(default_factory=list)
    stalls: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_workspace(self.folder)
        self.record = self.folder / "requests.jsonl"
        market = dataclasses.replace(
            self.scene.market, start=iso(self.clock.now()), login=LOGIN, clock=RULE, record=str(self.record)
        )
        self._served = served_terminal(market, self.clock.now)
        self.session = self._served.session
        self.server = cast("FaultyServer", self.session.server)
        self.own = traffic_config(self.config, market, self.scene.config)
        deadline = parse_duration(self.own.brokers[BROKER].deadline) / NS_PER_SECOND
        self.terminal = UnsteadyTerminal(
            self._served, self.server, self.scene.outages, self.clock.now, self.clock.sleep, deadline,
            Random(self.scene.seed),
        )  # fmt: skip
        self._turned = self.clock.now()

    @property
    def place(self) -> Place:
        """The ledger."""
        return find_place(self.folder / "state", {})

    @property
    def historian(self) -> Historian:
        """The terminal, as reconcile reads it."""
        return cast("Historian", cast("Any", self.terminal))

    def trade(self, ending: Callable[[], str]) -> Traded:
        """One session, until told to end.

        Raises:
            IctError: as ``trade_live``.
        """
        self._turned = self.clock.now()
        symbols = self.scene.market.symbols
        return trade_at(
            self.folder, self.own, symbols, self._outside(ending), self.scene.seed, self.scene.params
        )

    def _outside(self, ending: Callable[[], str]) -> Outside:
        terminal = cast("Terminal", cast("Any", self.terminal))
        around = Surroundings(self.clock.now, self.clock.sleep, self.clock.monotonic, Random(self.scene.seed))
        broker = self.make(terminal, self.own.brokers[BROKER], around, ServerClock(RULE))
        return outside_of(self.clock, broker, ending, self._alive, self.said.append)

    def _alive(self, _status: str) -> None:
        now = self.clock.now()
        if now - self._turned > _LONGEST_TURN:
            self.stalls.append((self._turned, now))
        self._turned = now
        if self.scene.calm is not None and now >= self.scene.calm and not self.terminal.calm:
            self.terminal.calm = True
            self.server.plan = FaultPlan(FaultRates(), np.random.default_rng(self.scene.seed))


def make_workspace(folder: Path) -> None:
    """A folder that a trader can keep its ledger in; a workspace that exists stays as it is."""
    state = folder / "state"
    state.mkdir(parents=True, exist_ok=True)
    key = state / "secret.key"
    if not key.exists():
        key.touch(0o600)
        key.write_text(secrets.token_hex(32), encoding="ascii")


def trade_at(
    folder: Path, config: Config, symbols: tuple[str, ...], outside: Outside, seed: int,
    params: Mapping[str, str] = NO_PARAMS,
) -> Traded:  # fmt: skip
    """One session of the traffic at the broker of ``outside``, until told to end.

    Args:
        folder: workspace.
        config: of the traffic.
        symbols: that it trades.
        outside: with clock and broker.
        seed: of whatever is random.
        params: over those of the traffic.

    Raises:
        IctError: as ``trade_live``.
    """
    request = TradeRequest(
        symbols=symbols,
        strategies=(STRATEGY,),
        params={**TRAFFIC, **params},
        timeframes=(parse_timeframe(BAR),),
        broker=BROKER,
        seed=seed,
    )
    store = Store(folder / "data", folder / "state", NS_PER_SECOND)
    return trade_live(request, Workshop(store, load_symbols(None), config, folder), outside)


def outside_of(
    clock: Time, broker: Broker, ending: Callable[[], str], alive: Callable[[str], None],
    tell: Callable[[str], None], ready: Callable[[str], None] = unheard,
) -> Outside:  # fmt: skip
    """The world around a session.

    Args:
        clock: its own.
        broker: not connected.
        ending: see ``Outside``.
        alive: see ``Outside``.
        tell: see ``Outside``.
        ready: see ``Outside``.
    """
    provenance = {"argv": [], "config": "", "version": "", "time": iso(clock.now())}
    return Outside(
        ending=ending, alive=alive, ready=ready, tell=tell, show=lambda _: None, progress=silent,
        provenance=provenance, environ={}, now=clock.now, sleep=clock.sleep,
        elapsed=clock.monotonic, broker=broker,
    )  # fmt: skip


def traffic_config(config: Config, market: ServedOptions, more: Callable[[Config], Config]) -> Config:
    """The configuration under test with what traffic needs: smallest volumes and no limit of risk.

    Limits are for the scenario ``limits``: here they would end the traffic after some losses.

    Args:
        config: under test; its table ``trade`` counts, but for the warm-up.
        market: whose account it is.
        more: laid over it.
    """
    account = AccountConfig(
        currency=market.currency, balance=Decimal(market.balance), mode=market.mode, stop_out=0.0
    )
    off = RiskConfig(
        per_trade=0.0, per_symbol=0.0, per_group=0.0, heat=0.0, correlated_heat=0.0, daily_loss=0.0,
        drawdown=0.0, losses_in_a_row=0, orders_per_day=0, positions_per_strategy=4, spread=0.0,
    )  # fmt: skip
    trade = replace(config.trade, warm_up=_WARM_UP, broker=BROKER, fees={})
    table = BrokerConfig(terminal="simulated", login=LOGIN, server_tz=RULE, deadline=_DEADLINE)
    return more(
        replace(
            config, account=account, sizing=SizingConfig(method="lots", throttle=0.0), risk=off, trade=trade,
            brokers={BROKER: table}, strategies={},
        )
    )  # fmt: skip
