"""The stage of conformance cards: the adapter over a simulated terminal that can be disturbed."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from random import Random
from typing import Literal

import msgspec
import numpy as np

from ictcli.brokers.conformance_card import Bench
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.simulated.faults import FaultPlan, FaultRates
from ictcli.brokers.simulated.faults_views import LONG_AGO, SeenServer
from ictcli.brokers.simulated.records import ServerRequest, ServerResult
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_records import ServedSymbol, ServerOptions
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.brokers.simulated.turns import Turn, turn_of
from ictcli.clock import NS_PER_SECOND, monotonic, parse_instant
from ictcli.config.records import AccountConfig, Config
from ictcli.config.trading import BrokerConfig
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES, Timeframe
from ictcli.research.accounts import Floor, open_desk
from ictcli.research.series import Series
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock

M15 = TIMEFRAMES["M15"]
MONDAY = parse_instant("2026-01-12T00:00Z", now=0)
EURUSD = load_symbols(None).require("EURUSD")
LOGIN, OTHER = 5_001, 5_002
BARS, FIRST = 380, 40

Mode = Literal["hedging", "netting"]
Execution = Literal["immediate", "next_quote"]


def calm_bars(seed: int = 3) -> Bars:
    """Four days of EURUSD that stays within half a percent."""
    rng = np.random.default_rng(seed)
    ts = MONDAY + np.arange(BARS, dtype=np.int64) * M15.ns
    close = 110_000 + np.cumsum(rng.integers(-9, 10, BARS))
    start = np.concatenate([[110_000], close[:-1]])
    high = np.maximum(start, close) + rng.integers(0, 6, BARS)
    low = np.minimum(start, close) - rng.integers(0, 6, BARS)
    spread = np.full(BARS, 8, np.int32)
    volume = rng.integers(20, 90, BARS)
    return make_bars(5, ts, ts + M15.ns, (start, high, low, close), tick_volume=volume, spread=spread)


class DisturbedServer(SeenServer):
    """A trade server whose next answer can be chosen."""

    def __init__(self, inner: TradeServer) -> None:
        super().__init__(inner, FaultPlan(FaultRates(), np.random.default_rng(0)))
        self.arrived = 0
        self.parts = False
        self._next: tuple[int | None, bool] | None = None

    def disturb(self, code: int | None, *, executed: bool) -> None:
        """Answer the next request with a code, or not at all."""
        self._next = code, executed

    def execute(self, request: ServerRequest) -> ServerResult | None:
        """Count, execute or not, and answer as told."""
        self.arrived += 1
        disturbance, self._next = self._next, None
        parts, self.parts = self.parts, False
        if parts:
            return self.inner.execute(request, request.volume // 2)
        if disturbance is None:
            return self.inner.execute(request)
        code, executed = disturbance
        if executed:
            self.inner.execute(request)
        return None if code is None else ServerResult(code)


class SimulatedFaults:
    """``conformance_card.Faults`` of a disturbed server and its terminal."""

    def __init__(self, server: DisturbedServer, terminal: SimulatedTerminal) -> None:
        self._server, self._terminal = server, terminal

    @property
    def arrived(self) -> int:
        return self._server.arrived

    def lose_answer(self, *, executed: bool) -> None:
        self._server.disturb(None, executed=executed)

    def answer(self, code: int, *, executed: bool) -> None:
        self._server.disturb(code, executed=executed)

    def fill_partly(self) -> None:
        self._server.parts = True

    def connect(self, *, connected: bool) -> None:
        self._server.down_until = LONG_AGO if connected else 2**62

    def fail_reads(self, count: int) -> None:
        self._server.line.errors["positions_get"] = [int(ErrorCode.E_FAIL)] * count

    def switch_account(self, *, ours: bool) -> None:
        self._terminal.switch(LOGIN if ours else OTHER)

    def restart(self) -> None:
        self._terminal.restart()


class SimulatedMarket:
    """Bars that go by one after another, through the server's own phases."""

    timeframe: Timeframe = M15

    def __init__(self, server: DisturbedServer, bars: Bars, faults: SimulatedFaults) -> None:
        self._server, self._bars, self.faults = server, bars, faults
        self._row = 0
        self.waited = 0
        self._open()

    @property
    def now(self) -> int:
        return self._server.now + self.waited

    def sleep(self, seconds: float) -> None:
        """Time that the adapter waits; the market stands still meanwhile."""
        self.waited += round(seconds * NS_PER_SECOND)

    def go_on(self) -> None:
        """End the bar that is under way and open the next one."""
        server, turn = self._server.inner, self._turn
        server.inside_phase(0, turn.quote, turn.ends)
        server.close_bar(0, turn.quote, turn.ends)
        server.learn(turn.ends)
        self._row, self.waited = self._row + 1, 0
        self._open()

    @property
    def _turn(self) -> Turn:
        return turn_of(self._bars, self._row, self._row, EURUSD.spread)

    def _open(self) -> None:
        self._server.inner.pass_time(self._turn.ends)
        self._server.inner.open_phase(0, self._turn.quote)


def server_of(bars: Bars, mode: Mode, options: ServerOptions) -> DisturbedServer:
    """A server of one account in EURUSD."""
    key = SeriesKey("sim", "EURUSD", M15)
    config = msgspec.structs.replace(Config(), account=AccountConfig(mode=mode, balance=Decimal(100_000)))
    floor = Floor((Series(key, key, "", EURUSD, bars),), 1, (None,))
    symbols = [ServedSymbol(EURUSD, bars.digits, M15)]
    return DisturbedServer(TradeServer(open_desk(floor, config).world, symbols, options, MONDAY))


def numbers(first: int = 1) -> Iterator[int]:
    """Magic numbers of strategy 1."""
    return ((1 << 32) + n for n in count(first))


def set_stage(
    mode: Mode = "hedging",
    execution: Execution = "immediate",
    *,
    deduplicates: bool = False,
    through: Callable[[SimulatedTerminal], Terminal] | None = None,
) -> tuple[Bench, SimulatedTerminal, Mt5Broker]:
    """A connected broker with hours of market behind it; ``through`` puts a line before the terminal."""
    bars = calm_bars()
    options = ServerOptions(login=LOGIN, execution=execution, deduplicates=deduplicates)
    server = server_of(bars, mode, options)
    other = server_of(bars, mode, ServerOptions(login=OTHER))
    terminal = SimulatedTerminal(server, options=TerminalOptions(), others=(other,))
    market = SimulatedMarket(server, bars, SimulatedFaults(server, terminal))
    for _ in range(FIRST):
        market.go_on()
    broker = Mt5Broker(
        through(terminal) if through else terminal,
        BrokerConfig(login=LOGIN, server=options.server),
        Surroundings(lambda: market.now, market.sleep, monotonic, Random(1)),
        ServerClock("ny+7"),
        bar_grace=0,
    )
    broker.connect()
    return Bench(broker, market, "EURUSD", numbers(), LOGIN, market.now), terminal, broker
