"""What is fetched from the simulated terminal, over a bridge, is the simulated market itself."""

import threading
from pathlib import Path

from ictcli.brokers.simulated.served import ServedOptions, passing_clock, served_terminal
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, parse_instant
from ictcli.config.records import FetchConfig, Mt5Source
from ictcli.config.trading import BrokerConfig
from ictcli.market.bars import SeriesKey, concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.mt5_source import TerminalSource
from ictcli.sources.sim.market import SimMarket
from ictcli.sources.source import Request, Surroundings
from ictcli.sources.terminal_reads import Patience
from ictcli.store.store import Store
from ictcli.terminals.bridge.server import BridgeServer

TOKEN = "a-token-of-some-length"
OPTIONS = ServedOptions(start="2026-03-08T12:00:00Z", history="12h", ahead="1h", warm_up=2)
BOOK = load_symbols(None)


def test_a_simulated_terminal_delivers_its_market_bar_for_bar(tmp_path: Path) -> None:
    """Twelve hours of minutes across New York's clock change of 8 March 2026, seven hours ahead of it."""
    start = parse_instant(OPTIONS.start, now=0)
    begin, clock = start - 12 * NS_PER_HOUR, passing_clock(OPTIONS)
    server = BridgeServer(served_terminal(OPTIONS), "127.0.0.1", 0, TOKEN)
    thread = threading.Thread(target=server.serve)
    thread.start()
    store, notes = Store(tmp_path / "data", tmp_path / "state", 0), list[str]()
    around = Surroundings(
        store, BOOK, FetchConfig(), now=start, note=notes.append,
        brokers={"lab": BrokerConfig(terminal="bridge", port=server.port)},
        environ={"ICTCLI_BRIDGE_TOKEN": TOKEN},
    )  # fmt: skip
    table = Mt5Source(symbols=("BTCUSD",), start="2026-03-01")
    source = TerminalSource("lab", table, patience=Patience(first=0.01, look=0.0), now=clock)
    harvest = source.fetch(Request(), around)
    server.stop()
    thread.join(5)

    assert harvest.failures == []
    (report,) = harvest.reports
    (delivery,) = report.deliveries
    assert delivery.clock.by == "confirmed"
    assert notes == []
    stored = store.read(SeriesKey("lab", "BTCUSD", TIMEFRAMES["M1"]))
    market = SimMarket(BOOK, ("BTCUSD",), OPTIONS.seed, OPTIONS.edge, begin)
    made = concat(list(market.bars("BTCUSD", TIMEFRAMES["M1"], begin, start)))
    assert len(stored) >= 12 * 60 - 3
    assert stored.ts[0] <= begin + NS_PER_MINUTE
    fetched, simulated = stored.ts < start, (made.ts >= stored.ts[0]) & (made.ts <= stored.ts[-1])
    assert stored.ts[fetched].tolist() == made.ts[simulated].tolist()
    scale = 10 ** (stored.digits - made.digits)
    for name in ("open", "high", "low", "close"):
        got, want = getattr(stored, name)[fetched], getattr(made, name)[simulated] * scale
        assert got.tolist() == want.tolist(), name
    assert stored.ts[-1] + NS_PER_MINUTE <= clock()
