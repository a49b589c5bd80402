"""A backtest from stored bars to a stored run: load, signal, fill, measure, judge, keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.clock import NS_PER_SECOND, iso
from ictcli.config.records import Config
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.errors import ConfigError
from ictcli.market.bars import Bars, Int64
from ictcli.market.calendars import calendar
from ictcli.market.news import read_news
from ictcli.market.symbols import SymbolBook
from ictcli.market.timeframes import Timeframe
from ictcli.market.trading_day import trading_day
from ictcli.research.accounts import Floor, missing_conversions
from ictcli.research.choices import Choice, choose_strategies
from ictcli.research.documents import Leg, content_hash, run_document
from ictcli.research.gates import Verdict, judge, load_gate, part_metrics, require_labels
from ictcli.research.metrics.measure import measure, metric_document
from ictcli.research.metrics.values import Equity, Resampling, Sample
from ictcli.research.playing import Played, play, strategy_names
from ictcli.research.search.earlier import Attempt, earlier_trials
from ictcli.research.search.identity import identity
from ictcli.research.series import Series, load_conversion, load_finer, load_series
from ictcli.research.signal_log import signal_table
from ictcli.store.selection import Selection, stored_symbols
from ictcli.store.store import Store
from ictcli.strategies.decisions import ENTER
from ictcli.telemetry import Progress

_BLOCK = 2**16  # bars whose trading days are worked out at once

if TYPE_CHECKING:
    from ictcli.research.modelled import AskedModel


@dataclass(frozen=True, slots=True)
class Request:
    """What to backtest.

    Attributes:
        symbols: names; empty takes every stored symbol.
        strategies: names, or files of own strategies; each trades every symbol on one account.
        params: their parameters as texts; a name may be preceded by a strategy's, as in ``fvg_retest.hold``.
        timeframe: of the bars to trade.
        source: source name; None takes each symbol's primary or only source.
        start, end: nanoseconds UTC, end exclusive; None for everything.
        seed: of the intervals; None takes the configured one.
        gate: gate file; None asks for no verdict.
        model: that judges the strategy's entries, or is traded where there is no strategy; None without one.
    """

    symbols: tuple[str, ...]
    strategies: tuple[str, ...]
    params: Mapping[str, str]
    timeframe: Timeframe
    source: str | None
    start: int | None
    end: int | None
    seed: int | None
    gate: Path | None
    model: "AskedModel | None" = None


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a backtest works with: stored bars and runs, instruments, configuration, the workspace."""

    store: Store
    book: SymbolBook
    config: Config
    folder: Path


@dataclass(frozen=True, slots=True)
class Backtest:
    """A finished run: its document as stored, and the verdict (None without a gate)."""

    run: str
    document: dict[str, Any]
    trades: pa.Table
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was traded and is to be kept.

    Attributes:
        floor: what was traded.
        resolved: timeframe that resolves the bars of each traded series, "" for none.
        choices: the strategies.
        config: account and costs, which a search may have chosen.
        played: what came of it.
        sample: what metrics are computed from.
        asked: what was studied besides; equal inputs have an equal content hash only with the same.
        sections: added to the document.
        tables: kept beside the run's own.
    """

    floor: Floor
    resolved: Sequence[str]
    choices: Sequence[Choice]
    config: Config
    played: Played
    sample: Sample
    asked: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


def backtest(
    request: Request, shop: Workshop, *, now: int, provenance: Mapping[str, Any], progress: Progress
) -> Backtest:
    """Trade strategies over stored bars, measure them, ask the gate, and keep the run.

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
    return keep(trade(request, shop, progress), request, shop, now=now, provenance=provenance)


def trade(request: Request, shop: Workshop, progress: Progress) -> Found:
    """Let strategies trade stored bars, without keeping anything.

    Raises:
        UsageError, ConfigError, DataError: see ``backtest``.
        PolicyRefused: a model has seen the bars.
    """
    config = shop.config
    choices = choose_strategies(request.strategies, config.strategies, request.params)
    checks = load_gate(request.gate) if request.gate else ()
    floor, resolved = load_floor(request, shop, progress)
    if request.model is not None:
        from ictcli.research.modelled import with_model  # noqa: PLC0415 - imports every feature

        progress("asking the model", floor.traded, floor.traded)
        choices = with_model(request.model, choices, floor.series[: floor.traded], shop.store, config)
    require_labels(checks, labels_of(floor, choices), str(request.gate))
    progress("trading", floor.traded, floor.traded)
    played = play(floor, choices, config, notes=True)
    progress("intervals", floor.traded, floor.traded)
    return Found(floor, resolved, choices, config, played, sample_of(floor, played, config))


