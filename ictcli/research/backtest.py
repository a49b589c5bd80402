"""A backtest from stored bars to a stored run: load, signal, fill, measure, judge, keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ictcli.clock import NS_PER_SECOND, iso
from ictcli.config.records import Config
from ictcli.engine.simulate import Account, Simulation, account, simulate
from ictcli.engine.trades import trade_table
from ictcli.market.bars import Int64
from ictcli.market.calendars import calendar
from ictcli.market.symbols import SymbolBook
from ictcli.market.timeframes import Timeframe
from ictcli.market.trading_day import trading_day
from ictcli.research.choices import Choice, choose_strategy
from ictcli.research.documents import Leg, content_hash, run_document
from ictcli.research.gates import Verdict, judge, load_gate, part_metrics
from ictcli.research.metric_values import Resampling, Sample
from ictcli.research.metrics import measure, metric_document
from ictcli.research.ruin import stop_at_ruin
from ictcli.research.series import Series, load_series
from ictcli.research.signal_log import signal_table
from ictcli.store.selection import Selection, stored_symbols
from ictcli.store.store import Store
from ictcli.strategies.signals import Signals
from ictcli.telemetry import Progress


@dataclass(frozen=True, slots=True)
class Request:
    """What to backtest.

    Attributes:
        symbols: names; empty takes every stored symbol.
        strategy, params: strategy by name and its parameters as texts.
        timeframe: of the bars to trade.
        source: source name; None takes each symbol's primary or only source.
        start, end: nanoseconds UTC, end exclusive; None for everything.
        seed: of the intervals; None takes the configured one.
        gate: gate file; None asks for no verdict.
    """

    symbols: tuple[str, ...]
    strategy: str
    params: Mapping[str, str]
    timeframe: Timeframe
    source: str | None
    start: int | None
    end: int | None
    seed: int | None
    gate: Path | None


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a backtest works with: stored bars and runs, instruments, configuration."""

    store: Store
    book: SymbolBook
    config: Config


@dataclass(frozen=True, slots=True)
class Backtest:
    """A finished run: its document as stored, and the verdict (None without a gate)."""

    run: str
    document: dict[str, Any]
    trades: pa.Table
    verdict: Verdict | None


def backtest(
    request: Request, shop: Workshop, *, now: int, provenance: Mapping[str, Any], progress: Progress
) -> Backtest:
    """Trade a strategy over stored bars, measure it, ask the gate, and keep the run.

    Args:
        request: what to backtest.
        shop: store, symbols and configuration.
        now: the run's instant; the same inputs at another instant make another run.
        provenance: command line, configuration hash and version, kept with the run.
        progress: told once per series.

    Raises:
        UsageError: unknown strategy or parameter, or an ambiguous source.
        ConfigError: the gate file, the account or a symbol's money terms do not fit.
        DataError: bars are missing.
    """
    config = shop.config
    choice = choose_strategy(request.strategy, config.strategies, request.params)
    checks = load_gate(request.gate) if request.gate else None
    symbols = request.symbols or stored_symbols(shop.store, request.source)
    on = _account(config, compound=len(symbols) == 1)
    selection = Selection(request.timeframe, request.source, request.start, request.end, config.primary)
    plays = []
    for done, symbol in enumerate(symbols):
        progress(f"{symbol} {request.timeframe}", done, len(symbols))
        plays.append(_play(load_series(shop.store, shop.book, symbol, selection), choice, on))
    legs = _legs(plays, on)
    progress("intervals", len(symbols), len(symbols))
    trades = _merged([leg.trades for leg in legs])
    seed = config.backtest.seed if request.seed is None else request.seed
    how = Resampling(config.backtest.resamples, seed, config.backtest.confidence)
    metrics = measure(_sample(legs, trades, config), how)
    gate = judge(str(request.gate), checks, metrics, part_metrics(checks, trades, how)) if checks else None
    document = run_document(config, choice, request.timeframe, seed, legs, trades)
    document |= {
        "metrics": metric_document(metrics),
        "gate": msgspec.to_builtins(gate) if gate else None,
        "content_hash": content_hash(document, checks or ()),
        "provenance": dict(provenance),
    }
    run = f"{_stamp(now)}-{document['content_hash'][:8]}"
    document = {"run": run, "created": iso(now), **document}
    signals = pa.concat_tables([leg.signals for leg in legs])
    shop.store.runs.create(run, document, {"trades": _tagged(trades, run), "signals": _tagged(signals, run)})
    return Backtest(run, document, trades, gate.verdict if gate else None)


def _account(config: Config, *, compound: bool) -> Account:
    return account(
        config.account.currency,
        config.account.balance,
        config.account.risk_per_trade,
        compound=compound,
        slippage=config.backtest.slippage_points,
        same_as=dict(config.account.same_as),
    )


def _play(series: Series, choice: Choice, on: Account) -> tuple[Series, Signals, Simulation]:
    signals = choice.strategy.run(series.bars, choice.params)
    return series, signals, simulate(series.bars, signals, series.spec, on)


def _legs(plays: Sequence[tuple[Series, Signals, Simulation]], on: Account) -> list[Leg]:
    results = stop_at_ruin([(series.bars, signals, result) for series, signals, result in plays], on.balance)
    legs = []
    for (series, signals, _), result in zip(plays, results, strict=True):
        trades = trade_table(series.key, series.bars, signals, series.spec, result)
        log = signal_table(series.key, series.bars, signals, result.codes)
        legs.append(Leg(series, result, trades, log))
    return legs


def _merged(tables: list[pa.Table]) -> pa.Table:
    """All trades in order of closing; at the same instant in the order of symbols."""
    together = pa.concat_tables(tables)
    closed = together.column("closed_at").cast(pa.int64()).to_numpy()
    return together.take(pa.array(np.argsort(closed, kind="stable")))


def _sample(legs: list[Leg], trades: pa.Table, config: Config) -> Sample:
    all_days = np.unique(np.concatenate([_days(leg.series, leg.series.bars.ts_close) for leg in legs]))
    by_symbol = {leg.series.key.symbol: leg.series for leg in legs}
    closed = trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000
    names = np.array(trades.column("symbol").to_pylist(), dtype=object)
    days = np.zeros(len(closed), np.int64)
    for symbol, series in by_symbol.items():
        own = names == symbol
        days[own] = _days(series, closed[own])
    bars = sum(len(leg.series.bars) for leg in legs)
    return Sample(trades, days, all_days, bars, float(config.account.balance))


def _days(series: Series, closes: Int64) -> Int64:
    """Trading day of bars by their closes; a bar that closes at the roll belongs to the day that ends."""
    return trading_day(closes - 1, calendar(series.spec.calendar))


def _tagged(table: pa.Table, run: str) -> pa.Table:
    return table.add_column(0, "run", pa.repeat(pa.scalar(run), len(table)))


def _stamp(now: int) -> str:
    """``20260131T093000Z``: sorts by time, fits every file system."""
    return iso(now // NS_PER_SECOND * NS_PER_SECOND).replace("-", "").replace(":", "")
