"""What is usual for a measurement, learned from its history, and when it is unusual.

A measurement is looked at by quarter hours: the median of each. Its centre is the median of those (for each
hour of the day where there are enough), its spread the scaled median absolute deviation. How far from the
centre is unusual is no matter of a formula: it is the distance that a stated share of the history itself
exceeded, so the rate of false alarms holds for any distribution, as long as tomorrow is like the history.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE

WINDOW = 15 * NS_PER_MINUTE
_HOURLY = 40
"""Windows of an hour of the day from which it has a centre of its own."""
_NORMAL = 1.4826
"""Spread of a normal distribution per median absolute deviation."""
_LEAST_SPREAD = 0.01
"""Part of the centre that the spread is at least: what never moved may move a little."""
_SMALLEST = 1e-9

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual for one measurement.

    Attributes:
        windows: quarter hours that it was learned from.
        centre: median of all, then of each hour of the day (UTC).
        spread: in the measurement's unit.
        limit: distance from the centre, in spreads, from which it is unusual.
        upward: only more than usual is unusual.
    """

    windows: int
    centre: float
    hours: tuple[float, ...]
    spread: float
    limit: float
    upward: bool

    def expected(self, start: int) -> float:
        """The centre at an instant, ns UTC."""
        return self.hours[start // NS_PER_HOUR % 24]

    def distance(self, start: int, value: float) -> float:
        """How far a window's median is from what is usual then, in spreads."""
        apart = (value - self.expected(start)) / self.spread
        return apart if self.upward else abs(apart)

    def is_unusual(self, start: int, value: float) -> bool:
        """Whether it is further away than all but the stated share of its history."""
        return self.distance(start, value) > self.limit


def windows_needed(false_alarm: float) -> int:
    """Quarter hours without which no limit has that rate of false alarms."""
    return math.ceil(1 / false_alarm) - 1


def learn(starts: Int64, medians: Floats, *, false_alarm: float, upward: bool) -> Baseline | None:
    """What is usual; None where the history is too short for the rate.

    The limit is the ⌈(n + 1)(1 - rate)⌉-th smallest distance of the n windows: a window like those exceeds it
    with at most that rate, whatever their distribution.

    Args:
        starts: of windows, ns UTC.
        medians: of them.
        false_alarm: share of usual windows that may be called unusual.
        upward: only more than usual counts.
    """
    rank = math.ceil((len(medians) + 1) * (1 - false_alarm))
    if rank > len(medians):
        return None
    centre = float(np.median(medians))
    of_day = starts // NS_PER_HOUR % 24
    hours = tuple(_hour(medians[of_day == hour], centre) for hour in range(24))
    apart = medians - np.array(hours)[of_day]
    spread = max(_NORMAL * float(np.median(np.abs(apart))), _LEAST_SPREAD * abs(centre), _SMALLEST)
    distances = apart / spread if upward else np.abs(apart) / spread
    limit = float(np.partition(distances, rank - 1)[rank - 1])
    return Baseline(len(medians), centre, hours, spread, limit, upward)


def _hour(own: Floats, overall: float) -> float:
    return float(np.median(own)) if len(own) >= _HOURLY else overall
