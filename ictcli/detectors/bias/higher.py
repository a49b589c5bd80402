"""Bars of a higher timeframe, built from closed bars while they come in.

The New York day from its 17:00 roll is cut into buckets of equal wall-clock length (H4 bars open at
17:00, 21:00...). A higher bar is complete at the close of the bar that reaches its end, or, when bars are
missing there, at the first bar of a later bucket. A bar that the market's week leaves out belongs to the
bucket before it, and so does the hour that the clock repeats in autumn.
"""

from typing import Any

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.context import BAR
from ictcli.kernels import kernel

_ROLL = 17 * 60
_DAY = 24 * 60

HIGHER = np.dtype(
    [
        ("minutes", np.int64),  # length
        ("bucket", np.int64),  # number of the bucket being built, -1 before the first
        ("filled", np.int64),  # lower bars in it so far
        ("current", BAR),
        ("complete", BAR),  # the last complete bar
    ]
)


def init_higher(higher: Any, minutes: int) -> None:
    """Set a zeroed record to the moment before the first bar."""
    higher["minutes"] = minutes
    higher["bucket"] = -1
    higher["complete"]["bar"] = -1
    higher["current"]["gap"] = -1
    higher["current"]["spread"] = -1
    higher["current"]["bar_ns"] = minutes * NS_PER_MINUTE


@kernel
def finish(higher: Any) -> None:
    """Declare the bar being built complete."""
    current = higher["current"]
    current["bar"] = higher["complete"]["bar"] + 1
    higher["complete"] = current
    higher["filled"] = 0


@kernel
def bucket_of(higher: Any, bar: Any) -> int:
    """The number of the bucket that a bar opens in; buckets are numbered through all days."""
    if bar["closed"] == 1 and higher["bucket"] >= 0:
        return int(higher["bucket"])
    minutes = higher["minutes"]
    per_day = (_DAY + minutes - 1) // minutes
    since_roll = (bar["minute"] - _ROLL) % _DAY
    return int(max(bar["day"] * per_day + since_roll // minutes, higher["bucket"]))


@kernel
def leave(higher: Any, bar: Any) -> bool:
    """Complete the bar being built when the current bar opens after it; whether one became complete."""
    if higher["filled"] > 0 and bucket_of(higher, bar) != higher["bucket"]:
        finish(higher)
        return True
    return False


@kernel
def take(higher: Any, bar: Any) -> bool:
    """Take the current bar into the bar being built; whether that became complete."""
    higher_bar = higher["current"]
    if higher["filled"] == 0:
        higher["bucket"] = bucket_of(higher, bar)
        higher_bar["ts"] = bar["ts"]
        higher_bar["open"] = bar["open"]
        higher_bar["high"] = bar["high"]
        higher_bar["low"] = bar["low"]
        higher_bar["day"] = bar["day"]
        higher_bar["minute"] = bar["minute"]
    higher_bar["high"] = max(higher_bar["high"], bar["high"])
    higher_bar["low"] = min(higher_bar["low"], bar["low"])
    higher_bar["close"] = bar["close"]
    higher_bar["ts_close"] = bar["ts_close"]
    higher["filled"] += 1
    since_roll = (bar["minute"] - _ROLL) % _DAY
    end = (since_roll // higher["minutes"] + 1) * higher["minutes"]
    if bar["closed"] == 0 and since_roll + bar["bar_ns"] // NS_PER_MINUTE >= min(end, _DAY):
        finish(higher)
        return True
    return False
