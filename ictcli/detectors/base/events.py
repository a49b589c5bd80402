"""The event: one immutable record of what became known at one bar.

Every detector writes the same record, so one buffer, one table writer and one checkpoint format serve
all of them. A record describes its object completely (anchor, confirmation, geometry, parents): an
identifier can be computed from any record alone, without the history before it.
"""

from typing import Any

import numpy as np

from ictcli.kernels import kernel

CONFIRMED = 0
EXTENDED = 1
PARENT_ADDED = 2
TAPPED = 3
CE = 4
MEAN_BROKEN = 5
FILLED = 6
SWEPT = 7
RECLAIMED = 8
TAKEN = 9
ENTERED = 10
REARMED = 11
BROKEN = 12
FAILED = 13
SUPERSEDED = 14
CLOSED = 15
INVALIDATED = 16
VOID = 17
EXPIRED = 18
EVICTED = 19

RECORD_NAMES = (
    *("confirmed", "extended", "parent_added", "tapped", "ce", "mean_broken", "filled", "swept", "reclaimed"),
    *("taken", "entered", "rearmed", "broken", "failed", "superseded", "closed", "invalidated", "void"),
    *("expired", "evicted"),
)
"""``EVENT["record"]`` by number; within one object and bar, records appear in this order."""

INFORMATIVE = (CONFIRMED, EXTENDED, PARENT_ADDED)
"""Records that do not change the state of an object."""

SPANS_GAP = 1
INITIAL = 2
MSS = 4
KNOWN_ON_OPEN = 8
OWN_MARK = 256
"""The first of the bits of ``marks`` that each detector may use as it likes: 256, 512, 1024..."""

NO_BAR = -1
"""A bar index or instant that does not exist."""

MOST_PER_BAR = 2048
"""Upper bound of records one step writes for one bar (128 live objects a side, few records each)."""

EXTRAS = 6
RATIOS = 3

PARENT = np.dtype(
    [
        ("formed_ts", np.int64),
        ("confirmed_ts", np.int64),
        ("serial", np.int64),
        ("direction", np.int32),
        ("ordinal", np.int32),
        ("unused", np.int32),
        ("feed", np.int32),  # which of the detector's feeds the parent came from, -1 for no parent
    ]
)
"""What identifies an object of a detector that this one listens to."""

EVENT = np.dtype(
    [
        ("serial", np.int64),  # birth order of the object within its detector, from 0
        ("at", np.int64),  # bar at which the record became known
        ("record", np.int32),
        ("direction", np.int32),  # +1 bull, -1 bear, 0 none
        ("label", np.int32),
        ("marks", np.int32),  # SPANS_GAP | INITIAL | MSS | KNOWN_ON_OPEN | the detector's own
        ("bottom", np.int64),  # points; equal to top for a level
        ("top", np.int64),  # points
        ("formed", np.int64),  # anchor bar
        ("confirmed", np.int64),  # bar that confirmed the object
        ("at_ts", np.int64),  # the instant: that bar's close, or its open for what is known on open
        ("formed_ts", np.int64),  # open of the anchor bar, ns UTC
        ("confirmed_ts", np.int64),  # the instant, as for at_ts
        ("origin", np.int64),  # bar of the leg origin, NO_BAR where there is none
        ("origin_ts", np.int64),  # its open, ns UTC
        ("origin_level", np.int64),  # points
        ("fill", np.int64),  # deepest penetration so far, points, at most the height
        ("touches", np.int64),
        ("reached", np.int64),  # bit r is set once record r was written for the object
        ("ordinal", np.int64),  # objects of the same direction, anchor and confirmation born before this one
        ("extra", np.int64, EXTRAS),  # what else the detector tells, see its extras
        ("ratio", np.float64, RATIOS),
        ("size_atr", np.float64),  # size of the object in ATR, 0 while ATR is undefined
        ("parent", PARENT, 2),
    ]
)
"""What listeners ask first stands first: one line of the processor's cache."""


@kernel
def stamp(events: Any, count: int, bar: Any, direction: int, serial: int, marks: int) -> int:
    """Append the confirmation of an object at the close of the current bar.

    Anchor (this bar), geometry, parents and extras stay to be filled in by the caller.
    """
    event = events[count]
    event["serial"] = serial
    event["at"] = bar["bar"]
    event["at_ts"] = bar["ts_close"]
    event["formed"] = bar["bar"]
    event["formed_ts"] = bar["ts"]
    event["confirmed"] = bar["bar"]
    event["confirmed_ts"] = bar["ts_close"]
    event["bottom"] = 0
    event["top"] = 0
    event["origin"] = NO_BAR
    event["origin_ts"] = NO_BAR
    event["origin_level"] = 0
    event["fill"] = 0
    event["touches"] = 0
    event["reached"] = 1
    for slot in range(EXTRAS):
        event["extra"][slot] = 0
    for slot in range(RATIOS):
        event["ratio"][slot] = 0.0
    event["size_atr"] = 0.0
    for slot in range(2):
        parent = event["parent"][slot]
        parent["formed_ts"] = 0
        parent["confirmed_ts"] = 0
        parent["serial"] = 0
        parent["direction"] = 0
        parent["ordinal"] = 0
        parent["unused"] = 0
        parent["feed"] = NO_BAR
    event["ordinal"] = 0
    event["record"] = CONFIRMED
    event["direction"] = direction
    event["label"] = 0
    event["marks"] = marks
    return count + 1


@kernel
def known_on_open(event: Any, bar: Any) -> None:
    """Make a fresh confirmation one that was known when the current bar opened."""
    event["at_ts"] = bar["ts"]
    event["confirmed_ts"] = bar["ts"]
    event["marks"] |= KNOWN_ON_OPEN


@kernel
def place(event: Any, direction: int, bottom: int, top: int) -> None:
    """Give a record its edges, which arrive in the signed prices of ``direction``."""
    if direction > 0:
        event["bottom"] = bottom
        event["top"] = top
    else:
        event["bottom"] = -top
        event["top"] = -bottom


@kernel
def descend(event: Any, slot: int, source: Any, feed: int) -> None:
    """Make the object of ``source``, a record of feed number ``feed``, parent 0 or 1 of ``event``."""
    parent = event["parent"][slot]
    parent["formed_ts"] = source["formed_ts"]
    parent["confirmed_ts"] = source["confirmed_ts"]
    parent["serial"] = source["serial"]
    parent["direction"] = source["direction"]
    parent["ordinal"] = source["ordinal"]
    parent["feed"] = feed


@kernel
def number(events: Any, start: int, count: int) -> None:
    """Tell the newest record from others alike of this step, which began to write at ``start``.

    To be called once the anchor is set, by detectors that can confirm several objects of one direction
    and anchor at one bar; without it they would share an identifier.
    """
    event = events[count - 1]
    for at in range(start, count - 1):
        other = events[at]
        same = other["record"] == CONFIRMED and other["direction"] == event["direction"]
        if (
            same
            and other["formed_ts"] == event["formed_ts"]
            and other["confirmed_ts"] == event["confirmed_ts"]
        ):
            event["ordinal"] += 1


@kernel
def reached(event: Any, record: int) -> bool:
    """Whether a record of this kind was ever written for the object."""
    return bool(event["reached"] >> record & 1)


@kernel
def relate(events: Any, count: int, held: Any, bar: Any, record: int) -> int:
    """Append a later record of an object whose latest one is ``held``, which is brought up to date."""
    held["record"] = record
    held["reached"] |= 1 << record
    held["at"] = bar["bar"]
    held["at_ts"] = bar["ts_close"]
    events[count] = held
    return count + 1
