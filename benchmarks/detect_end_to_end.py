"""`ictcli detect` of a million stored bars with every detector: wall time and peak memory.

    python benchmarks/detect_end_to_end.py [--rows 1000000] [--folder DIR]

Bars are imported with `ictcli fetch` into a temporary workspace; a small symbol is detected first, which
compiles the kernels where the cache has none. Exits 1 when a limit is missed.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.tiled import simulated, tiled, write_csv

SECONDS = 10.0
PEAK_MIB = 1536.0
WARM = "GBPUSD"
MEASURED = "EURUSD"


def generate(folder: Path, rows: int) -> None:
    tile = simulated()
    write_csv(tile.slice(0, 20_000), folder / f"{WARM}.csv")
    write_csv(tiled(tile, rows), folder / f"{MEASURED}.csv")


def ictcli(workspace: Path, *args: str) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MiB of one command."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "ictcli", "-w", str(workspace), *args, "-q"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"ictcli {args[0]} failed with status {status}")
    assert isinstance(usage, resource.struct_rusage)
    spent = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - begun, spent, usage.ru_maxrss / 1024


def main() -> int:
    """Print time and peak; exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--generate", type=Path, default=None, help="only write the files")
    options = parser.parse_args()
    if options.generate is not None:
        generate(options.generate, options.rows)
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        # In a process of its own: a child's peak memory starts at its parent's size.
        place = ["--generate", str(folder), "--rows", str(options.rows)]
        subprocess.run([sys.executable, __file__, *place], check=True)
        workspace = folder / "workspace"
        workspace.mkdir()
        for symbol in (WARM, MEASURED):
            # Repetitions whole weeks apart keep the hours of winter in summer, which fetch would refuse.
            given = ("--path", str(folder / f"{symbol}.csv"), "--source-tz", "utc", "--force")
            ictcli(workspace, "fetch", symbol, *given)
        ictcli(workspace, "detect", WARM, "-t", "M1")
        load = os.getloadavg()[0]
        first, spent, peak = ictcli(workspace, "detect", MEASURED, "-t", "M1")
        again, _, _ = ictcli(workspace, "detect", MEASURED, "-t", "M1")
        stored = sum(path.stat().st_size for path in workspace.rglob("*.parquet")) / 2**20
    print(f"bars                  {options.rows:12,}   (load {load:.1f})")
    print(f"ictcli detect         {first:8.1f} s   (limit {SECONDS:g}), processor {spent:.1f} s")
    print(f"peak memory           {peak:8.0f} MiB (limit {PEAK_MIB:g})")
    print(f"ictcli detect again   {again:8.1f} s   nothing changed, read from the log")
    print(f"Parquet in the store  {stored:8.0f} MiB")
    return 0 if first <= SECONDS and peak <= PEAK_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
