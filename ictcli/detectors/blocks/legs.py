"""The candles of a leg: remembered bars, read as the bullish case sees them.

Blocks are candles of the past that a later bar makes known. The last bars are kept in a ring of fixed
size; what lies further back than ``RING`` - 1 bars is forgotten, and so are the blocks that would need it.
All prices are signed by the side: side 1 reads negated bars, on which a high is a low.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import NO_BAR
from ictcli.detectors.base.pivots import RING
from ictcli.kernels import kernel

CANDLE = np.dtype(
    [
        ("ts", np.int64),
        ("ts_close", np.int64),
        ("open", np.int64),
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64),
        ("atr", np.float64),  # average true range through the bar before
    ]
)
"""What is remembered of a bar; a state keeps ``RING`` of them."""


@kernel
def remember(past: Any, bar: Any) -> None:
    """Keep the current bar."""
    candle = past[bar["bar"] & (RING - 1)]
    candle["ts"] = bar["ts"]
    candle["ts_close"] = bar["ts_close"]
    candle["open"] = bar["open"]
    candle["high"] = bar["high"]
    candle["low"] = bar["low"]
    candle["close"] = bar["close"]
    candle["atr"] = bar["atr"]


@kernel
def earliest(bar: Any) -> int:
    """The oldest bar that is still remembered at the current one."""
    return int(max(0, bar["bar"] - RING + 1))


@kernel
def low_of(past: Any, side: int, index: int) -> int:
    """The signed low of a remembered bar."""
    candle = past[index & (RING - 1)]
    if side == 0:
        return int(candle["low"])
    return int(-candle["high"])


@kernel
def high_of(past: Any, side: int, index: int) -> int:
    """The signed high of a remembered bar."""
    return -low_of(past, 1 - side, index)


@kernel
def open_of(past: Any, side: int, index: int) -> int:
    """The signed open of a remembered bar."""
    return int((1 - 2 * side) * past[index & (RING - 1)]["open"])


@kernel
def close_of(past: Any, side: int, index: int) -> int:
    """The signed close of a remembered bar."""
    return int((1 - 2 * side) * past[index & (RING - 1)]["close"])


@kernel
def opposing_candle(past: Any, side: int, latest: int, oldest: int) -> int:
    """The last bar of ``oldest`` to ``latest`` that closed below its open, ``NO_BAR`` if none did."""
    index = latest
    while index >= oldest:
        if close_of(past, side, index) < open_of(past, side, index):
            return index
        index -= 1
    return NO_BAR


@kernel
def highest(past: Any, side: int, first: int, last: int) -> int:
    """The highest signed high of the remembered bars ``first`` to ``last``."""
    found = high_of(past, side, first)
    for index in range(first + 1, last + 1):
        found = max(found, high_of(past, side, index))
    return found


@kernel
def has_gap(past: Any, side: int, first: int, last: int) -> bool:
    """Whether a fair value gap with its middle bar at ``first`` or later is complete by ``last``."""
    for index in range(max(first + 1, 2), last + 1):
        if low_of(past, side, index) > high_of(past, side, index - 2):
            return True
    return False


@kernel
def came_back(past: Any, side: int, candle: int, last: int, top: int) -> bool:
    """Whether price left a zone after its candle and touched it again by ``last``."""
    left = False
    for index in range(candle + 1, last + 1):
        if low_of(past, side, index) > top:
            left = True
        elif left:
            return True
    return False


@kernel
def validation(past: Any, side: int, candle: int, last: int) -> int:
    """The close of the first bar after the candle that traded above it, ``NO_BAR`` if none did."""
    high = high_of(past, side, candle)
    for index in range(candle + 1, last + 1):
        if high_of(past, side, index) > high:
            return int(past[index & (RING - 1)]["ts_close"])
    return NO_BAR
