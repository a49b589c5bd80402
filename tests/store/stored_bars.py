"""Rows and commits that the store's tests share."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND
from ictcli.market.bars import Bars, Int64, SeriesKey, make_bars
from ictcli.market.gaps import Gap
from ictcli.market.ticks import Ticks
from ictcli.market.timeframes import TICK, TIMEFRAMES
from ictcli.store.partlog import Checkpoint, LogManifest, Stretch
from ictcli.store.records import InputRecord, QuarantinedRow
from ictcli.store.store import Store

START = 1_704_067_200_000_000_000
"""2024-01-01T00:00Z."""
NOW = 1_760_000_000_000_000_000
HOURLY = SeriesKey("sim", "EURUSD", TIMEFRAMES["H1"])
TICKS = SeriesKey("sim", "EURUSD", TICK)


def hourly_bars(count: int, *, seed: int = 1, first: int = 0, digits: int = 5) -> Bars:
    """``count`` bars from hour ``first`` on, with unknown volumes and spreads among them and a few holes."""
    rng = np.random.default_rng(seed)
    hours = np.arange(first, first + count)
    hours = hours[hours % 37 != 5]
    n = len(hours)
    ts = START + hours.astype(np.int64) * NS_PER_HOUR
    close = 110_000 + np.cumsum(rng.integers(-50, 51, n))
    opened = np.roll(close, 1)
    high, low = np.maximum(opened, close) + 3, np.minimum(opened, close) - 3
    return make_bars(
        digits,
        ts,
        ts + NS_PER_HOUR,
        (opened, high, low, close),
        tick_volume=np.where(rng.random(n) < 0.1, -1, rng.integers(0, 900, n)),
        real_volume=np.where(rng.random(n) < 0.5, -1, rng.integers(0, 10**12, n)),
        spread=np.where(rng.random(n) < 0.2, -1, rng.integers(0, 30, n)).astype(np.int32),
    )


def quotes(count: int, *, seed: int = 1) -> Ticks:
    """Ticks over several days, many of which share an instant."""
    rng = np.random.default_rng(seed)
    ts = START + np.sort(rng.integers(0, max(count // 3, 1), count)) * NS_PER_HOUR
    bid = 110_000 + rng.integers(-2, 3, count)
    return Ticks(5, ts, bid, bid + rng.integers(0, 3, count))


def ticks_of_two_days() -> Ticks:
    """A tick every five seconds from Wednesday 2024-01-03 on."""
    rng = np.random.default_rng(8)
    ts = START + 2 * NS_PER_DAY + np.arange(0, 2 * 86_400, 5, dtype=np.int64) * NS_PER_SECOND
    bid = 127_000 + np.cumsum(rng.integers(-3, 4, len(ts)))
    return Ticks(5, ts, bid, bid + 2)


def holes(ts: Int64, ts_close: Int64) -> list[Gap]:
    """Every hole between bars, unexplained."""
    at = np.flatnonzero(ts[1:] > ts_close[:-1])
    return [Gap(int(ts_close[i]), int(ts[i + 1]), "missing", 1) for i in at]


def new_store(root: Path, keep_replaced_ns: int = 0) -> Store:
    """An empty store below ``root``."""
    return Store(root / "data", root / "state", keep_replaced_ns)


def put(store: Store, key: SeriesKey, *rows: Bars | Ticks, name: str = "") -> None:
    """One commit of ``rows``; with a ``name`` also an input record and a quarantined row."""
    with store.writer(key, {"argv": ["test"]}, now=NOW) as writer:
        for run in rows:
            writer.add(run)
        if name:
            writer.quarantine([QuarantinedRow(name, 7, "ohlc", "raw,text")])
            writer.record_input(an_input(name))
        writer.commit(holes)


def keep_log(store: Store, key: SeriesKey, ended: pa.Table, opened: pa.Table, end: int = 3) -> LogManifest:
    """A log of ``end`` bars in one stretch, with these objects and no records."""
    log = store.part_log("detections", key)
    with log.writer() as writer:
        events, zones = writer.put_table("events", opened.slice(0, 0)), writer.put_table("ended", ended)
        bars, saved = writer.put_bytes("bars", bytes(8 * end), end), writer.put_bytes("checkpoint", b"x", 1)
        stretch = Stretch(first=0, end=end, events=events, ended=zones, bars=bars)
        manifest = LogManifest(
            identity="plan",
            inputs=f"bars{end}",
            other="",
            generation=0,
            stretches=(stretch,),
            open=writer.put_table("open", opened),
            checkpoints=(Checkpoint(bar=end, file=saved),),
        )
        return writer.commit(manifest, {"argv": ["test"]})


def an_input(name: str) -> InputRecord:
    """A record of an input called ``name``."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return InputRecord(
        name=name, sha256=sha256, rows=1, quarantined=1, clock="utc", format="t", ts_min=None, ts_max=None
    )


def files(root: Path) -> dict[str, str]:
    """Every file of the market data with its hash; the manifests' generations left out."""
    found = {}
    for path in sorted((root / "data").rglob("*.parquet")):
        found[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
