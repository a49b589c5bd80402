"""Whether what was chosen among trials stands: deflated Sharpe ratio, and probability of overfitting.

A recipe tried again, with another seed or a hair's breadth aside, is no other choice; but ranked beside
itself it beats or loses to itself by a coin's toss, and the overfitting statistic would call that a failed
choice. So trials that move together are one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.stats.overfitting import pbo_cscv_sharpe
from ictcli.stats.sharpe import TrackRecord, track_record
from ictcli.stats.sharpe_2026 import dsr_2026, psr_2026
from ictcli.stats.trials import trial_set

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

LEAST_DSR = 0.95
MOST_PBO = 0.2
ALIKE = 0.8
"""Correlation of daily results from which on two trials are the same choice."""

_FEWEST_BLOCK_DAYS = 4
"""Days in a block of the overfitting test at least."""
_MOST_BLOCKS = 16
_FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen among.

    Attributes:
        choices: trials that are unlike each other; 1 means that nothing was selected.
        pbo: probability of backtest overfitting over them; None for a single one or too few days.
    """

    choices: int
    pbo: float | None


@dataclass(frozen=True, slots=True)
class Stand:
    """How a track record stands against all trials that it was one of; None where a number is undefined.

    Attributes:
        dsr: deflated Sharpe ratio, never above the probabilistic one against 0.
        sharpe: per day.
        effective_trials: what the trials are worth, given how alike they are.
        pbo: probability of backtest overfitting.
        choices: trials that are unlike each other; None where results of logged trials are lost.
        answers: to the second and the third question, each with what came out.
    """

    dsr: float | None
    sharpe: float | None
    effective_trials: float
    pbo: float | None
    choices: int | None
    answers: tuple[tuple[bool, str], tuple[bool, str]]


def stand_of(daily: Floats, trials: Floats, trial_count: int) -> Stand:
    """Answer the second and the third question.

    Args:
        daily: results of what was chosen, one per day.
        trials: daily results of every trial, days by trials; see ``Evidence``.
        trial_count: trials ever logged.
    """
    record = track_record(daily)
    dsr, effective = _deflated(record, trials, trial_count)
    lost = trial_count > max(1, trials.shape[1])
    found = selection_of(trials)
    undecided = lost and found.choices < 2
    choices = None if undecided else max(1, found.choices)
    return Stand(
        dsr=dsr,
        sharpe=record.sharpe if record.defined else None,
        effective_trials=effective,
        pbo=found.pbo,
        choices=choices,
        answers=(
            _dsr_answer(dsr, trial_count),
            _pbo_answer(found.pbo, choices, trial_count, len(trials)),
        ),
    )


def selection_of(trials: Floats) -> Selection:
    """Merge trials that are alike and see whether the best of the others in one half holds in the other.

    Sixteen blocks of days, fewer where days are few.

    Args:
        trials: daily results, days by trials, 0 on days without a trade.
    """
    merged = merge_alike(trials)
    choices = merged.shape[1]
    blocks = min(_MOST_BLOCKS, len(merged) // _FEWEST_BLOCK_DAYS // 2 * 2)
    if choices < 2 or blocks < 4:
        return Selection(choices, None)
    found = pbo_cscv_sharpe(merged, blocks)
    return Selection(choices, None if found is None else found.pbo)


def merge_alike(trials: Floats) -> Floats:
    """One column, their mean, for all trials that are linked by correlations of ``ALIKE`` or more.

    Trials that never acted are left out: nobody could have chosen them for what they earned.

    Args:
        trials: days by trials, 0 on days without a trade.

    Returns:
        Days by groups, in the order of the first trial of each.
    """
    acting = trials[:, (trials != 0).any(axis=0)]
    if acting.shape[1] < 2:
        return acting
    group = _linked(correlations(acting) >= ALIKE)
    return np.column_stack([acting[:, group == one].mean(axis=1) for one in np.unique(group)])


def correlations(trials: Floats) -> Floats:
    """Correlation of every pair of trials over the days on which either acts; 0 where it is undefined.

    Days on which both rest say nothing of how alike they are. All sums over such days are sums over all
    days, but the number of days.
    """
    acts = (trials != 0).astype(np.float64)
    own, both = acts.sum(axis=0), acts.T @ acts
    days = own[:, None] + own - both
    sums, squares = trials.sum(axis=0), (trials**2).sum(axis=0)
    spread = days * squares[:, None] - sums[:, None] ** 2
    together = days * (trials.T @ trials) - sums[:, None] * sums
    moves = spread > _FLAT * days * squares[:, None]
    moving = moves & moves.T
    scale = np.sqrt(np.where(moving, spread * spread.T, 1.0))
    return np.where(moving, together / scale, 0.0)


def _linked(alike: NDArray[np.bool_]) -> Int64:
    """Group of each trial, named by its first member, under single linkage."""
    group = np.arange(len(alike))
    while True:
        joined = np.where(alike, group, len(alike)).min(axis=1)
        joined = np.minimum(joined, group)
        if (joined == group).all():
            return group
        group = joined


def _deflated(record: TrackRecord, trials: Floats, trial_count: int) -> tuple[float | None, float]:
    """Deflated Sharpe ratio and effective number of trials.

    The spread of the best is measured across trials. Where trials are nearly alike it is tiny, and luck
    that all of them share would pass for skill: so the ratio never exceeds the probability that the chosen
    trial's own Sharpe ratio is above 0.
    """
    alone = psr_2026(record)
    if trial_count == 1 or trials.shape[1] < 2:
        return (None if trial_count > 1 else alone), float(trial_count)
    found = trial_set(trials)
    share = 0.0 if math.isnan(found.average_correlation) else min(1.0, max(0.0, found.average_correlation))
    effective = share + (1 - share) * trial_count
    if effective <= 1 + 1e-9:
        return alone, effective
    deflated = dsr_2026(record, effective, found.sharpe_variance)
    return (None if deflated is None or alone is None else min(deflated, alone)), effective


def _dsr_answer(dsr: float | None, trials: int) -> tuple[bool, str]:
    kind = (
        f"deflated Sharpe ratio of {trials} trials" if trials > 1 else "probabilistic Sharpe ratio, one trial"
    )
    if dsr is None:
        return False, f"{kind}: undefined, too few days with trades or too few results of trials"
    passed = dsr >= LEAST_DSR
    return passed, f"{kind}: {dsr:.3f}, {needed(passed=passed)} {LEAST_DSR} or more"


def _pbo_answer(pbo: float | None, choices: int | None, trials: int, days: int) -> tuple[bool, str]:
    if choices is None:
        return False, f"overfitting: undefined, results of most of {trials} trials are missing"
    if choices == 1:
        alike = "one trial" if trials == 1 else f"{trials} trials that are alike"
        return True, f"overfitting: {alike}, nothing was selected"
    if pbo is None:
        return False, f"overfitting: undefined for {days} days of results"
    passed = pbo <= MOST_PBO
    over = f" over {choices} choices"
    return passed, f"overfitting: probability {pbo:.3f}{over}, {needed(passed=passed)} {MOST_PBO} or less"


def needed(*, passed: bool) -> str:
    """The word before what is asked for."""
    return "is" if passed else "is not"
