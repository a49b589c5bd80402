"""The range of one daily window and its projections (ICT.md §8.3).

When the window closes, at the open of the first bar at or after its end, its high and its low become an
object each, known on open: the high is resistance (bear), the low support (bull). ``bottom`` and ``top``
are the range. Projections go outward from the object's own edge: ``sd_1`` to ``sd_4`` lie one to four
units beyond it, ``sd_half`` half a unit; they are kept in half points, so that nothing is rounded.
A range of zero height gives nothing (C13). ``complete`` tells whether at least half of the expected bars
were there, ``range_size`` is the height in points, ``size_atr`` in average true ranges.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.context import in_atr
from ictcli.detectors.base.events import CLOSED, EVENT, known_on_open, number, stamp
from ictcli.detectors.detector import Extra
from ictcli.detectors.sessions.windows import COMPLETE, WINDOWS, init_windows, turn
from ictcli.kernels import kernel

SIZE, SD_HALF, SD_1, SD_2, SD_3, SD_4 = range(6)
"""Extras of a range."""

RANGE_EXTRAS = (
    Extra("range_size", "points", SIZE),
    Extra("sd_1", "twice", SD_1),
    Extra("sd_2", "twice", SD_2),
    Extra("sd_3", "twice", SD_3),
    Extra("sd_4", "twice", SD_4),
    Extra("complete", "flag", COMPLETE),
)
HALF_UNIT = Extra("sd_half", "twice", SD_HALF)
"""For ranges whose unit is the whole range."""

RANGE = np.dtype(
    [
        ("windows", WINDOWS),
        ("halves", np.int64),  # units of projection in half ranges: 2 the range, 1 half of it
        ("serial", np.int64),
        ("scratch", EVENT, 2),  # a window closes, the next one opens
    ]
)


def init_range(own: Any, text: str, bar_ns: int, *, bodies: bool, halves: int) -> None:
    """Set a zeroed range.

    Args:
        own: a ``RANGE`` record.
        text: its window.
        bar_ns: bar length.
        bodies: whether the range is that of the bodies, not of the wicks.
        halves: unit of the projections, in half ranges.

    Raises:
        ConfigError: the window cannot be read.
    """
    init_windows(own["windows"], [text], bar_ns, bodies=bodies)
    own["halves"] = halves


@kernel
def confirm(own: Any, events: Any, start: int, count: int, bar: Any, window: Any, direction: int) -> int:
    """Append one side of the range of a window that has closed."""
    event = events[count]
    height = window["top"] - window["bottom"]
    count = stamp(events, count, bar, direction, own["serial"], window["marks"] & COMPLETE)
    known_on_open(event, bar)
    event["formed"] = window["formed"]
    event["formed_ts"] = window["formed_ts"]
    event["bottom"] = window["bottom"]
    event["top"] = window["top"]
    event["size_atr"] = in_atr(height, bar)
    event["extra"][SIZE] = height
    edge = 2 * (window["bottom"] if direction > 0 else window["top"])
    unit = own["halves"] * height
    event["extra"][SD_HALF] = edge - direction * height if own["halves"] == 2 else 0
    for step_out in range(4):
        event["extra"][SD_1 + step_out] = edge - direction * (step_out + 1) * unit
    number(events, start, count)
    own["serial"] += 1
    return count


@kernel
def take_window(own: Any, events: Any, count: int, bar: Any) -> int:
    """Turn the windows at the current bar; append the range of the one that closes."""
    scratch = own["scratch"]
    found = turn(own["windows"], scratch, 0, bar)
    start = count
    for at in range(found):
        window = scratch[at]
        if window["record"] == CLOSED and window["top"] > window["bottom"]:
            count = confirm(own, events, start, count, bar, window, 1)
            count = confirm(own, events, start, count, bar, window, -1)
    return count
