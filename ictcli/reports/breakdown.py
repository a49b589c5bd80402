"""A run's trades summed up by symbol, month and exit, and its extremes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

Row = dict[str, Any]

_EXTREMES = 3


def trade_rows(trades: pa.Table, digits: Mapping[str, int]) -> list[Row]:
    """Trades as plain rows: prices with their symbol's decimals, volume without trailing zeros.

    Args:
        trades: ``engine.trades.TRADES`` columns, with or without ``run``.
        digits: symbol = decimals of its prices.
    """
    rows: list[Row] = trades.to_pylist()
    for row in rows:
        step = Decimal(1).scaleb(-digits.get(row["symbol"], 8))
        for name in ("entry", "stop", "target", "exit"):
            if row[name] is not None:
                row[name] = row[name].quantize(step)
        row["volume"] = Decimal(f"{row['volume'].normalize():f}")
    return rows


def by_symbol(rows: Sequence[Row], series: Sequence[Mapping[str, Any]]) -> list[Row]:
    """One row per series of the run, also for those without trades."""
    groups = _grouped(rows, lambda row: row["symbol"])
    return [{"symbol": one["symbol"], **_summary(groups.get(one["symbol"], []))} for one in series]


def by_month(rows: Sequence[Row]) -> list[Row]:
    """Net result by UTC month of closing, from the first month with a trade to the last."""
    groups = _grouped(rows, lambda row: f"{row['closed_at']:%Y-%m}")
    return [{"month": month, **_summary(groups[month])} for month in sorted(groups)]


def by_exit(rows: Sequence[Row]) -> list[Row]:
    """One row per exit reason that occurred, most frequent first."""
    groups = _grouped(rows, lambda row: row["exit_reason"])
    order = sorted(groups, key=lambda reason: (-len(groups[reason]), reason))
    return [{"exit": reason, **_summary(groups[reason])} for reason in order]


def extremes(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The best and the worst trades by net result, most extreme first."""
    order = sorted(rows, key=lambda row: row["net"])
    worst = [row for row in order if row["net"] < 0][:_EXTREMES]
    best = [row for row in reversed(order) if row["net"] > 0][:_EXTREMES]
    return best, worst


def refusals(series: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Signals that were not traded, by reason, over all series."""
    counts: dict[str, int] = defaultdict(int)
    for one in series:
        for reason, count in one["refusals"].items():
            counts[reason] += count
    return [{"reason": reason, "signals": count} for reason, count in sorted(counts.items())]


def _summary(rows: Sequence[Row]) -> Row:
    net = [row["net"] for row in rows]
    gains = sum((value for value in net if value > 0), Decimal())
    losses = -sum((value for value in net if value < 0), Decimal())
    multiples = [row["r_multiple"] for row in rows if row["r_multiple"] is not None]
    return {
        "trades": len(rows),
        "net": sum(net, Decimal("0.00")),
        "expectancy_r": sum(multiples) / len(multiples) if multiples else None,
        "win_rate": sum(value > 0 for value in net) / len(net) if net else None,
        "profit_factor": float(gains / losses) if losses else None,
        "ambiguous": sum(row["ambiguous"] for row in rows),
    }


def _grouped(rows: Sequence[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)
