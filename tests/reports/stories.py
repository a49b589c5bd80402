"""Stories of runs for tests of their pages: trades made by numbers, bars of a random walk, real detectors."""

from typing import Any

import numpy as np
import pyarrow as pa

from ictcli.detectors.plan import Settings
from ictcli.engine.trades import MONEY, PRICE, TRADES, VOLUME
from ictcli.reports.breakdown import breakdowns
from ictcli.reports.run_curve import curve_of
from ictcli.reports.run_reading import verdict_of
from ictcli.reports.run_story import Execution, RunStory, Windows
from ictcli.reports.run_windows import Place, choose_trades, windows_on
from ictcli.research.metrics.trades import decisive_metrics
from ictcli.research.metrics.values import Equity, Resampling, floats
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.wiring import wire
from tests.reports.charts import KEY, LENGTH, walk

HOW = Resampling(50, 1, 0.95)
BARS = 600
OPENING = 10_000.0


def trades_of(size: int, *, seed: int = 3, first: int = 60) -> pa.Table:
    """Trades of two symbols, one after the other on bars of a walk that goes on as long as it must."""
    rng = np.random.default_rng(seed)
    begun = int(walk(1).ts[0]) + (first + 2 * np.arange(size, dtype=np.int64)) * LENGTH
    r = np.where(rng.random(size) < 0.4, rng.normal(1.8, 0.4, size), rng.normal(-1.02, 0.1, size)).round(2)
    net = np.rint(5_000 * r).astype(np.int64)
    entry = 2_000 + rng.normal(0, 5, size).round(2)
    long = rng.random(size) < 0.5

    def decimals(values: Any, kind: pa.DataType) -> pa.Array:
        return pa.array(values).cast(pa.float64()).cast(kind)

    def instants(ts: Any) -> pa.Array:
        return pa.array(ts // 1000).cast(TRADES.field("opened_at").type)

    count = len(net)
    columns: dict[str, Any] = {
        "source": pa.repeat("sim", count), "timeframe": pa.repeat("M15", count),
        "symbol": np.where(np.arange(count) % 3 == 0, "XAUUSD", "EURUSD"),
        "strategy": pa.repeat("fvg_retest", count), "setup": np.where(long, "first", "<second>"),
        "setup_number": np.arange(count), "side": np.where(long, "long", "short"),
        "signal_at": instants(begun), "opened_at": instants(begun), "closed_at": instants(begun + 3 * LENGTH),
        "entry": decimals(entry, PRICE), "stop": decimals(entry - np.where(long, 3, -3), PRICE),
        "target": decimals(entry + np.where(long, 6, -6), PRICE), "exit": decimals(entry + 1, PRICE),
        "exit_reason": np.where(net > 0, "target", "stop"), "volume": decimals(np.full(count, 0.5), VOLUME),
        "gross": decimals(net / 100, MONEY), "net": decimals(net / 100, MONEY),
        **{name: decimals(np.zeros(count), MONEY) for name in ("fees", "swap")},
        "commission": decimals(np.full(count, 0.7), MONEY), "costs": decimals(np.full(count, 2.0), MONEY),
        "risk": decimals(np.full(count, 50.0), MONEY), "r_multiple": r,
        "mae_r": np.abs(rng.normal(0.6, 0.3, count)), "mfe_r": np.abs(rng.normal(1.1, 0.5, count)),
        "mae_at": instants(begun + 2 * LENGTH),
        "spread_points": np.full(count, 8, np.int32), "slippage_points": np.full(count, 2, np.int32),
        "ambiguous": np.zeros(count, bool), "exits": np.ones(count, np.int32),
        "bars_held": np.full(count, 3, np.int32), "zone": pa.nulls(count, pa.int64()),
    }  # fmt: skip
    return pa.table({field.name: pa.array(columns[field.name]).cast(field.type) for field in TRADES})


def story(size: int = 40, *, bars: bool = True) -> RunStory:
    """A run of so many trades; zero is a run that traded nothing."""
    trades = trades_of(size)
    series = [{"symbol": "EURUSD"}, {"symbol": "XAUUSD"}]
    asked = {"series": series, "resamples": HOW.resamples, "seed": HOW.seed, "confidence": HOW.confidence}
    metrics = {name: _plain(one) for name, one in decisive_metrics(trades, HOW).items()}
    metrics["trades"] = {"value": size, "low": None, "high": None, "n": size}
    metrics["net_profit"] = {
        "value": float(floats(trades, "net").sum()),
        "low": None,
        "high": None,
        "n": size,
    }
    closed = trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000
    balance = OPENING + np.cumsum(floats(trades, "net"))
    return RunStory(
        name="20240301T000000Z-abcdef01",
        kind="Backtest",
        subject="fvg_retest on EURUSD, XAUUSD M15 from sim <b>",
        facts=[("span", "2024-01-08 to 2024-03-01")],
        verdict=verdict_of(metrics, HOW.confidence),
        metrics=metrics,
        confidence=HOW.confidence,
        currency="USD",
        trades=trades,
        digits={"EURUSD": 2, "XAUUSD": 2},
        curve=curve_of(trades, Equity(closed, balance, balance) if size else None, OPENING),
        parts=breakdowns(trades, asked),
        refusals=[("in_position", 4, "the series already had a position")],
        windows=windows(trades) if bars and size else Windows(),
        execution=Execution(modelled=True, facts=[("fills", "modelled by the rules below")]),
        studies=[["Costs   Trades", "2 times      7"]],
        assumptions=[("price", "bars are bid")],
        provenance=[("command", "ictcli backtest EURUSD --strategy '<own>.py'")],
    )


def _plain(metric: Any) -> dict[str, Any]:
    return {"value": metric.value, "low": metric.low, "high": metric.high, "n": metric.n}


def windows(trades: pa.Table) -> Windows:
    """Chosen trades on a walk, with what the detectors of a real strategy know of it."""
    bars = walk(BARS)
    rows, chosen = choose_trades(trades)
    places = [
        Place(row, bar, bar + 1, min(bar + 4, BARS - 1), max(0, bar - 6), trades["side"][row].as_py())
        for row, bar in ((row, 60 + 2 * row % (BARS - 80)) for row in rows)
    ]
    strategy = STRATEGIES["fvg_retest"]
    wiring = wire(strategy, strategy.params(), Settings(LENGTH))
    return Windows(tuple(windows_on(bars, places, KEY, wiring)), chosen, ("bars are of a test",))
