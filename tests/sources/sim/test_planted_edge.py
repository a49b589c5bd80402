"""The planted edge is what an ICT continuation setup finds, and only where it is planted."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import msgspec
import numpy as np
import pytest
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

START, END = parse_instant("2023-01-01", now=0), parse_instant("2025-01-01", now=0)
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


@lru_cache(maxsize=8)
def outcomes(edge: float, seed: int, *, free: bool = False) -> NDArray[np.float64]:
    """Net result of every trade of two years in R, after spread, commission and one point of slippage.

    ``free`` takes all three away.
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


@pytest.mark.parametrize("seed", [1, 7])
def test_without_an_edge_the_retest_loses_its_costs(seed: int) -> None:
    net = outcomes(0.0, seed)
    assert len(net) > 150
    assert net.mean() < 0


def test_without_an_edge_and_without_costs_the_retest_neither_earns_nor_loses() -> None:
    net = np.concatenate([outcomes(0.0, seed, free=True) for seed in (1, 2, 3)])
    assert abs(net.mean()) < 4 * net.std() / np.sqrt(len(net))


@pytest.mark.parametrize("seed", [1, 7])
def test_at_full_edge_the_retest_is_clearly_profitable_after_costs(seed: int) -> None:
    net = outcomes(1.0, seed)
    assert len(net) > 150
    assert (net > 0).mean() >= 0.45
    assert net.mean() >= 0.25


def test_the_profit_grows_with_the_edge() -> None:
    means = [outcomes(edge, 7).mean() for edge in (0.0, 0.5, 1.0)]
    assert means == sorted(means)


@pytest.mark.proof
def test_without_an_edge_many_seeds_never_profit_and_with_it_always(proof_facts: dict[str, object]) -> None:
    seeds = range(20, 32)
    without = [float(outcomes(0.0, seed).mean()) for seed in seeds]
    planted = [float(outcomes(1.0, seed).mean()) for seed in seeds]
    proof_facts["expectancy_r_edge_0"] = [round(value, 3) for value in without]
    proof_facts["expectancy_r_edge_1"] = [round(value, 3) for value in planted]
    assert max(without) < 0
    assert min(planted) >= 0.25
