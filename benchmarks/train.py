"""`ictcli train` of a hundred thousand stored bars: wall and processor time, peak memory, and the same again.

    python benchmarks/train.py [--rows 100000] [--jobs 1] [--model lightgbm]... [--folder DIR]

Bars are simulated EURUSD minutes with lively volume, imported with `ictcli fetch` into a temporary workspace.
A short training of a few bars comes first, which compiles the kernels where the cache has none. Nothing is
limited here; `benchmarks/train_overhead.py` compares with bare LightGBM.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.detect_end_to_end import ictcli
from benchmarks.market.tiled import simulated, tiled

WARM, MEASURED = "GBPUSD", "EURUSD"
FEW = 8_000


def generate(folder: Path, rows: int) -> None:
    """The bars of both symbols as Parquet."""
    tile = simulated()
    for symbol, bars in ((WARM, tile.slice(0, FEW)), (MEASURED, tiled(tile, rows))):
        ticks = np.rint(np.exp(np.random.default_rng(1).normal(4, 1, len(bars)))).astype(np.int64)
        prices = {name: getattr(bars, name) / 1e5 for name in ("open", "high", "low", "close")}
        stamps = bars.ts.astype("datetime64[ns]").astype("datetime64[ms]")
        pl.DataFrame({"ts": stamps, **prices, "tick_volume": ticks}).write_parquet(
            folder / f"{symbol}.parquet"
        )


def main() -> int:
    """Print times and peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--model", action="append")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--generate", type=Path, default=None, help="only write the files")
    options = parser.parse_args()
    if options.generate is not None:
        generate(options.generate, options.rows)
        return 0
    models = [part for name in options.model or ["lightgbm"] for part in ("--model", name)]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        # In a process of its own: a child's peak memory starts at its parent's size.
        place = ["--generate", str(folder), "--rows", str(options.rows)]
        subprocess.run([sys.executable, __file__, *place], check=True)
        workspace = folder / "workspace"
        workspace.mkdir()
        for symbol in (WARM, MEASURED):
            # Repetitions whole weeks apart keep the hours of winter in summer, which fetch would refuse.
            given = ("--path", str(folder / f"{symbol}.parquet"), "--source-tz", "utc", "--force")
            ictcli(workspace, "fetch", symbol, *given)
        asked = ("-t", "M1", "--jobs", str(options.jobs), *models)
        ictcli(workspace, "train", WARM, *asked)
        load = os.getloadavg()[0]
        first, spent, peak = ictcli(workspace, "train", MEASURED, *asked)
        other, others, _ = ictcli(workspace, "train", MEASURED, *asked, "--seed", "2")
        again, _, _ = ictcli(workspace, "train", MEASURED, *asked)
    print(f"bars                  {options.rows:12,}   (load {load:.1f})")
    print(f"ictcli train          {first:8.1f} s   processor {spent:.1f} s, peak memory {peak:.0f} MiB")
    print(f"features from cache   {other:8.1f} s   processor {others:.1f} s, another seed")
    print(f"the very same again   {again:8.1f} s   up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
