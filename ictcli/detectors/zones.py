"""The life of a zone: tapped, ce, filled, invalidated, expired, evicted (ICT.md §2, C10-C18).

A zone is a band ``bottom < top`` known at the close of bar k. It is evaluated on the bars after k,
here for support (``direction`` +1); resistance is support on negated bars. On bar j:

- tapped: ``low <= top`` for the first time; equality counts;
- ce: ``2 * (top - low) >= top - bottom`` (consequent encroachment, never a rounded midpoint);
- filled: ``low <= bottom``; does not end the zone;
- invalidated: ``close < bottom``; ends it;
- expired: ``j - k > max_age``; ends it, and nothing else is recorded on that bar;
- evicted: a new zone needs its place, because ``max_active`` zones of the direction are alive.
"""

from typing import Any

from ictcli.detectors.book import end_oldest, log, remove
from ictcli.detectors.events import CE, EXPIRED, FILLED, INVALIDATED, TAPPED
from ictcli.kernels import kernel


@kernel
def bottom_of(held: Any, side: int) -> int:
    """The signed lower edge of a zone."""
    if side == 0:
        return int(held["bottom"])
    return int(-held["top"])


@kernel
def touch(
    book: Any, frame: Any, events: Any, count: int, side: int, at: int, low: int, close: int
) -> tuple[int, bool]:
    """Bring the zone at a position up to date with a bar that reaches it; whether it lives on."""
    bar = frame["bar"]
    slot = book["slot"][side, at]
    held = book["held"][side, slot]
    top = book["price"][side, at]
    bottom = bottom_of(held, side)
    height = top - bottom
    depth = min(top - low, height)
    held["fill"] = max(held["fill"], depth)
    if book["touched"][side, slot] != bar - 1:
        held["touches"] += 1
    book["touched"][side, slot] = bar
    if held["record"] < TAPPED:
        count = log(book, frame, events, count, TAPPED, side, slot)
    if held["record"] < CE and 2 * depth >= height:
        count = log(book, frame, events, count, CE, side, slot)
    if held["record"] < FILLED and depth == height:
        count = log(book, frame, events, count, FILLED, side, slot)
    if close >= bottom:
        return count, True
    return log(book, frame, events, count, INVALIDATED, side, slot), False


@kernel
def expire(book: Any, frame: Any, events: Any, count: int, side: int, max_age: int) -> int:
    """End the zones of a side that are more than ``max_age`` bars old."""
    youngest = frame["bar"] - max_age
    while book["count"][side] > 0 and book["held"][side, book["oldest"][side]]["confirmed"] < youngest:
        count = end_oldest(book, frame, events, count, EXPIRED, side)
    return count


@kernel
def watch_zones(book: Any, frame: Any, events: Any, count: int, side: int, low: int, close: int) -> int:
    """Evaluate all live zones of a side on the current bar, whose prices are signed by the side."""
    at = book["count"][side] - 1
    while at >= 0 and low <= book["price"][side, at]:
        count, alive = touch(book, frame, events, count, side, at, low, close)
        if not alive:
            remove(book, side, at)
        at -= 1
    return count
