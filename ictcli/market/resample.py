"""Longer bars from shorter ones, in one pass, anchored to the 17:00 New York roll.

Of the bars that fall into a bucket (see ``market.buckets``) the new bar takes the first open, the highest
high, the lowest low and the last close; volumes add up over the bars that know theirs; the spread is that
of the first bar that knows it, which is what a market order at the new bar's open pays. A bucket without
bars yields no bar.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND
from ictcli.errors import UsageError
from ictcli.kernels import kernel
from ictcli.market.bars import UNKNOWN, Bars, Int32, Int64
from ictcli.market.buckets import bucket_closes, bucket_starts
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import TIMEFRAMES, Timeframe
from ictcli.market.trading_day import roll_day, roll_start


def resample(
    bars: Bars, target: Timeframe, cal: Calendar, *, complete_only: bool = True, until: int | None = None
) -> Bars:
    """Bars of ``target`` from shorter ones.

    Args:
        bars: closed bars that nest in ``target`` (M1 nests in everything).
        target: the longer timeframe; the same timeframe returns the same bars.
        cal: the symbol's calendar; tells whether stray weekend bars belong to Friday.
        complete_only: leave out the last bar unless its end has been reached.
        until: the instant up to which the data are known; the end of the last bar if not given.

    Raises:
        UsageError: the bars do not nest in ``target``.
    """
    return resample_many(bars, [target], cal, complete_only=complete_only, until=until)[target]


def resample_many(
    bars: Bars,
    targets: Collection[Timeframe],
    cal: Calendar,
    *,
    complete_only: bool = True,
    until: int | None = None,
) -> dict[Timeframe, Bars]:
    """Bars of several timeframes, each made from the longest shorter one that nests in it.

    Arguments and errors as for ``resample``.
    """
    made: dict[Timeframe, Bars] = {}
    length = _length(bars)
    for target in sorted(set(targets)):
        fitting = [shorter for shorter in made if _nests(shorter.ns, target)]
        base, base_ns = (made[fitting[-1]], fitting[-1].ns) if fitting else (bars, length)
        made[target] = _one(base, base_ns, target, cal)
    known = until if until is not None else int(bars.ts_close[-1]) if len(bars) else 0
    if complete_only:
        made = {target: _without_open_bar(longer, known) for target, longer in made.items()}
    return made


def _without_open_bar(bars: Bars, known: int) -> Bars:
    return bars.slice(0, len(bars) - 1) if len(bars) and bars.ts_close[-1] > known else bars


def _length(bars: Bars) -> int:
    """The usual length of the bars: nominal for D1, W1 and MN1, whose real lengths vary."""
    usual = int(np.median(bars.ts_close[:1001] - bars.ts[:1001])) if len(bars) else 0
    if usual < 22 * NS_PER_HOUR:
        return usual
    name = "D1" if usual <= 80 * NS_PER_HOUR else "W1" if usual <= 9 * NS_PER_DAY else "MN1"
    return TIMEFRAMES[name].ns


def _nests(length: int, target: Timeframe) -> bool:
    """Whether bars of ``length`` never cross the edge of a bar of ``target``."""
    if length > NS_PER_DAY:
        return target.ns == length
    return target.ns >= length and (not target.intraday or target.ns % length == 0)


def _one(bars: Bars, length: int, target: Timeframe, cal: Calendar) -> Bars:
    if len(bars) == 0 or length == target.ns:
        return bars
    by_hour = NS_PER_HOUR % target.ns == 0
    keys, step = (bars.ts, target.ns) if by_hour else (bucket_starts(bars.ts, target, cal), 1)
    _require_nesting(bars, length, target, cal)
    made = _empty(bars.digits, _count(keys, step))
    _fill(keys, step, *_columns(bars), made.ts, *_columns(made))
    ends = _ends(bucket_closes(made.ts, target, cal), made.ts_close)
    return replace(made, ts_close=ends)


def _columns(bars: Bars) -> tuple[Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int32]:
    """All arrays but ``ts``, in the order that ``_fill`` takes them."""
    volumes = bars.tick_volume, bars.real_volume
    return bars.ts_close, bars.open, bars.high, bars.low, bars.close, *volumes, bars.spread


def _empty(digits: int, n: int) -> Bars:
    ts, ends, opens, highs, lows, closes, ticks, reals = (np.empty(n, np.int64) for _ in range(8))
    return Bars(digits, ts, ends, opens, highs, lows, closes, ticks, reals, np.empty(n, np.int32))


def _ends(nominal: Int64, last_close: Int64) -> Int64:
    """Bucket ends, moved to the next roll where a stray bar after Friday's close joined the bucket."""
    late = np.flatnonzero(last_close > nominal)
    if len(late) == 0:
        return nominal
    ends = nominal.copy()
    ends[late] = roll_start(roll_day(last_close[late] - 1) + 1)
    return ends


def _require_nesting(bars: Bars, length: int, target: Timeframe, cal: Calendar) -> None:
    hint = "Resample from M1, or from a timeframe that divides the one you want."
    if not _nests(length, target):
        raise UsageError(f"bars of {length // NS_PER_SECOND} seconds do not fit into {target}", hint=hint)
    if length < NS_PER_HOUR or length >= NS_PER_DAY // 2:
        return
    ends = bucket_starts(bars.ts_close - 1, target, cal)
    if not np.array_equal(ends, bucket_starts(bars.ts, target, cal)):
        raise UsageError(
            f"the bars straddle the edges of {target} bars (counted from 17:00 New York)", hint=hint
        )


@kernel
def _count(keys: Int64, step: int) -> int:
    count = 0
    end = keys[0]
    for i in range(len(keys)):
        if keys[i] >= end:
            end = keys[i] - keys[i] % step + step
            count += 1
    return count


@kernel
def _fill(
    keys: Int64,
    step: int,
    ends: Int64,
    opens: Int64,
    highs: Int64,
    lows: Int64,
    closes: Int64,
    tick_volumes: Int64,
    real_volumes: Int64,
    spreads: Int32,
    out_ts: Int64,
    out_end: Int64,
    out_open: Int64,
    out_high: Int64,
    out_low: Int64,
    out_close: Int64,
    out_tick: Int64,
    out_real: Int64,
    out_spread: Int32,
) -> None:
    """One bar from each run of rows whose ``keys`` fall into the same ``step``."""
    n = len(keys)
    i = 0
    at = 0
    while i < n:
        start = keys[i] - keys[i] % step
        stop = start + step
        out_ts[at] = start
        out_open[at] = opens[i]
        high, low, spread = highs[i], lows[i], spreads[i]
        tick, real = tick_volumes[i], real_volumes[i]
        i += 1
        while i < n and keys[i] < stop:
            high = max(high, highs[i])
            low = min(low, lows[i])
            if tick_volumes[i] != UNKNOWN:
                tick = max(tick, 0) + tick_volumes[i]
            if real_volumes[i] != UNKNOWN:
                real = max(real, 0) + real_volumes[i]
            if spread == UNKNOWN:
                spread = spreads[i]
            i += 1
        out_end[at] = ends[i - 1]
        out_high[at] = high
        out_low[at] = low
        out_close[at] = closes[i - 1]
        out_tick[at] = tick
        out_real[at] = real
        out_spread[at] = spread
        at += 1
