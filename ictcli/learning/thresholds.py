"""From what trades earned in training to the probabilities from which a trade is worth its costs."""

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.events import Events

Floats = NDArray[np.float64]

NEVER_SHORT = -1.0
"""A lower threshold that no probability reaches: a rule has chosen the side, and the model can only agree."""


def fit_thresholds(events: Events, abstain: float) -> tuple[float, float]:
    """Probabilities below which to sell and from which to buy, or from which to take the rule's trade.

    A trade breaks even at the probability at which what it earns when the label is 1 and what it costs when
    it is 0 weigh up, both as mean results after costs of these events. ``abstain`` lies outside of that, and
    without a side no threshold crosses one half.

    Args:
        events: of the training.
        abstain: distance from indifference within which nothing is done.

    Returns:
        Lower and upper threshold; the lower one is ``NEVER_SHORT`` where a rule has chosen the side.
    """
    if events.has_side:
        own = np.where(events.side > 0, events.long_net, events.short_net)
        return NEVER_SHORT, min(_even(own, events) + abstain, 1.0)
    high = max(_even(events.long_net, events), 0.5) + abstain
    low = min(1.0 - _even(events.short_net, events, label=0), 0.5) - abstain
    return max(low, 0.0), min(high, 1.0)


def _even(net: Floats, events: Events, label: int = 1) -> float:
    """The chance of ``label`` at which a trade that earns with it breaks even; 1 where it never does."""
    hit = events.label == label
    if not hit.any() or hit.all():
        return 1.0
    gain = float(np.average(net[hit], weights=events.weight[hit]))
    loss = -float(np.average(net[~hit], weights=events.weight[~hit]))
    if gain <= 0:
        return 1.0
    return loss / (gain + loss) if loss > 0 else 0.0


def results_of(events: Events, sides: NDArray[np.int64]) -> Floats:
    """Net result of every event for the side taken, as a fraction of the price; 0 where none was."""
    long_short = np.where(sides > 0, events.long_net, events.short_net)
    return np.where(sides == 0, 0.0, long_short)
