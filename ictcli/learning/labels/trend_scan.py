"""Trend scanning (Machine Learning for Asset Managers, ch. 5; ML.md M16): the clearest of several trends.

For each length L the closes of the L bars after the decision are regressed on time; the length with the
largest absolute t-value of the slope is chosen, and the label is the slope's sign. The choice looks as far
as the longest length, and so does the label's life. The t-value is the largest of several and no p-value:
it is for labelling only, never a feature and never a test.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ictcli.errors import UsageError
from ictcli.kernels import kernel
from ictcli.learning.events import Floats, Int64, Labelled
from ictcli.learning.labels.candidates import kept_by, require_order
from ictcli.learning.labels.fixed_horizon import held
from ictcli.learning.labels.overnight import Overnight
from ictcli.market.bars import Bars

PERFECT = 1.0e6
"""Stands for the infinite t-value of a straight line."""
_NOTHING_LEFT = 1.0e-12
"""Share of the total sum of squares below which the residuals count as none."""
_SHORTEST = 3


@kernel
def t_value(values: Any, first: int, length: int) -> float:
    """t-value of the slope of ``length`` numbers on time: slope over its standard error with n - 2."""
    origin = float(values[first])
    mean = 0.0
    for at in range(length):
        mean += (values[first + at] - origin) / length
    centre = (length - 1) / 2.0
    times, products, total = 0.0, 0.0, 0.0
    for at in range(length):
        time, value = at - centre, values[first + at] - origin - mean
        times += time * time
        products += time * value
        total += value * value
    if total == 0.0:
        return 0.0
    slope = products / times
    residual = total - slope * products
    if residual <= _NOTHING_LEFT * total:
        return PERFECT if slope > 0.0 else -PERFECT
    return float(slope / math.sqrt(residual / (length - 2) / times))


@kernel
def scan(values: Any, starts: Any, lengths: Any, chosen: Any, t_values: Any) -> None:
    """Choose a length for each start; of equal t-values the shortest length (lengths ascend)."""
    for i in range(len(starts)):
        t_values[i] = 0.0
        chosen[i] = lengths[0]
        for at in range(len(lengths)):
            found = t_value(values, starts[i] + 1, lengths[at])
            if abs(found) > abs(t_values[i]):
                t_values[i] = found
                chosen[i] = lengths[at]


def trends(bars: Bars, starts: Int64, lengths: Sequence[int]) -> tuple[Int64, Floats]:
    """Length and t-value of the clearest trend after each decision.

    Args:
        bars: of one series, at least the longest length after each start.
        starts: bars of the decisions.
        lengths: to choose from, ascending.
    """
    chosen, found = np.zeros(len(starts), np.int64), np.zeros(len(starts))
    scan(bars.close, starts, np.array(lengths, np.int64), chosen, found)
    return chosen, found


def trend_scan(
    bars: Bars, starts: Int64, lengths: Sequence[int], costs: Floats, swap: Overnight | None = None
) -> Labelled:
    """Events labelled by the clearest trend; the trades are held for the longest length.

    The chosen length is known only afterwards, so no trade can be left by it: results are those of a trade
    from the next open to the close of the longest length.

    Args:
        bars: sound bars of one series.
        starts: bars of the decisions, ascending.
        lengths: bars of the trends to compare, each at least 3.
        costs: for each bar, of a trade entered at its open, see ``trade_costs``.
        swap: of the series; None for one without any.

    Raises:
        UsageError: a length is not possible.
        ValueError: arrays do not fit each other, or starts are not ascending.
    """
    ordered = sorted(set(lengths))
    if not ordered or ordered[0] < _SHORTEST:
        raise UsageError(
            f"trends over {list(lengths)} bars are not possible", hint="Use 3 or more bars each."
        )
    require_order(starts, bars, None, costs)
    longest = ordered[-1]
    inside, dropped = kept_by({"horizon beyond the last bar": starts + longest >= len(bars)}, len(starts))
    starts = starts[inside]
    found = trends(bars, starts, ordered)[1]
    clear, flat = kept_by({"no trend": found == 0.0}, len(starts))
    starts = starts[clear]
    events = held(bars, starts, starts + longest, found[clear] > 0.0, costs, swap)
    counts = {why: count for why, count in {**dropped, **flat}.items() if count}
    return Labelled(events, {"rule": "trend scan", "lengths": ordered}, counts)
