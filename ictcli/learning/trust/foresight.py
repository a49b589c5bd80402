"""What columns know of single bars to come, and of the next few together.

A column is ranked once, and its change over one bar once; one matrix product then gives the difference of
the mean ranks before rises and before falls, which but for flat bars is the AUC less one half (Mann and
Whitney), of every column against every bar to come. What stands out is computed again exactly, and for sums
of bars by the column some bars earlier, too.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.trust.scores import auc

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

FURTHEST = 50
"""Bars ahead at most that are looked at one by one."""
TOGETHER = (2, 4, 8, 16)
"""How many of the next bars are looked at together; what is no longer than a label lives."""
RANKED_ROWS = 20_000
"""Bars at most on which columns are ranked; more are thinned evenly."""

_STANDS_OUT = 0.05
"""Distance from one half from which an AUC is computed exactly."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """How well a column ranks the direction of something to come, by its value or by its change.

    Attributes:
        auc: turned to 0.5 or more.
        bars: the bar it is of, counted from the decision; or how many of the next ones together.
        error: standard error of the AUC of a value that ranks nothing.
        earlier: the same AUC by the column ``bars`` bars earlier; 0.5 where single bars are ranked, or
            where nothing stands out.
    """

    auc: float
    bars: int
    error: float
    earlier: float = 0.5


NOTHING = Ranked(0.5, 0, math.inf)


@dataclass(frozen=True, slots=True)
class Foresight:
    """What one column knows.

    Attributes:
        next_bar: of the direction of the next bar.
        later_bar: of that of the later one that it ranks best.
        together: of that of the next few bars, for each number of them.
    """

    next_bar: Ranked = NOTHING
    later_bar: Ranked = NOTHING
    together: tuple[Ranked, ...] = ()

    @property
    def best(self) -> float:
        """The highest AUC."""
        return max(one.auc for one in (self.next_bar, self.later_bar, *self.together))


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Directions of what is to come, shape (bars, targets): single bars first, sums of bars behind them."""

    bars: Int64
    up: Flags
    down: Flags
    singles: int
    sums: tuple[int, ...]

    def worth(self, target: int) -> tuple[float, int]:
        """Share of rises, and how many bars there are that do not overlap."""
        moved = self.up[:, target] | self.down[:, target]
        count = int(moved.sum())
        if target >= self.singles and len(self.bars) > 1:
            span = int(self.bars[-1] - self.bars[0]) // self.sums[target - self.singles]
            count = min(count, span)
        return (float(self.up[moved, target].mean()) if count else 0.0), count


def foresee(
    columns: Floats, moves: Floats, first: int, last: int, end: int, furthest: int
) -> list[Foresight]:
    """What every column knows of the bars to come.

    Args:
        columns: shape (bars, columns).
        moves: return of every bar, close to close.
        first: bar of the first decision.
        last: bar of the last one.
        end: last bar that may be looked at.
        furthest: bars ahead that are looked at, at most ``FURTHEST``.
    """
    ahead = _directions(moves, first, last, min(end, len(columns) - 1), min(furthest, FURTHEST))
    if len(ahead.bars) < 2:
        return [Foresight()] * columns.shape[1]
    errors = np.array([auc_error(*ahead.worth(target)) for target in range(ahead.up.shape[1])])
    forms = [columns[ahead.bars], columns[ahead.bars] - columns[ahead.bars - 1]]
    apart = np.maximum(*(_differences(form, ahead) for form in forms))
    return [_of_column(columns[:, at], apart[at], ahead, errors) for at in range(columns.shape[1])]


def auc_error(share: float, worth: int) -> float:
    """Standard error of the AUC of a value that ranks nothing, for so many independent labels."""
    above, below = share * worth, (1 - share) * worth
    return math.sqrt((above + below + 1) / (12 * above * below)) if above * below > 0 else math.inf