def keep(
    found: Found, request: Request, shop: Workshop, *, now: int, provenance: Mapping[str, Any]
) -> Backtest:
    """Measure what was traded, ask the gate, and keep the run.

    Bars and records are let go before the disk is written, where the caller holds them no longer.

    Raises:
        ConfigError: the gate file does not fit.
    """
    document, tables, trades, verdict = _measured(found, request, shop, now=now, provenance=provenance)
    del found
    pa.default_memory_pool().release_unused()
    run = document["run"]
    shop.store.runs.create(run, document, {name: _tagged(table, run) for name, table in tables.items()})
    return Backtest(run, document, trades, verdict)


def _measured(
    found: Found, request: Request, shop: Workshop, *, now: int, provenance: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, pa.Table], pa.Table, Verdict | None]:
    """Document, tables, trades and verdict of a run."""
    config, played = found.config, found.played
    checks = load_gate(request.gate) if request.gate else ()
    require_labels(checks, labels_of(found.floor, found.choices), str(request.gate))
    seed = seed_of(request, config)
    how = Resampling(config.backtest.resamples, seed, config.backtest.confidence)
    legs = _legs(found.floor, played, found.resolved)
    document = run_document(config, found.choices, request.timeframe, seed, legs, played.trades)
    sample, earlier = _among_earlier(found, document, shop)
    metrics = measure(sample, how)
    gate = (
        judge(str(request.gate), checks, metrics, part_metrics(checks, played.trades, how))
        if checks
        else None
    )
    document |= {
        **earlier,
        "metrics": metric_document(metrics),
        "gate": msgspec.to_builtins(gate) if gate else None,
        **found.sections,
        "asked": dict(found.asked),
        "content_hash": content_hash(document, checks, found.asked),
        "provenance": dict(provenance),
    }
    run = f"{_stamp(now)}-{document['content_hash'][:8]}"
    document = {"run": run, "created": iso(now), **document}
    tables = {
        "trades": played.trades,
        "orders": played.orders,
        "equity": played.equity,
        "signals": signal_table(played, found.floor.series, found.choices),
        **found.tables,
    }
    return document, tables, played.trades, gate.verdict if gate else None


def _among_earlier(
    found: Found, document: Mapping[str, Any], shop: Workshop
) -> tuple[Sample, dict[str, Any]]:
    """The sample of a plain run with the trials that the store remembers, and what to keep of them.

    A search knows its own trials. What was tried earlier is no input of a run: it changes its deflated Sharpe
    ratio, and not its content hash.
    """
    if found.sample.trials is not None:
        return found.sample, {}
    key = identity(found.choices, found.config)
    traded = found.floor.series[: found.floor.traded]
    earlier = earlier_trials(shop.store.runs, Attempt(document, key, found.sample, traded))
    if earlier is None:
        return found.sample, {"trial": key, "earlier": None}
    return replace(found.sample, trials=earlier.trials), {"trial": key, "earlier": earlier.document}


def labels_of(floor: Floor, choices: Sequence[Choice]) -> dict[str, list[str]]:
    """All labels that trades may carry, by dimension; dimensions that are not here have fixed ones."""
    names = strategy_names(choices)
    return {
        "symbol": list(dict.fromkeys(one.key.symbol for one in floor.series[: floor.traded])),
        "strategy": names,
        "setup": names,
        "exit": [one.label for one in ExitReason],
    }


def seed_of(request: Request, config: Config) -> int:
    """The seed that was asked for, or the configured one."""
    return config.backtest.seed if request.seed is None else request.seed


