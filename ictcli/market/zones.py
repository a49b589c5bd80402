"""Offsets of time zones for whole arrays of instants, from the IANA database."""

from bisect import bisect_right
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND
from ictcli.market.bars import Int64

NEW_YORK = ZoneInfo("America/New_York")

_PROBE_S = 10 * 86_400
"""No zone changes its offset twice within ten days and back, so probes this far apart miss nothing."""
_YEAR_STARTS = [int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in range(1900, 2300)]


def offsets(zone: tzinfo, ts: Int64) -> Int64:
    """What to add to each UTC instant to read ``zone``'s local clock, in nanoseconds."""
    if len(ts) == 0:
        return np.zeros(0, np.int64)
    starts, values = transitions(zone, int(ts.min()), int(ts.max()))
    if len(values) == 1:
        return np.full(len(ts), values[0], np.int64)
    return values[np.searchsorted(starts, ts, side="right") - 1]


def to_local(zone: tzinfo, ts: Int64) -> Int64:
    """UTC instants as readings of ``zone``'s local clock (nanoseconds, naive)."""
    return ts + offsets(zone, ts)


def from_local(zone: tzinfo, wall: Int64) -> Int64:
    """The UTC instants of local clock readings.

    A reading that occurs twice means its first occurrence; one that never occurs is moved forward by
    the length of the jump (02:30 on a spring day becomes 03:30).
    """
    return showings(zone, wall)[0]


def showings(zone: tzinfo, wall: Int64) -> tuple[Int64, Int64]:
    """The first and the second UTC instant at which the local clock shows each reading.

    Both are equal, except for readings in an hour that the clock repeats.
    """
    if len(wall) == 0:
        return wall, wall
    before, after = wall - offsets(zone, wall - NS_PER_DAY), wall - offsets(zone, wall + NS_PER_DAY)
    if np.array_equal(before, after):
        return before, before
    earlier, later = np.minimum(before, after), np.maximum(before, after)
    first = np.where(to_local(zone, earlier) == wall, earlier, later)
    return first, np.where(to_local(zone, later) == wall, later, first)


def transitions(zone: tzinfo, first: int, last: int) -> tuple[Int64, Int64]:
    """Starts (UTC nanoseconds) and offsets of the spells that cover the instants ``first`` to ``last``."""
    low = bisect_right(_YEAR_STARTS, first // NS_PER_SECOND) - 1
    high = bisect_right(_YEAR_STARTS, last // NS_PER_SECOND)
    return _table(zone, _YEAR_STARTS[low - low % 10], _YEAR_STARTS[min(high + -high % 10, 399)])


@lru_cache(maxsize=64)
def _table(zone: tzinfo, first_s: int, last_s: int) -> tuple[Int64, Int64]:
    starts, values = [first_s], [_offset_s(zone, first_s)]
    for probe in range(first_s + _PROBE_S, last_s + _PROBE_S, _PROBE_S):
        if _offset_s(zone, probe) != values[-1]:
            starts.append(_change(zone, probe - _PROBE_S, probe))
            values.append(_offset_s(zone, probe))
    table = np.array([starts, values], np.int64) * NS_PER_SECOND
    table.flags.writeable = False
    return table[0], table[1]


def _change(zone: tzinfo, before_s: int, after_s: int) -> int:
    """The first second with the offset in force at ``after_s``, given that it differs from ``before_s``."""
    new = _offset_s(zone, after_s)
    while after_s - before_s > 1:
        middle = (before_s + after_s) // 2
        if _offset_s(zone, middle) == new:
            after_s = middle
        else:
            before_s = middle
    return after_s


def _offset_s(zone: tzinfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return offset.days * 86_400 + offset.seconds
