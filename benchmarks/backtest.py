"""The cross of two averages in four programs, a set-up, and the whole command from shell to report.

    make peers
    python benchmarks/backtest.py [--rows 1000000] [--without nautilus_trader] [--folder DIR]

All trade the same bars with the same stops, targets and fees, each in a process of its own, warm, median of
its runs (NautilusTrader: one run). Ours also sizes every entry by its risk and checks every limit. Times end
with the records of the trades. Exits 1 when a limit is missed; programs that are absent are left out.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.tiled import write_csv
from benchmarks.peer_backtest.harness import (
    ABSENT,
    OURSELVES,
    PEERS,
    PLAIN,
    Answer,
    ask,
    interpreter,
    write_market,
)
from benchmarks.peer_backtest.market import bootstrapped, source

BRACKET = replace(PLAIN, stop_percent=1.0, target_percent=2.0)
OURS = replace(BRACKET, by_risk=True, runs=9)
MODEL = replace(OURS, strategy="model2022", runs=4)
RUNS = {"vectorbt": 5, "backtesting": 2, "nautilus_trader": 1}
RATIOS = {"vectorbt": 20.0, "nautilus_trader": 1000.0}
PEAK_MIB = 300.0
COMMAND_SECONDS = 2.0
MODEL_BARS_PER_SECOND = 500_000.0
GROWTH = 1.25
SYMBOL, SMALL, LARGE = "EURUSD", "small.npz", "large.npz"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what, how much, and whether it is within its limit (None: it has none)."""

    what: str
    measured: str
    limit: str = ""
    kept: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.kept is None else "PASS" if self.kept else "FAIL"
        return f"{self.what:58}{self.measured:>30}  {self.limit:14}{verdict}"


def seconds_of(answer: Answer) -> float:
    """Median of the warm runs; the only one where there is one."""
    return statistics.median(answer.seconds[1:] or answer.seconds)


def describe(program: str, answer: Answer, rows: int) -> Line:
    """Speed, memory and start of a program."""
    taken = seconds_of(answer)
    start = answer.imported + answer.seconds[0]
    return Line(
        f"{program}: {len(answer.opened):,} trades, import and first run {start:.1f} s",
        f"{taken * 1000:,.1f} ms, {rows / taken / 1e6:,.2f} M bars/s",
        f"{answer.peak_mib:,.0f} MiB",
    )


def crosses(folder: Path, rows: int, without: list[str]) -> list[Line]:
    """The cross with its bracket in every program."""
    market = folder / SMALL
    ours = ask(OURSELVES, market, OURS)
    lines = [describe(OURSELVES, ours, rows)]
    for program in PEERS:
        if program in without or interpreter(program) is None:
            lines.append(Line(f"{program}: left out", "" if program in without else ABSENT.format(program)))
            continue
        theirs = ask(program, market, replace(BRACKET, runs=RUNS[program]))
        lines.append(describe(program, theirs, rows))
        if program in RATIOS:
            ratio = seconds_of(theirs) / seconds_of(ours)
            limit = RATIOS[program]
            lines.append(
                Line(
                    f"  bars/s over those of {program}", f"{ratio:,.1f} x", f">= {limit:g} x", ratio >= limit
                )
            )
    lines.append(
        Line("  peak memory", f"{ours.peak_mib:,.0f} MiB", f"< {PEAK_MIB:g} MiB", ours.peak_mib < PEAK_MIB)
    )
    return lines


def setups(folder: Path, rows: int, _without: list[str]) -> list[Line]:
    """A set-up with its detectors, decisions and account."""
    answer = ask(OURSELVES, folder / SMALL, MODEL)
    speed = rows / seconds_of(answer)
    what = f"model2022: {len(answer.opened):,} trades, {answer.peak_mib:,.0f} MiB"
    return [
        Line(what, f"{speed:,.0f} bars/s", f">= {MODEL_BARS_PER_SECOND:,.0f}", speed >= MODEL_BARS_PER_SECOND)
    ]


def growth(folder: Path, rows: int, _without: list[str]) -> list[Line]:
    """What a bar costs in five times as many bars."""
    first, last = (seconds_of(ask(OURSELVES, folder / name, OURS)) for name in (SMALL, LARGE))
    ratio = last / 5 / first
    return [
        Line(
            f"a bar of {5 * rows:,} over one of {rows:,}",
            f"{ratio:.2f} x",
            f"<= {GROWTH:g} x",
            ratio <= GROWTH,
        )
    ]


def ictcli(workspace: Path, *args: str) -> tuple[float, float]:
    """Wall seconds and peak MiB of one command."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "ictcli", "-w", str(workspace), *args, "-q"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"ictcli {args[0]} failed with status {status}")
    assert isinstance(usage, resource.struct_rusage)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def command(folder: Path, _rows: int, _without: list[str]) -> list[Line]:
    """``ictcli backtest`` of stored bars, from the shell to its report."""
    workspace = folder / "workspace"
    workspace.mkdir()
    ictcli(
        workspace, "fetch", SYMBOL, "--path", str(folder / f"{SYMBOL}.csv"), "--source-tz", "utc", "--force"
    )
    asked = ("backtest", SYMBOL, "--strategy", "sma_cross", "-t", "M1")
    runs = [ictcli(workspace, *asked) for _ in range(4)]
    wall = statistics.median(seconds for seconds, _ in runs[1:])
    peak = max(mib for _, mib in runs)
    return [
        Line(
            "ictcli backtest, shell to report",
            f"{wall:.2f} s",
            f"< {COMMAND_SECONDS:g} s",
            wall < COMMAND_SECONDS,
        ),
        Line("  peak memory", f"{peak:,.0f} MiB", f"< {PEAK_MIB:g} MiB", peak < PEAK_MIB),
    ]


def generate(folder: Path, rows: int) -> None:
    """Write the markets."""
    tile, name = source()
    print(f"{rows:,} bars: {name}; load {os.getloadavg()[0]:.1f}", flush=True)
    bars = bootstrapped(tile, rows, 7)
    write_market(bars, BRACKET, folder / SMALL)
    write_csv(bars, folder / f"{SYMBOL}.csv")
    write_market(bootstrapped(tile, 5 * rows, 7), BRACKET, folder / LARGE)


PARTS = (crosses, setups, growth, command)


def main() -> int:
    """Print the table; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--without", action="append", default=[], choices=PEERS)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--generate", type=Path, default=None, help="only write the markets")
    options = parser.parse_args()
    if options.generate is not None:
        generate(options.generate, options.rows)
        return 0
    kept = True
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        # In a process of its own: a child's peak memory starts at its parent's size.
        place = ["--generate", str(folder), "--rows", str(options.rows)]
        subprocess.run([sys.executable, __file__, *place], check=True)
        for part in PARTS:
            for line in part(folder, options.rows, options.without):
                print(line, flush=True)
                kept &= line.kept is not False
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
