"""From what a backtest trades to a trade server with the same account."""

from dataclasses import replace

from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_records import ServedSymbol, ServerOptions
from ictcli.config.records import Config
from ictcli.research.accounts import Floor, open_desk


def open_server(floor: Floor, config: Config, options: ServerOptions) -> TradeServer:
    """A server whose account has the rules and series of a backtest and has not traded.

    Args:
        floor: what is traded; each symbol once.
        config: account, sizing, risk, costs.
        options: how the server behaves; the currency is the configuration's.

    Raises:
        ConfigError: money cannot be counted for one of the series, or settings contradict each other.
        ValueError: a symbol comes twice.
    """
    symbols = [ServedSymbol(one.spec, one.bars.digits, one.key.timeframe) for one in floor.series]
    start = min(int(one.bars.ts[0]) for one in floor.series)
    own = replace(options, currency=config.account.currency)
    return TradeServer(open_desk(floor, config).world, symbols, own, start)
