"""What the bound of live objects per direction costs on real bars, as a Markdown table.

    python scripts/bound_loss.py FOLDER [FILE:DIGITS:MINUTES ...]

Every detector with ``max_active`` runs with 128, 64 and 32 live objects a direction, and once in a copy of
the package whose books hold 4,096, which on these bars nothing fills. A transition (a record of an object
after its birth, other than its eviction) that only the wide run writes is lost.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import EVICTED, PARENT_ADDED
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Settings, make_plan, title
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars

FILES = (
    "EURUSD_M15_brokerJ.parquet:5:15",
    "XAUUSD_M15_ftmo.parquet:2:15",
    "EURUSD_M1_dukalike2020a.parquet:5:1",
    "XAUUSD_M1_ftmo.parquet:2:1",
    "BTCUSDT_M1_bybit.parquet:2:1",
)
MOST_BARS = 50_000
WIDE = 4096
BOUNDS = (128, 64, 32)
KEY = ("direction", "formed", "confirmed", "bottom", "top", "record", "at")

WIDER = (
    ("detectors/base/book.py", r"^CAPACITY = 128$", f"CAPACITY = {WIDE}"),
    ("detectors/base/events.py", r"^MOST_PER_BAR = 2048$", "MOST_PER_BAR = 32768"),
    ("detectors/setups/draws.py", r"^MOST_DRAWS = 512$", f"MOST_DRAWS = {16 * WIDE}"),
    ("detectors/liquidity/penetration.py", r"^MOST_WAITING = 512$", f"MOST_WAITING = {4 * WIDE}"),
)
"""Every constant that follows from the bound of 128."""


def read_bars(path: Path, digits: int, minutes: int) -> Bars:
    """The first bars of a market data file."""
    table = pq.read_table(path).slice(0, MOST_BARS)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [np.rint(table[name].to_numpy() * 10.0**digits) for name in ("open", "high", "low", "close")]
    opened, high, low, close = (column.astype(np.int64) for column in prices)
    return make_bars(digits, ts, ts + minutes * NS_PER_MINUTE, (opened, high, low, close))


def bounded() -> list[str]:
    """The detectors that have the bound."""
    return [
        name
        for name, detector in DETECTORS.items()
        if any(field.name == "max_active" for field in msgspec.structs.fields(detector.params))
    ]


def run(bars: Bars, minutes: int, most: int) -> dict[str, NDArray[Any]]:
    """The records of every bounded detector, its layers one after the other."""
    names = bounded()
    settings = Settings(minutes * NS_PER_MINUTE, overrides={name: {"max_active": most} for name in names})
    plan = make_plan([DETECTORS[name] for name in names], DETECTORS, settings)
    found = advance(plan, start(plan), bars)
    return {
        title(node.detector.name, node.layer): records[list(KEY)].astype([(name, np.int64) for name in KEY])
        for node, records in zip(plan.nodes, found, strict=True)
        if node.wanted
    }


def widened(folder: Path) -> Path:
    """A copy of the package with wide books.

    Raises:
        ValueError: a constant is not where it was, so the copy would not be wide.
    """
    package = folder / "ictcli"
    shutil.copytree(
        Path(sys.modules["ictcli"].__path__[0]), package, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, pattern, text in WIDER:
        content, count = re.subn(pattern, text, (package / name).read_text(), flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{name}: nothing matches {pattern}")
        (package / name).write_text(content)
    for path in (package / "detectors").rglob("*.py"):
        path.write_text(path.read_text().replace("le=128)", f"le={WIDE})"))
    return folder


def run_wide(copy: Path, path: Path, digits: str, minutes: str) -> dict[str, NDArray[Any]]:
    """What ``run`` says in the wide copy."""
    answer = copy / "answer.npz"
    program = (
        f"import sys; sys.path[:0] = [{str(copy)!r}, {str(Path(__file__).parent)!r}]; import bound_loss; "
        f"bound_loss.answer({str(path)!r}, {digits}, {minutes}, {str(answer)!r})"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with np.load(answer) as found:
        return dict(found)


def answer(path: str, digits: int, minutes: int, target: str) -> None:
    """Write the wide run; called inside the copy."""
    found: dict[str, Any] = run(read_bars(Path(path), digits, minutes), minutes, WIDE)
    np.savez(target, **found)


def transitions(records: NDArray[Any]) -> NDArray[Any]:
    """The records after birth, other than evictions."""
    chosen: NDArray[Any] = records[(records["record"] > PARENT_ADDED) & (records["record"] != EVICTED)]
    return chosen


def lost(full: NDArray[Any], less: NDArray[Any]) -> int:
    """How many records of ``full`` are not in ``less``, counted as often as they occur."""
    kinds, count = np.unique(np.concatenate([full, less]), return_inverse=True)
    per_full = np.bincount(count[: len(full)], minlength=len(kinds))
    per_less = np.bincount(count[len(full) :], minlength=len(kinds))
    return int(np.maximum(per_full - per_less, 0).sum())


def rows(name: str, wide: dict[str, NDArray[Any]], runs: dict[int, dict[str, NDArray[Any]]]) -> list[str]:
    """The table's rows of one file: detectors that lose anything, then the sum of all."""
    shown = []
    total = dict.fromkeys(BOUNDS, 0)
    evicted_all = count_all = 0
    for node, records in wide.items():
        full = transitions(records)
        losses = {most: lost(full, transitions(runs[most][node])) for most in BOUNDS}
        evicted = int((runs[BOUNDS[0]][node]["record"] == EVICTED).sum())
        count_all += len(full)
        evicted_all += evicted
        for most in BOUNDS:
            total[most] += losses[most]
        if losses[BOUNDS[0]]:
            shown.append(row(name, node, len(full), evicted, losses))
    return [*shown, row(name, "**all**", count_all, evicted_all, total)]


def row(name: str, node: str, count: int, evicted: int, losses: dict[int, int]) -> str:
    """One line of the table."""
    shares = " | ".join(f"{losses[most]:,} ({losses[most] / max(count, 1):.2%})" for most in BOUNDS)
    return f"| {name} | {node} | {count:,} | {evicted:,} | {shares} |"


def main(folder: Path, files: list[str]) -> None:
    """Print the table."""
    heads = " | ".join(f"lost at {most}" for most in BOUNDS)
    print(
        f"| file | detector | transitions | evicted at {BOUNDS[0]} | {heads} |\n|---|---|--:|--:|--:|--:|--:|"
    )
    with tempfile.TemporaryDirectory() as temporary:
        copy = widened(Path(temporary))
        for item in files:
            name, digits, minutes = item.split(":")
            wide = run_wide(copy, folder / name, digits, minutes)
            full = sum(int((records["record"] == EVICTED).sum()) for records in wide.values())
            if full:
                raise ValueError(f"{name}: {full} evictions even from books of {WIDE}")
            bars = read_bars(folder / name, int(digits), int(minutes))
            runs = {most: run(bars, int(minutes), most) for most in BOUNDS}
            print("\n".join(rows(f"{Path(name).stem}, {len(bars):,} bars", wide, runs)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(FILES))
