"""Choosing the members of an ensemble on out-of-fold probabilities, and walking it through time.

Selection is greedy and forward (Caruana, Niculescu-Mizil, Crew and Ksikes, ICML 2004), without repetition:
weights are a matter of regimes and matured labels. A candidate whose errors are nearly those of a member is
refused: it would only count that member twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.kernels import kernel
from ictcli.learning.trust.blocks import cells_of, resample_mean
from ictcli.models.ensemble import (
    EDGE,
    REGIMES,
    RULE,
    Ensemble,
    RegimeWeights,
    check_regimes,
    learn,
    log_loss,
    pool,
    weigh,
)
from ictcli.stats.intervals import Interval

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

MOST_ALIKE = 0.95
"""Correlation of errors above which a candidate brings nothing new."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Members chosen and refused.

    Attributes:
        kept: columns, in the order in which they were taken.
        losses: log-loss of the mean of the members after each was taken.
        refused: name = why, of all others.
    """

    kept: tuple[int, ...]
    losses: tuple[float, ...]
    refused: dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """An ensemble that walked through events as live trading would.

    Attributes:
        p: its probability of each event.
        weights: of the members at each decision, shape (events, members).
        ensemble: with what it knew at the last decision; ``finish`` lets the rest mature.
        pending: events whose labels were not known then, in the order in which they mature.
    """

    p: Floats
    weights: Floats
    ensemble: Ensemble
    pending: Int64


@dataclass(frozen=True, slots=True)
class Gain:
    """What the ensemble adds over its best member: mean log-loss less, with a 95 % interval.

    Attributes:
        best: column of the member with the least log-loss on the very same events, which only flatters it.
        value: log-loss of that member less that of the ensemble; above 0 where the ensemble is better.
        interval: block bootstrap over bars.
        over_equal: the same over equal weights.
        over_equal_interval: of it.
    """

    best: int
    value: float
    interval: Interval
    over_equal: float
    over_equal_interval: Interval


def select_members(oof: Floats, labels: Int64, weights: Floats, names: Sequence[str]) -> Selection:
    """Take the best member, then whatever lowers the log-loss of the mean most, until nothing does.

    Args:
        oof: out-of-fold probabilities, shape (events, candidates); events without all of them are left out.
        labels: 0 or 1.
        weights: above 0.
        names: of the candidates.

    Raises:
        DataError: no event has a probability of every candidate.
    """
    known = ~np.isnan(oof).any(axis=1)
    if not known.any():
        raise DataError(
            "no event has out-of-fold probabilities of every model",
            hint="Train the models on the same folds.",
        )
    p, ones, weights = oof[known], labels[known] == 1, weights[known]
    alike = error_correlations(p, ones, weights)
    kept: list[int] = []
    losses: list[float] = []
    refused: dict[str, str] = {}
    left = list(range(p.shape[1]))
    while left:
        for at in [one for one in left if kept and alike[one, kept].max() > MOST_ALIKE]:
            left.remove(at)
            twin = kept[int(alike[at, kept].argmax())]
            refused[names[at]] = f"its errors are those of {names[twin]} (correlation {alike[at, twin]:.3f})"
        costs = {at: _mean_loss(p[:, [*kept, at]].mean(axis=1), ones, weights) for at in left}
        best = min(left, key=costs.__getitem__, default=-1)
        if best < 0 or (losses and costs[best] >= losses[-1]):
            refused |= {names[at]: f"raises the log-loss to {costs[at]:.6f}" for at in left}
            break
        kept.append(best)
        losses.append(costs[best])
        left.remove(best)
    return Selection(tuple(kept), tuple(losses), refused)


def error_correlations(p: Floats, ones: NDArray[np.bool_], weights: Floats) -> Floats:
    """Correlation of the errors of all pairs of members.

    The error is that of the log-odds, about their mean for the label that came. Errors of the probabilities
    themselves would not do: near one half the label is nearly all of them, and any two weak models would
    look alike.
    """
    clipped = np.clip(p, EDGE, 1 - EDGE)
    errors = np.log(clipped) - np.log1p(-clipped)
    for which in (ones, ~ones):
        if which.any():
            errors[which] -= np.average(errors[which], axis=0, weights=weights[which])
    scaled = errors * np.sqrt(weights)[:, None]
    lengths = np.sqrt((scaled**2).sum(axis=0))
    scaled = scaled / np.where(lengths > 0, lengths, 1.0)
    return np.asarray(scaled.T @ scaled, np.float64)


def _mean_loss(p: Floats, ones: NDArray[np.bool_], weights: Floats) -> float:
    return float(np.average(_losses(p, ones), weights=weights))


def _losses(p: Floats, ones: NDArray[np.bool_]) -> Floats:
    return np.asarray(-np.log(np.maximum(np.where(ones, p, 1 - p), EDGE)), np.float64)


def run_ensemble(
    oof: Floats, labels: Int64, regimes: Int64, start: Int64, end: Int64, weights: Floats, ensemble: Ensemble
) -> Run:
    """Combine probabilities in the order of decisions, with weights that know matured labels only.

    A label is known at the close of its last bar; a decision at the close of that bar may use it.

    Args:
        oof: out-of-sample probabilities, shape (events, members); NaN where a member gives none.
        labels: 0 or 1.
        regimes: 0 to 3, at the bar of each decision.
        start: bar of each decision, ascending.
        end: last bar of each label, after ``start``.
        weights: average uniqueness of the labels: what each is worth to the weights.
        ensemble: members, rule, and what was known before.

    Raises:
        DataError: decisions are not in the order of time, a label ends with its decision, a regime does
            not exist, or there is not one column per member.
    """
    check_regimes(regimes)
    if (np.diff(start) < 0).any():
        raise DataError("decisions are not in the order of time", hint="Sort the events by their bar.")
    if (end <= start).any():
        raise DataError("a label ends at or before its decision", hint="Label the events again.")
    if oof.shape != (len(labels), len(ensemble.members)):
        raise DataError(f"{oof.shape[1]} columns of probabilities for {len(ensemble.members)} members")
    rule = np.zeros((), RULE)
    for name in ("rate", "decay", "floor", "prior"):
        rule[name] = getattr(ensemble, name)
    losses = np.array(ensemble.losses or [(0.0,) * len(ensemble.members)] * REGIMES, np.float64)
    matured = np.array(ensemble.matured, np.float64)
    by_end = np.argsort(end, kind="stable")
    p, used = np.empty(len(labels)), np.empty(oof.shape)
    table, row = RegimeWeights(ensemble).weights, np.empty(oof.shape[1])
    due = _walk(
        rule[()], losses, matured, oof, labels, regimes, start, end, by_end, weights, table, row, p, used
    )
    return Run(p, used, _remember(ensemble, losses, matured), by_end[due:])


def finish(run: Run, oof: Floats, labels: Int64, regimes: Int64, weights: Floats) -> Ensemble:
    """The ensemble after the labels that were pending at the last decision, for serving later.

    The arrays are those of ``run_ensemble``.
    """
    work = RegimeWeights(run.ensemble)
    for at in run.pending.tolist():
        losses = np.array([log_loss(p, int(labels[at])) for p in oof[at].tolist()])
        work.mature(int(regimes[at]), losses, float(weights[at]))
    return work.snapshot()


def _remember(ensemble: Ensemble, losses: Floats, matured: Floats) -> Ensemble:
    return Ensemble(
        members=ensemble.members,
        rate=ensemble.rate,
        decay=ensemble.decay,
        floor=ensemble.floor,
        prior=ensemble.prior,
        losses=tuple(tuple(row) for row in losses.tolist()),
        matured=tuple(matured.tolist()),
    )


@kernel
def _walk(
    rule: Any,
    losses: Floats,
    matured: Floats,
    oof: Floats,
    labels: Int64,
    regimes: Int64,
    start: Int64,
    end: Int64,
    by_end: Int64,
    worth: Floats,
    table: Floats,
    row: Floats,
    out: Floats,
    used: Floats,
) -> int:
    """Decide every event after letting all labels mature that are known by then; how many matured."""
    due = 0
    for at in range(len(labels)):
        while due < len(by_end) and end[by_end[due]] <= start[at]:
            one = by_end[due]
            regime = regimes[one]
            for i in range(len(row)):
                row[i] = log_loss(oof[one, i], labels[one])
            learn(rule, losses[regime], matured[regime : regime + 1], row, worth[one])
            weigh(rule, losses[regime], matured[regime], table[regime])
            due += 1
        for i in range(len(row)):
            used[at, i] = table[regimes[at], i]
        out[at] = pool(oof[at], table[regimes[at]])
    return due


def ensemble_gain(
    p: Floats, oof: Floats, labels: Int64, start: Int64, end: Int64, seed: int, skip: int = 0
) -> Gain:
    """What the ensemble adds over its best member and over equal weights.

    Args:
        p: of the ensemble.
        oof: of the members, shape (events, members); events without all of them are left out.
        labels: 0 or 1.
        start: bar of each decision.
        end: last bar of each label.
        seed: of the resampling.
        skip: events at the beginning to leave out.

    Raises:
        DataError: no event has a probability of every member.
    """
    known = ~np.isnan(oof).any(axis=1) & ~np.isnan(p)
    known[:skip] = False
    if not known.any():
        raise DataError(
            "no event has out-of-fold probabilities of every model",
            hint="Train the models on the same folds.",
        )
    ones = labels[known] == 1
    own = _losses(p[known], ones)
    members = np.column_stack([_losses(column, ones) for column in oof[known].T])
    best = int(members.mean(axis=0).argmin())
    equal = _losses(oof[known].mean(axis=1), ones)
    cells = cells_of(start[known], end[known])
    over_best = resample_mean(members[:, best] - own, cells, seed)
    over_equal = resample_mean(equal - own, cells, seed)
    return Gain(best, over_best.mean, over_best.interval, over_equal.mean, over_equal.interval)
