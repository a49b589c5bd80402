"""What the planted edge is worth to ``fvg_retest`` after costs, as the table in docs/simulated-market.md.

python benchmarks/sim_edge.py
"""

from dataclasses import replace
from decimal import Decimal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import parse_instant
from ictcli.config.records import AccountConfig, BacktestConfig, Config, RiskConfig, SizingConfig
from ictcli.market.bars import SeriesKey, concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.accounts import Floor
from ictcli.research.choices import choose_strategies
from ictcli.research.playing import play
from ictcli.research.series import Series
from ictcli.sources.sim.market import SimMarket

EDGES = (0.0, 0.25, 0.5, 0.75, 1.0)
SEEDS = (1, 2, 3, 4, 5, 6)
SYMBOLS = ("EURUSD", "XAUUSD")
WITHOUT_LIMITS = RiskConfig(
    per_trade=0,
    per_symbol=0,
    per_group=0,
    heat=0,
    correlated_heat=0,
    daily_loss=0,
    drawdown=0,
    losses_in_a_row=0,
    orders_per_day=0,
    spread=0,
)
START, END = parse_instant("2023-01-01", now=0), parse_instant("2025-01-01", now=0)


def net_in_r(edge: float, seed: int, *, free: bool = False) -> NDArray[np.float64]:
    """Every trade's result over its risk: two symbols, two years, defaults, one point of slippage.

    ``free`` takes spread, commission and slippage away.
    """
    book = load_symbols(None)
    market = SimMarket(book, SYMBOLS, seed, edge, START)
    config = Config(
        account=AccountConfig(balance=Decimal(1_000_000), risk_per_trade=0.0005),
        sizing=SizingConfig(compound=False, throttle=0.0),
        risk=WITHOUT_LIMITS,
        backtest=BacktestConfig(slippage_points=0 if free else 1),
    )
    found = []
    for symbol in SYMBOLS:
        bars = concat(list(market.bars(symbol, TIMEFRAMES["M15"], START, END)))
        spec = book.require(symbol)
        if free:
            bars = replace(bars, spread=np.zeros(len(bars), np.int32))
            spec = msgspec.structs.replace(spec, commission=Decimal(0))
        key = SeriesKey("sim", symbol, TIMEFRAMES["M15"])
        floor = Floor((Series(key, key, "", spec, bars),), 1, (None,))
        trades = play(floor, choose_strategies(["fvg_retest"], {}, {}), config).trades
        found.append(trades.column("r_multiple").to_numpy())
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
