"""Scores of out-of-sample probabilities with intervals that know of overlapping labels.

Intervals come from circular block bootstraps over bars, with blocks of several label lives; a binomial
interval on labels of twenty bars would be a fifth as wide as it should be.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.trust.blocks import FEWEST_BLOCKS, Cells, Floats, Int64, cells_of, resample_mean
from ictcli.stats.bootstrap import block_length
from ictcli.stats.intervals import NOWHERE, Interval, percentile_interval
from ictcli.stats.resampling import circular_block_orders

RANKED_EVENTS = 20_000
"""Events at most on which ranks are resampled; more are thinned evenly."""

Statistic = Callable[[Floats], Floats]
"""A number per draw, from how often each draws each cell: shape (draws, cells)."""

_EDGE = 1e-6
_RESAMPLES = 499


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval; the value is NaN where it is undefined."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Scores:
    """How good probabilities were on events that the model was not trained on.

    Attributes:
        events: number of events with a probability.
        independent: number of them that do not overlap, which is what they are worth at least.
        base_rate: share of label 1.
        accuracy: share of labels on the side of one half that the probability was on; at one half a half.
        balanced_accuracy: mean of the accuracies of both labels.
        auc: probability that a label 1 was given more than a label 0 of the same fold; half of ties.
        log_loss: mean -ln of the probability of the label.
        base_log_loss: the same of the share of label 1 that was known before.
        brier: mean squared distance from the label.
    """

    events: int
    independent: int
    base_rate: Estimate
    accuracy: Estimate
    balanced_accuracy: Estimate
    auc: Estimate
    log_loss: Estimate
    base_log_loss: Estimate
    brier: Estimate


def score(
    p: Floats,
    y: Int64,
    start: Int64,
    end: Int64,
    base: Floats | float,
    seed: int,
    folds: Int64 | None = None,
) -> Scores:
    """Score probabilities.

    Levels of different folds are not compared: a fold with many of label 1 raises what its successors
    expect, and of two events from different folds the later zero would be given more than the earlier one
    without anyone being wrong. Over five folds of thirty events that alone makes an AUC of 0.46.

    Args:
        p: out-of-sample probabilities; events whose is not a number are left out.
        y: labels, 0 or 1.
        start: bar of each decision.
        end: last bar of each label.
        base: share of label 1 known before, from the training fold.
        seed: of the resampling.
        folds: of the events, 0 or above; all one by default.
    """
    known = ~np.isnan(p)
    apart = np.zeros(len(p), np.int64)[known] if folds is None else folds[known]
    p, labels, start, end = p[known], y[known].astype(np.float64), start[known], end[known]
    before = np.broadcast_to(np.asarray(base, np.float64), known.shape)[known]
    cells = cells_of(start, end)
    hits = np.where(p == 0.5, 0.5, ((p > 0.5) == (labels > 0.5)).astype(np.float64))

    def mean_of(values: Floats) -> Estimate:
        found = resample_mean(values, cells, seed, resamples=_RESAMPLES)
        return Estimate(found.mean, found.interval.low, found.interval.high)

    return Scores(
        events=len(p),
        independent=independent_labels(start, end),
        base_rate=mean_of(labels),
        accuracy=mean_of(hits),
        balanced_accuracy=_balanced(hits, labels, cells, seed),
        auc=_auc_estimate(p, labels, apart, cells, seed),
        log_loss=mean_of(_log_losses(p, labels)),
        base_log_loss=mean_of(_log_losses(before, labels)),
        brier=mean_of((p - labels) ** 2),
    )


def score_folds(
    p: Floats, y: Int64, start: Int64, end: Int64, base: Floats | float, folds: Int64, seed: int
) -> dict[int, Scores]:
    """Scores of each fold by itself, fold = scores; events of fold -1 are left out."""
    before = np.broadcast_to(np.asarray(base, np.float64), p.shape)
    found = {}
    for fold in np.unique(folds[folds >= 0]).tolist():
        own = folds == fold
        found[fold] = score(p[own], y[own], start[own], end[own], before[own], seed)
    return found


def independent_labels(start: Int64, end: Int64) -> int:
    """How many labels there are of which none overlaps another: the greatest number, taken by their end."""
    count, last = 0, -1
    for at in np.argsort(end, kind="stable").tolist():
        if start[at] >= last:
            count += 1
            last = int(end[at])
    return count


def auc(values: Floats, labels: Floats | Int64) -> float:
    """Probability that a label 1 has the higher value, half of ties (Mann and Whitney); NaN for one label."""
    return _ranked(np.unique(values, return_inverse=True)[1], labels > 0.5, np.ones(len(values)))


def _ranked(group: Int64, ones: NDArray[np.bool_], weights: Floats) -> float:
    """Weighted AUC from the rank group of each event."""
    above = np.bincount(group, weights=np.where(ones, weights, 0.0))
    below = np.bincount(group, weights=np.where(ones, 0.0, weights))
    pairs = float(above.sum()) * float(below.sum())
    if pairs == 0:
        return math.nan
    return float(above @ (np.cumsum(below) - below / 2)) / pairs


def _log_losses(p: Floats, labels: Floats) -> Floats:
    return np.asarray(-np.log(np.clip(np.where(labels > 0.5, p, 1 - p), _EDGE, 1.0)), np.float64)


def _auc_estimate(p: Floats, labels: Floats, folds: Int64, cells: Cells, seed: int) -> Estimate:
    step = max(1, -(-len(p) // RANKED_EVENTS))
    some = _fold_auc(p[::step], labels[::step] > 0.5, folds[::step], cells.of_event[::step])
    bounds = _percentiles(cells, seed, some)
    whole = _fold_auc(p, labels > 0.5, folds, cells.of_event)
    return Estimate(float(whole(np.ones((1, cells.count)))[0]), bounds.low, bounds.high)


def _fold_auc(p: Floats, ones: NDArray[np.bool_], folds: Int64, where: Int64) -> Statistic:
    """AUC over the pairs of every fold, from the weights of the cells that events lie in.

    Weights are whole numbers, so sums of their products are exact in whatever order.
    """
    ranks = np.unique(p, return_inverse=True)[1]
    beyond = len(p) + 1
    place = folds * beyond + ranks
    order = np.argsort(place[~ones], kind="stable")
    zeros, behind, ahead = place[~ones][order], where[~ones][order], where[ones]
    first, last = (np.searchsorted(zeros, place[ones], side) for side in ("left", "right"))
    opens, ends = (np.searchsorted(zeros, (folds[ones] + after) * beyond) for after in (0, 1))

    def statistic(weights: Floats) -> Floats:
        lower = np.zeros((len(weights), len(behind) + 1))
        np.cumsum(weights[:, behind], axis=1, out=lower[:, 1:])
        upper, before = weights[:, ahead], lower[:, opens]
        won = (upper * (lower[:, first] + lower[:, last] - 2 * before)).sum(axis=1) / 2
        return _shares(won, (upper * (lower[:, ends] - before)).sum(axis=1))

    return statistic


def _shares(parts: Floats, wholes: Floats) -> Floats:
    """Parts of wholes; NaN where there is no whole."""
    return np.asarray(
        np.divide(parts, wholes, out=np.full(len(parts), math.nan), where=wholes > 0), np.float64
    )


def _balanced(hits: Floats, labels: Floats, cells: Cells, seed: int) -> Estimate:
    """Mean of the hit rates of both labels, from sums per cell."""
    ones = labels > 0.5
    sums = np.stack(
        [
            np.bincount(cells.of_event, weights=one, minlength=cells.count)
            for one in (hits * ones, ones.astype(np.float64), hits * ~ones, (~ones).astype(np.float64))
        ]
    )

    def statistic(weights: Floats) -> Floats:
        right, count, wrong, other = sums @ weights.T
        return (_shares(right, count) + _shares(wrong, other)) / 2

    bounds = _percentiles(cells, seed, statistic)
    return Estimate(float(statistic(np.ones((1, cells.count)))[0]), bounds.low, bounds.high)


def _percentiles(cells: Cells, seed: int, statistic: Statistic) -> Interval:
    """Middle 95 % of a statistic over circular blocks of cells; nowhere with too few blocks."""
    block = max(2, block_length(cells.count))
    if cells.count // block < FEWEST_BLOCKS:
        return NOWHERE
    found = []
    for orders in circular_block_orders(cells.count, cells.count, block, _RESAMPLES, seed):
        drawn = np.stack([np.bincount(one, minlength=cells.count) for one in orders])
        found.append(statistic(drawn.astype(np.float64)))
    return percentile_interval(np.concatenate(found), 0.95)
