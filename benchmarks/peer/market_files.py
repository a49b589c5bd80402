"""Real bars by the name of their file, ``SYMBOL_TIMEFRAME_origin.parquet``."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from ictcli.market.bars import Bars, make_bars
from ictcli.market.timeframes import TIMEFRAMES

_DIGITS = {"EURUSD": 5, "GBPUSD": 5, "AUDUSD": 5, "USDCHF": 5, "USDJPY": 3}
"""Of symbols that are not priced to two decimals."""


def read_market_file(path: Path) -> Bars:
    """All bars of a file, prices in points."""
    symbol = path.stem.split("_")[0]
    digits = _DIGITS.get(symbol, 2)
    table = pq.read_table(path)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [np.rint(table[name].to_numpy() * 10.0**digits) for name in ("open", "high", "low", "close")]
    opened, high, low, close = (column.astype(np.int64) for column in prices)
    return make_bars(digits, ts, ts + bar_length(path), (opened, high, low, close))


def bar_length(path: Path) -> int:
    """Nominal length of the bars of a file, nanoseconds."""
    return TIMEFRAMES[path.stem.split("_")[1]].ns
