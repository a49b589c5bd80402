"""What it costs to be durable: a commit of the ledger beside a bare write and fdatasync of the same disk.

    python benchmarks/ledger.py [FOLDER] [--trades 400]

The two alternate, so both see the same disk at the same time. Also: how long a start takes that holds 10,000
events against chain, anchors and a rebuild of projections, and reads them.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

from ictcli.ledger import bodies
from ictcli.ledger.address import Place, find_place
from ictcli.ledger.bodies import AnyBody
from ictcli.ledger.journal import open_journal

MOST_RATIO = 2.0
"""Median of a commit, as a multiple of the median of the disk's own."""
MOST_START = 3.0
"""Seconds of a start with 10,000 events."""
RECOVERED = 10_000
NOW = 1_780_000_000_000_000_000
PAGE = b"x" * 4096


def batches(number: int) -> list[list[AnyBody]]:
    """An order from intent to fill: three commits."""
    name, volume, price = f"intent{number}", Decimal("0.10"), Decimal("1.10000")
    intent = bodies.Intent(
        id=name, action="place", strategy="fvg_retest", symbol="EURUSD", bar=NOW, leg=0, magic=number, side=1,
        order="market", volume=volume, stop=Decimal("1.09"), expected=price, why="retest of a gap",
    )  # fmt: skip
    sent = bodies.Sent(id=name, attempt=1, request={"symbol": "EURUSD", "volume": "0.10"}, digest="d" * 64)
    filled = bodies.Filled(
        deal=number, order=number, position=number, symbol="EURUSD", side=1, entry="in", volume=volume,
        price=price, profit=Decimal(0), commission=Decimal("-0.35"), swap=Decimal(0), fee=Decimal(0),
        reason="expert", ts=NOW, id=name,
    )  # fmt: skip
    return [[intent], [sent], [bodies.Acked(id=name, attempt=1, code=10009, order=number), filled]]


def timed(action: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def commits(place: Place, folder: Path, trades: int) -> tuple[list[float], list[float]]:
    """Sorted times of commits and of bare writes, in turn."""
    ledger, bare = [], []
    file = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write() -> None:
        os.write(file, PAGE)
        os.fdatasync(file)

    with open_journal(place, now=NOW) as journal:
        for number in range(1, trades + 1):
            for batch in batches(number):
                ledger.append(timed(partial(journal.append, batch, NOW)))
                bare.append(timed(write))
    os.close(file)
    return sorted(ledger), sorted(bare)


def recovery(place: Place) -> float:
    """Seconds of a start with 10,000 events, read once more by whoever recovers from them."""
    with open_journal(place, now=NOW) as journal:
        number = journal.last
        while journal.last < RECOVERED:
            number += 1
            journal.append([body for batch in batches(number) for body in batch], NOW)
    begun = time.perf_counter()
    with open_journal(place, now=NOW) as journal:
        events = sum(1 for _ in journal.read())
    assert events >= RECOVERED
    return time.perf_counter() - begun


def main() -> int:
    """Print the figures; 1 when one misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="on the disk to measure; default: a temporary one"
    )
    parser.add_argument("--trades", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        (folder / "secret.key").write_text("5c" * 32)
        place = find_place(folder, {})
        ledger, bare = commits(place, folder, given.trades)
        start = recovery(place)
    middle, most = len(ledger) // 2, len(ledger) * 99 // 100
    ratio = ledger[middle] / bare[middle]
    print(
        f"commit of the ledger    p50 {ledger[middle]:.3f} ms   p99 {ledger[most]:.3f} ms   n {len(ledger)}"
    )
    print(f"bare write + fdatasync  p50 {bare[middle]:.3f} ms   p99 {bare[most]:.3f} ms")
    print(f"ratio of medians        {ratio:.2f}   (bar: {MOST_RATIO})")
    print(f"start with {RECOVERED:,} events {start:.2f} s   (bar: {MOST_START:.0f})")
    return 0 if ratio <= MOST_RATIO and start <= MOST_START else 1


if __name__ == "__main__":
    sys.exit(main())
