"""What a training found, as plain values: JSON document, screen and page read nothing else."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import iso
from ictcli.learning.ensembles import ensemble_gain
from ictcli.learning.evaluation import Acted, Evaluation
from ictcli.learning.events import Events
from ictcli.learning.finishing import Finished
from ictcli.learning.folds import OutOfFold, samples_of
from ictcli.learning.subject import Subject
from ictcli.learning.thresholds import results_of
from ictcli.learning.trust.blocks import cells_of, resample_mean
from ictcli.learning.trust.calibrating import calibration_slope, quality, reliability_curve
from ictcli.learning.trust.conformal_fit import cross_sets
from ictcli.learning.trust.scores import Estimate, Scores, auc, score, score_folds
from ictcli.models.conformal import ONLY_0, ONLY_1
from ictcli.models.ensemble import EDGE, RegimeWeights
from ictcli.models.preparation import Preparer

Floats = NDArray[np.float64]

FEW_EVENTS = 200
"""Independent training events below which a fold says little."""
_EXPLAINED = 2000
"""Events at most on which contributions are measured."""


def plain(value: float | None) -> float | None:
    """A number, None where it is undefined."""
    return None if value is None or not math.isfinite(value) else float(value)


def estimate(found: Estimate, n: int) -> dict[str, Any]:
    """A number with its interval and what is behind it."""
    value = plain(found.value)
    return {"value": value, "low": plain(found.low), "high": plain(found.high), "n": n}


def data_part(subject: Subject, scores: OutOfFold, kept: int) -> dict[str, Any]:
    """Bars, features and their quality."""
    bars = subject.series.bars
    withheld = subject.first_locked < len(bars)
    return {
        "bars": len(bars),
        "first": iso(int(bars.ts[0])),
        "last": iso(int(bars.ts_close[-1])),
        "lockbox_from": iso(int(bars.ts[subject.first_locked])) if withheld else None,
        "feature_set": subject.features.name,
        "features": len(subject.names),
        "kept": kept,
        "warmup": subject.matrix.warmup,
        "quality": quality_part(subject),
        "warnings": [*subject.quality.warnings, *few_events(subject.usable.weight, scores)],
    }


def few_events(weight: Floats, scores: OutOfFold) -> list[str]:
    """A line for every fold that learned from few independent events.

    Args:
        weight: average uniqueness of the events to learn from.
        scores: the folds; of several splits that test a group the poorest counts.
    """
    worth = [
        min(float(weight[one.split.train].sum()) for one in scores.tested_by(fold))
        for fold in range(len(scores.testers))
    ]
    return [
        f"fold {at + 1} learned from {found:.0f} independent events, fewer than {FEW_EVENTS}"
        for at, found in enumerate(worth)
        if found < FEW_EVENTS
    ]


def quality_part(subject: Subject) -> dict[str, Any]:
    """The data-quality report."""
    return asdict(subject.quality)


def label_part(subject: Subject) -> dict[str, Any]:
    """Labels and their balance."""
    events = subject.usable
    return {
        "events": len(events),
        "effective": float(events.weight.sum()),
        "ones": int(events.label.sum()),
        "share": float(events.label.mean()),
        "ambiguous": int(events.ambiguous.sum()),
        "cost_bp": float(1e4 * events.cost.mean()),
        "dropped": dict(subject.labelled.dropped),
        "locked": len(subject.locked),
    }


def fold_part(subject: Subject, found: Evaluation, seed: int) -> list[dict[str, Any]]:
    """Every fold, or every group where splits test several; ``train`` is the median of those that test it."""
    events, bars, own = found.events, subject.series.bars, found.scores
    scores = score_folds(
        found.acted.probability, events.label, events.start, events.end, own.base, own.fold, seed
    )
    return [
        {
            "number": fold + 1,
            "first": iso(int(bars.ts_close[events.start[own.fold == fold].min()])),
            "last": iso(int(bars.ts_close[events.end[own.fold == fold].max()])),
            "train": int(np.median([len(tester.split.train) for tester in own.tested_by(fold)])),
            "test": int((own.fold == fold).sum()),
            "base": base_accuracy(events.label[own.fold == fold], own.base[own.fold == fold]),
            "accuracy": estimate(one.accuracy, one.events),
            "auc": estimate(one.auc, one.events),
            "log_loss": estimate(one.log_loss, one.events),
        }
        for fold, one in scores.items()
    ]


def path_part(events: Events, fold: NDArray[np.int64], paths: Sequence[Acted]) -> dict[str, Any] | None:
    """Lowest, median and highest score of the paths of combinatorial splits; None without any.

    Args:
        events: the tested ones.
        fold: the group of each.
        paths: what came of each path.
    """
    if not paths:
        return None
    up, net = events.label == 1, [_mean_net(events, one) for one in paths]
    return {
        "count": len(paths),
        "accuracy": _spread([float(np.mean((one.probability > 0.5) == up)) for one in paths]),
        "auc": _spread([fold_auc(one.probability, events.label, fold) for one in paths]),
        "net": {**_spread(net), "unit": unit_of(events)},
    }


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Lowest, median and highest of the defined ones."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return {"low": None, "median": None, "high": None}
    return {"low": min(known), "median": float(np.median(known)), "high": max(known)}


def fold_auc(p: Floats, label: NDArray[np.int64], fold: NDArray[np.int64]) -> float:
    """AUC over the pairs of every fold, NaN where none has both labels."""
    won, pairs = 0.0, 0
    for own in (fold == one for one in np.unique(fold)):
        ones = int(label[own].sum())
        count = ones * (int(own.sum()) - ones)
        if count:
            won += count * auc(p[own], label[own])
            pairs += count
    return won / pairs if pairs else math.nan


def _mean_net(events: Events, acted: Acted) -> float:
    taken = acted.sides != 0
    return float(np.mean(in_unit(events, acted.net)[taken])) if taken.any() else math.nan


def base_accuracy(labels: NDArray[np.int64], base: Floats) -> float:
    """Accuracy of always giving the answer that was likelier in training."""
    return float(np.mean((base > 0.5) == (labels == 1)))


def score_part(events: Events, acted: Acted, base: Floats, seed: int) -> dict[str, Any]:
    """All folds together; events with the same base are of one fold."""
    folds = np.unique(base, return_inverse=True)[1]
    found: Scores = score(acted.probability, events.label, events.start, events.end, base, seed, folds)
    names = ("accuracy", "balanced_accuracy", "auc", "log_loss", "brier")
    net, everything = net_part(events, acted.net, acted.sides, seed), all_part(events, seed)
    return {
        **{name: estimate(getattr(found, name), found.events) for name in names},
        "base": base_accuracy(events.label, base),
        "base_rate": estimate(found.base_rate, found.events),
        "log_loss_base": plain(found.base_log_loss.value),
        "independent": found.independent,
        "taken": int((acted.sides != 0).sum()),
        "net": net,
        "net_all": everything,
        "primary": primary_part(events, seed),
        "meta": meta_part(events, acted, seed),
    }


def primary_part(events: Events, seed: int) -> dict[str, Any] | None:
    """A strategy by itself, all its tested signals: the share that earned and their mean result.

    Beside ``meta_part`` it tells what the model adds (ML.md §1.1). None without a strategy.
    """
    if not events.has_side:
        return None
    precision = mean_part(events, events.label.astype(np.float64), seed)
    return {"count": len(events), "precision": precision, "net": all_part(events, seed)}


def meta_part(events: Events, acted: Acted, seed: int) -> dict[str, Any] | None:
    """The signals that the model takes: the share that earned, the earning ones' share taken, mean result."""
    if not events.has_side:
        return None
    taken, earning = acted.sides != 0, events.label == 1
    return {
        "count": int(taken.sum()),
        "precision": mean_part(events.take(taken), earning[taken].astype(np.float64), seed),
        "recall": mean_part(events.take(earning), taken[earning].astype(np.float64), seed),
        "net": net_part(events, acted.net, acted.sides, seed),
    }


