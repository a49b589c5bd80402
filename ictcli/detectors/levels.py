"""The life of a level: swept, then broken, or failed (ICT.md §7.1, C22, C23).

A level is a price known at the close of bar k and watched on the bars after k, here as support
(``direction`` +1); resistance is support on negated bars. "swept" is the first ``low < level``,
"broken" the first ``close < level``, which ends it; both may fall on one bar. A level that is evicted
because ``most`` levels of its direction are alive ends with that record (C18).

Prices in a book are signed: multiplied by the direction.
"""

from typing import Any

import numpy as np

from ictcli.detectors.events import EVICTED, SWEPT, place, stamp
from ictcli.detectors.zones import CAPACITY, FAR
from ictcli.kernels import kernel

LEVELS = np.dtype(
    [
        ("count", np.int64, 2),
        ("edge", np.int64, 2),  # highest level not yet swept
        ("floor", np.int64, 2),  # highest level alive
        ("most", np.int64),
        ("level", np.int64, (2, CAPACITY)),
        ("shown", np.int64, (2, CAPACITY)),  # level that records show, signed
        ("serial", np.int64, (2, CAPACITY)),
        ("formed", np.int64, (2, CAPACITY)),
        ("formed_ts", np.int64, (2, CAPACITY)),
        ("confirmed", np.int64, (2, CAPACITY)),
        ("confirmed_ts", np.int64, (2, CAPACITY)),
        ("origin", np.int64, (2, CAPACITY)),
        ("origin_ts", np.int64, (2, CAPACITY)),
        ("origin_level", np.int64, (2, CAPACITY)),
        ("swept", np.int64, (2, CAPACITY)),
        ("label", np.int64, (2, CAPACITY)),
        ("marks", np.int64, (2, CAPACITY)),
        ("size_atr", np.float64, (2, CAPACITY)),
    ]
)


def init_levels(levels: Any, most: int) -> None:
    """Set a zeroed book to empty.

    Raises:
        ValueError: ``most`` is not in 1..128.
    """
    if not 1 <= most <= CAPACITY:
        raise ValueError(f"max_active must be within 1..{CAPACITY}, not {most}")
    levels["most"] = most
    levels["edge"] = FAR
    levels["floor"] = FAR


@kernel
def level_record(levels: Any, frame: Any, events: Any, count: int, what: int, side: int, at: int) -> int:
    """Append record ``what`` of the level in slot ``at`` of ``side`` (0 support, 1 resistance)."""
    direction = 1 - 2 * side
    stamp(events, count, frame, what, direction, levels["serial"][side, at], levels["marks"][side, at])
    event = events[count]
    event["formed"] = levels["formed"][side, at]
    event["formed_ts"] = levels["formed_ts"][side, at]
    event["confirmed"] = levels["confirmed"][side, at]
    event["confirmed_ts"] = levels["confirmed_ts"][side, at]
    event["origin"] = levels["origin"][side, at]
    event["origin_ts"] = levels["origin_ts"][side, at]
    event["origin_level"] = levels["origin_level"][side, at]
    event["label"] = levels["label"][side, at]
    event["size_atr"] = levels["size_atr"][side, at]
    shown = levels["shown"][side, at]
    place(event, direction, shown, shown)
    return count + 1


@kernel
def copy_level(levels: Any, side: int, source: int, target: int) -> None:
    """Copy one level to another slot of the same side."""
    levels["level"][side, target] = levels["level"][side, source]
    levels["shown"][side, target] = levels["shown"][side, source]
    levels["serial"][side, target] = levels["serial"][side, source]
    levels["formed"][side, target] = levels["formed"][side, source]
    levels["formed_ts"][side, target] = levels["formed_ts"][side, source]
    levels["confirmed"][side, target] = levels["confirmed"][side, source]
    levels["confirmed_ts"][side, target] = levels["confirmed_ts"][side, source]
    levels["origin"][side, target] = levels["origin"][side, source]
    levels["origin_ts"][side, target] = levels["origin_ts"][side, source]
    levels["origin_level"][side, target] = levels["origin_level"][side, source]
    levels["swept"][side, target] = levels["swept"][side, source]
    levels["label"][side, target] = levels["label"][side, source]
    levels["marks"][side, target] = levels["marks"][side, source]
    levels["size_atr"][side, target] = levels["size_atr"][side, source]


@kernel
def find_edges(levels: Any, side: int) -> None:
    """Remember the highest level alive and the highest not yet swept."""
    edge = FAR
    floor = FAR
    for at in range(levels["count"][side]):
        level = levels["level"][side, at]
        floor = max(floor, level)
        if levels["swept"][side, at] == 0:
            edge = max(edge, level)
    levels["edge"][side] = edge
    levels["floor"][side] = floor


@kernel
def watch_levels(
    levels: Any, frame: Any, events: Any, count: int, side: int, low: int, close: int, ending: int
) -> int:
    """Evaluate all live levels of a side on the current bar, whose prices are signed by the side.

    ``ending`` is the record that a close beyond the level writes.
    """
    if low >= levels["edge"][side] and close >= levels["floor"][side]:
        return count
    alive = levels["count"][side]
    kept = 0
    for at in range(alive):
        level = levels["level"][side, at]
        if low < level and levels["swept"][side, at] == 0:
            levels["swept"][side, at] = 1
            count = level_record(levels, frame, events, count, SWEPT, side, at)
        if close < level:
            count = level_record(levels, frame, events, count, ending, side, at)
            continue
        if kept != at:
            copy_level(levels, side, at, kept)
        kept += 1
    levels["count"][side] = kept
    find_edges(levels, side)
    return count


@kernel
def evict_level(levels: Any, frame: Any, events: Any, count: int, side: int) -> int:
    """Make room for one more level: the oldest leaves when the side is full."""
    alive = levels["count"][side]
    if alive >= levels["most"]:
        count = level_record(levels, frame, events, count, EVICTED, side, 0)
        for slot in range(alive - 1):
            copy_level(levels, side, slot + 1, slot)
        levels["count"][side] = alive - 1
        find_edges(levels, side)
    return count


@kernel
def add_level(levels: Any, side: int, event: Any, level: int, swept: int) -> None:
    """Start watching signed price ``level`` for the object that ``event`` confirms.

    ``swept`` is 1 for a level whose sweep is not of interest.
    """
    at = levels["count"][side]
    levels["level"][side, at] = level
    levels["shown"][side, at] = (1 - 2 * side) * event["bottom"]
    levels["serial"][side, at] = event["serial"]
    levels["formed"][side, at] = event["formed"]
    levels["formed_ts"][side, at] = event["formed_ts"]
    levels["confirmed"][side, at] = event["confirmed"]
    levels["confirmed_ts"][side, at] = event["confirmed_ts"]
    levels["origin"][side, at] = event["origin"]
    levels["origin_ts"][side, at] = event["origin_ts"]
    levels["origin_level"][side, at] = event["origin_level"]
    levels["swept"][side, at] = swept
    levels["label"][side, at] = event["label"]
    levels["marks"][side, at] = event["marks"]
    levels["size_atr"][side, at] = event["size_atr"]
    levels["count"][side] = at + 1
    find_edges(levels, side)
