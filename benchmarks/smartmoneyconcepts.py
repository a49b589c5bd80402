"""The eight functions of the library smartmoneyconcepts against our detectors of the same concepts.

    make peer
    python benchmarks/smartmoneyconcepts.py [--rows 100000] [--patience 300]

Both sides see the same bars and are warm. The library's functions that need its swings are timed with making
them, as ours are with everything they listen to; ours also follow the whole life of every object. Times are
of the processor. Exits 1 when a ratio is below the limit; without the library it says so and exits 0.
"""

import argparse
import os
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import Room, advance, advance_into, start
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.scan import CHUNK
from ictcli.market.bars import Bars

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.tiled import simulated, tiled
from benchmarks.peer.harness import ABSENT, FUNCTIONS, peer_facts, peer_python

LIMIT = 1000.0

OURS = {
    "fvg": ("fvg",),
    "swing_highs_lows": ("swing",),
    "bos_choch": ("structure",),
    "ob": ("order_block",),
    "liquidity": ("equal_levels",),
    "previous_high_low": ("prev_levels",),
    "sessions": ("kill_zone",),
    "retracements": ("dealing_range",),
}
"""Our detectors by the library's function."""

LAYERS = ("", "internal")
"""The library has swings of one length, so ours run in one layer too."""


def one_layer(names: tuple[str, ...]) -> Plan:
    """The plan of detectors without the layers the library does not have, where they can do without."""
    reduced = {
        name: replace(one, layers={layer: fixed for layer, fixed in one.layers.items() if layer in LAYERS})
        for name, one in DETECTORS.items()
    }
    settings = Settings(NS_PER_MINUTE)
    plan = make_plan([reduced[name] for name in names], reduced, settings)
    return make_plan([DETECTORS[name] for name in names], DETECTORS, settings) if plan.refused else plan


def our_seconds(bars: Bars, names: tuple[str, ...]) -> float:
    """Median processor time of three runs over all bars, in pieces as the log is made."""
    plan = one_layer(names)
    advance(plan, start(plan), bars.slice(0, 2000))
    taken = []
    room = Room()
    for _ in range(3):
        memory = start(plan)
        begun = time.thread_time()
        for first in range(0, len(bars), CHUNK):
            advance_into(plan, memory, bars.slice(first, first + CHUNK), None, room)
        taken.append(time.thread_time() - begun)
    return statistics.median(taken)


def main() -> int:
    """Print the table; exit 1 when a ratio is below the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument(
        "--patience", type=float, default=300.0, help="seconds after which no function begins"
    )
    options = parser.parse_args()
    if peer_python() is None:
        print(f"skipped: {ABSENT}")
        return 0
    bars = tiled(simulated(), options.rows)
    print(f"{options.rows:,} bars, load {os.getloadavg()[0]:.1f}")
    theirs = peer_facts("seconds", bars, FUNCTIONS, length=5, patience=options.patience)
    print(f"{'function':20}{'library, s':>12}{'ictcli, ms':>12}{'ratio':>10}")
    kept = True
    for name in FUNCTIONS:
        ours = our_seconds(bars, OURS[name])
        if name not in theirs:
            print(f"{name:20}{'not begun':>12}{ours * 1000:12.1f}")
            kept = False
            continue
        ratio = theirs[name] / ours
        kept &= ratio >= LIMIT
        print(f"{name:20}{theirs[name]:12.2f}{ours * 1000:12.1f}{ratio:10.0f}")
    print(f"limit {LIMIT:.0f}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
