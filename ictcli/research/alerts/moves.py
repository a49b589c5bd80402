"""Target moves: the moves that an alert should have announced, found by a rule fixed beforehand.

The rule knows nothing of detectors: bars are scanned from left to right; bar e starts a move if the close
of some bar j in e+1..e+horizon lies at least ``multiple`` average true ranges (through bar e) away from
the close of e. The move is e..first such j, its direction that of the close; scanning goes on at j+1, so
moves never overlap. A bar without a defined average, or with fewer than ``horizon`` bars after it, starts
none: what it would have been told depends on bars that do not exist yet.
"""

from dataclasses import dataclass

import numpy as np

from ictcli.kernels import kernel
from ictcli.market.bars import Int64
from ictcli.stats.sequences import Floats


@dataclass(frozen=True, slots=True)
class Moves:
    """Target moves of a series, oldest first, as arrays of equal length.

    Attributes:
        start: bar e.
        end: bar j.
        direction: +1 up, -1 down.
    """

    start: Int64
    end: Int64
    direction: Int64

    def __len__(self) -> int:
        return len(self.start)


def find_moves(close: Int64, atr: Floats, multiple: float, horizon: int) -> Moves:
    """The target moves of a series.

    Args:
        close: points.
        atr: average true range through each bar, points; 0 where undefined.
        multiple: least size of a move, in average true ranges.
        horizon: most bars a move may take.
    """
    most = len(close) // 2 + 1
    start, end, direction = (np.empty(most, np.int64) for _ in range(3))
    count = _scan(close, atr, multiple, horizon, start, end, direction)
    return Moves(start[:count], end[:count], direction[:count])


@kernel
def _scan(
    close: Int64, atr: Floats, multiple: float, horizon: int, start: Int64, end: Int64, direction: Int64
) -> int:
    count = 0
    e = 0
    while e < len(close) - horizon:
        reached = -1
        if atr[e] > 0.0:
            needed = multiple * atr[e]
            for j in range(e + 1, e + horizon + 1):
                if abs(close[j] - close[e]) >= needed:
                    reached = j
                    break
        if reached >= 0:
            start[count] = e
            end[count] = reached
            direction[count] = 1 if close[reached] > close[e] else -1
            count += 1
            e = reached
        e += 1
    return count
