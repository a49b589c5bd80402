"""What a quantity grows by with each bar and, told apart from that, with each order.

Orders come in some parts of a run and not in others, so that both can be told apart in one fit by least
squares. Neighbours say nearly the same: the line goes through means of batches, as in ``stats.slopes``.
"""

from collections.abc import Sequence

import numpy as np

from ictcli.stats.intervals import NOWHERE, Interval
from ictcli.stats.slopes import Slope

BATCHES = 10
"""At least."""
_STUDENT = 1.894579
"""The 95 % quantile of Student's t with the 7 degrees of freedom that a plane leaves of ten batches; of more
batches it makes bounds too wide rather than too narrow."""
_NOTHING = Slope(None, NOWHERE)


def growth(
    bars: Sequence[int], orders: Sequence[int], sizes: Sequence[int], turn: int
) -> tuple[Slope, Slope]:
    """What size grows by with each bar, and with each order.

    Args:
        bars: so far, at each sample, ascending.
        orders: so far, at each sample.
        sizes: at each sample.
        turn: bars after which orders begin or cease to come: what a batch holds.

    Returns:
        Both slopes, in units of ``sizes``; without a value where there are too few samples, or where orders
        came as evenly as bars.
    """
    if len(bars) < 2 * BATCHES:
        return _NOTHING, _NOTHING
    count = max(BATCHES, min(len(bars) // 2, round((bars[-1] - bars[0]) / turn)))
    places = np.column_stack([np.ones(count), _means(bars, count), _means(orders, count)])
    if np.linalg.matrix_rank(places) < places.shape[1]:
        return _NOTHING, _NOTHING
    seen = _means(sizes, count)
    found = np.linalg.lstsq(places, seen, rcond=None)[0]
    left = seen - places @ found
    spread = np.linalg.inv(places.T @ places) * float(left @ left) / (count - places.shape[1])
    half = _STUDENT * np.sqrt(spread.diagonal())
    with_bars, with_orders = (
        Slope(float(found[at]), Interval(float(found[at] - half[at]), float(found[at] + half[at])))
        for at in (1, 2)
    )
    return with_bars, with_orders


def _means(values: Sequence[int], count: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    parts = np.array_split(np.asarray(values, np.float64), count)
    first = parts[0][0]
    return np.array([float((part - first).mean()) for part in parts])
