"""The signal: what every strategy hands to the engine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_ZONE = -1
"""``zone`` of a signal that no zone caused."""


@dataclass(frozen=True, slots=True)
class Signals:
    """Entries a strategy asks for, in the order they became known, as arrays of equal length n.

    Attributes:
        bar: index of the bar at whose close the signal became known; the earliest fill is the open of
            ``bar + 1``.
        side: +1 buy, -1 sell.
        stop: protective stop in points, on the losing side of that close.
        target: profit target in points, on the winning side of that close.
        max_bars: bars after which the trade is closed at the market, 0 for no time stop.
        zone: serial number of the zone that caused the signal (its birth order), ``NO_ZONE`` for none.
    """

    bar: NDArray[np.int64]
    side: NDArray[np.int8]
    stop: NDArray[np.int64]
    target: NDArray[np.int64]
    max_bars: NDArray[np.int64]
    zone: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bar)
