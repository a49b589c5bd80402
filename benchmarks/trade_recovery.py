"""How long a trader takes from its death to knowing again where it stands, with 10,000 events to read.

    python benchmarks/trade_recovery.py [FOLDER]

A session is left without an end, a day of minutes after its last checkpoint. Then everything that a restart
does: the ledger held against chain, anchors and a rebuild of its projections, all events folded, the
checkpoint read, the bars behind it decided on once more, the broker's records read and compared. The floor is
reading and folding the events alone. Exits 1 when the limit is missed.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.played import Session, Who, engagement, floor_of, opened, session, start_of
from ictcli.trading.engagement import last_state
from ictcli.trading.orderbook import OrderBook

MOST = 30.0
"""Seconds."""
EVENTS = 10_000
BEHIND = 1_440
"""Bars between the last checkpoint and the end."""
WHO = Who("random_entry", {"probability": "0.05", "windows": "", "max_bars": "30"})


def live(folder: Path) -> Session:
    """A session that ended without a word."""
    with session(folder, floor_of(20_000), WHO, durable=False) as played:
        one = played.one
        left = [-1]

        def over(now: int) -> bool:
            one.at = now
            if left[0] < 0 and one.journal.last >= EVENTS - BEHIND:
                one.checkpoint(always=True)
                left[0] = BEHIND
            left[0] -= left[0] >= 0
            return left[0] == 0

        played.play(over)
        one.trader.flush()
    return played


def main() -> int:
    """Print the figures; 1 when one misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="on the disk to measure; default: a temporary one"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        dead = live(folder)
        marks = [time.perf_counter()]
        with opened(folder, dead.clock.now()) as journal:
            marks.append(time.perf_counter())
            events = journal.last
            one = engagement(folder, dead.floor, journal, dead.clock, dead.world.broker, WHO)
            marks.append(time.perf_counter())
            found = last_state(journal, one.terms.folder)
            assert found is not None
            bars = one.trader.counts.bars
            one.catch_up(found[0])
            caught = one.trader.counts.bars - bars
            marks.append(time.perf_counter())
            one.begin(start_of(dead.world.broker.account().server))
            assert not one.book.recovering
            marks.append(time.perf_counter())
            mode = one.book.mode
            begun = time.perf_counter()
            OrderBook().apply_all(journal.read())
            alone = time.perf_counter() - begun
    took = marks[-1] - marks[0]
    print(f"{events} events, {caught} bars behind the checkpoint, load {os.getloadavg()[0]:.1f}")
    names = (
        "ledger verified and opened",
        "account made, events folded",
        "checkpoint and bars",
        "broker read",
    )
    for what, first, last in zip(names, marks[:-1], marks[1:], strict=True):
        print(f"{what:32s} {last - first:6.2f} s")
    print(f"{'from start to ' + mode:32s} {took:6.2f} s   (bar: {MOST:.0f})")
    print(f"{'reading and folding alone':32s} {alone:6.2f} s   ratio {took / alone:.1f}")
    return 0 if took < MOST and events >= EVENTS and mode == "active" else 1


if __name__ == "__main__":
    sys.exit(main())
