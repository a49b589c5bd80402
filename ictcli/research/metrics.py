"""What a run is worth: each number with its interval, the number of observations, and its definition."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.market.bars import Int64
from ictcli.stats import bootstrap
from ictcli.stats.intervals import NOWHERE, Interval, percentile_interval, wilson
from ictcli.stats.sequences import Floats, max_drawdown, mean, profit_factor, sharpe_annualised_252, total

Unit = Literal["count", "money", "r", "share", "ratio"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number with its interval and its observations; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric means: its name for people, its unit, how its interval is made, and its definition."""

    label: str
    unit: Unit
    interval: Literal["none", "wilson", "bootstrap"]
    meaning: str


METRICS: dict[str, Definition] = {
    "trades": Definition("trades", "count", "none", "closed trades"),
    "net_profit": Definition("net profit", "money", "bootstrap", "sum of the net results, after all costs"),
    "net_expectancy_r": Definition(
        "expectancy", "r", "bootstrap", "mean net result of a trade, in units of its risk from entry to stop"
    ),
    "win_rate": Definition("win rate", "share", "wilson", "trades with a net result above zero"),
    "profit_factor": Definition(
        "profit factor", "ratio", "bootstrap", "sum of net gains over sum of net losses; none without losses"
    ),
    "max_drawdown": Definition(
        "max drawdown",
        "share",
        "bootstrap",
        "deepest fall from a peak of the balance, open losses included, over that peak",
    ),
    "sharpe_daily": Definition(
        "Sharpe (daily)",
        "ratio",
        "bootstrap",
        "mean over deviation of results per trading day, idle days included, times √252",
    ),
    "exposure": Definition("exposure", "share", "none", "bars with an open position among all bars"),
    "cost_share": Definition(
        "cost share",
        "share",
        "none",
        "costs (spread, slippage, commission) over the sizes of all results before costs",
    ),
}  # fmt: skip


def metric_table() -> str:
    """Markdown table of the metrics, as docs/gates.md prints it."""
    rows = [f"| `{name}` | {metric.interval} | {metric.meaning} |" for name, metric in METRICS.items()]
    return "\n".join(["| metric | interval | meaning |", "|---|---|---|", *rows])


@dataclass(frozen=True, slots=True)
class Sample:
    """What metrics are computed from.

    Attributes:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        days: trading day of each trade's close.
        all_days: every trading day of the data, ascending.
        bars: number of bars of all series together.
        opening: opening balance.
    """

    trades: pa.Table
    days: Int64
    all_days: Int64
    bars: int
    opening: float


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: resamples per interval, seed, two-sided confidence."""

    resamples: int
    seed: int
    confidence: float

    def interval(self, draws: Floats) -> Interval:
        """Percentile interval of resampled statistics."""
        return percentile_interval(draws, self.confidence)


def measure(sample: Sample, how: Resampling) -> dict[str, Metric]:
    """All metrics of ``METRICS``, in that order."""
    net = _floats(sample.trades, "net")
    return {
        "trades": Metric(float(len(net)), None, None, len(net)),
        "net_profit": _net_profit(net, how),
        "net_expectancy_r": _expectancy(sample, how),
        "win_rate": _win_rate(net, how),
        "profit_factor": _metric(
            profit_factor(net),
            how.interval(bootstrap.bootstrap_profit_factor(net, how.resamples, how.seed)),
            len(net),
        ),
        "max_drawdown": _drawdown(sample, net, how),
        "sharpe_daily": _sharpe(sample, net, how),
        "exposure": _exposure(sample),
        "cost_share": _cost_share(sample, net),
    }


def metric_document(metrics: dict[str, Metric]) -> dict[str, dict[str, Any]]:
    """Metrics as plain values: money as strings, counts as integers, the rest as numbers."""
    return {
        name: {
            "value": _plain(METRICS[name].unit, metric.value),
            "low": _plain(METRICS[name].unit, metric.low),
            "high": _plain(METRICS[name].unit, metric.high),
            "n": metric.n,
        }
        for name, metric in metrics.items()
    }


def _plain(unit: Unit, value: float | None) -> str | int | float | None:
    if value is None:
        return None
    if unit == "money":
        return f"{value:.2f}"
    return int(value) if unit == "count" else value


def _metric(value: float, interval: Interval, n: int) -> Metric:
    """A metric whose undefined value (NaN, infinite) is None, without an interval of its own."""
    if not math.isfinite(value):
        return Metric(None, None, None, n)
    return Metric(float(value), interval.low, interval.high, n)


def _net_profit(net: Floats, how: Resampling) -> Metric:
    draws = bootstrap.bootstrap_total(net, how.resamples, how.seed)
    return _metric(total(net), how.interval(draws) if len(net) > 1 else NOWHERE, len(net))


def _expectancy(sample: Sample, how: Resampling) -> Metric:
    multiples = _floats(sample.trades, "r_multiple")
    multiples = multiples[~np.isnan(multiples)]
    draws = bootstrap.bootstrap_mean(multiples, how.resamples, how.seed)
    interval = how.interval(draws) if len(multiples) > 1 else NOWHERE
    return _metric(mean(multiples), interval, len(multiples))


def _win_rate(net: Floats, how: Resampling) -> Metric:
    wins, n = int(np.count_nonzero(net > 0)), len(net)
    return _metric(wins / n if n else math.nan, wilson(wins, n, how.confidence), n)


def _drawdown(sample: Sample, net: Floats, how: Resampling) -> Metric:
    if not len(net):
        return Metric(None, None, None, 0)
    adverse = _floats(sample.trades, "mae_r") * _floats(sample.trades, "risk")
    worst = -(adverse + _floats(sample.trades, "commission"))
    draws = bootstrap.bootstrap_drawdown(net, worst, sample.opening, how.resamples, how.seed)
    interval = how.interval(draws) if len(net) > 1 else NOWHERE
    return _metric(max_drawdown(net, worst, sample.opening), interval, len(net))


def _sharpe(sample: Sample, net: Floats, how: Resampling) -> Metric:
    returns = daily_results(sample.days, net, sample.all_days) / sample.opening
    draws = bootstrap.bootstrap_sharpe_annualised_252(returns, how.resamples, how.seed)
    return _metric(sharpe_annualised_252(returns), how.interval(draws), len(returns))


def daily_results(days: Int64, net: Floats, all_days: Int64) -> Floats:
    """Sum of ``net`` by trading day, 0 on days without a closed trade."""
    position = np.searchsorted(all_days, days)
    return np.bincount(position, weights=net, minlength=len(all_days)).astype(np.float64)


def _exposure(sample: Sample) -> Metric:
    held = float(_floats(sample.trades, "bars_held").sum())
    return _metric(held / sample.bars if sample.bars else math.nan, NOWHERE, sample.bars)


def _cost_share(sample: Sample, net: Floats) -> Metric:
    costs = _floats(sample.trades, "costs")
    moved = float(np.abs(net + costs).sum())
    return _metric(float(costs.sum()) / moved if moved > 0 else math.nan, NOWHERE, len(net))


def _floats(table: pa.Table, column: str) -> Floats:
    """A column as floats, nulls as NaN."""
    values = pc.cast(table.column(column), pa.float64()).combine_chunks()
    return np.ascontiguousarray(values.to_numpy(zero_copy_only=False), np.float64)
