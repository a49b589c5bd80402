"""What a run is worth: each number with its interval, the number of observations, and its definition."""

from typing import Any

import pyarrow as pa

from ictcli.research.metrics.days import day_metrics
from ictcli.research.metrics.definitions import METRICS, Unit
from ictcli.research.metrics.drawdowns import drawdown_metrics, trade_walks
from ictcli.research.metrics.runs import LOSING_STREAK, Path, resampled_walks
from ictcli.research.metrics.trades import trade_metrics
from ictcli.research.metrics.values import Metric, Resampling, Sample, floats


def measure(sample: Sample, how: Resampling) -> dict[str, Metric]:
    """All metrics of ``METRICS``, in that order."""
    walks = trade_walks(sample, how)
    found = {
        **trade_metrics(sample.trades, walks.draws[LOSING_STREAK], how),
        **drawdown_metrics(sample, walks, how),
        **day_metrics(sample, how),
    }
    return {name: found[name] for name in METRICS}


def measure_trades(trades: pa.Table, how: Resampling) -> dict[str, Metric]:
    """The metrics that any selection of trades has, in the order of ``METRICS``.

    Args:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        how: resampling behind the intervals.
    """
    net = floats(trades, "net")
    streaks = resampled_walks(Path(net, net, 1.0), how)[LOSING_STREAK]
    found = trade_metrics(trades, streaks, how)
    return {name: found[name] for name in METRICS if METRICS[name].scope == "trades"}


def metric_document(metrics: dict[str, Metric]) -> dict[str, dict[str, Any]]:
    """Metrics as plain values: money as strings, counts as integers, the rest as numbers.

    A metric that is undefined also says ``why``.
    """
    return {name: _plain_metric(METRICS[name].unit, metric) for name, metric in metrics.items()}


def _plain_metric(unit: Unit, metric: Metric) -> dict[str, Any]:
    plain = {
        "value": _plain(unit, metric.value),
        "low": _plain(unit, metric.low),
        "high": _plain(unit, metric.high),
        "n": metric.n,
    }
    return plain if metric.value is not None else {**plain, "why": metric.why}


def _plain(unit: Unit, value: float | None) -> str | int | float | None:
    if value is None:
        return None
    if unit == "money":
        return f"{value:.2f}"
    return int(value) if unit == "count" else value
