"""A bar to the probability of the LSTM (200 units, 4 heads, 20 steps, 26 columns), one bar at a time.

    python benchmarks/lstm.py [--rows 5000] [--runs 3]

Every row is another one. `decision` is what the live loop waits for: `push`, then `probability`; `settle`,
which computes what the next window needs, is timed apart. Three rows of the table:

- after settling: the loop as it is meant, bar after bar;
- the same with the processor's caches emptied before every bar, as they are when bars are minutes apart;
- without settling: all 20 steps after the bar has closed.

The weights are random: they do not change what is computed, and no training library is needed. Quantiles are
those of the best of several runs (by p50): noise on a shared machine only ever adds time. Exits 1 when the
first misses its limit, or when a probability is not the one that the table of rows gives. Needs the extra
lstm without torch.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.estimators.lstm_export import export, weight_shapes
from ictcli.models.sequence import SequenceMember, SequenceShape, load_sequence

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.inference import processor

Floats = NDArray[np.float64]

SHAPE = SequenceShape(columns=26, extra=1, units=200, heads=4, steps=20)
WIDTH = 32
WARM = 500
LIMIT_US = 100.0
CHECKED = 500
LARGER_THAN_CACHES = np.zeros(16_000_000)


def made() -> dict[str, bytes]:
    """The files of a network with random weights of moderate size."""
    rng = np.random.default_rng(1)
    shapes = weight_shapes(SHAPE, WIDTH).items()
    return export(
        SHAPE,
        {name: (rng.normal(size=size) / math.sqrt(size[-1])).astype(np.float32) for name, size in shapes},
    )


def run(
    member: SequenceMember, rows: Floats, sides: Floats, *, settles: bool, empties: bool
) -> tuple[Floats, Floats]:
    """Microseconds of every decision and of every settling."""
    taken = np.zeros((len(rows), 2))
    for at, (row, side) in enumerate(zip(rows, sides, strict=True)):
        if empties:
            LARGER_THAN_CACHES[:] = at
        begun = time.perf_counter_ns()
        member.push(row)
        member.probability(side)
        decided = time.perf_counter_ns()
        if settles:
            member.settle()
        taken[at] = decided - begun, time.perf_counter_ns() - decided
    return taken[WARM:, 0] / 1000, taken[WARM:, 1] / 1000


def agrees(member: SequenceMember, rows: Floats, sides: Floats) -> bool:
    """Whether bar by bar gives the bits of the table."""
    found = []
    for row, side in zip(rows, sides, strict=True):
        member.push(row)
        found.append(member.probability(side))
        member.settle()
    return np.array_equal(found, member.probabilities(rows, np.arange(len(rows)), sides), equal_nan=True)


def main() -> int:
    """Print the table; exit 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    files, rng = made(), np.random.default_rng(2)
    rows, sides = rng.normal(size=(WARM + args.rows, 26)), rng.choice([-1.0, 1.0], (WARM + args.rows, 1))
    same = agrees(load_sequence(files), rows[:CHECKED], sides[:CHECKED])
    ways = {
        "decision after settling": (True, False),
        "decision, caches emptied": (True, True),
        "decision without settling": (False, False),
    }
    print(f"{processor()}, one thread, {args.rows:,} rows")
    print(f"{'':<28} {'p50 us':>8} {'p99 us':>8}")
    quantiles = {}
    for name, (settles, empties) in ways.items():
        count = WARM + (args.rows // 5 if empties else args.rows)
        tried = [
            run(load_sequence(files), rows[:count], sides[:count], settles=settles, empties=empties)
            for _ in range(1 if empties else args.runs)
        ]
        decision, settling = min(tried, key=lambda one: float(np.median(one[0])))
        quantiles[name] = np.percentile(decision, [50, 99])
        print(f"{name:<28} {quantiles[name][0]:8.1f} {quantiles[name][1]:8.1f}")
        if settles and not empties:
            apart = np.percentile(settling, [50, 99])
            print(f"{'settling, off the path':<28} {apart[0]:8.1f} {apart[1]:8.1f}")
    p50 = quantiles["decision after settling"][0]
    ratio = quantiles["decision without settling"][0] / p50
    print(f"limit p50 {LIMIT_US:.0f} us; {ratio:.1f} x faster than all steps; same bits as the table: {same}")
    return 0 if p50 < LIMIT_US and same else 1


if __name__ == "__main__":
    sys.exit(main())
