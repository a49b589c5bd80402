"""The cross in vectorbt: signals one bar later at the open, levels as shares of the entry price."""

import importlib
import sys
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.peer_backtest.answer import Asked, Columns, answer


def load() -> None:
    warnings.simplefilter("ignore")
    importlib.import_module("vectorbt")


def trade(bars: Columns, asked: Asked) -> tuple[Columns, float]:
    """Averages, crossings and portfolio; the records of its trades are made within the time."""
    vbt: Any = sys.modules["vectorbt"]
    close, opened = bars["close"], bars["open"]
    stops: dict[str, Any] = {}
    if asked.bracket:
        stop, target = (np.concatenate([[np.nan], bars[name][:-1]]) for name in ("stop", "target"))
        stops = {
            "sl_stop": np.maximum(1 - stop / opened, 1e-9),
            "tp_stop": np.maximum(target / opened - 1, 1e-9),
            "stop_entry_price": "fillprice",
        }
    begun = time.perf_counter()
    fast, slow = vbt.MA.run(close, asked.fast), vbt.MA.run(close, asked.slow)
    entries = fast.ma_crossed_above(slow).vbt.signals.fshift(1)
    exits = fast.ma_crossed_below(slow).vbt.signals.fshift(1)
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries,
        exits,
        price=opened,
        open=opened,
        high=bars["high"],
        low=bars["low"],
        size=asked.units,
        fixed_fees=asked.fee,
        init_cash=asked.cash,
        **stops,
    )
    records = portfolio.trades.values
    taken = time.perf_counter() - begun
    closed = records["status"] == 1
    return {
        "opened": records["entry_idx"],
        "closed": np.where(closed, records["exit_idx"], -1),
        "entry": records["entry_price"],
        "exit": records["exit_price"],
        "net": records["pnl"],
    }, taken


if __name__ == "__main__":
    answer(load, trade)
