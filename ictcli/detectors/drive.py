"""Driving steps over bars: in batch, one bar at a time, and from a checkpoint."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.detector import Detector
from ictcli.detectors.events import EVENT, MOST_PER_BAR
from ictcli.errors import DataError
from ictcli.market.bars import Bars


def arrays(bars: Bars) -> tuple[Any, ...]:
    """The columns of bars in the order in which steps take them."""
    return bars.ts, bars.ts_close, bars.open, bars.high, bars.low, bars.close


def collect(detector: Detector, state: NDArray[np.void], bars: Bars, first: int = 0) -> NDArray[np.void]:
    """Run a detector over bars from ``first`` on, changing ``state``; all records in order."""
    events = np.empty((len(bars) - first) // 2 + 2 * MOST_PER_BAR, EVENT)
    columns = arrays(bars)
    total = 0
    while first < len(bars):
        if len(events) - total < MOST_PER_BAR:
            events = np.concatenate((events[:total], np.empty(total + MOST_PER_BAR, EVENT)))
        first, count = detector.run(state[0], events[total:], *columns, first)
        total += count
    return events[:total]


def push(
    detector: Detector, state: NDArray[np.void], bars: Bars, at: int, buffer: NDArray[np.void]
) -> NDArray[np.void]:
    """Give bar ``at`` alone to a detector; a copy of the records it wrote.

    ``buffer`` holds at least ``MOST_PER_BAR`` records and is overwritten.
    """
    count = detector.step(state[0], buffer, 0, *(column[at] for column in arrays(bars)))
    return buffer[:count].copy()


def require_sound(bars: Bars) -> None:
    """Refuse bars that no detector may see (ICT.md §13c, C2).

    Raises:
        DataError: stamps do not increase, or a bar's prices contradict each other; names the row.
    """
    backwards = np.flatnonzero(np.diff(bars.ts) <= 0)
    if len(backwards):
        raise DataError(f"row {int(backwards[0]) + 1}: bar time does not increase")
    low = np.minimum(bars.open, bars.close)
    high = np.maximum(bars.open, bars.close)
    wrong = np.flatnonzero((bars.low > low) | (bars.high < high))
    if len(wrong):
        raise DataError(f"row {int(wrong[0])}: low <= open, close <= high does not hold")
