"""The life of a zone: tapped, ce, filled, invalidated, expired, evicted (ICT.md §2, C10-C18).

A zone is a band ``bottom < top`` known at the close of bar k. It is evaluated on the bars after k,
here for support (``direction`` +1); resistance is support on negated bars. On bar j:

- tapped: ``low <= top`` for the first time; equality counts;
- ce: ``2 * (top - low) >= top - bottom`` (consequent encroachment, never a rounded midpoint);
- mean_broken: ``2 * low < mean2`` for zones that carry a mean threshold (mean2 is twice its price);
- filled: ``low <= bottom``; does not end the zone;
- invalidated: ``close < bottom`` (with ``invalidate = "wick"``: ``low < bottom``); ends it;
- expired: ``j - k > max_age``; ends it, and nothing else is recorded on that bar;
- evicted: a new zone needs its place, because ``max_active`` zones of the direction are alive.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.book import BOOK, expire, init_book, log, nearest, remove, too_old
from ictcli.detectors.base.events import CE, FILLED, INVALIDATED, MEAN_BROKEN, TAPPED, reached
from ictcli.kernels import hot_kernel, kernel

ZONES = np.dtype(
    [
        ("book", BOOK),
        ("max_age", np.int64),  # bars, 0 for no limit
        ("by_wick", np.int64),  # 1: a price beyond the far edge ends a zone, 0: only a close
        ("mean_extra", np.int64),  # extra that holds twice the mean threshold, -1 for zones without
    ]
)
"""Live zones of both directions with the rules of their life."""

ZONE_ENDS = ("invalidated", "expired", "evicted")


def init_zones(zones: Any, most: int, max_age: int, invalidate: str = "close", mean_extra: int = -1) -> None:
    """Set zeroed zones to empty.

    Args:
        zones: a ``ZONES`` record.
        most: live zones per direction, 1..128.
        max_age: bars after which a zone expires, 0 for never.
        invalidate: "close" or "wick".
        mean_extra: number of the extra that holds twice the mean threshold in points, -1 for none.
    """
    init_book(zones["book"], most)
    zones["max_age"] = max_age
    zones["by_wick"] = invalidate == "wick"
    zones["mean_extra"] = mean_extra


@kernel
def bottom_of(held: Any, side: int) -> int:
    """The signed lower edge of a zone."""
    if side == 0:
        return int(held["bottom"])
    return int(-held["top"])


@kernel
def mean_breaks(zones: Any, held: Any, side: int, low: int) -> bool:
    """Whether a signed low is the first below the mean threshold of a zone."""
    slot = zones["mean_extra"]
    if slot < 0 or reached(held, MEAN_BROKEN):
        return False
    twice = held["extra"][slot]
    if side == 1:
        twice = -twice
    return bool(2 * low < twice)


@kernel
def touch(
    zones: Any, bar: Any, events: Any, count: int, side: int, at: int, low: int, close: int
) -> tuple[int, bool]:
    """Bring the zone at a position up to date with a bar that reaches it; whether it lives on."""
    book = zones["book"]
    index = bar["bar"]
    slot = book["slot"][side, at]
    held = book["held"][side, slot]
    top = book["price"][side, at]
    bottom = bottom_of(held, side)
    height = top - bottom
    depth = min(top - low, height)
    held["fill"] = max(held["fill"], depth)
    if book["touched"][side, slot] != index - 1:
        held["touches"] += 1
    book["touched"][side, slot] = index
    if not reached(held, TAPPED):
        count = log(book, bar, events, count, TAPPED, side, slot)
    if not reached(held, CE) and 2 * depth >= height:
        count = log(book, bar, events, count, CE, side, slot)
    if mean_breaks(zones, held, side, low):
        count = log(book, bar, events, count, MEAN_BROKEN, side, slot)
    if not reached(held, FILLED) and depth == height:
        count = log(book, bar, events, count, FILLED, side, slot)
    last = low if zones["by_wick"] == 1 else close
    if last >= bottom:
        return count, True
    return log(book, bar, events, count, INVALIDATED, side, slot), False


@kernel
def watch_side(zones: Any, bar: Any, events: Any, count: int, side: int, low: int, close: int) -> int:
    """Evaluate all live zones of a side on the current bar, whose prices are signed by the side."""
    book = zones["book"]
    at = book["count"][side] - 1
    while at >= 0 and low <= book["price"][side, at]:
        count, alive = touch(zones, bar, events, count, side, at, low, close)
        if not alive:
            remove(book, side, at)
        at -= 1
    return count


@hot_kernel
def watch(zones: Any, bar: Any, events: Any, count: int) -> int:
    """Expire what is too old, then evaluate all live zones of both directions on the current bar."""
    book = zones["book"]
    max_age = zones["max_age"]
    if max_age > 0 and (too_old(book, bar, 0, max_age) or too_old(book, bar, 1, max_age)):
        count = expire(book, bar, events, count, 0, max_age)
        count = expire(book, bar, events, count, 1, max_age)
    if bar["low"] <= nearest(book, 0):
        count = watch_side(zones, bar, events, count, 0, bar["low"], bar["close"])
    if -bar["high"] <= nearest(book, 1):
        count = watch_side(zones, bar, events, count, 1, -bar["high"], -bar["close"])
    return count
