"""Lengths and depths of a sequence of results, and of its resamples: compiled, because order matters."""

import numpy as np

from ictcli.kernels import kernel
from ictcli.market.bars import Int64
from ictcli.research.metric_resamples import block_starts
from ictcli.research.metric_values import Resampling
from ictcli.stats.bootstrap import block_length, gather
from ictcli.stats.sequences import Floats, longest_losing_streak

LONGEST_BELOW, STEPS_BELOW, LOSING_STREAK = range(3)
"""What ``lengths`` counts."""


@kernel
def count_lengths(gains: Floats, out: Floats) -> None:
    """Count the steps after which the balance stands below an earlier peak, and those without a gain.

    Args:
        gains: change of the balance at each step.
        out: receives the longest run below a peak, all steps below one, the longest run without a gain.
    """
    balance, peak = 0.0, 0.0
    below, longest, steps = 0, 0, 0
    for gain in gains:
        balance += gain
        peak = max(peak, balance)
        if balance < peak:
            below, steps = below + 1, steps + 1
        else:
            below = 0
        longest = max(longest, below)
    out[LONGEST_BELOW], out[STEPS_BELOW], out[LOSING_STREAK] = longest, steps, longest_losing_streak(gains)


@kernel
def deepest_fall(gains: Floats, worst: Floats) -> float:
    """Largest fall from a peak of the balance, in money.

    Args:
        gains: change of the balance at each step.
        worst: lowest result, closed and open, since the balance before the step; it counts as a trough.
    """
    balance, peak, deepest = 0.0, 0.0, 0.0
    for i in range(len(gains)):
        deepest = max(deepest, peak - balance - min(worst[i], gains[i]))
        balance += gains[i]
        peak = max(peak, balance)
    return deepest


def lengths(gains: Floats) -> Floats:
    """The counts of ``count_lengths``."""
    out = np.zeros(3)
    count_lengths(gains, out)
    return out


def resampled_lengths(gains: Floats, how: Resampling) -> Floats:
    """The same of each resample: a row per count, NaN without values."""
    n = len(gains)
    if n == 0:
        return np.full((3, how.resamples), np.nan)
    out = np.empty((how.resamples, 3))
    done = 0
    for starts in block_starts(n, how):
        _draw_lengths(gains, starts, block_length(n), np.empty(n), out[done : done + len(starts)])
        done += len(starts)
    return out.T


def resampled_falls(gains: Floats, worst: Floats, how: Resampling) -> Floats:
    """The deepest fall of each resample, NaN without values; a step's gain and worst moment stay together."""
    n = len(gains)
    if n == 0:
        return np.full(how.resamples, np.nan)
    out = np.empty(how.resamples)
    done = 0
    for starts in block_starts(n, how):
        part = out[done : done + len(starts)]
        _draw_falls(gains, worst, starts, block_length(n), np.empty(n), np.empty(n), part)
        done += len(starts)
    return out


@kernel
def _draw_lengths(gains: Floats, starts: Int64, block: int, work: Floats, out: Floats) -> None:
    for k in range(len(starts)):
        gather(gains, starts[k], block, work)
        count_lengths(work, out[k])


@kernel
def _draw_falls(
    gains: Floats, worst: Floats, starts: Int64, block: int, work: Floats, troughs: Floats, out: Floats
) -> None:
    for k in range(len(starts)):
        gather(gains, starts[k], block, work)
        gather(worst, starts[k], block, troughs)
        out[k] = deepest_fall(work, troughs)
