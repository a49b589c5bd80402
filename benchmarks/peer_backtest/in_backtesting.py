"""The cross in backtesting.py, its levels in absolute prices."""

import importlib
import sys
import time
import warnings
from typing import Any

from benchmarks.peer_backtest.answer import Asked, Columns, answer


def load() -> None:
    warnings.simplefilter("ignore")
    for name in ("backtesting", "backtesting.lib", "pandas"):
        importlib.import_module(name)


def strategy(bars: Columns, asked: Asked) -> Any:
    """The class that the program runs."""
    crossover: Any = sys.modules["backtesting.lib"].crossover
    pandas: Any = sys.modules["pandas"]
    stops, targets = bars["stop"], bars["target"]

    def average(values: Any, length: int) -> Any:
        return pandas.Series(values).rolling(length).mean()

    def init(self: Any) -> None:
        self.fast = self.I(average, self.data.Close, asked.fast)
        self.slow = self.I(average, self.data.Close, asked.slow)

    def decide(self: Any) -> None:
        if crossover(self.fast, self.slow):
            at = len(self.data) - 1
            levels = {"sl": stops[at], "tp": targets[at]} if asked.bracket else {}
            self.buy(size=asked.units, **levels)
        elif crossover(self.slow, self.fast):
            self.position.close()

    parent: Any = sys.modules["backtesting"].Strategy
    return type("Cross", (parent,), {"init": init, "next": decide})


def trade(bars: Columns, asked: Asked) -> tuple[Columns, float]:
    """One run with its statistics."""
    pandas: Any = sys.modules["pandas"]
    frame = pandas.DataFrame(
        {name.title(): bars[name] for name in ("open", "high", "low", "close")},
        index=pandas.to_datetime(bars["ts"]),
    )
    program: Any = sys.modules["backtesting"]
    cross = strategy(bars, asked)
    begun = time.perf_counter()
    test = program.Backtest(
        frame,
        cross,
        cash=asked.cash,
        commission=lambda _size, _price: asked.fee,
        finalize_trades=True,
    )
    table = test.run()["_trades"]
    taken = time.perf_counter() - begun
    return {
        "opened": table["EntryBar"].to_numpy(),
        "closed": table["ExitBar"].to_numpy(),
        "entry": table["EntryPrice"].to_numpy(),
        "exit": table["ExitPrice"].to_numpy(),
        "net": table["PnL"].to_numpy(),
    }, taken


if __name__ == "__main__":
    answer(load, trade)
