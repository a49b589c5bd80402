"""Two versions side by side: what each is worth, and what they were made from differently."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.models.card import Card, Metric

_ABSENT = Metric(value=None)
_NOT_INPUTS = frozenset(
    {
        "name",
        "version",
        "created",
        "identity",
        "metrics",
        "verdict",
        "reasons",
        "latency",
        "thresholds",
        "members",
    }
)
"""What came out of training, or names the version; everything else went in."""
_SAME_SCALE = ("series", "span_first", "span_last", "lockbox_from", "label", "cv", "strategy")
"""Inputs that must be the same for metrics to speak of the same events."""


@dataclass(frozen=True, slots=True)
class MetricPair:
    """One metric of both versions.

    Attributes:
        name: of the metric.
        first, second: of the versions; without a value where a version lacks it.
        difference: second less first; None where one is undefined.
        apart: whether the intervals do not touch; None where one is missing.
    """

    name: str
    first: Metric
    second: Metric
    difference: float | None
    apart: bool | None


@dataclass(frozen=True, slots=True)
class InputPair:
    """An input in which the versions differ, ``label.bars`` for an entry of a table; None where it lacks."""

    name: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class CardComparison:
    """Two cards side by side.

    Attributes:
        metrics: of either version, sorted by name.
        inputs: those that differ, in the order of the card.
        same_events: whether both were scored on the same events, so that metrics may be compared.
    """

    metrics: tuple[MetricPair, ...]
    inputs: tuple[InputPair, ...]
    same_events: bool


def compare_cards(first: Card, second: Card) -> CardComparison:
    """Put two cards side by side."""
    names = sorted({*first.metrics, *second.metrics})
    metrics = tuple(
        _metric_pair(name, first.metrics.get(name, _ABSENT), second.metrics.get(name, _ABSENT))
        for name in names
    )
    before, after = _inputs(first), _inputs(second)
    keys = dict.fromkeys((*before, *after))
    inputs = tuple(
        InputPair(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    )
    same = all(getattr(first, field) == getattr(second, field) for field in _SAME_SCALE)
    return CardComparison(metrics, inputs, same)


def _metric_pair(name: str, first: Metric, second: Metric) -> MetricPair:
    known = first.value is not None and second.value is not None
    difference = second.value - first.value if first.value is not None and second.value is not None else None
    bounds = (first.low, first.high, second.low, second.high)
    apart = None
    if known and None not in bounds:
        low, high, other_low, other_high = (bound for bound in bounds if bound is not None)
        apart = high < other_low or other_high < low
    return MetricPair(name, first, second, difference, apart)


def _inputs(card: Card) -> dict[str, Any]:
    """Inputs of a version, entries of tables each by itself."""
    found: dict[str, Any] = {}
    for name, value in msgspec.to_builtins(card).items():
        if name in _NOT_INPUTS:
            continue
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            found[name] = value
    return found
