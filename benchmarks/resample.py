"""Time of resampling 5 million M1 bars to five timeframes, as a ratio to polars doing the same.

Run: python benchmarks/resample.py [rows]
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import Bars, Int64, make_bars
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample_many
from ictcli.market.timeframes import TIMEFRAMES

EVERY = {"M5": "5m", "M15": "15m", "H1": "1h", "H4": "4h", "D1": "1d"}
START = 1_262_563_200_000_000_000
"""2010-01-04T00:00Z."""


def random_walk(rows: int) -> Bars:
    """M1 bars through the FX week."""
    generator = np.random.default_rng(7)
    minutes = START + np.arange(rows * 3 // 2, dtype=np.int64) * NS_PER_MINUTE
    ts = minutes[calendar("fx").is_open(minutes)][:rows]
    close: Int64 = 110_000 + np.cumsum(generator.integers(-5, 6, len(ts)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) + generator.integers(0, 6, len(ts))
    low = np.minimum(open_, close) - generator.integers(0, 6, len(ts))
    return make_bars(
        5,
        ts,
        ts + NS_PER_MINUTE,
        (open_, high, low, close),
        tick_volume=generator.integers(1, 200, len(ts)),
        spread=generator.integers(1, 20, len(ts)).astype(np.int32),
    )


def polars_all(frame: pl.DataFrame) -> None:
    """Five separate ``group_by_dynamic`` calls."""
    for every in EVERY.values():
        frame.group_by_dynamic("ts", every=every).agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("tick_volume").sum(),
            pl.col("spread").first(),
        )


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs, in seconds."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def main() -> None:
    bars = random_walk(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
    columns = ("open", "high", "low", "close", "tick_volume", "spread")
    frame = pl.DataFrame({"ts": bars.ts, **{name: getattr(bars, name) for name in columns}})
    frame = frame.with_columns(pl.col("ts").cast(pl.Datetime("ns"))).set_sorted("ts")
    targets = [TIMEFRAMES[name] for name in EVERY]
    cal = calendar("fx")
    resample_many(bars.slice(0, 10_000), targets, cal)
    theirs = best_of(lambda: polars_all(frame), 3)
    ours = best_of(lambda: resample_many(bars, targets, cal))
    print(f"{len(bars)} M1 bars -> {', '.join(EVERY)}")
    print(f"polars {theirs * 1000:.0f} ms, ictcli {ours * 1000:.0f} ms, ratio {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
