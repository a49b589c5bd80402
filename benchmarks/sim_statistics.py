"""Simulated against real statistics, as the table in docs/simulated-market.md.

python benchmarks/sim_statistics.py            # the simulated column only
ICTCLI_REAL_DATA=<folder> python benchmarks/sim_statistics.py
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, monotonic, parse_instant
from ictcli.market.bars import concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.market.zones import NEW_YORK, to_local
from ictcli.sources.sim.market import SimMarket

SEEDS = (1, 2, 3)
START, END = parse_instant("2022-01-01", now=0), parse_instant("2025-01-01", now=0)
REAL = {
    "EURUSD": "EURUSD_M15_brokerJ",
    "AUDUSD": "AUDUSD_M15_ftmox",
    "USDJPY": "USDJPY_M15_brokerB",
    "XAUUSD": "XAUUSD_M15_ftmo",
    "US500": "US500_M15_ftmo",
    "BTCUSD": "BTCUSD_M5_ftmo",
}
SPREADS = {
    "EURUSD": "EURUSD_M1_brokerH201806",
    "XAUUSD": "XAUUSD_M1_ftmo",
    "BTCUSD": "BTCUSD_M1_ftmo",
}
LAGS = (1, 10, 96)


@dataclass(frozen=True)
class Facts:
    kurtosis: float
    persistence: tuple[float, ...]
    volatility: float
    gap: float
    profile: NDArray[np.float64]


def facts(ts: NDArray[np.int64], close: NDArray[np.float64]) -> Facts:
    """The statistics of 15-minute closes; bars that straddle a closure count only as gaps."""
    moves, steps = np.diff(np.log(close)), np.diff(ts)
    steady = steps == 15 * NS_PER_MINUTE
    inside, sizes = moves[steady], np.abs(moves[steady])
    centred = inside - inside.mean()
    hour = to_local(NEW_YORK, ts[1:][steady]) // NS_PER_HOUR % 24
    gaps = np.abs(moves[steps > 40 * NS_PER_HOUR])
    return Facts(
        kurtosis=float((centred**4).mean() / (centred**2).mean() ** 2),
        persistence=tuple(float(np.corrcoef(sizes[:-lag], sizes[lag:])[0, 1]) for lag in LAGS),
        volatility=float(np.sqrt((moves**2).sum() / ((ts[-1] - ts[0]) / (365.25 * NS_PER_DAY)))),
        gap=float(gaps.mean() / inside.std()) if len(gaps) else float("nan"),
        profile=np.array([sizes[hour == k].mean() if (hour == k).any() else np.nan for k in range(24)]),
    )


def simulated(symbol: str, seed: int) -> tuple[Facts, float]:
    """Facts of three simulated years, and the median spread in points."""
    market = SimMarket(load_symbols(None), (symbol,), seed, 0.0, START)
    bars = concat(list(market.bars(symbol, TIMEFRAMES["M15"], START, END)))
    return facts(bars.ts, bars.close.astype(np.float64)), float(np.median(bars.spread))


def real(folder: Path, name: str) -> Facts:
    table = pl.read_parquet(folder / "bars" / f"{name}.parquet")
    ts = table["ts"].cast(pl.Datetime("ns")).to_physical().to_numpy().astype(np.int64)
    last = np.flatnonzero(np.diff(ts // (15 * NS_PER_MINUTE), append=-1))
    return facts(ts[last] // (15 * NS_PER_MINUTE) * (15 * NS_PER_MINUTE), table["close"].to_numpy()[last])


def real_spread(folder: Path, symbol: str) -> str:
    if symbol not in SPREADS:
        return ""
    table = pl.read_parquet(folder / "bars" / f"{SPREADS[symbol]}.parquet")
    return f"{np.median(table['spread'].to_numpy()):.0f}"


def row(label: str, found: Facts, spread: str, likeness: str) -> str:
    persistence = " / ".join(f"{value:.2f}" for value in found.persistence)
    return (
        f"| {label} | {found.kurtosis:.0f} | {persistence} | {found.volatility:.1%} "
        f"| {found.gap:.1f} | {spread} | {likeness} |"
    )


def likeness(left: Facts, right: Facts) -> float:
    both = ~(np.isnan(left.profile) | np.isnan(right.profile))
    return float(np.corrcoef(left.profile[both], right.profile[both])[0, 1])


def speed() -> float:
    """Million M1 bars a second, after compilation."""
    market = SimMarket(load_symbols(None), ("EURUSD",), 9, 1.0, START)
    sum(len(part) for part in market.bars("EURUSD", TIMEFRAMES["M1"], START, START + NS_PER_DAY))
    began = monotonic()
    rows = sum(len(part) for part in market.bars("EURUSD", TIMEFRAMES["M1"], START, END))
    return rows / (monotonic() - began) / 1e6


def main() -> None:
    folder = os.environ.get("ICTCLI_REAL_DATA")
    print(
        "| series | kurtosis | autocorrelation at 1 / 10 / 96 | volatility | weekend gap | spread | profile |"
    )
    print("|---|---|---|---|---|---|---|")
    for symbol, name in REAL.items():
        runs = [simulated(symbol, seed) for seed in SEEDS]
        truth = real(Path(folder), name) if folder else None
        if truth:
            print(row(f"{symbol}, real", truth, real_spread(Path(folder or ""), symbol), ""))
        for seed, (found, spread) in zip(SEEDS, runs, strict=True):
            like = f"{likeness(found, truth):.2f}" if truth else ""
            print(row(f"{symbol}, seed {seed}", found, f"{spread:.0f}", like))
    print(f"\n{speed():.1f} million M1 bars a second")


if __name__ == "__main__":
    main()
