"""What the MetaTrader adapter adds to an order: `Mt5Broker.send` against a bare `order_send`.

    python benchmarks/adapter.py [--orders 3000]

Both place and cancel the same resting order at one simulated terminal, by turns. `send` also asks which
account is logged in, before and after, and what the symbol is now, each a call of its own; what is left of
its time after all calls of the terminal is what the adapter adds: building, checking, classifying. Two rounds
of the bare call against itself show the noise.
"""

import argparse
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from random import Random

import numpy as np

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.requests import Cancel, Place
from ictcli.brokers.simulated.opening import open_server
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_records import ServerOptions
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.turns import Turn, turn_of
from ictcli.clock import parse_instant
from ictcli.config.records import Config
from ictcli.config.trading import BrokerConfig
from ictcli.market.bars import SeriesKey, make_bars
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.accounts import Floor
from ictcli.research.series import Series
from ictcli.terminals.times import ServerClock

BARS = 50
M15 = TIMEFRAMES["M15"]
MONDAY = parse_instant("2026-01-12T08:00Z", now=0)


def market() -> TradeServer:
    """A server with some hours of market behind it."""
    spec = load_symbols(None).require("EURUSD")
    ts = MONDAY + np.arange(BARS, dtype=np.int64) * M15.ns
    flat = np.full(BARS, 110_000, np.int64)
    bars = make_bars(5, ts, ts + M15.ns, (flat, flat + 5, flat - 5, flat), spread=np.full(BARS, 8, np.int32))
    key = SeriesKey("flat", "EURUSD", M15)
    floor = Floor((Series(key, key, "", spec, bars),), 1, (None,))
    server = open_server(floor, Config(), ServerOptions(login=7))
    for row in range(BARS - 1):
        drive(server, turn_of(bars, row, row, 8))
    return server


def stage() -> tuple[SimulatedTerminal, Mt5Broker]:
    """A terminal of such a server, and a connected broker."""
    server = market()
    terminal = SimulatedTerminal(server)
    broker = Mt5Broker(
        terminal,
        BrokerConfig(login=7),
        Surroundings(lambda: server.now, time.sleep, time.perf_counter, Random(1)),
        ServerClock("ny+7"),
    )
    broker.connect()
    return terminal, broker


def drive(server: TradeServer, turn: Turn) -> None:
    """Let one bar go by."""
    quote, ends = turn
    server.pass_time(ends)
    server.open_phase(0, quote)
    server.inside_phase(0, quote, ends)
    server.close_bar(0, quote, ends)
    server.learn(ends)


def bare(terminal: SimulatedTerminal, wire: dict[str, object]) -> float:
    """Seconds of one bare order."""
    begun = time.perf_counter()
    result = terminal.order_send(wire)
    took = time.perf_counter() - begun
    assert result.retcode == 10009, result
    terminal.order_send({"action": 8, "order": result.order})
    return took


def ours(broker: Mt5Broker, request: Place) -> tuple[float, float]:
    """Seconds of one order through the adapter, and of them those that the adapter added."""
    begun = time.perf_counter()
    outcome = broker.send(request)
    took = time.perf_counter() - begun
    assert outcome.kind == "placed", outcome
    added = broker.timings["added"].last
    broker.send(Cancel("EURUSD", outcome.order or 0))
    return took, added


def requests() -> Iterator[Place]:
    """Resting orders far below the market."""
    for n in count(1):
        yield Place("EURUSD", 1, "limit", Decimal("0.1"), (1 << 32) + n, price=Decimal("1.05"))


def line(what: str, seconds: list[float]) -> str:
    p50, p99 = np.percentile(seconds, [50, 99]) * 1e6
    return f"{what:34s} p50 {p50:8.1f} us   p99 {p99:8.1f} us"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--orders", type=int, default=3000)
    wanted = parser.parse_args().orders
    terminal, broker = stage()
    orders = requests()
    wire = broker.exact(next(orders))
    first, second, whole, added = [], [], [], []
    for _ in range(100):
        bare(terminal, wire)
        ours(broker, next(orders))
    for _ in range(wanted):
        first.append(bare(terminal, wire))
        took, own = ours(broker, next(orders))
        whole.append(took)
        added.append(own)
        second.append(bare(terminal, wire))
    print(f"{wanted} orders of each, by turns, one process")
    for what, seconds in (
        ("bare order_send", first),
        ("bare order_send, once more", second),
        ("send: four calls and the adapter", whole),
        ("of it added by the adapter", added),
    ):
        print(line(what, seconds))


if __name__ == "__main__":
    main()
