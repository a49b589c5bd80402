"""How many orders a minute a whole trader carries, durably, for thousands of them.

    python benchmarks/trade_rate.py [FOLDER] [--bars 12000]

A strategy that enters at the market on one bar in four plays simulated minutes through account, order
manager, ledger (every commit waits for the disk), adapter and simulated terminal; simulated time costs
nothing, so the rate is of the machine. A bare write and fdatasync of the same disk takes a turn after every
hundredth bar.
Exits 1 when the limit is missed.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.played import Who, floor_of, session

LEAST = 100
"""Orders a minute; ten minutes of them are a thousand orders."""
SUSTAINED = 10
PAGE = b"x" * 4096


def main() -> int:
    """Print the figures; 1 when one misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="on the disk to measure; default: a temporary one"
    )
    parser.add_argument("--bars", type=int, default=12_000)
    given = parser.parse_args()
    bare: list[float] = []
    slices: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        file = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        who = Who("random_entry", {"probability": "0.25", "windows": "", "max_bars": "3"})
        with session(folder, floor_of(given.bars), who, durable=True) as played:
            counts, book = played.one.trader.counts, played.one.book
            begun = time.perf_counter()

            def over(_now: int) -> bool:
                if counts.bars % 100 == 0:
                    at = time.perf_counter()
                    os.write(file, PAGE)
                    os.fdatasync(file)
                    bare.append(time.perf_counter() - at)
                    slices.append((time.perf_counter() - begun, book.sequence))
                return False

            played.play(over)
            took, unresolved = time.perf_counter() - begun, len(book.unresolved())
            orders, fills, events = counts.wishes, counts.fills, played.one.journal.last
        os.close(file)
    rate = orders / took * 60
    slowest = min(
        (after - before) / (end - start) * 60
        for (start, before), (end, after) in zip(slices[:-10], slices[10:], strict=True)
    )
    middle = sorted(bare)[len(bare) // 2]
    print(f"{orders} orders and closes, {fills} fills, {events} events in {took:.1f} s")
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"orders a minute                 {rate:8,.0f}   (bar: {LEAST})")
    print(f"in the slowest thousand bars    {slowest:8,.0f}   (bar: {LEAST})")
    print(f"bare write + fdatasync          {middle * 1000:8.3f} ms")
    print(f"ratio of an order to it         {took / orders / middle:8.1f}")
    print(f"of unknown outcome at the end   {unresolved:8d}   (bar: 0)")
    good = slowest > LEAST and orders >= LEAST * SUSTAINED and not unresolved
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
