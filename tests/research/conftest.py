"""A small workspace with bars of two symbols."""

from pathlib import Path

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.config.records import Config
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Workshop
from ictcli.store.store import Store

MONDAY = 1_704_672_000_000_000_000  # 2024-01-08T00:00Z


def random_walk(seed: int, n: int, start: int, digits: int, minutes: int = 5) -> Bars:
    """Bars of a random walk without weekends: enough for swings, gaps and retests."""
    rng = np.random.default_rng(seed)
    close = start + np.cumsum(rng.integers(-30, 31, n) * rng.choice([1, 1, 1, 4], n))
    opens = np.concatenate([[start], close[:-1]])
    high = np.maximum(opens, close) + rng.integers(0, 8, n)
    low = np.minimum(opens, close) - rng.integers(0, 8, n)
    length = minutes * NS_PER_MINUTE
    ts = MONDAY + np.arange(n, dtype=np.int64) * length
    return make_bars(digits, ts, ts + length, (opens, high, low, close), spread=np.full(n, 3, np.int32))


def keep(store: Store, key: SeriesKey, bars: Bars) -> None:
    """Store bars as a source would."""
    with store.writer(key, {}, now=MONDAY) as writer:
        writer.add(bars)
        writer.commit(lambda ts, ts_close: [])


@pytest.fixture
def long_shop(tmp_path: Path) -> Workshop:
    """One symbol of source ``walk``, five-minute bars of six weeks: days enough for a Sharpe ratio."""
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(0, 12_500, 110_000, 5))
    return Workshop(store, load_symbols(None), Config(), tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Two symbols of source ``walk``, five-minute bars of two weeks."""
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    timeframe = parse_timeframe("M5")
    for seed, (symbol, start, digits) in enumerate([("EURUSD", 110_000, 5), ("XAUUSD", 200_000, 2)]):
        keep(store, SeriesKey("walk", symbol, timeframe), random_walk(seed, 3_000, start, digits))
    return Workshop(store, load_symbols(None), Config(), tmp_path)
