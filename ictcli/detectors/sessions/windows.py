"""Daily windows of the New York clock, followed bar by bar (ICT.md §9, C45, C48).

A window is ``[start, end)`` in New York wall time; a bar belongs to it by its open. Each day's window is
fixed in UTC: it begins at the first instant at which the clock shows its start or later, and ends at the
first instant at which it shows its end or later. On the day on which the clock jumps a window loses the hour
that does not exist (it has fewer expected bars); on the day on which the clock repeats an hour, a window that
ends within that hour ends the first time, and is not opened again. A window belongs to the trading day of
its last minute, which is the one it leads into when it crosses midnight; on a Friday, a window that lasts
beyond 17:00 shows the Saturday, whether or not the market trades then.

It is "confirmed", known on open, at its first bar, and "closed", known on open too, at the first bar that
opens at or after its end, however late, with its high, low and number of bars. Until then ``bottom`` and
``top`` are the open. Bars of closed hours neither open a window nor count, and a window without bars
leaves no trace. It is complete with at least half of the expected bars, minutes over bar length.

A window works only on bars that cannot straddle its edges: their length divides its start and its end,
counted from midnight, and for bars of more than an hour, which begin at the 17:00 roll, also from there.
Windows that do not fit are left out; a detector whose windows all do not fit refuses the bars.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.context import new_york_offset
from ictcli.detectors.base.events import CLOSED, EVENT, OWN_MARK, known_on_open, number, stamp
from ictcli.detectors.detector import Extra
from ictcli.kernels import kernel
from ictcli.market.windows import parse_windows
from ictcli.market.zones import NEW_YORK, transitions

MOST_WINDOWS = 8
COMPLETE = OWN_MARK
NEVER = 2**62

UTC_START, UTC_END, TRADING_DAY, OPEN, BARS, EXPECTED = range(6)
"""Extras of a window."""

WINDOW_EXTRAS = (
    Extra("utc_start", "instant", UTC_START),
    Extra("utc_end", "instant", UTC_END),
    Extra("trading_day", "instant", TRADING_DAY),
    Extra("open", "price", OPEN),
    Extra("n_bars", "count", BARS),
    Extra("n_expected", "count", EXPECTED),
    Extra("complete", "flag", COMPLETE),
)

_MOST_SPELLS = 512
_FIRST_YEAR, _LAST_YEAR = "1901-01-01", "2099-12-31"
_ROLL = 17 * 60
_TO_MIDNIGHT = 7 * NS_PER_HOUR

CLOCK = np.dtype(
    [
        ("spell", np.int64),
        ("spells", np.int64),
        ("starts", np.int64, _MOST_SPELLS),  # UTC instants from which New York keeps each offset
        ("offsets", np.int64, _MOST_SPELLS),
    ]
)

WINDOW = np.dtype(
    [
        ("label", np.int64),
        ("start", np.int64),  # ns after midnight
        ("length", np.int64),  # ns of wall time
        ("begin", np.int64),  # ns UTC, of the current or next day's window
        ("end", np.int64),
        ("active", np.int64),  # 1 from its first bar until it is closed
        ("bars", np.int64),
        ("low", np.int64),
        ("high", np.int64),
        ("event", EVENT),
    ]
)

WINDOWS = np.dtype(
    [
        ("clock", CLOCK),
        ("bar_ns", np.int64),
        ("bodies", np.int64),  # 1: highs and lows are those of the bodies
        ("count", np.int64),
        ("active", np.int64),  # windows that are open
        ("next", np.int64),  # ns UTC of the next begin or end of any of them
        ("serial", np.int64),
        ("window", WINDOW, MOST_WINDOWS),
    ]
)


def init_windows(windows: Any, texts: Sequence[str], bar_ns: int, *, bodies: bool = False) -> None:
    """Set zeroed windows; those that are empty or do not fit the bars are left out.

    Args:
        windows: a ``WINDOWS`` record.
        texts: ``HH:MM-HH:MM`` by label, the first has label 1.
        bar_ns: bar length.
        bodies: whether highs and lows are those of the bodies.

    Raises:
        ConfigError: a text cannot be read.
    """
    first, last = (int(np.datetime64(year, "ns").astype(np.int64)) for year in (_FIRST_YEAR, _LAST_YEAR))
    starts, offsets = transitions(NEW_YORK, first, last)
    clock = windows["clock"]
    clock["spells"] = len(starts)
    clock["starts"][: len(starts)] = starts
    clock["offsets"][: len(offsets)] = offsets
    windows["bar_ns"] = bar_ns
    windows["bodies"] = bodies
    for label, text in enumerate(texts, 1):
        for window in parse_windows(text):
            if fits(text, bar_ns):
                own = windows["window"][windows["count"]]
                own["label"] = label
                own["start"] = window.start * NS_PER_MINUTE
                own["length"] = window.minutes * NS_PER_MINUTE
                windows["count"] += 1


def fits(text: str, bar_ns: int) -> bool:
    """Whether bars of a length cannot straddle the edges of a window."""
    anchors = (0,) if bar_ns <= NS_PER_HOUR else (0, _ROLL)
    edges = [edge for start, minutes in parse_windows(text) for edge in (start, start + minutes)]
    return all((edge - anchor) * NS_PER_MINUTE % bar_ns == 0 for edge in edges for anchor in anchors)


def refusal(texts: Sequence[str], bar_ns: int) -> str:
    """Why no window fits bars of a length; empty when one does."""
    if any(text and fits(text, bar_ns) for text in texts):
        return ""
    return f"every window begins or ends inside a bar: {', '.join(text for text in texts if text) or 'none'}"


@kernel
def first_showing(clock: Any, wall: int) -> int:
    """The first UTC instant at which the New York clock shows a reading (ns) or a later one."""
    new_york_offset(clock, wall)
    spell = clock["spell"]
    while True:
        instant = max(clock["starts"][spell], wall - clock["offsets"][spell])
        if spell + 1 >= clock["spells"] or instant < clock["starts"][spell + 1]:
            return int(instant)
        spell += 1


@kernel
def schedule(windows: Any, own: Any, ts: int) -> None:
    """Set a window to the first day on which it ends after an instant."""
    clock = windows["clock"]
    local = ts + new_york_offset(clock, ts)
    wall = (local - own["start"]) // NS_PER_DAY * NS_PER_DAY + own["start"] - NS_PER_DAY
    end = first_showing(clock, wall + own["length"])
    while end <= ts:
        wall += NS_PER_DAY
        end = first_showing(clock, wall + own["length"])
    own["begin"] = first_showing(clock, wall)
    own["end"] = end


@kernel
def trading_day_of(windows: Any, own: Any) -> int:
    """The trading day that a window leads into, days since 1970-01-01."""
    last = own["end"] - NS_PER_MINUTE
    return int((last + new_york_offset(windows["clock"], last) + _TO_MIDNIGHT) // NS_PER_DAY)


@kernel
def open_window(windows: Any, own: Any, events: Any, start: int, count: int, bar: Any) -> int:
    """Append the window that the current bar opens."""
    event = events[count]
    count = stamp(events, count, bar, 0, windows["serial"], 0)
    known_on_open(event, bar)
    event["label"] = own["label"]
    event["bottom"] = bar["open"]
    event["top"] = bar["open"]
    event["extra"][UTC_START] = own["begin"]
    event["extra"][UTC_END] = own["end"]
    event["extra"][TRADING_DAY] = trading_day_of(windows, own) * NS_PER_DAY
    event["extra"][OPEN] = bar["open"]
    event["extra"][EXPECTED] = (own["end"] - own["begin"]) // windows["bar_ns"]
    number(events, start, count)
    own["event"] = event
    own["active"] = 1
    own["bars"] = 0
    own["low"] = NEVER
    own["high"] = -NEVER
    windows["serial"] += 1
    windows["active"] += 1
    return count


@kernel
def close_window(windows: Any, own: Any, events: Any, count: int, bar: Any) -> int:
    """Append the end of an open window, known when the current bar opens."""
    held = own["event"]
    held["bottom"] = own["low"]
    held["top"] = own["high"]
    held["extra"][BARS] = own["bars"]
    if 2 * own["bars"] >= held["extra"][EXPECTED]:
        held["marks"] |= COMPLETE
    held["record"] = CLOSED
    held["reached"] |= 1 << CLOSED
    held["at"] = bar["bar"]
    held["at_ts"] = bar["ts"]
    events[count] = held
    own["active"] = 0
    windows["active"] -= 1
    return count + 1


@kernel
def turn(windows: Any, events: Any, count: int, bar: Any) -> int:
    """Close the windows that have ended and open those that have begun when the current bar opens."""
    ts = bar["ts"]
    for at in range(windows["count"]):
        own = windows["window"][at]
        if own["active"] == 1 and ts >= own["end"]:
            count = close_window(windows, own, events, count, bar)
    start = count
    windows["next"] = NEVER
    for at in range(windows["count"]):
        own = windows["window"][at]
        if ts >= own["end"]:
            schedule(windows, own, ts)
        if own["active"] == 0 and ts >= own["begin"] and bar["closed"] == 0:
            count = open_window(windows, own, events, start, count, bar)
        boundary = own["end"] if own["active"] == 1 else max(own["begin"], ts)
        windows["next"] = min(windows["next"], boundary)
    return count


@kernel
def widen(windows: Any, bar: Any) -> None:
    """Take the current bar into all open windows, unless the market is closed."""
    if bar["closed"] == 1:
        return
    high, low = bar["high"], bar["low"]
    if windows["bodies"] == 1:
        high, low = max(bar["open"], bar["close"]), min(bar["open"], bar["close"])
    for at in range(windows["count"]):
        own = windows["window"][at]
        if own["active"] == 1:
            own["bars"] += 1
            own["low"] = min(own["low"], low)
            own["high"] = max(own["high"], high)
