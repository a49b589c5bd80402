"""Models for people, and as the documents of ``--json``."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ictcli.clock import iso
from ictcli.models.card import Card, Metric
from ictcli.models.comparison import CardComparison
from ictcli.models.version import Version
from ictcli.output import Output

_INSTANTS = ("span_first", "span_last", "lockbox_from", "created")


def list_text(rows: Sequence[Mapping[str, Any]], out: Output) -> str:
    """Versions as a table."""
    if not rows:
        return "no models stored yet; start with `ictcli train`"
    table = [
        [
            row["model"],
            row["version"],
            " ".join(part for part in (row.get("symbol"), row.get("timeframe")) if part),
            row.get("strategy"),
            ", ".join(row.get("members", ())),
            f"{row['rows']:,}" if "rows" in row else None,
            row["verdict"],
            ", ".join(row["aliases"]),
        ]
        for row in rows
    ]
    headers = ["model", "version", "series", "strategy", "members", "events", "verdict", "alias"]
    return out.table(headers, table)


def verify_text(rows: Sequence[Mapping[str, Any]], out: Output) -> str:
    """What was found in each version."""
    if not rows:
        return "no models stored yet; start with `ictcli train`"
    table = [
        [row["model"], row["version"], row["files"], row["golden"], _state(row["fault"], row["version"])]
        for row in rows
    ]
    return out.table(["model", "version", "files", "golden rows apart", "state"], table)


def card_document(card: Card) -> dict[str, Any]:
    """A card with its instants as ISO-8601."""
    found: dict[str, Any] = msgspec.to_builtins(card)
    return {**found, **{name: _instant(found[name]) for name in _INSTANTS}}


def card_text(version: Version, aliases: Sequence[str], out: Output) -> str:
    """A card on one screen."""
    card = version.card
    posts = f"  ({', '.join(aliases)})" if aliases else ""
    series = f"{card.series.source} {card.series.symbol} {card.series.timeframe}"
    span = f"{iso(card.span_first)} to {iso(card.span_last)}, {card.rows:,} events"
    latency = card.latency
    facts = {
        "series": f"{series}, {span}",
        "lockbox": f"from {iso(card.lockbox_from)}" if card.lockbox_from is not None else "none",
        "strategy": card.strategy or "none: the direction is predicted",
        "label": _pairs(card.label),
        "features": f"{card.feature_set}, {len(card.features)} columns"
        + (f", and {', '.join(card.extra)}" if card.extra else ""),
        "validation": _pairs(card.cv),
        "trials": f"{card.trials}, seed {card.seed}",
        "members": ", ".join(f"{name} {weight:.3g}" for name, weight in card.members.items()),
        "decides": _pairs(card.thresholds),
        "latency": f"p50 {latency.p50_us:.1f} us, p99 {latency.p99_us:.1f} us on {latency.cpu}"
        if latency
        else "not measured",
        "made": f"{iso(card.created)} by ictcli {card.code_version}, Python {card.python}",
        "command": " ".join(("ictcli", *card.argv)),
        "parent": card.parent or "none",
    }
    lines = [f"{version.reference}{posts}", f"verdict: {card.verdict}"]
    lines += [f"  {reason}" for reason in card.reasons]
    lines += ["", *(f"{name:<10}  {text}" for name, text in facts.items() if text)]
    metrics = [[name, *_cells(metric)] for name, metric in sorted(card.metrics.items())]
    if metrics:
        lines += ["", out.table(["metric", "value", "low", "high", "n"], metrics)]
    return "\n".join(lines)


def comparison_document(first: Version, second: Version, found: CardComparison) -> dict[str, Any]:
    """A comparison for programs."""
    return {
        "first": first.reference,
        "second": second.reference,
        "verdicts": [first.card.verdict, second.card.verdict],
        "same_events": found.same_events,
        "metrics": {
            pair.name: {
                "first": pair.first,
                "second": pair.second,
                "difference": pair.difference,
                "apart": pair.apart,
            }
            for pair in found.metrics
        },
        "inputs": {pair.name: {"first": pair.first, "second": pair.second} for pair in found.inputs},
    }


def comparison_text(first: Version, second: Version, found: CardComparison, out: Output) -> str:
    """A comparison for people."""
    said = {None: "", True: "yes", False: "no"}
    metrics = [
        [
            pair.name,
            _interval(pair.first),
            _interval(pair.second),
            None if pair.difference is None else f"{pair.difference:+.4g}",
            said[pair.apart],
        ]
        for pair in found.metrics
    ]
    lines = [
        f"first   {first.reference}  {first.card.verdict}",
        f"second  {second.reference}  {second.card.verdict}",
        "",
        out.table(["metric", "first", "second", "difference", "intervals apart"], metrics),
        "",
    ]
    inputs = [[pair.name, _short(pair.first), _short(pair.second)] for pair in found.inputs]
    lines.append(out.table(["input", "first", "second"], inputs) if inputs else "no input differs")
    return "\n".join(lines)


def _state(fault: str | None, version: str) -> str:
    """What is wrong, files named from the version's folder on."""
    return fault.rpartition(f"{version}/")[2] if fault else "whole"


def _instant(ns: int | None) -> str | None:
    return None if ns is None else iso(ns)


def _pairs(table: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in table.items())


def _cells(metric: Metric) -> list[str | None]:
    numbers = [None if one is None else f"{one:.4g}" for one in (metric.value, metric.low, metric.high)]
    return [*numbers, None if metric.n is None else f"{metric.n:,}"]


def _interval(metric: Metric) -> str:
    value, low, high, _ = _cells(metric)
    if value is None:
        return "undefined"
    return f"{value} [{low}, {high}]" if low is not None and high is not None else value


def _short(value: object) -> str | None:
    """A value in at most 40 characters; None for what is absent."""
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:.6g}"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
