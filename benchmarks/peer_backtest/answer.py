"""What every program is asked and how it answers; imports nothing but numpy, as it runs beside each of them.

    python -m benchmarks.peer_backtest.in_PROGRAM BARS.npz ANSWER.npz ASKED.json

``BARS.npz`` holds ts and ts_close (nanoseconds UTC), open, high, low, close as decimals, and the stop and the
target that an entry decided at each close has (decimals, NaN without).
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Asked:
    """What to trade.

    Attributes:
        fast, slow: lengths of the averages.
        stop_percent, target_percent: distance of stop and target from the close that decides; 0 for neither.
        units: bought at every entry.
        fee: paid at every fill.
        cash: before the first bar.
        runs: how often to trade it all; the first one compiles.
        strategy: of ictcli; the others have the cross only.
        by_risk: whether ictcli sizes every entry by what its stop may cost, instead of ``units``.
    """

    fast: int
    slow: int
    stop_percent: float
    target_percent: float
    units: int
    fee: float
    cash: float
    runs: int
    strategy: str = "sma_cross"
    by_risk: bool = False

    @property
    def bracket(self) -> bool:
        """Whether entries have a stop and a target: those of the file."""
        return self.stop_percent > 0


Trading = Callable[[Columns, Asked], tuple[Columns, float]]
"""Trades everything once: columns of the trades, and the seconds it took once the program had its data."""


def answer(load: Callable[[], None], trade: Trading) -> None:
    """Import the program, trade, and write trades, seconds and peak memory.

    Args:
        load: imports the program.
        trade: trades everything once.
    """
    bars, target, text = sys.argv[1:]
    begun = time.perf_counter()
    load()
    imported = time.perf_counter() - begun
    asked = Asked(**json.loads(text))
    with np.load(bars) as stored:
        columns = dict(stored)
    seconds = []
    trades: Columns = {}
    for _ in range(asked.runs):
        trades, taken = trade(columns, asked)
        seconds.append(taken)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts: Columns = {
        "imported": np.array(imported),
        "seconds": np.array(seconds),
        "peak_mib": np.array(peak),
    }
    np.savez(target, allow_pickle=False, **facts, **trades)
