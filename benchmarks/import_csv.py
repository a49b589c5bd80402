"""Import of millions of M1 rows, against polars reading the same CSV and writing Parquet in the same run.

    python benchmarks/import_csv.py [--rows 5000000] [--folder DIR] [--limit 3]

The file is generated. Each side runs in its own process, after one small warm-up import that compiles the
kernels; peak memory is the child's maximum resident set.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

POLARS = """
import sys, polars
polars.read_csv(sys.argv[1], try_parse_dates=True).write_parquet(sys.argv[2], compression="zstd")
"""
ICTCLI = """
import sys
from ictcli.__main__ import main
given = ["EURUSD", "--path", sys.argv[1], "--source-tz", "ny+7", "-q"]
sys.argv = ["ictcli", "-w", sys.argv[2], "fetch", *given]
main()
"""


def write_file(path: Path, rows: int) -> None:
    """A random walk of EURUSD minutes on weekdays, as a generic CSV."""
    rng = np.random.default_rng(1)
    minute = np.arange(rows * 8 // 5 + 20_000)
    minute = minute[((minute // 1440 + 5) % 7) < 5][:rows]
    stamps = np.datetime_as_string((minute * 60 + 946_684_800).astype("datetime64[s]"))
    close = 110_000 + np.cumsum(rng.integers(-6, 7, rows))
    close = 90_000 + np.abs((close - 90_000) % 80_000 - 40_000)
    opens = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(opens, close) + rng.integers(0, 5, rows)
    low = np.minimum(opens, close) - rng.integers(0, 5, rows)
    volume = rng.integers(1, 500, rows)
    with path.open("w", encoding="ascii") as stream:
        stream.write("time,open,high,low,close,tick_volume\n")
        for start in range(0, rows, 100_000):
            part = slice(start, start + 100_000)
            columns = (values[part].tolist() for values in (opens, high, low, close))
            stream.writelines(
                f"{t.replace('T', ' ')},{o / 1e5:.5f},{h / 1e5:.5f},{lo / 1e5:.5f},{c / 1e5:.5f},{v}\n"
                for t, o, h, lo, c, v in zip(
                    stamps[part].tolist(), *columns, volume[part].tolist(), strict=True
                )
            )


def run(program: str, *args: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one child process."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", program, *map(str, args)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"a child failed with status {status}")
    assert isinstance(usage, resource.struct_rusage)
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> int:
    """Print both times, their ratio and the peaks; exit 1 when the ratio exceeds the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--limit", type=float, default=3.0)
    parser.add_argument("--generate", type=Path, default=None, help="only write this file")
    options = parser.parse_args()
    if options.generate is not None:
        write_file(options.generate, options.rows)
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        for rows, what in ((20_000, "warm"), (options.rows, "bars")):
            # In a process of its own: a child's peak memory starts at its parent's size.
            place = ["--generate", str(folder / f"{what}.csv"), "--rows", str(rows)]
            subprocess.run([sys.executable, __file__, *place], check=True)
            (folder / what).mkdir()
        run(ICTCLI, folder / "warm.csv", folder / "warm")
        peer, peer_peak = run(POLARS, folder / "bars.csv", folder / "bars.parquet")
        ours, our_peak = run(ICTCLI, folder / "bars.csv", folder / "bars")
    ratio = ours / peer
    print(f"rows                   {options.rows:12,}")
    print(f"polars read + write    {peer:8.2f} s   peak {peer_peak:7.0f} MiB")
    print(f"ictcli fetch           {ours:8.2f} s   peak {our_peak:7.0f} MiB")
    print(f"ratio                  {ratio:8.2f}     (limit {options.limit:g})")
    return 0 if ratio <= options.limit else 1


if __name__ == "__main__":
    raise SystemExit(main())
