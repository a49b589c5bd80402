"""Bars of a wanted timeframe from whatever series is stored: the same bars, shorter ones, or ticks."""

import numpy as np

from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.calendars import Calendar
from ictcli.market.resample import resample
from ictcli.market.ticks import ticks_to_bars
from ictcli.market.timeframes import TICK, TIMEFRAMES, Timeframe
from ictcli.store.columns import empty_bars, join
from ictcli.store.store import Store

_SHORTEST = TIMEFRAMES["M1"]


def serve_bars(
    store: Store,
    stored: SeriesKey,
    timeframe: Timeframe,
    cal: Calendar,
    *,
    start: int | None = None,
    end: int | None = None,
    as_of: int | None = None,
) -> Bars:
    """The closed bars of ``timeframe`` that a stored series gives, possibly none.

    Ticks are read a day at a time and become M1 bars first, so memory is bounded by the bars.

    Args:
        store: where the series is.
        stored: of the same timeframe, one that nests in it, or TICK.
        timeframe: wanted.
        cal: the symbol's calendar.
        start: first ``ts`` of the stored rows, nanoseconds UTC; None: from the beginning.
        end: ``ts`` before which they end; None: to the end.
        as_of: take only what was closed at this instant; None: at the end of the data.

    Raises:
        DataError: the series is not stored, or a file is damaged.
        UsageError: the stored bars do not nest in the timeframe.
    """
    stop = min((bound for bound in (end, as_of) if bound is not None), default=None)
    if stored.timeframe == TICK:
        bars = _minutes(store, stored, cal, start, stop)
    else:
        bars = store.read(stored, start, stop)
    if as_of is not None:
        bars = bars.slice(0, int(np.searchsorted(bars.ts_close, as_of, side="right")))
    return resample(bars, timeframe, cal, until=as_of)


def _minutes(store: Store, stored: SeriesKey, cal: Calendar, start: int | None, end: int | None) -> Bars:
    """M1 bars of stored ticks; the last is left out unless a later tick, or the span's end, has closed it."""
    manifest = store.manifest(stored)
    days = [ticks_to_bars(ticks, _SHORTEST, cal) for ticks in store.iter_tick_parts(stored, start, end)]
    if manifest is None or not days:
        return empty_bars(manifest.digits if manifest else 0)
    bars = join(days)
    known = manifest.parts[-1].last + 1 if end is None else min(end, manifest.parts[-1].last + 1)
    return bars.slice(0, len(bars) - 1) if bars.ts_close[-1] > known else bars
