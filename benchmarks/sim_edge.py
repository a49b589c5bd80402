"""What the planted edge is worth to ``fvg_retest`` after costs, as the table in docs/simulated-market.md.

python benchmarks/sim_edge.py
"""

from dataclasses import replace
from decimal import Decimal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import parse_instant
from ictcli.engine.simulate import account, simulate
from ictcli.market.bars import concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.sim.market import SimMarket
from ictcli.strategies.fvg_retest import FvgRetestParams, run

EDGES = (0.0, 0.25, 0.5, 0.75, 1.0)
SEEDS = (1, 2, 3, 4, 5, 6)
SYMBOLS = ("EURUSD", "XAUUSD")
START, END = parse_instant("2023-01-01", now=0), parse_instant("2025-01-01", now=0)


def net_in_r(edge: float, seed: int, *, free: bool = False) -> NDArray[np.float64]:
    """Every trade's result over its risk: two symbols, two years, defaults, one point of slippage.

    ``free`` takes spread, commission and slippage away.
    """
    book = load_symbols(None)
    market = SimMarket(book, SYMBOLS, seed, edge, START)
    on = account("USD", Decimal(1_000_000), 0.0005, compound=False, slippage=0 if free else 1, same_as={})
    found = []
    for symbol in SYMBOLS:
        bars = concat(list(market.bars(symbol, TIMEFRAMES["M15"], START, END)))
        signals, spec = run(bars, FvgRetestParams()), book.require(symbol)
        if free:
            bars = replace(bars, spread=np.zeros(len(bars), np.int32))
            spec = msgspec.structs.replace(spec, commission=Decimal(0))
        trades = simulate(bars, signals, spec, on).trades
        found.append((trades["gross"] - trades["commission"]) / trades["risk"])
    return np.concatenate(found)


def row(label: str, runs: list[NDArray[np.float64]]) -> str:
    every = np.concatenate(runs)
    means = [float(one.mean()) for one in runs]
    error = every.std() / np.sqrt(len(every))
    return (
        f"| {label} | {len(every) // len(runs)} | {(every > 0).mean():.1%} "
        f"| {every.mean():+.3f} ± {error:.3f} R | {min(means):+.3f} and {max(means):+.3f} R |"
    )


def main() -> None:
    print("| edge | trades per seed | share of winners | expectancy per trade | worst and best seed |")
    print("|---|---|---|---|---|")
    print(row("0, no costs", [net_in_r(0.0, seed, free=True) for seed in SEEDS]))
    for edge in EDGES:
        print(row(f"{edge:g}", [net_in_r(edge, seed) for seed in SEEDS]))


if __name__ == "__main__":
    main()
