"""What a quantity grows by with each bar and, told apart from that, with each order.

Orders come in some parts of a run and not in others, so that both can be told apart in one fit by least
squares. The fit goes through what is added from one window to the next, not through sizes: what a container
takes at once when it is full stays in every size behind it, but in one addition only. Neighbouring samples
say nearly the same, so a window is the mean of its samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ictcli.stats.intervals import NOWHERE, Interval
from ictcli.stats.sequences import Floats

WINDOWS = 11
"""At least."""
_IN_A_TURN = 2
"""Windows while orders come, and while they do not: so some lie wholly in either."""
_STUDENT = 1.859548
"""The 95 % quantile of Student's t with the 8 degrees of freedom that two slopes leave of ten additions; of
more additions it makes bounds too wide rather than too narrow."""
_ALONE = 1.0 - 1e-9
"""Leverage of an addition from which a slope would follow whatever the others say."""


@dataclass(frozen=True, slots=True)
class Slope:
    """What is added with each of something.

    Attributes:
        value: None where there are too few observations.
        interval: its bounds, each of which has 95 % alone.
    """

    value: float | None
    interval: Interval


_NOTHING = Slope(None, NOWHERE)


def growth(
    bars: Sequence[int], orders: Sequence[int], sizes: Sequence[int], turn: int
) -> tuple[Slope, Slope]:
    """What size grows by with each bar, and with each order.

    The bounds allow for scatter that differs from addition to addition (HC3: MacKinnon and White, 1985):
    while orders come much happens, while none come next to nothing.

    Args:
        bars: so far, at each sample, ascending.
        orders: so far, at each sample.
        sizes: at each sample.
        turn: bars after which orders begin or cease to come.

    Returns:
        Both slopes, in units of ``sizes``; without a value where there are too few samples, or where orders
        came as evenly as bars.
    """
    if len(bars) < 2 * WINDOWS:
        return _NOTHING, _NOTHING
    count = max(WINDOWS, min(len(bars) // 2, round(_IN_A_TURN * (bars[-1] - bars[0]) / turn)))
    came = np.column_stack([_added(bars, count), _added(orders, count)])
    if np.linalg.matrix_rank(came) < came.shape[1]:
        return _NOTHING, _NOTHING
    added = _added(sizes, count)
    inverse = np.linalg.inv(came.T @ came)
    leverage = np.einsum("ij,jk,ik->i", came, inverse, came)
    if float(leverage.max()) > _ALONE:
        return _NOTHING, _NOTHING
    found = inverse @ (came.T @ added)
    weighed = came * ((added - came @ found) / (1.0 - leverage))[:, None]
    spread = inverse @ weighed.T @ weighed @ inverse
    half = _STUDENT * np.sqrt(spread.diagonal())
    with_bars, with_orders = (
        Slope(float(value), Interval(float(value - own), float(value + own)))
        for value, own in zip(found, half, strict=True)
    )
    return with_bars, with_orders


def _added(values: Sequence[int], count: int) -> Floats:
    """From the mean of each window to that of the next."""
    from_first = np.asarray(values, np.float64) - values[0]
    return np.diff([float(part.mean()) for part in np.array_split(from_first, count)])
