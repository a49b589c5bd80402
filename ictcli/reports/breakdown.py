"""A run's trades summed up by symbol, strategy, session and other parts, and its extremes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.research.metrics.parts import DIMENSIONS, labels, ordered
from ictcli.research.metrics.trades import decisive_metrics
from ictcli.research.metrics.values import Resampling, floats

Row = dict[str, Any]

_EXTREMES = 3
_PRICES = ("entry", "stop", "target", "exit", "price")


def plain_rows(table: pa.Table, digits: Mapping[str, int]) -> list[Row]:
    """A run's table as plain rows: prices with all decimals of their symbol, volume without trailing zeros.

    Args:
        table: trades, orders, signals or equity, with or without ``run``.
        digits: symbol = decimals of its prices.
    """
    rows: list[Row] = table.to_pylist()
    prices = [name for name in _PRICES if name in table.column_names]
    volumes = [name for name in ("volume",) if name in table.column_names]
    for row in rows:
        for name in prices:
            if row[name] is not None:
                row[name] = filled_up(row[name], digits.get(row["symbol"], 0))
        for name in volumes:
            if row[name] is not None:
                row[name] = filled_up(row[name], 0)
    return rows


def filled_up(value: Decimal, digits: int) -> Decimal:
    """A decimal with at least so many places, and with more only where they are not 0."""
    short = value.normalize()
    return short if -int(short.as_tuple().exponent) > digits else value.quantize(Decimal(1).scaleb(-digits))


def breakdowns(trades: pa.Table, document: Mapping[str, Any]) -> dict[str, list[Row]]:
    """The trades by every dimension, one row per part that has any.

    A row holds the label under the dimension's name, then ``trades``, ``net``, ``expectancy_r``,
    ``win_rate`` and ``profit_factor`` with their ``_low`` and ``_high``, and ``ambiguous``. Symbols of the
    run without trades have a row, too. A dimension that the trades do not tell has no rows.

    Args:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        document: of the run.
    """
    how = Resampling(document["resamples"], document["seed"], document["confidence"])
    found = {dimension: by_dimension(trades, dimension, how) for dimension in DIMENSIONS}
    found["symbol"] = _every_symbol(found["symbol"], document["series"], trades, how)
    return found


def by_dimension(trades: pa.Table, dimension: str, how: Resampling) -> list[Row]:
    """One row per part of a dimension that has trades, in the order of its labels."""
    own = labels(trades, dimension)
    return [
        {dimension: label, **_summary(trades.filter(pa.array(own == label)), how)}
        for label in ordered(own, dimension)
        if label
    ]


def extremes(trades: pa.Table, digits: Mapping[str, int]) -> tuple[list[Row], list[Row]]:
    """The best and the worst trades by net result as plain rows, most extreme first.

    Args:
        trades: ``engine.trades.TRADES`` rows.
        digits: symbol = decimals of its prices.
    """
    net = floats(trades, "net")
    order = np.argsort(net, kind="stable")
    worst, best = order[:_EXTREMES], order[::-1][:_EXTREMES]
    best_rows, worst_rows = (
        plain_rows(trades.take(pa.array(chosen)), digits)
        for chosen in (best[net[best] > 0], worst[net[worst] < 0])
    )
    return best_rows, worst_rows


def refusals(series: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Signals that were not traded, by reason, over all series."""
    counts: dict[str, int] = defaultdict(int)
    for one in series:
        for reason, count in one["refusals"].items():
            counts[reason] += count
    return [{"reason": reason, "signals": count} for reason, count in sorted(counts.items())]


def _every_symbol(
    rows: Sequence[Row], series: Sequence[Mapping[str, Any]], trades: pa.Table, how: Resampling
) -> list[Row]:
    """The rows in the order of the run's series, those without trades included."""
    found = {row["symbol"]: row for row in rows}
    return [
        found.get(one["symbol"]) or {"symbol": one["symbol"], **_summary(trades.slice(0, 0), how)}
        for one in series
    ]


def _summary(trades: pa.Table, how: Resampling) -> Row:
    row: Row = {"trades": len(trades), "net": pc.sum(trades.column("net")).as_py() or Decimal("0.00")}
    for name, metric in decisive_metrics(trades, how).items():
        key = name.removeprefix("net_")
        row |= {key: metric.value, f"{key}_low": metric.low, f"{key}_high": metric.high}
    return {**row, "ambiguous": pc.sum(trades.column("ambiguous")).as_py() or 0}
