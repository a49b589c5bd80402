"""Rules about time stamps: how far bars lie apart, runs of longer bars, repeated times, order."""

from collections import Counter

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND
from ictcli.market.bars import Int64
from ictcli.market.timeframes import TIMEFRAMES, Timeframe
from ictcli.market.validation.rules import Float64, Mask

CONTEXT = 64
"""Rows on each side of a block that the rules need to see to judge the rows inside it."""
_LONG_RUN = 20
_CLOSE_KIN = 4
_LONG_RUN_OF_KIN = 50


class StampStatistics:
    """What the stamps of a file look like in file order; fed chunk by chunk, bounded memory.

    Attributes:
        rows: stamps seen.
        backward: stamps older than the one before.
        forward: stamps newer than the one before.
        sub_second: stamps with a fraction of a second.
    """

    _KEPT = 10_000

    def __init__(self) -> None:
        self.rows = 0
        self.backward = 0
        self.forward = 0
        self.sub_second = 0
        self._steps: Counter[int] = Counter()
        self._last: int | None = None

    def add(self, wall: Int64) -> None:
        """Take in the next stamps of the file."""
        if len(wall) == 0:
            return
        steps = np.diff(wall) if self._last is None else np.diff(wall, prepend=self._last)
        self.rows += len(wall)
        self._last = int(wall[-1])
        self.backward += int(np.count_nonzero(steps < 0))
        self.forward += int(np.count_nonzero(steps > 0))
        self.sub_second += int(np.count_nonzero(wall % NS_PER_SECOND))
        sizes, counts = np.unique(np.abs(steps[steps != 0]), return_counts=True)
        self._steps.update(dict(zip(sizes.tolist(), counts.tolist(), strict=True)))
        if len(self._steps) > self._KEPT:
            self._steps = Counter(dict(self._steps.most_common(self._KEPT // 2)))

    @property
    def newest_first(self) -> bool:
        """The whole file runs backward in time."""
        return self.backward > 9 * self.forward

    @property
    def disorder(self) -> bool:
        """So many rows are out of order that distances in file order mean little."""
        return 100 * self.backward > self.rows and not self.newest_first

    @property
    def usual_step(self) -> int | None:
        """The most frequent distance between successive stamps in nanoseconds; the shorter of equals."""
        if not self._steps:
            return None
        most = max(self._steps.values())
        return min(step for step, count in self._steps.items() if count == most)

    @property
    def shortest_step(self) -> int | None:
        """The shortest distance between successive stamps in nanoseconds."""
        return min(self._steps, default=None)

    def timeframe(self) -> Timeframe | None:
        """The MetaTrader timeframe whose bars lie ``usual_step`` apart; None when there is none."""
        step = self.usual_step
        if step is None:
            return None
        if 28 * NS_PER_DAY <= step <= 31 * NS_PER_DAY:
            return TIMEFRAMES["MN1"]
        return next((frame for frame in TIMEFRAMES.values() if frame.ns == step), None)


def mixed_timeframe(wall: Int64, bar_ns: int) -> Mask:
    """Rows that belong to a run of longer bars, by their naive stamps in time order.

    A run is at least 20 successive bars that lie whole multiples of one longer timeframe apart (at least
    50 when that timeframe is less than four times the file's). Naive stamps, because daily bars keep their
    wall-clock hour when clocks change.
    """
    mixed = np.zeros(len(wall), np.bool_)
    steps = np.diff(wall)
    long = steps >= 2 * bar_ns
    for first, last in _runs(long):
        for begin, end in _even_runs(steps[first:last], bar_ns):
            mixed[first + begin : first + end + 1] = True
    mixed[:-1] &= long
    mixed[1:] &= long
    return mixed


def _even_runs(steps: Int64, bar_ns: int) -> list[tuple[int, int]]:
    """Parts of a run of long steps (half-open, in steps) that keep to one longer timeframe."""
    if len(steps) < _LONG_RUN:
        return []
    sizes, counts = np.unique(steps, return_counts=True)
    longer = int(sizes[counts.argmax()])
    if longer not in {frame.ns for frame in TIMEFRAMES.values()}:
        return []
    needed = _LONG_RUN if longer >= _CLOSE_KIN * bar_ns else _LONG_RUN_OF_KIN
    even = steps % longer == 0
    found = [(a, b) for a, b in _runs(even) if b - a >= needed]
    for first, last in _runs(~even):
        found += [(first + a, first + b) for a, b in _even_runs(steps[first:last], bar_ns)]
    return found


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """Half-open runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def sub_second(wall: Int64) -> Mask:
    """Stamps with a fraction of a second, which no bar can open at."""
    return np.not_equal(wall % NS_PER_SECOND, 0)


def duplicates(ts: Int64, columns: tuple[Float64, ...]) -> tuple[Mask, Mask]:
    """Repeated rows and contradicting rows among bars in time order (equal times in file order).

    Returns:
        The rows that repeat the prices of the first row of their time, and all rows of each time whose
        rows disagree about the prices.
    """
    same = np.zeros(len(ts), np.bool_)
    conflict = np.zeros(len(ts), np.bool_)
    again = np.flatnonzero(ts[1:] == ts[:-1]) + 1
    if len(again) == 0:
        return same, conflict
    same[again] = True
    differs = np.zeros(len(ts), np.bool_)
    for column in columns:
        differs[again] |= column[again] != column[again - 1]
    times = np.unique(ts[differs])
    conflict[:] = np.isin(ts, times)
    return same & ~conflict, conflict
