"""Orders in which observations are drawn again: shuffled, in circular blocks, in blocks of random length.

Each gives rows of positions, one row per resample, in chunks. All draws come from one seeded generator and
do not depend on the machine; more resamples begin with the same ones.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import UsageError
from ictcli.kernels import kernel
from ictcli.stats.sequences import Floats

Int64 = NDArray[np.int64]

_CHUNK = 64


def shuffled_orders(n: int, resamples: int, seed: int) -> Iterator[Int64]:
    """All ``n`` positions in random order, each exactly once."""
    generator = _generator(seed)
    positions = np.arange(n, dtype=np.int64)
    for size in _chunk_sizes(resamples):
        yield generator.permuted(np.broadcast_to(positions, (size, n)), axis=1)


def circular_block_orders(n: int, length: int, block: int, resamples: int, seed: int) -> Iterator[Int64]:
    """``length`` positions in blocks of ``block``, from the sequence closed to a circle.

    Politis and Romano 1992. The last block is cut where it does not fit.

    Raises:
        UsageError: ``block`` is below 1, or there is nothing to draw from.
    """
    _check(n, block)
    generator = _generator(seed)
    within = np.arange(length, dtype=np.int64)
    for size in _chunk_sizes(resamples):
        starts = generator.integers(0, n, (size, -(-length // block)), dtype=np.int64)
        yield (starts[:, within // block] + within % block) % n


def stationary_orders(n: int, length: int, mean_block: float, resamples: int, seed: int) -> Iterator[Int64]:
    """``length`` positions in blocks of geometric length with mean ``mean_block``, on the circle.

    Politis and Romano 1994: at each step a new block begins with probability 1 / ``mean_block``, so the
    resampled series is stationary.

    Raises:
        UsageError: ``mean_block`` is below 1, or there is nothing to draw from.
    """
    _check(n, mean_block)
    generator = _generator(seed)
    for size in _chunk_sizes(resamples):
        starts = generator.integers(0, n, (size, length), dtype=np.int64)
        breaks = generator.random((size, length))
        _link_blocks(starts, breaks, 1 / mean_block, n)
        yield starts


def _check(n: int, block: float) -> None:
    if n < 1 or not block >= 1:
        raise UsageError(
            f"cannot draw blocks of {block:g} from {n} observations",
            hint="give at least one observation and a block of at least 1",
        )


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _chunk_sizes(resamples: int) -> Iterator[int]:
    for done in range(0, resamples, _CHUNK):
        yield min(_CHUNK, resamples - done)


@kernel
def _link_blocks(starts: Int64, breaks: Floats, chance: float, n: int) -> None:
    """Keep a drawn start where a block begins and continue the block elsewhere, in place."""
    for k in range(starts.shape[0]):
        for i in range(1, starts.shape[1]):
            if breaks[k, i] >= chance:
                after = starts[k, i - 1] + 1
                starts[k, i] = 0 if after == n else after
