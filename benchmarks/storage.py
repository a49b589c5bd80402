"""What the store costs beside polars: bytes a row, import, one month's question.

Run: python benchmarks/storage.py [ROWS]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.catalog import ask, connect
from ictcli.store.store import Store

KEY = SeriesKey("sim", "EURUSD", TIMEFRAMES["M1"])
START = 1_262_304_000_000_000_000
CHUNK = 500_000


def minute_bars(count: int) -> Bars:
    rng = np.random.default_rng(7)
    ts = START + np.arange(count, dtype=np.int64) * NS_PER_MINUTE
    close = 110_000 + np.cumsum(np.rint(rng.standard_t(4, count) * 6).astype(np.int64))
    close += 20_000 - min(int(close.min()), 20_000)
    opened = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(opened, close) + rng.poisson(4, count)
    low = np.minimum(opened, close) - rng.poisson(4, count)
    volume = rng.poisson(80, count).astype(np.int64)
    spread = rng.poisson(6, count).astype(np.int32)
    return make_bars(5, ts, ts + NS_PER_MINUTE, (opened, high, low, close), tick_volume=volume, spread=spread)


def as_frame(bars: Bars) -> pl.DataFrame:
    prices = {name: getattr(bars, name) / 1e5 for name in ("open", "high", "low", "close")}
    return pl.DataFrame(
        {
            "ts": pl.Series(bars.ts).cast(pl.Datetime("ns", "UTC")),
            **prices,
            "tick_volume": bars.tick_volume,
            "spread": bars.spread,
        }
    )


def best_of(times: int, work: Callable[[], object]) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def write_store(store: Store, bars: Bars) -> None:
    with store.writer(KEY, {}, now=START) as writer:
        for at in range(0, len(bars), CHUNK):
            writer.add(bars.slice(at, at + CHUNK))
        writer.commit(lambda ts, ts_close: [])


def main(rows: int) -> None:
    bars = minute_bars(rows)
    frame = as_frame(bars)
    first, last = int(bars.ts[rows // 2]), int(bars.ts[rows // 2]) + 31 * 1440 * NS_PER_MINUTE
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "data", Path(folder) / "state", 0)
        floats = Path(folder) / "floats.parquet"
        wrote = best_of(1, lambda: write_store(store, bars))
        wrote_floats = best_of(1, lambda: frame.write_parquet(floats, compression="zstd"))
        manifest = store.manifest(KEY)
        assert manifest is not None
        ours = sum(part.bytes for part in manifest.parts) / rows
        theirs = floats.stat().st_size / rows
        print(f"rows               {rows:>12,}")
        print(f"store, bytes/row   {ours:>12.2f}   (with ts_close)")
        print(f"floats, bytes/row  {theirs:>12.2f}   {theirs / ours:.1f} times as much")
        print(f"store write, s     {wrote:>12.2f}   polars zstd floats {wrote_floats:.2f}")
        print(f"store read all, s  {best_of(3, lambda: store.read(KEY)):>12.2f}")
        low, high = (pl.lit(at).cast(pl.Datetime("ns", "UTC")) for at in (first, last))
        scan = best_of(
            5, lambda: pl.scan_parquet(floats).filter((pl.col("ts") >= low) & (pl.col("ts") < high)).collect()
        )
        month = best_of(5, lambda: store.read(KEY, first, last))
        begin, end = (f"make_timestamptz({at // 1000})" for at in (first, last))
        sql = f"SELECT * FROM bars WHERE ts >= {begin} AND ts < {end}"
        with connect(store) as connection:
            asked = best_of(5, lambda: ask(store, connection, sql).read_all())
            assert ask(store, connection, sql).read_all().num_rows == len(store.read(KEY, first, last))
        print(f"month, store, ms   {month * 1e3:>12.1f}   {month / scan:.2f} of polars")
        print(f"month, SQL, ms     {asked * 1e3:>12.1f}   {asked / scan:.2f} of polars")
        print(f"month, polars, ms  {scan * 1e3:>12.1f}")
        print(f"connect, ms        {best_of(5, lambda: connect(store).close()) * 1e3:>12.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
