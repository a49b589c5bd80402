"""The event: one immutable record of what became known at the close of one bar.

Every detector writes the same record, so one buffer, one table writer and one checkpoint format serve
all of them. A record describes its object completely (anchor, confirmation, geometry): an identifier
can be computed from any record alone, without the history before it.
"""

from typing import Any

import numpy as np

from ictcli.kernels import kernel

CONFIRMED = 0
TAPPED = 1
CE = 2
FILLED = 3
SWEPT = 4
BROKEN = 5
FAILED = 6
INVALIDATED = 7
EXPIRED = 8
EVICTED = 9

RECORD_NAMES = (
    "confirmed",
    "tapped",
    "ce",
    "filled",
    "swept",
    "broken",
    "failed",
    "invalidated",
    "expired",
    "evicted",
)
"""``EVENT["record"]`` by number; within one object and bar, records appear in this order."""

SPANS_GAP = 1
INITIAL = 2
MSS = 4

NO_BAR = -1
"""A bar index or instant that does not exist."""

MOST_PER_BAR = 2048
"""Upper bound of records one step writes for one bar (128 live objects a side, four records each)."""

EVENT = np.dtype(
    [
        ("serial", np.int64),  # birth order of the object within its detector, from 0
        ("at", np.int64),  # bar at whose close the record became known
        ("at_ts", np.int64),  # that close, ns UTC
        ("formed", np.int64),  # anchor bar
        ("formed_ts", np.int64),  # its open, ns UTC
        ("confirmed", np.int64),  # bar that confirmed the object
        ("confirmed_ts", np.int64),  # its close, ns UTC
        ("bottom", np.int64),  # points; equal to top for a level
        ("top", np.int64),  # points
        ("origin", np.int64),  # bar of the leg origin, NO_BAR where there is none
        ("origin_ts", np.int64),  # its open, ns UTC
        ("origin_level", np.int64),  # points
        ("fill", np.int64),  # deepest penetration so far, points, at most the height
        ("touches", np.int64),
        ("size_atr", np.float64),  # size of the object in ATR, 0 while ATR is undefined
        ("record", np.int16),
        ("direction", np.int16),  # +1 bull, -1 bear
        ("label", np.int16),
        ("marks", np.int16),  # SPANS_GAP | INITIAL | MSS
    ]
)


@kernel
def stamp(events: Any, count: int, frame: Any, record: int, direction: int, serial: int, marks: int) -> int:
    """Append a record that is known at the close of the current bar; geometry stays to be filled in."""
    event = events[count]
    event["serial"] = serial
    event["at"] = frame["bar"]
    event["at_ts"] = frame["ts_close"]
    event["formed"] = frame["bar"]
    event["formed_ts"] = frame["ts"]
    event["confirmed"] = frame["bar"]
    event["confirmed_ts"] = frame["ts_close"]
    event["bottom"] = 0
    event["top"] = 0
    event["origin"] = NO_BAR
    event["origin_ts"] = NO_BAR
    event["origin_level"] = 0
    event["fill"] = 0
    event["touches"] = 0
    event["size_atr"] = 0.0
    event["record"] = record
    event["direction"] = direction
    event["label"] = 0
    event["marks"] = marks
    return count + 1


@kernel
def place(event: Any, direction: int, bottom: int, top: int) -> None:
    """Give a record its edges, which arrive in the signed prices of ``direction``."""
    if direction > 0:
        event["bottom"] = bottom
        event["top"] = top
    else:
        event["bottom"] = -top
        event["top"] = -bottom