def turned_auc(values: Floats, ones: Flags) -> float:
    """AUC or 1 minus it, whichever is greater; 0.5 where it is undefined."""
    known = np.isfinite(values)
    if not known.any():
        return 0.5
    found = auc(values[known], ones[known].astype(np.int64))
    return 0.5 if math.isnan(found) else max(found, 1 - found)


def thinning(count: int) -> int:
    """Step that leaves no more than ``RANKED_ROWS``."""
    return max(1, -(-count // RANKED_ROWS))


def _directions(moves: Floats, first: int, last: int, end: int, furthest: int) -> _Ahead:
    bars = np.arange(max(1, first), min(last, end - 1) + 1, dtype=np.int64)
    bars = bars[:: thinning(len(bars))]
    sums = tuple(number for number in TOGETHER if number <= furthest)
    level = np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(moves), moves, 0.0))])
    targets: list[Floats] = []
    for number in (*range(1, furthest + 1), *sums):
        begin = bars + 1 if len(targets) >= furthest else bars + number
        behind = bars + number
        inside = behind <= end
        behind, begin = np.minimum(behind, end), np.minimum(begin, end)
        targets.append(np.where(inside, level[behind + 1] - level[begin], 0.0))
    table = np.column_stack(targets) if targets else np.zeros((len(bars), 0))
    flat = 1e-9 * max(float(np.abs(level).max()), 1e-300)  # what rounding leaves of equal prices
    return _Ahead(bars, table > flat, table < -flat, furthest, sums)


def _differences(form: Floats, ahead: _Ahead) -> Floats:
    """Distance of every column's AUC against every target from one half, shape (columns, targets)."""
    ranks = np.column_stack([_centred_ranks(form[:, at]) for at in range(form.shape[1])]).T
    rises, falls = ahead.up.sum(axis=0), ahead.down.sum(axis=0)
    above = ranks @ ahead.up.astype(np.float64) / np.maximum(rises, 1)
    below = ranks @ ahead.down.astype(np.float64) / np.maximum(falls, 1)
    return np.where((rises > 0) & (falls > 0), np.abs(above - below), 0.0)


def _centred_ranks(values: Floats) -> Floats:
    """Ranks from -1/2 to 1/2, the middle one for ties; 0 for what is not a number."""
    ranks, known = np.zeros(len(values)), np.isfinite(values)
    if known.any():
        count = int(known.sum())
        order = np.flatnonzero(known)[np.argsort(values[known])]
        ranked = values[order]
        firsts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
        behind = np.append(firsts[1:], count)
        ranks[order] = np.repeat(((firsts + behind) / 2 - count / 2) / count, behind - firsts)
    return ranks


def _of_column(column: Floats, apart: Floats, ahead: _Ahead, errors: Floats) -> Foresight:
    def known(first: int, behind: int) -> Ranked:
        if behind <= first:
            return NOTHING
        target = first + int(np.argmax(apart[first:behind] / errors[first:behind]))
        single = target < ahead.singles
        number = target + 1 if single else ahead.sums[target - ahead.singles]
        found, earlier = 0.5 + min(0.5, float(apart[target])), 0.5
        if found > 0.5 + _STANDS_OUT:
            found = _ranked(column, ahead, target, 0)
            earlier = 0.5 if single else _ranked(column, ahead, target, number)
        return Ranked(found, number, float(errors[target]), earlier)

    singles = ahead.singles
    together = tuple(known(target, target + 1) for target in range(singles, len(apart)))
    return Foresight(known(0, 1), known(1, singles), together)


def _ranked(column: Floats, ahead: _Ahead, target: int, lag: int) -> float:
    """AUC against a target by the value or by the change, whichever is better."""
    which = (ahead.up[:, target] | ahead.down[:, target]) & (ahead.bars > lag)
    bars, ones = ahead.bars[which] - lag, ahead.up[which, target]
    return max(turned_auc(column[bars], ones), turned_auc(column[bars] - column[bars - 1], ones))
