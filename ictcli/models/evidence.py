"""Whether a challenger is better than the champion: a test that may be looked at every day, and intervals.

The test is a bet that the challenger is no better (ML.md section 7): a stake of 1 is multiplied by
``1 + lambda * d`` for every matured event, d being what the challenger did better, between -1 and 1. If it is
no better, the stake reaches 20 with a probability of at most 1/20, whenever one looks (Ville's inequality).
The stake is spread evenly over several lambda, because the best one is not known beforehand.

Events must not overlap: what the next one brings must be unknown when the last one is settled.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import UsageError
from ictcli.models.ensemble import log_losses
from ictcli.stats.bootstrap import bootstrap_mean
from ictcli.stats.intervals import Interval, percentile_interval

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

ENOUGH = 20.0
"""Stake at which the challenger is promoted: an error of at most 1 in 20."""
BETS = (0.02, 0.05, 0.1, 0.2, 0.5)
"""The lambdas over which the stake is spread."""
RESAMPLES = 2_000
FEWEST = 30
"""Events below which no interval is given."""


@dataclass(frozen=True, slots=True)
class Stake:
    """A bet under way.

    Attributes:
        bets: its lambdas.
        logs: logarithm of what each of them has become.
        events: taken so far.
        highest: the largest stake there ever was.
    """

    bets: tuple[float, ...] = BETS
    logs: tuple[float, ...] = (0.0,) * len(BETS)
    events: int = 0
    highest: float = 1.0

    @property
    def value(self) -> float:
        """What the stake of 1 has become."""
        return math.fsum(math.exp(min(log, 700.0)) for log in self.logs) / len(self.logs)

    @property
    def enough(self) -> bool:
        """Whether it ever was enough to promote the challenger."""
        return self.highest >= ENOUGH


def new_stake(bets: Sequence[float] = BETS) -> Stake:
    """A stake of 1.

    Raises:
        UsageError: a lambda is not between 0 and 1, both left out.
    """
    if not bets or not all(0 < bet < 1 for bet in bets):
        raise UsageError(f"bets {tuple(bets)} are not all between 0 and 1")
    return Stake(tuple(bets), (0.0,) * len(bets))


def settled(stake: Stake, difference: float) -> Stake:
    """The stake after one more event.

    Args:
        stake: before it.
        difference: what the challenger did better, -1 to 1; an event without a number changes nothing.

    Raises:
        UsageError: the difference is outside -1 to 1.
    """
    if math.isnan(difference):
        return stake
    if not -1 <= difference <= 1:
        raise UsageError(f"difference {difference} is not from -1 to 1", hint="Compare Brier scores.")
    pairs = zip(stake.bets, stake.logs, strict=True)
    logs = tuple(log + math.log1p(bet * difference) for bet, log in pairs)
    after = replace(stake, logs=logs, events=stake.events + 1)
    return replace(after, highest=max(stake.highest, after.value))


def stake_after(differences: Floats, bets: Sequence[float] = BETS) -> Stake:
    """A new stake after many events, in their order."""
    stake = new_stake(bets)
    for difference in differences.tolist():
        stake = settled(stake, difference)
    return stake


def brier_gain(labels: Int64, champion: Floats, challenger: Floats) -> Floats:
    """What the challenger did better in every event: the champion's Brier score less its own, -1 to 1."""
    return np.asarray((champion - labels) ** 2 - (challenger - labels) ** 2, np.float64)


def apart(start: Int64, end: Int64) -> Flags:
    """Events that do not overlap: from the first on, each that is decided when the one before is settled.

    Args:
        start: bar of each decision, ascending.
        end: last bar of each label.
    """
    chosen = np.zeros(len(start), np.bool_)
    free = -1
    for at, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        if first >= free:
            chosen[at] = True
            free = last
    return chosen


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of what the challenger did better, with its 95 % interval."""

    mean: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions on the same matured events.

    Attributes:
        events: that both had a number for.
        independent: those of them that do not overlap.
        log_loss: champion's less challenger's.
        brier: the same of the Brier scores.
        net: challenger's net result less the champion's; None without results.
        stake: the bet over the independent events.
        better: whether the bet is won, and no interval lies below 0.
    """

    events: int
    independent: int
    log_loss: Difference
    brier: Difference
    net: Difference | None
    stake: Stake
    better: bool


def compare_on_events(
    labels: Int64,
    champion: Floats,
    challenger: Floats,
    start: Int64,
    end: Int64,
    *,
    seed: int,
    nets: tuple[Floats, Floats] | None = None,
) -> Comparison:
    """Compare two versions on matured events, in the order of their decisions.

    Everything is computed on events that do not overlap, so that each counts once.

    Args:
        labels: 0 or 1.
        champion: its probabilities; events where either version has none are left out.
        challenger: its probabilities.
        start: bar of each decision, ascending.
        end: last bar of each label.
        seed: of the resampling in blocks.
        nets: net results of the champion's and of the challenger's decisions, in the same unit.
    """
    known = np.flatnonzero(~np.isnan(champion) & ~np.isnan(challenger))
    alone = known[apart(start[known], end[known])]
    labels, champion, challenger = labels[alone], champion[alone], challenger[alone]
    brier = brier_gain(labels, champion, challenger)
    logs = _log_losses(champion, labels) - _log_losses(challenger, labels)
    net = None if nets is None else _difference((nets[1] - nets[0])[alone], seed)
    stake = stake_after(brier)
    differences = [_difference(logs, seed), _difference(brier, seed)]
    judged = [*differences, net] if net else differences
    return Comparison(
        events=len(known),
        independent=len(alone),
        log_loss=differences[0],
        brier=differences[1],
        net=net,
        stake=stake,
        better=stake.enough and not any(_below(one) for one in judged),
    )


def _below(difference: Difference) -> bool:
    high = difference.interval.high
    return high is not None and high < 0


def _difference(values: Floats, seed: int) -> Difference:
    if len(values) < FEWEST:
        return Difference(float(values.mean()) if len(values) else math.nan, Interval(None, None))
    draws = bootstrap_mean(np.ascontiguousarray(values), RESAMPLES, seed)
    return Difference(float(values.mean()), percentile_interval(draws, 0.95))


def _log_losses(probabilities: Floats, labels: Int64) -> Floats:
    return np.where(labels == 1, log_losses(probabilities, 1), log_losses(probabilities, 0))
