"""The trading day: it rolls at 17:00 New York, whatever the clocks do."""

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import Timeframe
from ictcli.market.zones import NEW_YORK, from_local, to_local

_TO_MIDNIGHT = 7 * NS_PER_HOUR
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


def roll_day(ts: Int64) -> Int64:
    """Days since 1970-01-01 of the New York date that each instant's roll leads into.

    Friday 17:00 New York already belongs to Saturday here; ``trading_day`` corrects that.
    """
    return (to_local(NEW_YORK, ts) + _TO_MIDNIGHT) // NS_PER_DAY


def roll_start(day: Int64) -> Int64:
    """The UTC instant at which each roll day begins: 17:00 New York on the day before."""
    return from_local(NEW_YORK, day * NS_PER_DAY - _TO_MIDNIGHT)


def trading_day(ts: Int64, cal: Calendar) -> Int64:
    """Days since 1970-01-01 of the trading day of each instant.

    Where markets keep a week, whatever is stamped between Friday 17:00 and Sunday 17:00 New York belongs
    to the Friday just ended: a lone bar after the close must not become a one-bar "Saturday".
    """
    day = roll_day(ts)
    if cal.always_open:
        return day
    return day - np.maximum(weekday(day) - FRIDAY, 0)


def weekday(day: Int64) -> Int64:
    """0 for Monday to 6 for Sunday, of days since 1970-01-01 (a Thursday)."""
    return (day + 3) % 7


def close_times(ts: Int64, timeframe: Timeframe, cal: Calendar) -> Int64:
    """The first instant after each bar, from the bar's open.

    Intraday bars last their nominal length. D1, W1 and MN1 bars that open at the 17:00 New York roll end
    at the roll that ends their trading day, week or month (a day has 23 or 25 hours when clocks change).
    A bar that its source opens off the roll ends as much later than that roll as it began.
    """
    if timeframe.intraday:
        return ts + timeframe.ns
    day = roll_day(ts)
    late = ts - roll_start(day)
    return roll_start(last_day(day, timeframe, cal) + 1) + late


def last_day(day: Int64, timeframe: Timeframe, cal: Calendar) -> Int64:
    """The last trading day of the D1, W1 or MN1 bar that roll day ``day`` belongs to."""
    if timeframe.name == "D1":
        return day
    if timeframe.name == "W1":
        return day + (_week_end(cal) - weekday(day)) % 7
    month = day.astype("datetime64[D]").astype("datetime64[M]") + 1
    last = month.astype("datetime64[D]").astype(np.int64) - 1
    return last if cal.always_open else np.maximum(last - np.maximum(weekday(last) - FRIDAY, 0), day)


def first_day(day: Int64, timeframe: Timeframe, cal: Calendar) -> Int64:
    """The first roll day of the D1, W1 or MN1 bar that trading day ``day`` belongs to."""
    if timeframe.name == "D1":
        return day
    if timeframe.name == "W1":
        return day - weekday(day)
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    first = month.astype("datetime64[D]").astype(np.int64)
    if cal.always_open:
        return first
    return first + np.where(weekday(first) > FRIDAY, 7 - weekday(first), 0)


def _week_end(cal: Calendar) -> int:
    return SUNDAY if cal.always_open else FRIDAY
