"""The live zones of a detector with what bars did to them, nearest to the price last.

Detectors of zones tell births and ends; fill and touches between them are followed here, bar by bar, by
the rules of a zone's life (ICT.md §2, C10). Prices are signed: bear zones are bull zones on negated bars.
A book holds as many zones a side as a detector keeps (C18) and never needs to let one go by itself.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.book import CAPACITY
from ictcli.detectors.base.events import CONFIRMED, INVALIDATED
from ictcli.kernels import hot_kernel, kernel

NOBODY = -1

ZONE = np.dtype(
    [
        ("top", np.float64),  # signed price at which a bar touches it
        ("bottom", np.float64),  # signed price beyond which a close ends it
        ("depth", np.float64),  # deepest penetration so far, points, at most the height
        ("size_atr", np.float64),
        ("born", np.int64),
        ("touched", np.int64),  # last bar that touched
        ("touches", np.int64),
        ("serial", np.int64),
    ]
)

ZONE_BOOK = np.dtype([("count", np.int64, 2), ("zone", ZONE, (2, CAPACITY))])
"""Zones of each side (0 bull, 1 bear) by ascending signed top; of equal ones the newest last."""


@kernel
def put(book: Any, side: int, event: Any) -> None:
    """Take in the zone that a record confirms."""
    count = book["count"][side]
    if count == CAPACITY:
        return
    zones = book["zone"][side]
    top = float(event["top"] if side == 0 else -event["bottom"])
    at = count
    while at > 0 and zones[at - 1]["top"] > top:
        zones[at] = zones[at - 1]
        at -= 1
    zone = zones[at]
    zone["top"] = top
    zone["bottom"] = float(event["bottom"] if side == 0 else -event["top"])
    zone["depth"] = 0.0
    zone["size_atr"] = event["size_atr"]
    zone["born"] = event["confirmed"]
    zone["touched"] = NOBODY
    zone["touches"] = 0
    zone["serial"] = event["serial"]
    book["count"][side] = count + 1


@kernel
def take_out(book: Any, side: int, serial: int) -> None:
    """Let a zone go."""
    count = book["count"][side]
    zones = book["zone"][side]
    at = 0
    while at < count and zones[at]["serial"] != serial:
        at += 1
    if at == count:
        return
    for later in range(at, count - 1):
        zones[later] = zones[later + 1]
    book["count"][side] = count - 1


@kernel
def deepen(book: Any, side: int, bar: int, low: float) -> None:
    """Bring the zones that a signed low reaches up to date."""
    zones = book["zone"][side]
    at = book["count"][side] - 1
    while at >= 0 and low <= zones[at]["top"]:
        zone = zones[at]
        if zone["touched"] != bar - 1 or zone["touches"] == 0:
            zone["touches"] += 1
        zone["touched"] = bar
        zone["depth"] = max(zone["depth"], min(zone["top"] - low, zone["top"] - zone["bottom"]))
        at -= 1


@hot_kernel
def follow(book: Any, facts: Any) -> None:
    """Let the current bar touch what it reaches; before its records, which are born at its close."""
    for side in range(2):
        count = book["count"][side]
        if count > 0:
            low = facts["low"] if side == 0 else -facts["high"]
            if low <= book["zone"][side][count - 1]["top"]:
                deepen(book, side, facts["bar"], low)


@kernel
def hear(book: Any, feed: Any, first: int, last: int) -> None:
    """Take the births and ends of zones."""
    for at in range(first, last):
        event = feed[at]
        side = (1 - event["direction"]) // 2
        if event["record"] == CONFIRMED:
            put(book, side, event)
        elif event["record"] >= INVALIDATED:
            take_out(book, side, event["serial"])


@hot_kernel
def away(book: Any, side: int, at: int, close: float) -> float:
    """Points from a close, not signed, to the near edge of a zone; 0 inside it."""
    signed = close if side == 0 else -close
    return float(max(signed - book["zone"][side][at]["top"], 0.0))
