"""Circular block bootstrap: resampling that keeps neighbours together.

Trades and days depend on their neighbours, so single ones must not be drawn: blocks of consecutive
values are, from the sequence closed to a circle (Politis and Romano 1992). All draws come from one
seeded generator and do not depend on the machine or on chunking.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel
from ictcli.stats.sequences import Floats, max_drawdown, mean, profit_factor, sharpe_annualised_252, total

Int64 = NDArray[np.int64]
Draw = Callable[[Int64, int, Floats], None]
DrawOne = Callable[[Floats, Int64, int, Floats, Floats], None]

_CHUNK = 64


def block_length(n: int) -> int:
    """Length of a block for ``n`` values: the cube root, the rate that is optimal for a mean's variance."""
    return max(1, round(math.cbrt(n)))


def bootstrap_mean(values: Floats, resamples: int, seed: int) -> Floats:
    """Resampled means."""
    return _resample_one(_draw_means, values, resamples, seed)


def bootstrap_total(values: Floats, resamples: int, seed: int) -> Floats:
    """Resampled sums."""
    return _resample_one(_draw_totals, values, resamples, seed)


def bootstrap_profit_factor(values: Floats, resamples: int, seed: int) -> Floats:
    """Resampled profit factors; infinite where a resample has no loss."""
    return _resample_one(_draw_profit_factors, values, resamples, seed)


def bootstrap_sharpe_annualised_252(returns: Floats, resamples: int, seed: int) -> Floats:
    """Resampled Sharpe ratios of daily returns."""
    return _resample_one(_draw_sharpes, returns, resamples, seed)


def bootstrap_drawdown(gains: Floats, worst: Floats, opening: float, resamples: int, seed: int) -> Floats:
    """Resampled maximum drawdowns; a trade's gain and its worst moment stay together."""

    def draw(starts: Int64, block: int, out: Floats) -> None:
        size = len(gains)
        _draw_drawdowns(gains, worst, opening, starts, block, np.empty(size), np.empty(size), out)

    return _resample(len(gains), resamples, seed, draw)


def _resample_one(draws: DrawOne, values: Floats, resamples: int, seed: int) -> Floats:
    def draw(starts: Int64, block: int, out: Floats) -> None:
        draws(values, starts, block, np.empty(len(values)), out)

    return _resample(len(values), resamples, seed, draw)


def _resample(n: int, resamples: int, seed: int, draw: Draw) -> Floats:
    if n == 0:
        return np.full(resamples, np.nan)
    block = block_length(n)
    out = np.empty(resamples)
    done = 0
    for starts in _block_starts(n, block, resamples, seed):
        draw(starts, block, out[done : done + len(starts)])
        done += len(starts)
    return out


def _block_starts(n: int, block: int, resamples: int, seed: int) -> Iterator[Int64]:
    generator = np.random.Generator(np.random.PCG64(seed))
    blocks = -(-n // block)
    for done in range(0, resamples, _CHUNK):
        yield generator.integers(0, n, (min(_CHUNK, resamples - done), blocks), dtype=np.int64)


@kernel
def gather(values: Floats, starts: Int64, block: int, into: Floats) -> None:
    """Fill ``into`` with blocks of ``values`` that begin at ``starts``, wrapping round the end."""
    n = len(values)
    for i in range(n):
        at = starts[i // block] + i % block
        into[i] = values[at - n if at >= n else at]


@kernel
def _draw_means(values: Floats, starts: Int64, block: int, work: Floats, out: Floats) -> None:
    for k in range(len(starts)):
        gather(values, starts[k], block, work)
        out[k] = mean(work)


@kernel
def _draw_totals(values: Floats, starts: Int64, block: int, work: Floats, out: Floats) -> None:
    for k in range(len(starts)):
        gather(values, starts[k], block, work)
        out[k] = total(work)


@kernel
def _draw_profit_factors(values: Floats, starts: Int64, block: int, work: Floats, out: Floats) -> None:
    for k in range(len(starts)):
        gather(values, starts[k], block, work)
        out[k] = profit_factor(work)


@kernel
def _draw_sharpes(values: Floats, starts: Int64, block: int, work: Floats, out: Floats) -> None:
    for k in range(len(starts)):
        gather(values, starts[k], block, work)
        out[k] = sharpe_annualised_252(work)


@kernel
def _draw_drawdowns(
    gains: Floats,
    worst: Floats,
    opening: float,
    starts: Int64,
    block: int,
    work: Floats,
    troughs: Floats,
    out: Floats,
) -> None:
    for k in range(len(starts)):
        gather(gains, starts[k], block, work)
        gather(worst, starts[k], block, troughs)
        out[k] = max_drawdown(work, troughs, opening)
