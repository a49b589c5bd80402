"""Resampled sums of many columns at once, by the circular block bootstrap of ``stats.bootstrap``.

Every statistic that is a quotient of sums (a mean, a profit factor, a payoff) follows from them. A block's
sum is the difference of two running sums, so a resample costs as many steps as it has blocks, not values.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ictcli.kernels import kernel
from ictcli.market.bars import Int64
from ictcli.research.metrics.values import Resampling
from ictcli.stats.bootstrap import block_length
from ictcli.stats.sequences import Floats

_CHUNK = 64


def resampled_sums(columns: Sequence[Floats], how: Resampling) -> Floats:
    """Sums of each column over the same resamples: a row per column, NaN without values.

    The blocks are those that ``stats.bootstrap`` draws for a sequence of this length and seed.

    Args:
        columns: of equal length, in the order of time.
        how: resamples and seed.
    """
    n = len(columns[0])
    out = np.full((how.resamples, len(columns)), np.nan)
    if n:
        block = block_length(n)
        running, done = _running(np.stack(columns, axis=1), block), 0
        for starts in block_starts(n, how):
            _draw_sums(running, n, starts, block, out[done : done + len(starts)])
            done += len(starts)
    return out.T


def block_starts(n: int, how: Resampling) -> Iterator[Int64]:
    """Where the blocks of each resample of ``n`` values begin: chunks of rows, a row per resample.

    None for no values.
    """
    if n == 0:
        return
    blocks = -(-n // block_length(n))
    generator = np.random.Generator(np.random.PCG64(how.seed))
    for done in range(0, how.resamples, _CHUNK):
        yield generator.integers(0, n, (min(_CHUNK, how.resamples - done), blocks), dtype=np.int64)


def quotient(top: Floats, bottom: Floats) -> Floats:
    """``top`` over ``bottom``; NaN where ``bottom`` is 0."""
    lacking = bottom == 0
    return np.where(lacking, np.nan, top / np.where(lacking, 1.0, bottom))


def _running(rows: Floats, block: int) -> Floats:
    """Running sums from 0 over the rows closed to a circle."""
    ring = np.concatenate([rows, rows[:block]])
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(ring, axis=0)])


@kernel
def _draw_sums(running: Floats, n: int, starts: Int64, block: int, out: Floats) -> None:
    """Add up the blocks of each resample, the last one cut where it does not fit."""
    rows, blocks = starts.shape
    columns = running.shape[1]
    for k in range(rows):
        for c in range(columns):
            out[k, c] = 0.0
        for j in range(blocks):
            first = starts[k, j]
            last = first + min(block, n - j * block)
            for c in range(columns):
                out[k, c] += running[last, c] - running[first, c]
