"""MetaTrader's arrays of bars as bars: closed ones only, in points, on our clock (MT5.md 4.2)."""

from typing import Any

import numpy as np

from ictcli.brokers.mt5.calls import Calls
from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND
from ictcli.errors import DataError
from ictcli.market.bars import VOLUME_SCALE, Bars, Int64, make_bars
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import Timeframe
from ictcli.market.trading_day import close_times
from ictcli.terminals.constants import TimeframeCode
from ictcli.terminals.times import ServerClock

Series = tuple[str, int, Calendar]
"""Name at the broker, digits, trading calendar."""


def closed_bars(
    calls: Calls, clock: ServerClock, series: Series, timeframe: Timeframe, span: tuple[int, int, int]
) -> Bars:
    """Bars of a span that can no longer change.

    A bar is closed when a newer one has begun, or when it ended before the last instant of ``span``: a
    market that closes makes no newer bar. The newest bar is read before the others: one that begins in
    between must not make an older copy of its predecessor look closed.

    Args:
        calls: the terminal's functions.
        clock: the server's clock.
        series: which symbol.
        timeframe: its bars.
        span: opens from the first instant up to but without the second, ns UTC; ends up to the third.

    Raises:
        SourceUnavailable: no answer.
        DataError: the bars are not in order.
    """
    name, digits, cal = series
    start, end, ended = span
    code = int(TimeframeCode[timeframe.name])
    first = max(clock.shown_s(start - NS_PER_HOUR), NS_PER_DAY // NS_PER_SECOND)
    newest = calls.read("copy_rates_from_pos", name, code, 0, 1)
    rates = calls.read("copy_rates_range", name, code, first, clock.shown_s(end + NS_PER_HOUR))
    forming = int(newest["time"][-1]) if len(newest) else 0
    wall = rates["time"].astype(np.int64)
    ts = clock.instants(wall * NS_PER_SECOND, timeframe.ns)
    if np.any(np.diff(ts) < 0):  # readings may go back, where a clock is set back: instants never
        raise DataError(f"{name} {timeframe}: the terminal's bars are not in order", hint="Ask again.")
    closes = close_times(ts, timeframe, cal)
    kept = (ts >= start) & (ts < end) & ((wall < forming) | (closes <= ended))
    return _bars(rates[kept], digits, ts[kept], closes[kept])


def _bars(rates: Any, digits: int, ts: Int64, closes: Int64) -> Bars:
    scale = 10.0**digits

    def points(name: str) -> Int64:
        rounded: Int64 = np.rint(rates[name] * scale).astype(np.int64)
        return rounded

    volume = rates["real_volume"].astype(np.int64)
    return make_bars(
        digits,
        ts,
        np.minimum(closes, np.append(ts[1:], closes[-1:])),
        (points("open"), points("high"), points("low"), points("close")),
        tick_volume=rates["tick_volume"].astype(np.int64),
        real_volume=volume * 10**VOLUME_SCALE if volume.any() else None,
        spread=rates["spread"].astype(np.int32),
    )
