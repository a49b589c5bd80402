"""A trader's memory does not grow with bars; of an order that is over a few hundred compressed bytes stay."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.market.played import Session, Who, floor_of, session

BARS, EVERY, SETTLED = 200_000, 2_500, 50_000
MOST_PER_BAR = 16
"""Bytes, at one order in a hundred bars: an allocator moves by more than what stays of orders."""
MOST_PER_ORDER = 1_200
"""Compressed bytes that stay of an order, its close, their deals and what was wanted."""
STATUS = Path("/proc/self/status")
OWN = ("RssAnon:", "VmSwap:")
"""Memory of its own, resident or swapped out; pages of libraries come and go with the load of the machine."""


def resident() -> int:
    """Memory of this process, bytes; 0 where no file tells it."""
    if not STATUS.exists():
        return 0
    lines = (line.split() for line in STATUS.read_text(encoding="ascii").splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0] in OWN)


def sizes(played: Session) -> dict[str, int]:
    """How many there are of what is kept for every order."""
    book, account = played.one.book, played.one.trader.account
    links = played.one.trader.bookings.links
    return {
        "orders": len(book.orders),
        "tasks": len(book.tasks),
        "deals": len(book.deals),
        "wishes": len(links.wishes),
        "links": len(links.intents) + len(links.identifiers),
        "records of the account": len(account.written.books),
    }


def compressed(played: Session) -> int:
    """Bytes of all that lies compressed, of the trader and of its simulated terminal."""
    book, links = played.one.book, played.one.trader.bookings.links
    kept = (
        book.orders, book.tasks, book.deals, book.by_magic, book.by_ticket, book.owners, book.movements,
        links.wishes, links.positions,
    )  # fmt: skip
    history = played.world.server.scene.book.history
    return sum(one.compressed for one in kept) + sum(len(block) for own in history.blocks for block in own)


def trend(seen: list[tuple[int, int]]) -> tuple[float, float]:
    """Bytes a bar after the warm-up by least squares, and the half-width of their 95 % interval."""
    bars, memory = np.array([one for one in seen if one[0] >= SETTLED], dtype=np.float64).T
    (slope, first), n = np.polyfit(bars, memory, 1), len(bars)
    left = float(np.sum((memory - slope * bars - first) ** 2)) / (n - 2)
    return float(slope), 2.0 * float(np.sqrt(left / np.sum((bars - bars.mean()) ** 2)))


def under_way(played: Session) -> int:
    """How many there are of what must go when an order or a position ends."""
    book, account = played.one.book, played.one.trader.account
    kept = (book.working, book.pending, book.positions, account.dropped, account.under_way, account.protected)
    return sum(len(one) for one in kept)


def play(
    tmp_path: Path, bars: int, every: int, probability: str
) -> tuple[list[tuple[int, int]], Session, int]:
    """Memory by bars, the session at its end, and the most that was under way at any time."""
    seen: list[tuple[int, int]] = []
    most = 0
    who = Who("random_entry", {"probability": probability, "windows": "", "max_bars": "30"})
    with session(tmp_path, floor_of(bars), who, durable=False) as played:

        def over(now: int) -> bool:
            nonlocal most
            played.one.at = now
            played.one.checkpoint()
            most = max(most, under_way(played))
            if (count := played.one.trader.counts.bars) % every == 0:
                seen.append((count, resident()))
            return False

        played.play(over)
    return seen, played, most


def test_what_is_over_leaves_nothing_under_way(tmp_path: Path) -> None:
    _, played, most = play(tmp_path, 400, 100, "0.05")
    assert sizes(played)["orders"] > 5
    assert sizes(played)["records of the account"] <= 4
    played.one.trader.bookings.settle()
    assert sizes(played)["links"] <= 2
    assert most <= 6


@pytest.mark.proof
@pytest.mark.skipif(not STATUS.exists(), reason="this system does not tell the memory of a process by a file")
def test_memory_stays_flat_over_two_hundred_thousand_bars(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    seen, played, most = play(tmp_path, BARS, EVERY, "0.01")
    slope, half = trend(seen)
    settled = [memory for bars, memory in seen if bars >= SETTLED]
    orders = played.one.trader.counts.orders
    proof_facts |= {
        "bars": BARS,
        "samples": len(settled),
        "bytes_per_bar": slope,
        "bytes_per_bar_half_interval": half,
        "resident_mib_first": settled[0] / 2**20,
        "resident_mib_last": settled[-1] / 2**20,
        "orders": orders,
        "compressed_bytes_per_order": compressed(played) / orders,
        "most_under_way": most,
        "kept_for_good": sizes(played),
    }
    assert most <= 6
    assert slope < MOST_PER_BAR
    assert compressed(played) < MOST_PER_ORDER * orders
