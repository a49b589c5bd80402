"""Results too good to be true: they stop the run and name the column that knows the future.

A column that looks ahead shows it in one of four ways. It, or its change over one bar, ranks the direction
of the very next bar or of a single later one within the life of a label, which no one can rank well: a
value that slipped by one bar has moved by just that bar. Or it ranks where the next 2, 4, 8 or 16 bars lead
together and loses that when it is taken as many bars earlier; or the labels, and loses that two bars
earlier, where real edges fade slowly. Or the model as a whole is beyond belief. Every limit grows where
there are few independent labels, and with the number of looks, so that luck does not trip it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.foresight import (
    TOGETHER,
    Foresight,
    Ranked,
    auc_error,
    foresee,
    thinning,
    turned_auc,
)
from ictcli.learning.trust.scores import auc, independent_labels
from ictcli.stats.sharpe import track_record
from ictcli.stats.sharpe_2012 import psr_2012

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

_TRUE_GAIN, _TRUE_SHARPE = 0.07, 0.2
"""What the best true signals show, so that luck on top of them does not trip the wire."""
_FEWEST_TRADES = 30
"""Trades apart in time below which a Sharpe ratio is no evidence: a few wins alike give any size of it."""
_LAG = 2
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still believed.

    Attributes:
        auc: of the model on events it was not trained on.
        gain: accuracy above that of the more frequent label.
        sharpe: mean over deviation of the net returns of single trades, of at least 30 apart in time; its
            lower bound after skew and tails must lie above what the best true signals show.
        column_auc: of a column or its change against single bars; and of a column against the labels or the
            next bars together, if most of it is gone some bars earlier. Accuracy 56.4 % has 0.59.
        errors: standard errors that a result must lie beyond what the best true signals show; more where
            later bars are looked at, as many as make one alarm in all looks as rare as in one.
        collapse: share of a column's rank power that must be left some bars earlier.
    """

    auc: float = 0.65
    gain: float = 0.12
    sharpe: float = 0.5
    column_auc: float = 0.6
    errors: float = 3.5
    collapse: float = 0.6


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Suspect:
    """What a column can rank; every number is an AUC turned to 0.5 or more.

    Attributes:
        name: of the column.
        foresight: directions of bars to come; of none where bars were not given.
        labels: the labels.
        earlier: the labels, by the column's value two bars before the decision.
        why: what is beyond belief about it, one phrase; empty where nothing is.
    """

    name: str
    foresight: Foresight
    labels: float
    earlier: float
    why: str


class ImplausibleResult(DataError):
    """Results are beyond belief.

    Attributes:
        suspects: the columns that are blamed, or the one that ranks the labels best.
    """

    def __init__(self, message: str, hint: str, suspects: tuple[str, ...]) -> None:
        super().__init__(message, hint=f"{hint} To go on all the same: --believe REASON.")
        self.suspects = suspects


def check_plausible(
    y: Int64,
    p: Floats,
    start: Int64,
    end: Int64,
    matrix: Floats,
    names: Sequence[str],
    *,
    net: Floats | None = None,
    moves: Floats | None = None,
    limits: Limits = DEFAULT,
) -> None:
    """Stop where results are beyond belief.

    Args:
        y: labels, 0 or 1, of events with out-of-sample probabilities.
        p: those probabilities; events whose is not a number count for the columns only.
        start: bar of each decision; also its row of ``matrix``.
        end: last bar of each label.
        matrix: features of every bar, prepared or not, shape (bars, columns).
        names: of the columns.
        net: net return of each trade taken; NaN where none was.
        moves: return of every bar, close to close; without it a column is compared with the labels only.
        limits: what is still believed.

    Raises:
        ImplausibleResult: a column looks ahead, or the model as a whole is beyond belief.
    """
    if not len(y):
        return
    suspects = rank_suspects(y, start, end, matrix, names, moves=moves, limits=limits)
    guilty = [one for one in suspects if one.why]
    if guilty:
        rest = ", ".join(one.name for one in guilty[1:_NAMED])
        more = f"; also {rest}" if rest else ""
        raise ImplausibleResult(
            f"implausible accuracy: column {guilty[0].name} {guilty[0].why}{more}",
            "Look for a shift by a bar, a centred window or a statistic of the whole series in it.",
            tuple(one.name for one in guilty),
        )
    beyond = _beyond_belief(y, p, independent_labels(start, end), limits)
    if net is not None and not beyond:
        beyond = _beyond_sharpe(net, start, end, limits)
    if beyond:
        best = max(suspects, key=lambda one: one.labels)
        raise ImplausibleResult(
            f"implausible accuracy: {beyond}; the column that ranks the labels best is {best.name} "
            f"(AUC {best.labels:.3f})",
            "Look for labels or prices of the future among the features before believing it.",
            (best.name,),
        )


