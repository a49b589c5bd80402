"""Every shipped strategy over whole real files: on paper as in the backtest."""

from pathlib import Path

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.config.records import Config
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Request, Workshop, trade
from ictcli.store.store import Store
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.protocol import Strategy
from ictcli.trading.verifying import verify_paper
from tests.detectors.adversarial import read_bars
from tests.research.conftest import keep

FILES = {
    "EURUSD_M15_brokerJ": ("EURUSD", 5, 15),
    "GBPUSD_H1_ejtrader": ("GBPUSD", 5, 60),
    "US100_M5_ftmo": ("US100", 2, 5),
    "XAUUSD_M1_ftmo": ("XAUUSD", 2, 1),
    "BTCUSDT_M1_bybit": ("BTCUSD", 1, 1),
}
"""Symbol, digits and minutes per bar."""


def works(strategy: Strategy, bar_ns: int) -> bool:
    """Whether a strategy takes bars of this length."""
    return strategy.refuses is None or not strategy.refuses(strategy.params(), bar_ns)


@pytest.mark.proof
@pytest.mark.parametrize("file", list(FILES))
def test_shipped_strategies_trade_a_whole_file_on_paper_as_in_the_backtest(
    file: str, real_data: Path, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    """All on one account."""
    symbol, digits, minutes = FILES[file]
    bars = read_bars(real_data / "bars" / f"{file}.parquet", digits, minutes * NS_PER_MINUTE)
    timeframe = parse_timeframe(f"M{minutes}" if minutes < 60 else f"H{minutes // 60}")
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("real", symbol, timeframe), bars)
    shop = Workshop(store, load_symbols(None), Config(), tmp_path)
    names = tuple(name for name, one in STRATEGIES.items() if works(one, timeframe.ns))
    assert len(names) > 6
    request = Request((symbol,), names, {}, timeframe, None, None, None, 1, None)
    found = trade(request, shop, lambda *_: None)
    owners = found.played.books.trades["owner"].tolist()
    paper = verify_paper(found, [None] * len(names), lambda *_: None)
    assert (paper["mismatches"], paper["first"]) == (0, [])
    proof_facts |= {
        "bars": len(bars),
        "trades compared": paper["compared"],
        "mismatches": paper["mismatches"],
        "trades by strategy": {name: owners.count(at) for at, name in enumerate(names)},
    }