def load_floor(request: Request, shop: Workshop, progress: Progress) -> tuple[Floor, list[str]]:
    """What a request trades, and for each traded series the timeframe that resolves its bars ("" for none).

    Raises:
        ConfigError: a symbol has no specification, a conversion is missing, or the news do not parse.
        DataError: bars are missing.
        UsageError: several sources have a symbol and none is preferred.
    """
    config = shop.config
    symbols = request.symbols or stored_symbols(shop.store, request.source)
    selection = Selection(request.timeframe, request.source, request.start, request.end, config.primary)
    series = []
    for done, symbol in enumerate(symbols):
        progress(f"{symbol} {request.timeframe}", done, len(symbols))
        series.append(load_series(shop.store, shop.book, symbol, selection))
    finer: list[tuple[Bars | None, str]] = [
        load_finer(shop.store, one, request.start, request.end) if config.backtest.resolve else (None, "")
        for one in series
    ]
    converting = [_conversion(names, shop, selection) for names in missing_conversions(series, config)]
    fine = [bars for bars, _ in finer] + [None] * len(converting)
    news = read_news(shop.folder / config.risk.news) if config.risk.news else ()
    floor = Floor((*series, *converting), len(series), tuple(fine), news)
    return floor, [name for _, name in finer]


def _conversion(names: Sequence[str], shop: Workshop, selection: Selection) -> Series:
    """A stored series, of any source and timeframe, that converts."""
    found = load_conversion(shop.store, shop.book, names, selection)
    if found is not None:
        return found
    wanted = " or ".join(names)
    known = next((name for name in names if shop.book.resolve(name)), names[0])
    raise ConfigError(
        f"profit in another currency than {shop.config.account.currency} needs bars of {wanted}",
        hint=f"Run `ictcli fetch {known}` over the span traded, or map the currency in account.same_as.",
    )


def _legs(floor: Floor, played: Played, resolved: Sequence[str]) -> list[Leg]:
    """What is said of each traded series."""
    symbols = played.trades.column("symbol").to_numpy(zero_copy_only=False)
    orders = played.orders.select(["symbol", "event", "reason"])
    legs = []
    for s, series in enumerate(floor.series[: floor.traded]):
        own = orders.filter(pc.equal(orders.column("symbol"), series.key.symbol))
        signals = sum(
            int((line.decisions["kind"] == ENTER).sum()) for line in played.lines if line.series == s
        )
        typical = int(played.typical[s])
        traded = int(np.count_nonzero(symbols == series.key.symbol))
        legs.append(Leg(series, typical, resolved[s], signals, traded, _refusals(own)))
    return legs


_ENDED = tuple(one.label for one in (OrderEvent.EXPIRED, OrderEvent.VOID, OrderEvent.CANCELLED))


def _refusals(orders: pa.Table) -> dict[str, int]:
    """Entries that were not filled, by why: a refusal, or how their order ended."""
    counts: dict[str, int] = {}
    own = orders.filter(pc.is_in(orders.column("event"), pa.array([OrderEvent.REFUSED.label, *_ENDED])))
    for event, reason in zip(own.column("event").to_pylist(), own.column("reason").to_pylist(), strict=True):
        name = reason or event
        counts[name] = counts.get(name, 0) + 1
    return counts


def sample_of(floor: Floor, played: Played, config: Config) -> Sample:
    """What metrics are computed from."""
    series = floor.series[: floor.traded]
    all_days = days_of(series)
    closed = played.trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000
    names = np.array(played.trades.column("symbol").to_pylist(), dtype=object)
    days = np.zeros(len(closed), np.int64)
    for one in series:
        own = names == one.key.symbol
        days[own] = closing_days(one, closed[own])
    bars = sum(len(one.bars) for one in series)
    marks = played.books.marks
    unit = float(10**played.money_digits)
    equity = Equity(marks["ts"].copy(), marks["balance"] / unit, marks["equity"] / unit)
    opening, compound = float(config.account.balance), config.sizing.compound
    return Sample(played.trades, days, all_days, bars, opening, equity, compound=compound)


def days_of(series: Sequence[Series]) -> Int64:
    """Every trading day on which a bar closes, ascending; worked out block by block, as it takes room."""
    found = [
        np.unique(closing_days(one, one.bars.ts_close[first : first + _BLOCK]))
        for one in series
        for first in range(0, len(one.bars), _BLOCK)
    ]
    return np.unique(np.concatenate(found))


def closing_days(series: Series, closes: Int64) -> Int64:
    """Trading day of bars by their closes; a bar that closes at the roll belongs to the day that ends."""
    return trading_day(closes - 1, calendar(series.spec.calendar))


def _tagged(table: pa.Table, run: str) -> pa.Table:
    return table.add_column(0, "run", pa.repeat(pa.scalar(run), len(table)))


def _stamp(now: int) -> str:
    """``20260131T093000Z``: sorts by time, fits every file system."""
    return iso(now // NS_PER_SECOND * NS_PER_SECOND).replace("-", "").replace(":", "")
