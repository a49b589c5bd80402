"""Raw columns of good rows turned into bars and ticks: floats to points, unknown where not given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import UNKNOWN, VOLUME_SCALE, Bars, Int32, Int64, make_bars
from ictcli.market.calendars import Calendar
from ictcli.market.ticks import Ticks
from ictcli.market.timeframes import Timeframe
from ictcli.market.trading_day import close_times

Float64 = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

_MOST = 2.0**62
_MOST_SPREAD = 2.0**31 - 1


def bars_of(
    ts: Int64, columns: Columns, timeframe: Timeframe, cal: Calendar, digits: int, written: int
) -> Bars:
    """Bars from columns of equal length, all rows good and in time order.

    Args:
        ts: bar opens, nanoseconds UTC, strictly increasing.
        columns: open, high, low, close; ask_open, tick_volume, real_volume, spread where the file has them.
        timeframe: the bars' length.
        cal: trading hours of the symbol.
        digits: decimal digits to store.
        written: decimal digits the file writes, which MetaTrader's spread points refer to.
    """
    scale = 10.0**digits
    opens, highs, lows, closes = (points(columns[name], scale) for name in ("open", "high", "low", "close"))
    ts_close = close_times(ts, timeframe, cal)
    ts_close[:-1] = np.minimum(ts_close[:-1], ts[1:])
    return make_bars(
        digits,
        ts,
        ts_close,
        (opens, highs, lows, closes),
        tick_volume=amounts(columns.get("tick_volume"), 1.0),
        real_volume=amounts(columns.get("real_volume"), 10.0**VOLUME_SCALE),
        spread=_spread(columns, opens, scale, 10.0 ** (digits - written)),
    )


def ticks_of(ts: Int64, columns: Columns, digits: int) -> Ticks:
    """Ticks from columns of equal length, all rows good and in time order."""
    scale = 10.0**digits
    return Ticks(digits, ts, points(columns["bid"], scale), points(columns["ask"], scale))


def crossed(columns: Columns) -> int:
    """Rows whose ask lies below the bid, or whose spread is negative."""
    if "ask" in columns:
        return int(np.count_nonzero(columns["ask"] < columns["bid"]))
    if "ask_open" in columns:
        return int(np.count_nonzero(columns["ask_open"] < columns["open"]))
    return int(np.count_nonzero(columns["spread"] < 0)) if "spread" in columns else 0


def points(prices: Float64, scale: float) -> Int64:
    """Prices as whole points."""
    return np.rint(prices * scale).astype(np.int64)


def amounts(values: Float64 | None, scale: float) -> Int64 | None:
    """Volumes as integers; ``UNKNOWN`` where they are not given, negative or beyond 64 bits."""
    if values is None:
        return None
    scaled = np.rint(values * scale)
    known = (scaled >= 0) & (scaled < _MOST)
    return np.where(known, np.where(known, scaled, 0.0).astype(np.int64), UNKNOWN)


def _spread(columns: Columns, opens: Int64, scale: float, per_point: float) -> Int32 | None:
    if "ask_open" in columns:
        spread = np.rint(columns["ask_open"] * scale) - opens
    elif "spread" in columns:
        spread = np.rint(columns["spread"] * per_point)
    else:
        return None
    known = (spread >= 0) & (spread <= _MOST_SPREAD)
    return np.where(known, np.where(known, spread, 0.0), UNKNOWN).astype(np.int32)
