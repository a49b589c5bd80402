"""What every step remembers of the bars so far: position, gaps, Wilder's average true range.

A bar has a gap before it when it opens more than one and a half bar lengths after the previous one
opened (ICT.md §1); a pattern drawn on bars a..b spans a gap when any of a+1..b has one (C5).
The average true range of ``length`` bars is the mean of the first ``length`` true ranges, then
``(previous * (length - 1) + range) / length``, in float64 from left to right (C7). Steps compare bar i
with the value through bar i-1. Undefined and exactly zero (C6) are both held as 0.0.
"""

from typing import Any

import numpy as np

from ictcli.kernels import kernel

FRAME = np.dtype(
    [
        ("bar", np.int64),  # index of the current bar, -1 before the first
        ("ts", np.int64),
        ("ts_close", np.int64),
        ("bar_ns", np.int64),  # nominal bar length
        ("gap", np.int64),  # last bar with a gap before it, -1 for none
        ("close", np.int64),  # of the previous bar
        ("length", np.int64),  # bars of the average
        ("ranges", np.float64),  # sum of the first true ranges
        ("atr", np.float64),  # through the previous bar while a step runs, 0.0 undefined
    ]
)


def init_frame(frame: Any, bar_ns: int, atr_length: int) -> None:
    """Set a zeroed frame to the moment before the first bar."""
    frame["bar"] = -1
    frame["gap"] = -1
    frame["bar_ns"] = bar_ns
    frame["length"] = atr_length


@kernel
def open_bar(frame: Any, ts: int, ts_close: int) -> int:
    """Move to the next bar and return its index."""
    bar = int(frame["bar"] + 1)
    if bar > 0 and 2 * (ts - frame["ts"]) > 3 * frame["bar_ns"]:
        frame["gap"] = bar
    frame["bar"] = bar
    frame["ts"] = ts
    frame["ts_close"] = ts_close
    return bar


@kernel
def close_bar(frame: Any, high: int, low: int, close: int) -> None:
    """Take the bar into the average true range; the last thing a step does."""
    bar = frame["bar"]
    length = frame["length"]
    true_range = high - low
    if bar > 0:
        previous = frame["close"]
        true_range = max(true_range, abs(high - previous), abs(low - previous))
    if bar < length:
        frame["ranges"] += float(true_range)
        if bar == length - 1:
            frame["atr"] = frame["ranges"] / length
    else:
        frame["atr"] = (frame["atr"] * (length - 1) + true_range) / length
    frame["close"] = close


@kernel
def spans_gap(frame: Any, first: int) -> bool:
    """Whether a pattern drawn on bars ``first`` up to the current one has a gap inside."""
    return bool(frame["gap"] > first)


@kernel
def in_atr(points: int, frame: Any) -> float:
    """A distance in average true ranges, 0.0 while the average is undefined."""
    if frame["atr"] > 0.0:
        return float(points / frame["atr"])
    return 0.0
