"""Was the best trial of a search luck: probability of backtest overfitting by symmetric cross-validation.

Bailey, Borwein, Lopez de Prado and Zhu, "The Probability of Backtest Overfitting" (Journal of
Computational Finance 20(4), 2017). The rows are cut into S equal blocks of consecutive periods; each of
the C(S, S/2) ways to take half of them in sample leaves the other half out of sample. How does the trial
that is best in sample rank out of sample?
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError, UsageError
from ictcli.kernels import kernel
from ictcli.stats.sequences import Floats

MAX_BLOCKS = 20
"""20 blocks make 184,756 splits; two more would make 705,432."""


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What the splits show; each array has one entry per split, in lexicographic order of the blocks.

    Attributes:
        pbo: share of splits whose selected trial ranks in the lower half out of sample, ω <= 1/2.
        logits: λ = ln(ω/(1 - ω)) with ω = rank/(N + 1); rank 1 is the worst.
        chosen: the trial selected in sample.
        in_sample: its metric in sample.
        out_of_sample: its metric out of sample; NaN where it did not move there.
        degradation_slope: least-squares slope of out-of-sample on in-sample metric; None where it is
            undefined. 1 would be no degradation, below 0 means the better the worse.
        loss_probability: share of splits with an out-of-sample metric below 0; None where none is defined.
        blocks: S.
        rows_dropped: rows left out at the start so that the blocks are equal.
    """

    pbo: float
    logits: Floats
    chosen: NDArray[np.int64]
    in_sample: Floats
    out_of_sample: Floats
    degradation_slope: float | None
    loss_probability: float | None
    blocks: int
    rows_dropped: int


def pbo_cscv_sharpe(returns: Floats, blocks: int = 16) -> Overfitting | None:
    """Probability of backtest overfitting, trials compared by their per-period Sharpe ratio (ddof 1).

    Ties in sample go to the lowest column; the rank out of sample is 1 plus the number of strictly smaller
    ratios; λ = 0 counts as overfit. A ratio without variance is undefined: it is never selected and ranks
    below all others.

    Args:
        returns: periods by trials, all trials of the search, not only the survivors.
        blocks: S, even, 2 to 20.

    Returns:
        The result, or None where it is undefined: fewer than two trials, fewer than two rows in half of
        the blocks, or a split in which no trial moved in sample.

    Raises:
        UsageError: ``blocks`` is odd or out of range.
        DataError: a return is not finite.
    """
    return _cscv(returns, blocks, by_mean=False)


def pbo_cscv_mean(returns: Floats, blocks: int = 16) -> Overfitting | None:
    """Like ``pbo_cscv_sharpe`` with the mean return as metric, which is always defined."""
    return _cscv(returns, blocks, by_mean=True)


def _cscv(returns: Floats, blocks: int, *, by_mean: bool) -> Overfitting | None:
    if blocks % 2 or not 2 <= blocks <= MAX_BLOCKS:
        raise UsageError(
            f"{blocks} blocks cannot be halved for cross-validation",
            hint=f"choose an even number from 2 to {MAX_BLOCKS}",
        )
    if not np.isfinite(returns).all():
        raise DataError("a trial has a return that is not finite", hint="write 0 where a trial did not trade")
    rows, trials = returns.shape
    length = rows // blocks
    if trials < 2 or length * blocks // 2 < 2:
        return None
    dropped = rows - length * blocks
    centre, sums, squares = _block_sums(returns[dropped:], blocks)
    halves = np.array(list(combinations(range(blocks), blocks // 2)), np.int64)
    chosen, ranks = np.empty(len(halves), np.int64), np.empty(len(halves), np.int64)
    inside, outside = np.empty(len(halves)), np.empty(len(halves))
    work = np.empty((6, trials))
    _splits(centre, sums, squares, length, int(by_mean), halves, work, chosen, ranks, inside, outside)
    if (chosen < 0).any():
        return None
    logits = np.array([math.log(rank / (trials + 1 - rank)) for rank in range(1, trials + 1)])[ranks - 1]
    defined = ~np.isnan(outside)
    return Overfitting(
        pbo=float((2 * ranks <= trials + 1).mean()),
        logits=logits,
        chosen=chosen,
        in_sample=inside,
        out_of_sample=outside,
        degradation_slope=_slope(inside[defined], outside[defined]),
        loss_probability=float((outside[defined] < 0).mean()) if defined.any() else None,
        blocks=blocks,
        rows_dropped=dropped,
    )


def _block_sums(returns: Floats, blocks: int) -> tuple[Floats, Floats, Floats]:
    """Mean of each trial, and per block the sums of the returns about it and of their squares.

    Sums about the mean keep their digits where a trial's mean is large against its deviation.
    """
    centre = returns.mean(axis=0)
    apart = (returns - centre).reshape(blocks, -1, returns.shape[1])
    return centre, apart.sum(axis=1), (apart**2).sum(axis=1)


def _slope(x: Floats, y: Floats) -> float | None:
    if len(x) < 2:
        return None
    apart = x - x.mean()
    spread = float(apart @ apart)
    return float(apart @ (y - y.mean())) / spread if spread > 0 else None


@kernel
def _splits(
    centre: Floats,
    sums: Floats,
    squares: Floats,
    length: int,
    by_mean: int,
    halves: NDArray[np.int64],
    work: Floats,
    chosen: NDArray[np.int64],
    ranks: NDArray[np.int64],
    inside: Floats,
    outside: Floats,
) -> None:
    """Select in sample and rank out of sample for each half in ``halves``; ``work`` holds six rows."""
    blocks, trials = sums.shape
    n = length * blocks // 2
    for k in range(len(halves)):
        work[:4] = 0.0
        taken = 0
        for block in range(blocks):
            side = 2
            if taken < len(halves[k]) and halves[k, taken] == block:
                side = 0
                taken += 1
            for j in range(trials):
                work[side, j] += sums[block, j]
                work[side + 1, j] += squares[block, j]
        _metrics(centre, work[0], work[1], n, by_mean, work[4])
        _metrics(centre, work[2], work[3], n, by_mean, work[5])
        best = _best(work[4])
        chosen[k] = best
        if best < 0:
            continue
        ranks[k] = _rank(work[5], best)
        inside[k] = work[4, best]
        outside[k] = work[5, best]


@kernel
def _metrics(centre: Floats, sums: Floats, squares: Floats, n: int, by_mean: int, out: Floats) -> None:
    """Mean or Sharpe ratio of each trial over ``n`` rows; NaN where the trial did not move."""
    for j in range(len(out)):
        average = centre[j] + sums[j] / n
        if by_mean != 0:
            out[j] = average
            continue
        around = squares[j] - sums[j] * sums[j] / n
        moved = around > 1e-12 * squares[j] and around > 0.0
        out[j] = average / math.sqrt(around / (n - 1)) if moved else math.nan


@kernel
def _best(metrics: Floats) -> int:
    """Lowest column with the highest metric; -1 where none is defined."""
    best = -1
    for j in range(len(metrics)):
        if not math.isnan(metrics[j]) and (best < 0 or metrics[j] > metrics[best]):
            best = j
    return best


@kernel
def _rank(metrics: Floats, which: int) -> int:
    """1 plus the number of strictly smaller metrics; undefined ones are below all defined ones."""
    own = metrics[which]
    if math.isnan(own):
        return 1
    rank = 1
    for j in range(len(metrics)):
        if metrics[j] < own or math.isnan(metrics[j]):
            rank += 1
    return rank
