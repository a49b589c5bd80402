"""The birth of a price band, and what a three-bar pattern tells of its middle bar (ICT.md §5.1)."""

from typing import Any

import numpy as np

from ictcli.detectors.base.book import evict
from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import OWN_MARK, place, stamp
from ictcli.detectors.structure.displacement import displacement_direction
from ictcli.kernels import kernel

MID_CLOSE_BEYOND = OWN_MARK
"""Mark of a pattern whose middle bar closed beyond the extreme of the bar before it."""
MID_IS_DISPLACEMENT = 2 * OWN_MARK
"""Mark of a pattern whose middle bar is a displacement in its direction."""
MID_DIR_EXTRA = 0
"""Extra that holds the sign of the middle bar's body."""

MIDDLE = np.dtype(
    [
        ("ts", np.int64),
        ("open", np.int64),
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64),
        ("atr", np.float64),  # through the bar before it
    ]
)
"""The bar before the current one."""


@kernel
def open_band(
    book: Any,
    bar: Any,
    events: Any,
    count: int,
    side: int,
    serial: int,
    bottom: int,
    top: int,
    marks: int,
) -> int:
    """Make room in a book and append the confirmation of a band, given in prices signed by its side.

    The caller completes the record and adds it to the book.
    """
    count = evict(book, bar, events, count, side)
    event = events[count]
    count = stamp(events, count, bar, 1 - 2 * side, serial, marks)
    event["size_atr"] = in_atr(top - bottom, bar)
    place(event, 1 - 2 * side, bottom, top)
    return count


@kernel
def signed_bottom(event: Any, side: int) -> int:
    """The lower edge of a record's band in prices signed by a side, which need not be its own."""
    if side == 0:
        return int(event["bottom"])
    return int(-event["top"])


@kernel
def signed_top(event: Any, side: int) -> int:
    """The upper edge of a record's band in prices signed by a side, which need not be its own."""
    if side == 0:
        return int(event["top"])
    return int(-event["bottom"])


@kernel
def remember(middle: Any, bar: Any) -> None:
    """Keep the current bar as the middle one of the next."""
    middle["ts"] = bar["ts"]
    middle["open"] = bar["open"]
    middle["high"] = bar["high"]
    middle["low"] = bar["low"]
    middle["close"] = bar["close"]
    middle["atr"] = bar["atr"]


@kernel
def describe_middle(
    event: Any, middle: Any, bar: Any, direction: int, outer: int, range_atr: float, body_share: int
) -> None:
    """Anchor a fresh confirmation at its middle bar and tell what that bar was like.

    ``outer`` is the high of the bar before the middle one, in prices signed by ``direction``.
    """
    event["formed"] = bar["bar"] - 1
    event["formed_ts"] = middle["ts"]
    body = middle["close"] - middle["open"]
    if body > 0:
        event["extra"][MID_DIR_EXTRA] = 1
    elif body < 0:
        event["extra"][MID_DIR_EXTRA] = -1
    if direction * middle["close"] > outer:
        event["marks"] |= MID_CLOSE_BEYOND
    moved = displacement_direction(
        middle["open"],
        middle["high"],
        middle["low"],
        middle["close"],
        middle["atr"],
        range_atr,
        body_share,
    )
    if moved == direction:
        event["marks"] |= MID_IS_DISPLACEMENT
