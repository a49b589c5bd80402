"""A workspace's own market: stored bars, a simulated trade server they fill, the broker before it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_records import ServedSymbol, ServerOptions
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import Permissions, TerminalOptions
from ictcli.clock import NS_PER_DAY, monotonic
from ictcli.config.records import Config
from ictcli.config.trading import BrokerConfig
from ictcli.engine.nights import rolls
from ictcli.engine.terms import typical_spread
from ictcli.engine.world import World
from ictcli.market.calendars import calendar
from ictcli.market.clocks import parse_rule
from ictcli.research.accounts import Floor, open_desk
from ictcli.terminals.symbol_constants import SymbolFilling, SymbolTradeExecution
from ictcli.terminals.times import ServerClock
from ictcli.trading.lock import LOGIN

RULE = "ny+7"
_SHOWN = 32
"""Bars that the terminal shows at least: whoever trades there takes bars from elsewhere."""
_AHEAD = 3 * 366 * NS_PER_DAY
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class SimulatedWorld:
    """A simulated server and the adapter over its terminal."""

    server: TradeServer
    broker: Mt5Broker
    typical: tuple[int, ...]


def simulated_world(
    floor: Floor,
    config: Config,
    now: Callable[[], int],
    sleep: Sleep,
    *,
    seed: int = 0,
    make: type[TradeServer] = TradeServer,
) -> SimulatedWorld:
    """A server whose account has the rules and series of a backtest and has not traded.

    Args:
        floor: what is traded; each symbol once.
        config: account, sizing, risk, costs.
        now: the instant, ns UTC.
        sleep: waits so many seconds.
        seed: of the adapter's pauses.
        make: kind of server.

    Raises:
        ConfigError: money cannot be counted for one of the series, or settings contradict each other.
    """
    symbols = [ServedSymbol(one.spec, one.bars.digits, one.key.timeframe) for one in floor.series]
    start = min(int(one.bars.ts[0]) for one in floor.series)
    options = ServerOptions(login=LOGIN, currency=config.account.currency, kept_bars=_SHOWN)
    server = make(_world(floor, config, start), symbols, options, start)
    how = config.backtest
    own = permissions(share=how.fill_share > 0, cancelled=how.unfilled == "cancel")
    shown = TerminalOptions(
        warm_up=0,
        selected=None,
        same_as=config.account.same_as,
        permissions={one.spec.name: own for one in symbols},
    )
    terminal = SimulatedTerminal(server, parse_rule(RULE), shown)
    settings = BrokerConfig(terminal="simulated", login=LOGIN, server_tz=RULE)
    world = Surroundings(now, sleep, monotonic, Random(seed))
    typical = tuple(typical_spread(one.spec, one.bars.digits) for one in floor.series)
    return SimulatedWorld(server, Mt5Broker(terminal, settings, world, ServerClock(RULE)), typical)


def permissions(*, share: bool, cancelled: bool) -> Permissions:
    """Filling modes by which a market order is filled as in a backtest.

    Args:
        share: a bar fills a share of its volume only; otherwise every order is filled whole.
        cancelled: what a bar did not fill is cancelled; otherwise it waits for the next open, which
            MetaTrader grants where execution is that of an exchange.
    """
    if not share:
        return Permissions()
    if cancelled:
        return Permissions(filling=SymbolFilling.IOC)
    return Permissions(execution=SymbolTradeExecution.EXCHANGE, filling=0)


def _world(floor: Floor, config: Config, start: int) -> World:
    end = max(int(one.bars.ts_close[-1]) for one in floor.series)
    weekends = any(calendar(one.spec.calendar).always_open for one in floor.series)
    world = open_desk(floor, config).world
    ahead = rolls(start, end + _AHEAD, weekends=weekends)
    return world._replace(rolls=ahead)