def mean_part(events: Events, values: Floats, seed: int) -> dict[str, Any]:
    """Mean of one number per event, with an interval that knows of their overlap."""
    if not len(events):
        return estimate(Estimate(math.nan, None, None), 0)
    found = resample_mean(values, cells_of(events.start, events.end), seed)
    return estimate(Estimate(found.mean, found.interval.low, found.interval.high), len(events))


def all_part(events: Events, seed: int) -> dict[str, Any] | None:
    """Mean result of all signals of a strategy; None without one."""
    if not events.has_side:
        return None
    return net_part(events, results_of(events, events.side), events.side, seed)


def net_part(events: Events, net: Floats, sides: NDArray[np.int64], seed: int) -> dict[str, Any]:
    """Mean result of the trades taken, with its unit."""
    taken = sides != 0
    return {
        **mean_part(events.take(taken), in_unit(events, net)[taken], seed),
        "unit": unit_of(events),
    }


def unit_of(events: Events) -> str:
    """``R`` where every event has a stop, else ``bp``: basis points of the price."""
    return "R" if events.has_stop else "bp"


def in_unit(events: Events, net: Floats) -> Floats:
    """Results, fractions of the price, in the unit of the events."""
    return net / events.risk if events.has_stop else 1e4 * net


def calibration_part(events: Events, acted: Acted, kind: str) -> dict[str, Any]:
    """Said against seen."""
    p, y, w = acted.probability, events.label, events.weight
    slope = calibration_slope(p, y, w)
    return {
        "kind": kind,
        "ece": plain(quality(p, y, w).calibration_error),
        "slope": {
            "value": plain(slope.slope) if slope else None,
            "low": plain(slope.interval.low) if slope else None,
            "high": plain(slope.interval.high) if slope else None,
        },
        "curve": [
            {
                "said": one.predicted,
                "seen": one.observed,
                "low": one.interval.low,
                "high": one.interval.high,
                "n": one.events,
            }
            for one in reliability_curve(p, y, w)
        ],
    }


