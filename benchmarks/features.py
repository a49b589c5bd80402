"""Every set of features: cost per bar in batch and live, linearity, and the first compilation.

    python benchmarks/features.py [--bars 200000] [--skip-compile]

Batch is one run over the whole series on one core, detectors that the set listens to included. Live is one
push per bar from Python, every bar another one of a moving market with volume, after a warm start. The first
compilation happens in processes of their own with an empty cache. Exits 1 when a limit is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.features.matrix import FeatureStream, build
from ictcli.features.registry import SETS, FeatureSet
from ictcli.market.bars import Bars

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.tiled import simulated, tiled

CORE = "core26"
CORE_BATCH_US, BATCH_US = 2.0, 10.0
CORE_P99_US, P99_US = 10.0, 25.0
GROWTH = 1.25
"""Most that a bar of the whole series may cost of a bar of its first tenth."""
WARM = 5_000
SETTINGS = Settings(NS_PER_MINUTE)

COMPILE = """
import sys, time
import numpy as np
from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.features.matrix import FeatureStream, build
from ictcli.features.registry import SETS
from ictcli.market.bars import make_bars
ts = np.arange(300) * NS_PER_MINUTE
price = 1000 + np.arange(300)
bars = make_bars(5, ts, ts + NS_PER_MINUTE, (price, price + 1, price, price))
begun = time.perf_counter()
if sys.argv[2] == "batch":
    build(SETS[sys.argv[1]], bars, Settings(NS_PER_MINUTE))
else:
    FeatureStream(SETS[sys.argv[1]], Settings(NS_PER_MINUTE)).push(bars, 0)
print(time.perf_counter() - begun)
"""


def market(count: int) -> Bars:
    """Bars of the simulated market with lively volume."""
    bars = tiled(simulated(), count)
    ticks = np.rint(np.exp(np.random.default_rng(1).normal(4, 1, count))).astype(np.int64)
    return replace(bars, tick_volume=ticks)


def batch_us(features: FeatureSet, bars: Bars) -> float:
    """Microseconds per bar, the best of five runs on one core: other work only adds."""
    runs = []
    for _ in range(5):
        begun = time.thread_time()
        build(features, bars, SETTINGS)
        runs.append((time.thread_time() - begun) / len(bars) * 1e6)
    return min(runs)


def live_us(features: FeatureSet, bars: Bars) -> list[float]:
    """Microseconds of every bar, given alone, after a warm start."""
    stream = FeatureStream(features, SETTINGS)
    taken = []
    for at in range(len(bars)):
        begun = time.perf_counter_ns()
        stream.push(bars, at)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    return taken[WARM:]


def compare(features: FeatureSet, bars: Bars) -> bool:
    """Print the costs of a set; whether they are within their limits."""
    core = features.name == CORE
    build(features, bars.slice(0, 3000), SETTINGS)
    few = batch_us(features, bars.slice(0, len(bars) // 10))
    many = batch_us(features, bars)
    p50, p99, p999 = np.percentile(live_us(features, bars), [50, 99, 99.9]).tolist()
    most_batch, most_live = (CORE_BATCH_US, CORE_P99_US) if core else (BATCH_US, P99_US)
    kept = many <= most_batch and p99 <= most_live and many <= GROWTH * few
    print(
        f"{features.name:8} {len(features.names):3} columns   "
        f"batch {many:5.2f} us per bar (limit {most_batch:g}), growth {many / few:4.2f} x (limit {GROWTH})   "
        f"live p50 {p50:4.1f}, p99 {p99:4.1f} us (limit {most_live:g}), p99.9 {p999:.1f} us   "
        f"{'PASS' if kept else 'FAIL'}"
    )
    return kept


def compile_seconds(name: str) -> None:
    """Print the wall seconds of a first use with an empty cache, batch and then live."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ICTCLI_CACHE_DIR": folder}
        seconds = []
        for mode in ("batch", "live", "live"):
            command = [sys.executable, "-c", COMPILE, name, mode]
            told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            seconds.append(float(told))
    print(
        f"{name:8} first use: batch {seconds[0]:5.1f} s, live after that {seconds[1]:5.1f} s, "
        f"then {seconds[2]:4.2f} s"
    )


def main() -> int:
    """Print the table; exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=200_000)
    parser.add_argument("--skip-compile", action="store_true")
    options = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{len(SETS)} sets, {options.bars:,} bars{load}")
    bars = market(options.bars)
    kept = [compare(features, bars) for features in SETS.values()]
    if not options.skip_compile:
        for name in (CORE, "all"):
            compile_seconds(name)
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
