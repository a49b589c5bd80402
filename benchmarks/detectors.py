"""All detectors together: cost per bar in batch and live, linearity, and the first compilation.

    python benchmarks/detectors.py [--most 5000000] [--skip-compile]

Batch gives bars in pieces of 16,384, as the log of detections does. Live is one compiled call per bar,
measured from Python. Compilation happens in processes of their own with an empty cache. Exits 1 when a bar
is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import Room, advance, advance_into, describe, first_context, start
from ictcli.detectors.live import Live
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.scan import CHUNK
from ictcli.market.bars import Bars

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.tiled import simulated, tiled

BATCH_US = 1.0
LIVE_P99_US = 25.0
COMPILE_S = 90.0
GROWTH = 1.25
"""Most that a bar of the longest run may cost of a bar of the run of 100,000."""

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
LIVE_BARS = 100_000
ONE = "fvg"

COMPILE = """
import sys, time
import numpy as np
from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import advance, describe, first_context, start
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import make_bars
ts = np.arange(300) * NS_PER_MINUTE
price = np.arange(300)
bars = make_bars(5, ts, ts + NS_PER_MINUTE, (price, price + 1, price, price))
wanted = [DETECTORS[name] for name in sys.argv[2:] or DETECTORS]
plan = make_plan(wanted, DETECTORS, Settings(NS_PER_MINUTE), pair=True)
begun = time.perf_counter(), time.process_time()
if sys.argv[1] == "batch":
    advance(plan, start(plan), bars)
else:
    from ictcli.detectors.live import Live
    Live(plan, start(plan)).push(describe(start(plan).context, bars)[:1])
print(time.perf_counter() - begun[0], time.process_time() - begun[1])
"""


def pieces(bars: Bars) -> Iterator[Bars]:
    for first in range(0, len(bars), CHUNK):
        yield bars.slice(first, first + CHUNK)


def batch_us(plan: Plan, bars: Bars, other: Bars) -> tuple[float, float]:
    """Microseconds per bar of one run on one core, and records per bar."""
    memory, room = start(plan), Room()
    records = 0
    begun = time.thread_time()
    for piece in pieces(bars):
        beside = other.slice(*np.searchsorted(other.ts, [piece.ts[0], piece.ts[-1] + 1]).tolist())
        records += int(advance_into(plan, memory, piece, beside, room).sum())
    return (time.thread_time() - begun) / len(bars) * 1e6, records / len(bars)


def live_us(plan: Plan, bars: Bars, other: Bars) -> list[float]:
    """Microseconds of every bar, given alone, after a warm start."""
    described = describe(first_context(plan.settings), bars, other)
    live = Live(plan, start(plan))
    for at in range(10_000):
        live.push(described[at : at + 1])
    taken = []
    for at in range(10_000, len(bars)):
        bar = described[at : at + 1]
        begun = time.perf_counter_ns()
        live.push(bar)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    return taken


def compile_seconds(folder: Path, mode: str, *names: str) -> tuple[float, float, int]:
    """Wall and processor seconds of a first use with the cache in a folder, and the kernels it then holds."""
    environment = {**os.environ, "ICTCLI_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", COMPILE, mode, *names]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    wall, spent = map(float, told.split())
    return wall, spent, len(list(folder.rglob("*.nbi")))


def compare_compilation() -> bool:
    """Print what first use costs; whether it is quick and compiles only what was asked for."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as every:
        rows = {
            f"{ONE} alone": compile_seconds(Path(one), "batch", ONE),
            "all, batch": compile_seconds(Path(every), "batch"),
            "all, live after that": compile_seconds(Path(every), "live"),
        }
    for what, (wall, spent, kernels) in rows.items():
        print(f"first use of {what:21} {wall:7.1f} s   processor {spent:6.1f} s   {kernels:4} kernels")
    few, many = (rows[name][2] for name in (f"{ONE} alone", "all, batch"))
    total = rows["all, batch"][0] + rows["all, live after that"][0]
    print(f"everything                         {total:7.1f} s   (limit {COMPILE_S:g})")
    return total <= COMPILE_S and few < many / 5


def compare_batch(plan: Plan, tile: Bars, other: Bars, most: int) -> bool:
    """Print the cost per bar of every size; whether it is low and does not grow."""
    cost = {}
    for size in (size for size in SIZES if size <= most):
        bars, beside = tiled(tile, size), tiled(other, size)
        runs = [batch_us(plan, bars, beside) for _ in range(3 if size < 1_000_000 else 1)]
        cost[size] = statistics.median(run[0] for run in runs)
        print(f"batch, {size:9,} bars  {cost[size]:8.3f} us per bar   {runs[0][1]:.2f} records per bar")
    growth = cost[max(cost)] / cost[min(cost, key=lambda size: abs(size - 100_000))]
    print(f"growth from 100,000      {growth:8.2f} x (limit {GROWTH}); limit per bar {BATCH_US} us")
    return max(cost[size] for size in cost if size >= 100_000) <= BATCH_US and growth <= GROWTH


def compare_live(plan: Plan, tile: Bars, other: Bars) -> bool:
    """Print the quantiles of a live bar."""
    taken = live_us(plan, tiled(tile, LIVE_BARS), tiled(other, LIVE_BARS))
    p50, p99, p999 = np.percentile(taken, [50, 99, 99.9]).tolist()
    print(
        f"live, one bar  p50 {p50:.1f} us, p99 {p99:.1f} us, p99.9 {p999:.1f} us; limit p99 {LIVE_P99_US:g}"
    )
    return bool(p99 <= LIVE_P99_US)


def main() -> int:
    """Print the table; exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--skip-compile", action="store_true")
    options = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    plan = make_plan(DETECTORS.values(), DETECTORS, Settings(NS_PER_MINUTE), pair=True)
    print(f"{len(DETECTORS)} detectors, {len(plan.nodes)} nodes, second symbol included{load}")
    tile = simulated()
    other = tile.slice(0, len(tile) - 1)
    advance(plan, start(plan), tile.slice(0, 2000), tile)
    kept = compare_batch(plan, tile, other, options.most)
    kept &= compare_live(plan, tile, other)
    if not options.skip_compile:
        kept &= compare_compilation()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
