"""The life of a zone: tapped, ce, filled, invalidated, expired, evicted (ICT.md §2, C10-C18).

A zone is a band ``bottom < top`` known at the close of bar k. It is evaluated on the bars after k,
here for support (``direction`` +1); resistance is support on negated bars. On bar j:

- tapped: ``low <= top`` for the first time; equality counts;
- ce: ``2 * (top - low) >= top - bottom`` (consequent encroachment, never a rounded midpoint);
- filled: ``low <= bottom``; does not end the zone;
- invalidated: ``close < bottom``; ends it;
- expired: ``j - k > max_age``; ends it, and nothing else is recorded on that bar;
- evicted: a new zone needs its place, because ``most`` zones of the direction are alive.

Prices in a book are signed: multiplied by the direction, so that one kernel serves both sides.
"""

from typing import Any

import numpy as np

from ictcli.detectors.events import CE, EVICTED, EXPIRED, FILLED, INVALIDATED, TAPPED, place, stamp
from ictcli.detectors.frame import FRAME
from ictcli.kernels import kernel

CAPACITY = 128
"""Live zones a book can hold per direction; the parameter ``max_active`` may only lower it."""

FAR = -(2**62)
"""A signed price no bar reaches."""

ZONES = np.dtype(
    [
        ("count", np.int64, 2),
        ("edge", np.int64, 2),  # highest top alive: a bar above it touches nothing
        ("most", np.int64),
        ("max_age", np.int64),  # bars, 0 for none
        ("top", np.int64, (2, CAPACITY)),
        ("bottom", np.int64, (2, CAPACITY)),
        ("serial", np.int64, (2, CAPACITY)),
        ("formed", np.int64, (2, CAPACITY)),
        ("formed_ts", np.int64, (2, CAPACITY)),
        ("confirmed", np.int64, (2, CAPACITY)),
        ("confirmed_ts", np.int64, (2, CAPACITY)),
        ("fill", np.int64, (2, CAPACITY)),
        ("touches", np.int64, (2, CAPACITY)),
        ("touched", np.int64, (2, CAPACITY)),  # last bar that touched, -1 for none
        ("stage", np.int64, (2, CAPACITY)),  # last of tapped, ce, filled
        ("marks", np.int64, (2, CAPACITY)),
        ("size_atr", np.float64, (2, CAPACITY)),
    ]
)


def init_zones(zones: Any, most: int, max_age: int) -> None:
    """Set a zeroed book to empty.

    Raises:
        ValueError: ``most`` is not in 1..128.
    """
    if not 1 <= most <= CAPACITY:
        raise ValueError(f"max_active must be within 1..{CAPACITY}, not {most}")
    zones["most"] = most
    zones["max_age"] = max_age
    zones["edge"] = FAR


@kernel
def record(zones: Any, frame: Any, events: Any, count: int, what: int, side: int, at: int) -> int:
    """Append record ``what`` of the zone in slot ``at`` of ``side`` (0 support, 1 resistance)."""
    direction = 1 - 2 * side
    stamp(events, count, frame, what, direction, zones["serial"][side, at], zones["marks"][side, at])
    event = events[count]
    event["formed"] = zones["formed"][side, at]
    event["formed_ts"] = zones["formed_ts"][side, at]
    event["confirmed"] = zones["confirmed"][side, at]
    event["confirmed_ts"] = zones["confirmed_ts"][side, at]
    event["fill"] = zones["fill"][side, at]
    event["touches"] = zones["touches"][side, at]
    event["size_atr"] = zones["size_atr"][side, at]
    place(event, direction, zones["bottom"][side, at], zones["top"][side, at])
    return count + 1


@kernel
def remove(zones: Any, side: int, at: int) -> None:
    """Take the zone in slot ``at`` out of the book, keeping the order of birth."""
    last = zones["count"][side] - 1
    for slot in range(at, last):
        copy_slot(zones, side, slot + 1, slot)
    zones["count"][side] = last


@kernel
def copy_slot(zones: Any, side: int, source: int, target: int) -> None:
    """Copy one zone to another slot of the same side."""
    zones["top"][side, target] = zones["top"][side, source]
    zones["bottom"][side, target] = zones["bottom"][side, source]
    zones["serial"][side, target] = zones["serial"][side, source]
    zones["formed"][side, target] = zones["formed"][side, source]
    zones["formed_ts"][side, target] = zones["formed_ts"][side, source]
    zones["confirmed"][side, target] = zones["confirmed"][side, source]
    zones["confirmed_ts"][side, target] = zones["confirmed_ts"][side, source]
    zones["fill"][side, target] = zones["fill"][side, source]
    zones["touches"][side, target] = zones["touches"][side, source]
    zones["touched"][side, target] = zones["touched"][side, source]
    zones["stage"][side, target] = zones["stage"][side, source]
    zones["marks"][side, target] = zones["marks"][side, source]
    zones["size_atr"][side, target] = zones["size_atr"][side, source]


