"""Learning conformal sets from calibrated out-of-fold probabilities, and how well they keep their word."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.conformal import BOTH, EMPTY, AdaptiveSets, Conformal

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

MOST_SCORES = 2000
"""Scores kept with a version; a set never gets smaller by leaving out the others."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What sets were worth on events in order of time.

    Attributes:
        sets: of each event, as bits, as it was given at the decision.
        covered: share of labels inside their set; NaN without events.
        single: share of sets with one label: only these say anything.
        single_covered: share of those that were right; NaN where there is none.
        empty: share of sets without a label.
        alpha: after the last label.
        matured: labels that moved alpha; those that overlap a used one do not.
    """

    sets: Int64
    covered: float
    single: float
    single_covered: float
    empty: float
    alpha: float
    matured: int


def conformity_scores(p: Floats, y: Int64) -> Floats:
    """1 minus the probability of the label that came."""
    return np.where(y > 0, 1.0 - p, p)


def fit_conformal(p: Floats, y: Int64, alpha: float = 0.1, gamma: float = 0.005) -> Conformal:
    """Learn the scores of calibration events.

    Args:
        p: calibrated out-of-fold probabilities; NaN is left out.
        y: labels, 0 or 1.
        alpha: share of labels that may fall outside.
        gamma: how far one matured label moves alpha.

    Raises:
        DataError: no event has a probability.
    """
    known = ~np.isnan(p)
    scores = np.sort(conformity_scores(p[known], y[known]))
    n = len(scores)
    if not n:
        raise DataError(
            "conformal sets need out-of-fold probabilities", hint="Take fewer folds or a longer span."
        )
    kept = min(n, MOST_SCORES)
    ranks = -(-np.arange(1, kept + 1) * n // kept)
    return Conformal(alpha=alpha, gamma=gamma, count=n, scores=tuple(scores[ranks - 1].tolist()))


def cross_sets(p: Floats, y: Int64, folds: Int64, alpha: float = 0.1) -> Int64:
    """Sets of each fold by the scores of the other folds only; ``BOTH`` for events of fold -1."""
    out = np.full(len(p), BOTH, np.int64)
    for fold in np.unique(folds[folds >= 0]).tolist():
        own, others = folds == fold, (folds != fold) & (folds >= 0)
        out[own] = AdaptiveSets(fit_conformal(p[others], y[others], alpha, 0.0)).prediction_sets(p[own])
    return out


def replay(conformal: Conformal, p: Floats, y: Int64, start: Int64, end: Int64) -> Coverage:
    """Walk through events as live trading would: alpha follows labels once they are known, not before.

    A label is known at the close of its last bar; a decision at the close of that bar may use it.

    Args:
        conformal: what was learned from other events.
        p: calibrated probabilities; an event whose is NaN is given both labels.
        y: labels.
        start: bar of each decision, ascending.
        end: last bar of each label.

    Raises:
        DataError: decisions are not in the order of time.
    """
    if (np.diff(start) < 0).any():
        raise DataError("decisions are not in the order of time", hint="Sort the events by their bar.")
    sets = np.empty(len(p), np.int64)
    work = AdaptiveSets(conformal)
    by_end = np.argsort(end, kind="stable").tolist()
    due = 0
    for at in range(len(p)):
        while due < len(by_end) and end[by_end[due]] <= start[at]:
            one = by_end[due]
            work.mature(int(sets[one]), int(y[one]), int(start[one]))
            due += 1
        work.choose(int(start[at]))
        sets[at] = BOTH if np.isnan(p[at]) else work.prediction_set(float(p[at]))
    return measured(sets, y, work)


def measured(sets: Int64, y: Int64, work: AdaptiveSets) -> Coverage:
    """Coverage and size of sets that were given; ``work`` is what gave them."""
    inside = (sets >> (y > 0)) & 1 == 1
    single = (sets != BOTH) & (sets != EMPTY)

    def share(which: NDArray[np.bool_]) -> float:
        return float(which.mean()) if len(which) else float("nan")

    return Coverage(
        sets=sets,
        covered=share(inside),
        single=share(single),
        single_covered=share(inside[single]),
        empty=share(sets == EMPTY),
        alpha=work.state.alpha,
        matured=work.state.matured,
    )
