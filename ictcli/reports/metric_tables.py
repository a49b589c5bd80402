"""A run's metrics as tables of text: first those that decide, then all others by family."""

from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.layout import BLANK, aligned, aligned_together, entries, number
from ictcli.research.metrics.definitions import FAMILIES, HEADLINE, METRICS

Document = Mapping[str, Any]

_EXPLAINED = ("net_expectancy_r", "max_drawdown", "sharpe_daily", "psr", "dsr", "cost_share")
"""Metrics whose names have more than one convention."""


def metrics_lines(document: Document) -> list[str]:
    """The table of the metrics that decide, and what the less common ones mean."""
    known = [name for name in HEADLINE if name in document["metrics"]]
    notes = [(METRICS[name].label, METRICS[name].meaning) for name in _EXPLAINED if name in known]
    return [*aligned(_headers("Metric", document), _rows(known, document), "<>>>"), "", *entries(notes)]


def other_metrics(document: Document) -> list[list[str]]:
    """A table for each family of metrics, without those that ``metrics_lines`` shows."""
    tables = []
    for family, title in FAMILIES.items():
        names = [
            name
            for name, metric in METRICS.items()
            if metric.family == family and name in document["metrics"] and name not in HEADLINE
        ]
        if names:
            tables.append((_headers(title, document), _rows(names, document)))
    return aligned_together(tables, "<>>>")


def bounds(metric: Mapping[str, Any], unit: str) -> str:
    """The interval of a kept metric, or why it has no value."""
    if metric["value"] is None:
        return str(metric.get("why", "")) or BLANK
    if metric["low"] is None and metric["high"] is None:
        return BLANK
    return f"{number(metric['low'], unit)} to {number(metric['high'], unit)}"


def _headers(title: str, document: Document) -> Sequence[str]:
    return (title, "Value", f"{100 * document['confidence']:g} % interval", "n")


def _rows(names: Sequence[str], document: Document) -> list[list[str]]:
    rows = []
    for name in names:
        metric, definition = document["metrics"][name], METRICS[name]
        value = number(metric["value"], definition.unit)
        rows.append([definition.label, value, bounds(metric, definition.unit), f"{metric['n']:,}"])
    return rows
