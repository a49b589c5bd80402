"""The bar that each instant belongs to: buckets counted from the 17:00 New York roll."""

import numpy as np

from ictcli.clock import NS_PER_HOUR
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import Timeframe
from ictcli.market.trading_day import close_times, first_day, roll_day, roll_start, trading_day


def bucket_starts(ts: Int64, timeframe: Timeframe, cal: Calendar) -> Int64:
    """The open of the bar of ``timeframe`` that each instant belongs to.

    Bars of up to one hour start at whole multiples since midnight UTC. Longer intraday bars are counted
    from the 17:00 New York roll, so H4 opens at 17, 21, 01, 05, 09 and 13 New York all year. D1, W1 and
    MN1 open at the roll that begins their first trading day.
    """
    if NS_PER_HOUR % timeframe.ns == 0:
        return ts - ts % timeframe.ns
    if len(ts) == 0:
        return ts
    if timeframe.intraday:
        day = roll_day(ts)
        roll = _rolls(day, day)
        return roll + (ts - roll) // timeframe.ns * timeframe.ns
    day = trading_day(ts, cal)
    return _rolls(day, first_day(day, timeframe, cal))


def bucket_closes(starts: Int64, timeframe: Timeframe, cal: Calendar) -> Int64:
    """The first instant after each bar that opens at ``starts``.

    An intraday bar never reaches past the roll, which cuts the last one of a 25 hour day short.
    """
    if NS_PER_HOUR % timeframe.ns == 0 or len(starts) == 0:
        return starts + timeframe.ns
    if timeframe.intraday:
        day = roll_day(starts)
        return np.minimum(starts + timeframe.ns, _rolls(day, day + 1))
    return close_times(starts, timeframe, cal)


def _rolls(days: Int64, wanted: Int64) -> Int64:
    """``roll_start(wanted)`` through a table of every day in the span, faster where days repeat."""
    low, high = int(min(days.min(), wanted.min())), int(max(days.max(), wanted.max()))
    table = roll_start(np.arange(low, high + 1, dtype=np.int64))
    return table[wanted - low]
