"""Means over events whose labels overlap: how far chance alone would move them.

Events are collected in cells of consecutive bars, each as long as the longest label lives, so that an event
depends on events of its own and of the neighbouring cells only. Cells are drawn again in circular blocks
(Politis and Romano 1992) and every mean is studentised by the scatter of its own blocks (Götze and Künsch
1996): without that, few blocks would promise too much.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.stats.bootstrap import block_length
from ictcli.stats.intervals import NOWHERE, Interval
from ictcli.stats.resampling import circular_block_orders

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

RESAMPLES = 1999
"""Draws of an interval or a p-value; one more with the observation itself makes round shares."""
FEWEST_BLOCKS = 10
"""Blocks, and cells that hold events, below which their scatter says nothing."""

_MOST_CELLS = 2000
"""Cells beyond this number would cost time and tell nothing."""
_LEAST_BLOCK = 5
"""Cells in a block at least: a block forgets the dependence across its ends."""
_QUIET_LAGS = 5
"""So many small autocorrelations in a row end the search for dependence (Politis and White 2004)."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Where events lie on the bars.

    Attributes:
        of_event: cell of each event.
        count: number of cells, the empty ones among them.
        bars: length of a cell.
        longest: life of the longest label in bars.
    """

    of_event: Int64
    count: int
    bars: int
    longest: int


@dataclass(frozen=True, slots=True)
class Resampled:
    """A mean and what resampling says of it; None where there are too few blocks or nothing varies.

    Attributes:
        mean: over the events; NaN without any.
        error: its standard error.
        interval: two-sided, from the studentised resamples.
        p_value: of the mean being 0 or less.
        blocks: number of blocks in a resample.
    """

    mean: float
    error: float | None
    interval: Interval
    p_value: float | None
    blocks: int


def cells_of(start: Int64, end: Int64) -> Cells:
    """Cells as long as the longest label, from the first event on; longer where they would be too many.

    Args:
        start: bar of each decision.
        end: last bar of each label.

    Raises:
        DataError: a label ends before it begins.
    """
    if not len(start):
        return Cells(np.zeros(0, np.int64), 0, 1, 1)
    if (end <= start).any():
        raise DataError("a label ends at or before its decision", hint="Label the events again.")
    first, last = int(start.min()), int(start.max())
    longest = int((end - start).max())
    bars = max(longest, -(-(last - first + 1) // _MOST_CELLS))
    return Cells((start - first) // bars, (last - first) // bars + 1, bars, longest)


def resample_mean(
    values: Floats, cells: Cells, seed: int, *, confidence: float = 0.95, resamples: int = RESAMPLES
) -> Resampled:
    """Mean of ``values``, its interval and its one-sided p-value.

    Args:
        values: one per event; NaN leaves an event out.
        cells: of the same events.
        seed: of the draws.
        confidence: of the interval.
        resamples: number of draws.
    """
    known = ~np.isnan(values)
    count = np.bincount(cells.of_event[known], minlength=cells.count).astype(np.float64)
    total = np.bincount(cells.of_event[known], weights=values[known], minlength=cells.count).astype(
        np.float64
    )
    n = float(count.sum())
    if n == 0:
        return Resampled(math.nan, None, NOWHERE, None, 0)
    mean = float(total.sum()) / n
    block = _block_cells(total - mean * count)
    blocks = cells.count // block
    if min(blocks, int((count > 0).sum())) < FEWEST_BLOCKS:
        return Resampled(mean, None, NOWHERE, None, blocks)
    totals, counts = _circular_sums(total, block), _circular_sums(count, block)
    error = _error(totals, counts, mean, block, cells.count) / math.sqrt(1 - _forgotten(cells, block))
    if not error > 1e-12 * max(abs(mean), float(np.abs(values[known]).max())):
        return Resampled(mean, None, NOWHERE, None, blocks)
    scores = _studentised(totals, counts, mean, block, blocks, seed, resamples)
    return _judged(mean, error, scores, confidence, blocks)


def _judged(mean: float, error: float, scores: Floats, confidence: float, blocks: int) -> Resampled:
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail], method="inverted_cdf").tolist()
    beyond = int((scores >= mean / error).sum())
    return Resampled(
        mean=mean,
        error=error,
        interval=Interval(mean - high * error, mean - low * error),
        p_value=(beyond + 1) / (len(scores) + 1),
        blocks=blocks,
    )


def _studentised(
    totals: Floats, counts: Floats, mean: float, block: int, blocks: int, seed: int, resamples: int
) -> Floats:
    """(resampled mean - mean) / its own error, one per draw; draws without scatter count as 0."""
    scores = np.empty(resamples)
    done = 0
    for orders in circular_block_orders(len(totals), blocks * block, block, resamples, seed):
        drawn = orders[:, ::block]
        sums, sizes = totals[drawn], counts[drawn]
        size = sizes.sum(axis=1)
        safe = np.where(size > 0, size, 1.0)
        means = np.where(size > 0, sums.sum(axis=1) / safe, mean)
        apart = ((sums - means[:, None] * sizes) ** 2).sum(axis=1)
        errors = np.sqrt(apart * blocks / (blocks - 1)) / safe
        moved = errors > 0
        scores[done : done + len(drawn)] = np.where(moved, (means - mean) / np.where(moved, errors, 1.0), 0.0)
        done += len(drawn)
    return scores


def _error(totals: Floats, counts: Floats, mean: float, block: int, cells: int) -> float:
    """Standard error of the mean from all circular blocks."""
    apart = float(((totals - mean * counts) ** 2).sum()) / block
    n = float(counts.sum()) / block
    blocks = cells / block
    return math.sqrt(apart * blocks / (blocks - 1)) / n


def _forgotten(cells: Cells, block: int) -> float:
    """Share of the variance that blocks miss because labels reach across their ends.

    Labels of equal length at every bar have autocorrelations that fall in a straight line; of their long-run
    variance a block of B bars misses a third of their length over B.
    """
    return (cells.longest - 1) / (3 * block * cells.bars)


def _circular_sums(values: Floats, block: int) -> Floats:
    """Sum of the ``block`` values that begin at each position, on the circle."""
    around = np.concatenate([values, values[: block - 1]])
    summed = np.concatenate([[0.0], np.cumsum(around)])
    return np.asarray(summed[block:] - summed[:-block], np.float64)


def _block_cells(apart: Floats) -> int:
    """Cells per block: the cube root of their number, or more where dependence reaches farther.

    Twice the lag after which autocorrelations stay within chance (Politis and White 2004), at most a tenth
    of the cells: fewer than ten blocks could not be studentised.
    """
    n = len(apart)
    usual = max(_LEAST_BLOCK, block_length(n))
    square = float(apart @ apart)
    if n < 2 * FEWEST_BLOCKS or square == 0:
        return usual
    limit = 2 * math.sqrt(math.log10(n) / n)
    quiet, reach = 0, 0
    for lag in range(1, n // 4):
        small = abs(float(apart[lag:] @ apart[:-lag])) / square < limit
        quiet = quiet + 1 if small else 0
        reach = reach if small else lag
        if quiet == _QUIET_LAGS:
            break
    return min(max(usual, 2 * reach), max(usual, n // FEWEST_BLOCKS))
