"""How deep and how long a sequence of results falls, and each of its resamples; compiled."""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.kernels import kernel
from ictcli.market.bars import Int64
from ictcli.research.metrics.resamples import block_starts
from ictcli.research.metrics.values import Resampling
from ictcli.stats.bootstrap import block_length
from ictcli.stats.sequences import Floats

FALL, FALL_SHARE, GAIN, LONGEST_BELOW, STEPS_BELOW, LOSING_STREAK = range(6)
"""What a walk finds.

The deepest fall from a peak of the balance, in money and as a share of its peak; the change of the balance
from first to last; the most steps in a row, and all steps, after which the balance stood below an earlier
peak; the most steps in a row without a gain.
"""
_FOUND = 6


@dataclass(frozen=True, slots=True)
class Path:
    """Steps of an account.

    Attributes:
        gains: change of the closed balance at each step.
        worst: lowest result, closed and open, since the balance before the step; it counts as a trough.
        opening: balance before the first step, above 0.
    """

    gains: Floats
    worst: Floats
    opening: float


def walked(path: Path) -> Floats:
    """What a walk over the path itself finds; NaN without steps."""
    n = len(path.gains)
    out = np.full((1, _FOUND), math.nan)
    if n:
        _walk(path.gains, path.worst, path.opening, 0, np.zeros((1, 1), np.int64), n, out)
    found: Floats = out[0]
    return found


def resampled_walks(path: Path, how: Resampling, *, compound: bool = False) -> Floats:
    """The same of each resample, a row per finding; a step's gain and its worst moment stay together.

    Args:
        path: to resample.
        how: resamples and seed.
        compound: whether a step is drawn as a fraction of the balance before it, not as money.
    """
    gains, worst = path.gains, path.worst
    n = len(gains)
    if compound and n:
        before = path.opening + np.concatenate([[0.0], np.cumsum(gains)[:-1]])
        left = np.where(before > 0, before, math.inf)
        gains, worst = gains / left, worst / left
    out = np.full((how.resamples, _FOUND), math.nan)
    done = 0
    for starts in block_starts(n, how):
        part = out[done : done + len(starts)]
        _walk(gains, worst, path.opening, int(compound), starts, block_length(n), part)
        done += len(starts)
    return out.T


@kernel
def _walk(
    gains: Floats, worst: Floats, opening: float, compound: int, starts: Int64, block: int, out: Floats
) -> None:
    """Walk over the sequences that blocks from ``starts`` make of the circle of steps."""
    n = len(gains)
    for k in range(len(starts)):
        balance, peak, fall = opening, opening, 0.0
        share_fall, share_peak = 0.0, 1.0
        below, longest, steps, losing, streak = 0, 0, 0, 0, 0
        unit, done = 1.0, 0
        while done < n:
            at = starts[k, done // block]
            for _ in range(min(block, n - done)):
                if compound != 0:
                    unit = max(balance, 0.0)
                gain = gains[at] * unit
                depth = peak - balance - min(worst[at] * unit, gain)
                losing = 0 if gains[at] > 0 else losing + 1
                at = at + 1 if at + 1 < n else 0
                fall = max(fall, depth)
                if depth * share_peak > share_fall * peak:  # a larger share, without dividing at each step
                    share_fall, share_peak = depth, peak
                balance += gain
                peak = max(peak, balance)
                under = 1 if balance < peak else 0
                below = (below + 1) * under
                steps += under
                longest = max(longest, below)
                streak = max(streak, losing)
            done += block
        out[k, FALL], out[k, FALL_SHARE], out[k, GAIN] = fall, share_fall / share_peak, balance - opening
        out[k, LONGEST_BELOW], out[k, STEPS_BELOW], out[k, LOSING_STREAK] = longest, steps, streak