def rank_suspects(
    y: Int64,
    start: Int64,
    end: Int64,
    matrix: Floats,
    names: Sequence[str],
    *,
    moves: Floats | None = None,
    limits: Limits = DEFAULT,
) -> list[Suspect]:
    """What every column can rank, the most suspicious first.

    Arguments are those of ``check_plausible``.
    """
    usable = np.flatnonzero(start >= _LAG)
    usable = usable[:: thinning(len(usable))]
    rows, ones = start[usable], y[usable] > 0
    error = auc_error(float(ones.mean()) if len(ones) else 0.0, independent_labels(rows, end[usable]))
    furthest = int((end - start).max()) if len(start) else 0
    known = [Foresight()] * len(names)
    if moves is not None and len(start):
        known = foresee(matrix, moves, int(start.min()), int(start.max()), int(end.max()), furthest)
    looks = 2 * len(names)
    allowed = (
        _errors_for(limits.errors, looks * max(furthest, 1)),
        _errors_for(limits.errors, looks * len(TOGETHER)),
    )
    found = []
    for at, name in enumerate(names):
        column = matrix[:, at]
        one = Suspect(
            name=name,
            foresight=known[at],
            labels=turned_auc(column[rows], ones),
            earlier=turned_auc(column[rows - _LAG], ones),
            why="",
        )
        found.append(replace(one, why=_why(one, error, allowed, limits)))
    return sorted(found, key=lambda one: (not one.why, -max(one.foresight.best, one.labels)))


def _errors_for(errors: float, looks: int) -> float:
    """Standard errors beyond which the best of so many looks lies as rarely as one look beyond ``errors``."""
    normal = NormalDist()
    return -normal.inv_cdf(normal.cdf(-errors) / looks)


def _why(one: Suspect, error: float, allowed: tuple[float, float], limits: Limits) -> str:
    """What is beyond belief about a column; empty where nothing is."""
    known = one.foresight

    def beyond(found: Ranked, errors: float) -> bool:
        return found.auc > limits.column_auc + errors * found.error

    if beyond(known.next_bar, limits.errors):
        return f"ranks the direction of the next bar with AUC {known.next_bar.auc:.3f}"
    later = known.later_bar
    if beyond(later, allowed[0]):
        return f"ranks the direction of the bar {later.bars} bars ahead with AUC {later.auc:.3f}"
    for sums in known.together:
        if beyond(sums, allowed[1]) and _left(sums.auc, sums.earlier) < limits.collapse:
            return (
                f"ranks the direction of the next {sums.bars} bars with AUC {sums.auc:.3f}, "
                f"{sums.earlier:.3f} {sums.bars} bars earlier"
            )
    labels = Ranked(one.labels, _LAG, error)
    if beyond(labels, limits.errors) and _left(one.labels, one.earlier) < limits.collapse:
        return f"ranks the labels with AUC {one.labels:.3f}, {one.earlier:.3f} two bars earlier"
    return ""


def _left(now: float, earlier: float) -> float:
    return (earlier - 0.5) / max(now - 0.5, 1e-12)


def _beyond_belief(y: Int64, p: Floats, worth: int, limits: Limits) -> str:
    """What of the probabilities is not to be believed; empty where they are."""
    known = ~np.isnan(p)
    p, labels = p[known], y[known]
    if len(p):
        worth = max(1, round(worth * len(p) / len(y)))
        share = float(labels.mean())
        ranked = auc(p, labels)
        if ranked > max(limits.auc, limits.column_auc + limits.errors * auc_error(share, worth)):
            return f"AUC {ranked:.3f} on unseen events, above {limits.auc}"
        hit = float(np.where(p == 0.5, 0.5, (p > 0.5) == (labels > 0)).mean())
        gain = hit - max(share, 1 - share)
        if gain > max(limits.gain, _TRUE_GAIN + limits.errors * 0.5 / math.sqrt(worth)):
            return f"accuracy {hit:.3f} on unseen events, {gain:.3f} above the more frequent label"
    return ""


def _beyond_sharpe(net: Floats, start: Int64, end: Int64, limits: Limits) -> str:
    """What of the trades is not to be believed: a ratio of a few may have any size by chance alone."""
    traded = ~np.isnan(net)
    worth = independent_labels(start[traded], end[traded])
    record = track_record(net[traded])
    if worth < _FEWEST_TRADES or not record.sharpe > limits.sharpe:
        return ""
    sure = psr_2012(replace(record, periods=worth), _TRUE_SHARPE)
    if sure is None or sure <= NormalDist().cdf(limits.errors):
        return ""
    return f"a Sharpe ratio of {record.sharpe:.2f} per trade, above {limits.sharpe}"
