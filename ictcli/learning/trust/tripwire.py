"""Results too good to be true: they stop the run and name the column that knows the future.

A column that looks ahead shows it in one of three ways. It, or its change over one bar, ranks the direction
of the very next bar, which no one can rank well: a value that slipped by one bar has moved by just that
bar. Or it ranks the labels and loses that when it is taken two bars earlier, where real edges fade slowly.
Or the model as a whole is beyond belief. Every limit grows where there are few independent labels, so that
luck does not trip it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.scores import auc, independent_labels

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

RANKED_ROWS = 20_000
"""Events at most on which columns are ranked; more are thinned evenly."""

_TRUE_GAIN, _TRUE_SHARPE = 0.07, 0.2
"""What the best true signals show, so that luck on top of them does not trip the wire."""
_LAG = 2
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still believed.

    Attributes:
        auc: of the model on events it was not trained on.
        gain: accuracy above that of the more frequent label.
        sharpe: mean over deviation of the net returns of single trades.
        column_auc: of a column or its change against the next bar; and of a column against the labels, if
            most of it is gone two bars earlier. Accuracy 56.4 % has 0.59.
        errors: standard errors that a result must lie beyond what the best true signals show.
        collapse: share of a column's rank power that must be left two bars earlier.
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
        next_bar: direction of the bar after, by the value or by its change, whichever does it better; 0.5
            where bars were not given.
        labels: the labels.
        earlier: the labels, by the column's value two bars before the decision.
        why: what is beyond belief about it, one phrase; empty where nothing is.
    """

    name: str
    next_bar: float
    labels: float
    earlier: float
    why: str


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
        DataError: a column looks ahead, or the model as a whole is beyond belief; names the suspects.
    """
    if not len(y):
        return
    suspects = rank_suspects(y, start, end, matrix, names, moves=moves, limits=limits)
    guilty = [one for one in suspects if one.why]
    if guilty:
        rest = ", ".join(one.name for one in guilty[1:_NAMED])
        more = f"; also {rest}" if rest else ""
        raise DataError(
            f"implausible accuracy: column {guilty[0].name} {guilty[0].why}{more}",
            hint="Look for a shift by a bar, a centred window or a statistic of the whole series in it.",
        )
    beyond = _beyond_belief(y, p, net, independent_labels(start, end), limits)
    if beyond:
        best = max(suspects, key=lambda one: one.labels)
        raise DataError(
            f"implausible accuracy: {beyond}; the column that ranks the labels best is {best.name} "
            f"(AUC {best.labels:.3f})",
            hint="Look for labels or prices of the future among the features before believing it.",
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
    usable = usable[:: _step(len(usable))]
    rows, ones = start[usable], y[usable] > 0
    worth = independent_labels(rows, end[usable])
    bars, ups = _moving_bars(start, moves, len(matrix))
    found = []
    for at, name in enumerate(names):
        column = matrix[:, at]
        one = Suspect(
            name=name,
            next_bar=max(_turned(column[bars], ups), _turned(column[bars] - column[bars - 1], ups)),
            labels=_turned(column[rows], ones),
            earlier=_turned(column[rows - _LAG], ones),
            why="",
        )
        found.append(_explained(one, ones, ups, worth, limits))
    return sorted(found, key=lambda one: (not one.why, -max(one.next_bar, one.labels)))


def _moving_bars(start: Int64, moves: Floats | None, count: int) -> tuple[Int64, NDArray[np.bool_]]:
    """Bars between the first and the last decision after which the price moved, and whether it rose."""
    if moves is None or not len(start):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    bars = np.arange(max(1, int(start.min())), min(int(start.max()), count - 2) + 1, dtype=np.int64)
    bars = bars[:: _step(len(bars))]
    bars = bars[np.isfinite(moves[bars + 1]) & (moves[bars + 1] != 0)]
    return bars, moves[bars + 1] > 0


def _step(count: int) -> int:
    return max(1, -(-count // RANKED_ROWS))


def _turned(values: Floats, ones: NDArray[np.bool_]) -> float:
    """AUC or 1 minus it, whichever is greater; 0.5 where it is undefined."""
    known = np.isfinite(values)
    if not known.any():
        return 0.5
    found = auc(values[known], ones[known].astype(np.int64))
    return 0.5 if math.isnan(found) else max(found, 1 - found)


def _explained(
    one: Suspect, labels: NDArray[np.bool_], ups: NDArray[np.bool_], worth: int, limits: Limits
) -> Suspect:
    why = ""
    left = (one.earlier - 0.5) / max(one.labels - 0.5, 1e-12)
    if one.next_bar > limits.column_auc + limits.errors * _auc_error(ups, len(ups)):
        why = f"ranks the direction of the next bar with AUC {one.next_bar:.3f}"
    elif (
        one.labels > limits.column_auc + limits.errors * _auc_error(labels, worth) and left < limits.collapse
    ):
        why = f"ranks the labels with AUC {one.labels:.3f}, {one.earlier:.3f} two bars earlier"
    return Suspect(one.name, one.next_bar, one.labels, one.earlier, why)


def _auc_error(ones: NDArray[np.bool_], worth: int) -> float:
    """Standard error of the AUC of a value that ranks nothing, for so many independent labels."""
    share = float(ones.mean()) if len(ones) else 0.0
    above, below = share * worth, (1 - share) * worth
    return math.sqrt((above + below + 1) / (12 * above * below)) if above * below > 0 else math.inf


def _beyond_belief(y: Int64, p: Floats, net: Floats | None, worth: int, limits: Limits) -> str:
    """What of the model as a whole is not to be believed; empty where it is."""
    known = ~np.isnan(p)
    p, labels = p[known], y[known]
    if len(p):
        worth = max(1, round(worth * len(p) / len(y)))
        share = float(labels.mean())
        ranked = auc(p, labels)
        if ranked > max(limits.auc, limits.column_auc + limits.errors * _auc_error(labels > 0, worth)):
            return f"AUC {ranked:.3f} on unseen events, above {limits.auc}"
        hit = float(np.where(p == 0.5, 0.5, (p > 0.5) == (labels > 0)).mean())
        gain = hit - max(share, 1 - share)
        if gain > max(limits.gain, _TRUE_GAIN + limits.errors * 0.5 / math.sqrt(worth)):
            return f"accuracy {hit:.3f} on unseen events, {gain:.3f} above the more frequent label"
    return _beyond_sharpe(net, worth, limits)


def _beyond_sharpe(net: Floats | None, worth: int, limits: Limits) -> str:
    trades = np.zeros(0) if net is None else net[~np.isnan(net)]
    if len(trades) < 2 or trades.std(ddof=1) == 0:
        return ""
    ratio = float(trades.mean() / trades.std(ddof=1))
    if ratio <= max(limits.sharpe, _TRUE_SHARPE + limits.errors / math.sqrt(min(worth, len(trades)))):
        return ""
    return f"a Sharpe ratio of {ratio:.2f} per trade, above {limits.sharpe}"
