"""What the page about a training draws beyond its scores: results by day, probabilities, balance, weights."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import iso
from ictcli.features.regime import REGIME_NAMES
from ictcli.learning.evaluation import Acted, Evaluation
from ictcli.learning.events import Events
from ictcli.learning.subject import Subject
from ictcli.learning.thresholds import results_of
from ictcli.models.ensemble import RegimeWeights

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

MOST_POINTS = 1000
"""Points at most of a curve of results; longer ones go by steps of several days."""
_BINS = 40
_PARTS = 40
"""Parts of equal size in which the balance of the labels is counted."""
_EPOCH = date(1970, 1, 1)


def pictures_part(subject: Subject, found: Evaluation, names: Sequence[str]) -> dict[str, Any]:
    """Data of the pictures; small, whatever the number of events."""
    return {
        "results": results_part(found.events, found.acted),
        "probabilities": probability_part(found.acted.probability, found.events.label),
        "balance": balance_part(subject),
        "weights": weight_part(found, names),
    }


def results_part(events: Events, acted: Acted) -> dict[str, Any]:
    """Results out of sample, added up, by the trading day on which they end.

    They are in R where every trade has a stop, otherwise in per cent of the price; of the trades taken, and
    for a strategy of all its signals too. A thinned drawdown keeps the lowest day of every step.
    """
    scale, unit = (1.0 / events.risk, "R") if events.has_stop else (np.full(len(events), 100.0), "%")
    days, which = np.unique(acted.days, return_inverse=True)
    taken = np.bincount(which, weights=acted.net * scale, minlength=len(days))
    curve, signals = np.cumsum(taken), None
    if events.has_side:
        everything = np.bincount(which, weights=results_of(events, events.side) * scale, minlength=len(days))
        signals = np.cumsum(everything)
    highest: Floats = np.maximum.accumulate(np.append(0.0, curve))[1:]
    drawdown: Floats = curve - highest
    step = -(-len(days) // MOST_POINTS)
    ends = np.append(np.arange(step - 1, len(days) - 1, step), len(days) - 1)
    lows = np.minimum.reduceat(drawdown, np.append(0, ends[:-1] + 1))
    return {
        "unit": unit,
        "step": step,
        "days": [(_EPOCH + timedelta(days=int(days[at]))).isoformat() for at in ends],
        "taken": np.round(curve[ends], 3).tolist(),
        "drawdown": np.round(lows, 3).tolist(),
        "all": None if signals is None else np.round(signals[ends], 3).tolist(),
        "worst": round(float(drawdown.min()), 3),
    }


def probability_part(probability: Floats, label: Int64) -> dict[str, Any]:
    """Counts of calibrated probabilities in bins of equal width, by what came of them."""
    low = float(np.floor(50 * probability.min()) / 50)
    high = max(float(np.ceil(50 * probability.max()) / 50), low + 0.02)
    edges = np.linspace(low, high, _BINS + 1)
    zeros, ones = (np.histogram(probability[label == one], edges)[0].tolist() for one in (0, 1))
    return {"low": round(low, 2), "high": round(high, 2), "zeros": zeros, "ones": ones}


def balance_part(subject: Subject) -> list[dict[str, Any]]:
    """Share of ones among the events to learn from, in parts of equal size along time."""
    events, bars = subject.usable, subject.series.bars
    parts = np.array_split(np.arange(len(events)), min(_PARTS, len(events)))
    return [
        {
            "from": iso(int(bars.ts_close[events.start[part[0]]])),
            "events": len(part),
            "share": round(float(events.label[part].mean()), 4),
        }
        for part in parts
    ]


def weight_part(found: Evaluation, names: Sequence[str]) -> dict[str, dict[str, float]] | None:
    """Weight of every member in every regime; None for a single model."""
    if found.scores.probabilities.shape[1] < 2:
        return None
    weights = np.round(RegimeWeights(found.trust.ensemble).weights, 4).tolist()
    members = [names[at] for at in found.kept]
    return {
        regime: dict(zip(members, row, strict=True))
        for regime, row in zip(REGIME_NAMES, weights, strict=True)
    }
