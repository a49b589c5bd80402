"""How many trades four programs share and which rule explains each difference: a table for the docs.

python -m benchmarks.peer_backtest.counts [--rows 50000]
"""

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.peer_backtest.agreement import UNEXPLAINED, compare, facts_of, trades_of
from benchmarks.peer_backtest.harness import OURSELVES, PEERS, PLAIN, ask, write_market
from benchmarks.peer_backtest.market import bootstrapped, source

BRACKETS = ((0.0, 0.0), (1.0, 2.0), (0.05, 0.1))


def row(bracket: str, program: str, ours: int, theirs: int, found: Counter[str]) -> str:
    """One line of the table."""
    rest = ", ".join(f"{name} {count:,}" for name, count in sorted(found.items()) if name != "same")
    return f"| {bracket} | {program} | {ours:,} | {theirs:,} | {found['same']:,} | {rest or 'none'} |"


def main() -> int:
    """Print the table; exit 1 when a difference has no rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    tile, name = source()
    print(f"{rows:,} bars: {name}\n")
    print("| stop / target | program | our trades | its trades | the same | differences by rule |")
    print("|---|---|--:|--:|--:|---|")
    every: Counter[str] = Counter()
    bars = bootstrapped(tile, rows, 7)
    with tempfile.TemporaryDirectory() as folder:
        market = Path(folder) / "bars.npz"
        for stop, target in BRACKETS:
            asked = replace(PLAIN, stop_percent=stop, target_percent=target)
            write_market(bars, asked, market)
            with np.load(market) as stored:
                facts = facts_of(dict(stored), asked)
            ours = trades_of(ask(OURSELVES, market, asked))
            for program in PEERS:
                theirs = trades_of(ask(program, market, asked))
                found = compare(facts, ours, theirs)
                every += found
                bracket = f"{stop:g} % / {target:g} %" if stop else "none"
                print(row(bracket, program, len(ours), len(theirs), found), flush=True)
    return 1 if any(UNEXPLAINED in name for name in every) else 0


if __name__ == "__main__":
    sys.exit(main())