def member_part(found: Evaluation, names: Sequence[str]) -> list[dict[str, Any]]:
    """Every model by itself; those that are no members with the reason."""
    labels, weights = found.events.label, weights_of(found, names)
    rows = []
    for at, name in enumerate(names):
        p = found.scores.probabilities[:, at]
        given = np.maximum(np.where(labels == 1, p, 1.0 - p), EDGE)
        rows.append(
            {
                "name": name,
                "weight": weights.get(name, 0.0),
                "log_loss": float(-np.log(given).mean()),
                "accuracy": float(np.mean((p > 0.5) == (labels == 1))),
                "refused": found.refused.get(name, ""),
            }
        )
    return rows


def weights_of(found: Evaluation, names: Sequence[str]) -> dict[str, float]:
    """Mean weight of every member over the regimes, by name."""
    weights = RegimeWeights(found.trust.ensemble).weights.mean(axis=0).tolist()
    return dict(zip([names[at] for at in found.kept], weights, strict=True))


def gain_part(found: Evaluation, names: Sequence[str], seed: int) -> dict[str, Any] | None:
    """What the ensemble's log-loss gains over that of its best member; None for a single model."""
    if found.scores.probabilities.shape[1] < 2:
        return None
    events = found.events
    gain = ensemble_gain(
        found.combined, found.scores.probabilities, events.label, events.start, events.end, seed
    )
    return {
        "best": names[gain.best],
        "value": plain(gain.value),
        "low": plain(gain.interval.low),
        "high": plain(gain.interval.high),
        "n": len(events),
    }


def sets_part(found: Evaluation, alpha: float) -> dict[str, Any]:
    """What prediction sets are worth, each fold's by the scores of the other folds."""
    sets = cross_sets(found.acted.probability, found.events.label, found.scores.fold, alpha)
    inside = (sets >> found.events.label) & 1 == 1
    single = (sets == ONLY_0) | (sets == ONLY_1)
    return {
        "promised": 1.0 - alpha,
        "covered": float(inside.mean()),
        "single": float(single.mean()),
        "single_covered": plain(float(inside[single].mean())) if single.any() else None,
    }


def importance_part(
    subject: Subject, finished: Finished, weights: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Share of every input in what moves the members, weighed, largest first."""
    events = subject.usable
    some = np.unique(np.linspace(0, len(events) - 1, _EXPLAINED).astype(np.int64))
    prepared = Preparer(finished.learnt.preparation).table(subject.columns)
    samples = samples_of(prepared, events.take(some))
    names = [*subject.names, *(["side"] if events.has_side else [])]
    total = np.zeros(len(names))
    for model, weight in zip(finished.learnt.models, weights.values(), strict=True):
        own = model.importance(samples)
        if own.sum() > 0:
            total += weight * own / own.sum()
    order = np.argsort(-total, kind="stable")
    return [{"name": names[at], "share": float(total[at])} for at in order]