@kernel
def find_edge(zones: Any, side: int) -> None:
    """Remember the highest top alive."""
    edge = FAR
    for at in range(zones["count"][side]):
        edge = max(edge, zones["top"][side, at])
    zones["edge"][side] = edge


@kernel
def touch(zones: Any, frame: Any, events: Any, count: int, side: int, at: int, low: int) -> int:
    """Bring one touched zone up to date with a bar whose signed low is at or below its top."""
    bar = frame["bar"]
    top = zones["top"][side, at]
    height = top - zones["bottom"][side, at]
    depth = min(top - low, height)
    zones["fill"][side, at] = max(zones["fill"][side, at], depth)
    if zones["touched"][side, at] != bar - 1:
        zones["touches"][side, at] += 1
    zones["touched"][side, at] = bar
    stage = zones["stage"][side, at]
    if stage < TAPPED:
        count = record(zones, frame, events, count, TAPPED, side, at)
        stage = TAPPED
    if stage < CE and 2 * depth >= height:
        count = record(zones, frame, events, count, CE, side, at)
        stage = CE
    if stage < FILLED and depth == height:
        count = record(zones, frame, events, count, FILLED, side, at)
        stage = FILLED
    zones["stage"][side, at] = stage
    return count


@kernel
def expire(zones: Any, frame: Any, events: Any, count: int, side: int) -> int:
    """End the zones that are too old; the oldest stand first."""
    oldest_allowed = frame["bar"] - zones["max_age"]
    before = zones["count"][side]
    while zones["count"][side] > 0 and zones["confirmed"][side, 0] < oldest_allowed:
        count = record(zones, frame, events, count, EXPIRED, side, 0)
        remove(zones, side, 0)
    if zones["count"][side] < before:
        find_edge(zones, side)
    return count


@kernel
def watch_zones(zones: Any, frame: Any, events: Any, count: int, side: int, low: int, close: int) -> int:
    """Evaluate all live zones of a side on the current bar, whose prices are signed by the side."""
    if zones["max_age"] > 0:
        count = expire(zones, frame, events, count, side)
    if low > zones["edge"][side]:
        return count
    alive = zones["count"][side]
    kept = 0
    for at in range(alive):
        if low <= zones["top"][side, at]:
            count = touch(zones, frame, events, count, side, at, low)
            if close < zones["bottom"][side, at]:
                count = record(zones, frame, events, count, INVALIDATED, side, at)
                continue
        if kept != at:
            copy_slot(zones, side, at, kept)
        kept += 1
    if kept != alive:
        zones["count"][side] = kept
        find_edge(zones, side)
    return count


@kernel
def evict(zones: Any, frame: Any, events: Any, count: int, side: int) -> int:
    """Make room for one more zone: the oldest leaves when the side is full."""
    if zones["count"][side] >= zones["most"]:
        count = record(zones, frame, events, count, EVICTED, side, 0)
        remove(zones, side, 0)
        find_edge(zones, side)
    return count


@kernel
def add_zone(zones: Any, side: int, event: Any) -> None:
    """Start the life of the zone that ``event`` confirms; ``evict`` has made room."""
    at = zones["count"][side]
    if side == 0:
        zones["top"][side, at] = event["top"]
        zones["bottom"][side, at] = event["bottom"]
    else:
        zones["top"][side, at] = -event["bottom"]
        zones["bottom"][side, at] = -event["top"]
    zones["serial"][side, at] = event["serial"]
    zones["formed"][side, at] = event["formed"]
    zones["formed_ts"][side, at] = event["formed_ts"]
    zones["confirmed"][side, at] = event["confirmed"]
    zones["confirmed_ts"][side, at] = event["confirmed_ts"]
    zones["fill"][side, at] = 0
    zones["touches"][side, at] = 0
    zones["touched"][side, at] = -1
    zones["stage"][side, at] = 0
    zones["marks"][side, at] = event["marks"]
    zones["size_atr"][side, at] = event["size_atr"]
    zones["count"][side] = at + 1
    zones["edge"][side] = max(zones["edge"][side], zones["top"][side, at])
