"""The tables of docs/comparison.md: rewritten readings by prefix replay, and agreement, on real files.

    make peer
    python scripts/comparison.py FOLDER [FILE ...]

Replays grow bar by bar from ``FIRST`` to ``LAST`` bars. A reading is a row with its values; it is rewritten
when a later, longer prefix no longer shows it so.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks.peer.agreement import compare_gaps, compare_swings
from benchmarks.peer.harness import ABSENT, FUNCTIONS, peer_facts, peer_python
from benchmarks.peer.market_files import read_market_file
from benchmarks.peer.rewrites import our_rewrites, our_verification

FILES = (
    "EURUSD_M15_brokerB2023.parquet",
    "XAUUSD_M15_ftmo.parquet",
    "BTCUSDT_M5_bybit.parquet",
    "EURUSD_M1_histdata202306.parquet",
)
REPLAYED = 2
"""How many of the files, from the first, are replayed and verified, which takes minutes each."""

FIRST, LAST = 301, 1000
LENGTH = 5
ALL = (*FUNCTIONS[:1], "fvg_joined", *FUNCTIONS[1:])


def rewritten(folder: Path, files: list[str]) -> None:
    """Print the readings each function showed and those it took back, by file."""
    print("| file | function | readings | rewritten | share | farthest back |\n|---|---|--:|--:|--:|--:|")
    for name in files:
        bars = read_market_file(folder / name).slice(0, LAST)
        facts = peer_facts("replay", bars, ALL, length=LENGTH, first=FIRST, every=1)
        for function in ALL:
            found = facts[function]
            share = found["vanished"] / max(found["readings"], 1)
            row = f"{found['readings']:,} | {found['vanished']:,} | {share:.1%} | {found['farthest']:,} bars"
            print(f"| {Path(name).stem} | `{function}` | {row} |", flush=True)
        ours = our_rewrites(bars, FIRST, 1)
        row = f"{ours.records:,} | {ours.vanished:,} | {ours.vanished / ours.records:.1%} | -"
        print(f"| {Path(name).stem} | **all {ours.detectors} of ours** | {row} |", flush=True)


def verified(folder: Path, files: list[str]) -> None:
    """Print what ``detect --verify`` measures on the same bars."""
    print("\n| file | bars | prefix replays | rewritten records | batch differs from bar by bar |")
    print("|---|--:|--:|--:|--:|")
    for name in files:
        bars = read_market_file(folder / name).slice(0, LAST)
        found = our_verification(bars)
        row = f"{len(bars):,} | {found.prefixes:,} | {found.rewritten} | {found.batch_mismatches}"
        print(f"| {Path(name).stem} | {row} |", flush=True)


def agreement(folder: Path, files: list[str]) -> None:
    """Print how many gaps and swings agree in whole files."""
    print("\n| file | bars | what | both | only ours | only theirs | ties |\n|---|--:|---|--:|--:|--:|--:|")
    for name in files:
        bars = read_market_file(folder / name)
        found = {"gaps": compare_gaps(bars), f"swings, length {LENGTH}": compare_swings(bars, LENGTH)}
        for what, one in found.items():
            row = f"{one.both:,} | {one.only_ours:,} | {one.only_theirs:,} | {one.ties:,}"
            print(f"| {Path(name).stem} | {len(bars):,} | {what} | {row} |", flush=True)


def main() -> int:
    """Print all tables."""
    if peer_python() is None:
        print(ABSENT, file=sys.stderr)
        return 1
    folder, files = Path(sys.argv[1]), sys.argv[2:] or list(FILES)
    rewritten(folder, files[:REPLAYED])
    verified(folder, files[:REPLAYED])
    agreement(folder, files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
