"""The bar as features see it: prices as numbers, volume, ranges and returns that several of them share.

One more causal step in front of all features, as ``detectors.base.context`` is in front of detectors. The
average true range is Wilder's over 14 bars *including* this one (ML.md M24): the mean of the first 14 true
ranges, then ``(13 * old + range) / 14``, and 0.0 before. Realised volatility over n bars is the root of
the mean squared one-bar log return of the last n bars, summed from the oldest to the newest at every bar,
so that it does not remember where the series started; 0.0 while there are fewer returns.
Volume is the tick volume, where it is not known the real volume, where that is not known either 0.0.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.kernels import hot_kernel, kernel
from ictcli.market.bars import VOLUME_SCALE

ATR_LENGTH = 14
SHORT, LONG = 20, 100
"""Bars of the two realised volatilities."""
_REAL = float(10**VOLUME_SCALE)
_WEEK = 10080
_ROLL = 1020
"""Minute of the New York day at which the week begins, on a Sunday."""
_SUNDAY = 3
"""Days since 1970-01-01 of the first Sunday."""

FACTS = np.dtype(
    [
        ("bar", np.int64),  # index of the bar in its series, from 0
        ("ts", np.int64),  # its open, ns UTC
        ("ts_close", np.int64),  # the first instant after it, ns UTC
        ("open", np.float64),  # prices in points
        ("high", np.float64),
        ("low", np.float64),
        ("close", np.float64),
        ("before", np.float64),  # close of the bar before, its own open at bar 0
        ("volume", np.float64),
        ("spread", np.float64),  # points, -1.0 unknown
        ("atr", np.float64),  # points, including this bar
        ("atr_before", np.float64),  # through the bar before
        ("ret", np.float64),  # ln(close / before), 0.0 at bar 0
        ("rv_short", np.float64),  # root mean square of the last 20 returns
        ("rv_long", np.float64),  # of the last 100
        ("minute", np.int64),  # New York minute of the day of the open
        ("week_minute", np.int64),  # minutes since Sunday 17:00 New York, of the open
    ]
)

STATE = np.dtype(
    [
        ("bars", np.int64),
        ("close", np.float64),
        ("total", np.float64),
        ("atr", np.float64),
        ("rets", np.float64, LONG),
    ]
)


def init_state() -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def known_volume(ticks: int, real: int) -> float:
    """The volume of a bar: its ticks, else what was traded, else nothing."""
    if ticks >= 0:
        return float(ticks)
    if real >= 0:
        return real / _REAL
    return 0.0


@kernel
def root_mean_square(ring: Any, newest: int, length: int) -> float:
    """Root of the mean square of the ``length`` numbers that end at ``newest``, oldest first."""
    total = 0.0
    for back in range(length):
        value = ring[(newest - length + 1 + back) % LONG]
        total += value * value
    return math.sqrt(total / length)


@kernel
def minute_of_week(ts: int, minute: int) -> int:
    """Minutes since Sunday 17:00 of the New York wall clock, from a UTC instant and its New York minute.

    New York is behind UTC by less than a day, so the two minutes of the day tell by how much.
    """
    utc = ts // NS_PER_MINUTE
    behind = (utc - minute) % 1440
    local = utc - behind
    return int((local - _SUNDAY * 1440 - _ROLL) % _WEEK)


@kernel
def average_range(state: Any, index: int, span: float) -> float:
    """Wilder's average true range with the true range of bar ``index`` in it."""
    if index < ATR_LENGTH:
        state["total"] += span
        if index == ATR_LENGTH - 1:
            state["atr"] = state["total"] / ATR_LENGTH
    else:
        state["atr"] = (state["atr"] * (ATR_LENGTH - 1) + span) / ATR_LENGTH
    return float(state["atr"])


@hot_kernel
def step(state: Any, facts: Any, bar: Any, ticks: int, real: int) -> None:
    """Describe the next closed bar, a ``BAR`` record and its volumes, in ``facts``, a ``FACTS`` record."""
    index = state["bars"]
    close = float(bar["close"])
    before = state["close"] if index > 0 else float(bar["open"])
    facts["bar"] = index
    facts["ts"] = bar["ts"]
    facts["ts_close"] = bar["ts_close"]
    facts["open"] = float(bar["open"])
    facts["high"] = float(bar["high"])
    facts["low"] = float(bar["low"])
    facts["close"] = close
    facts["before"] = before
    facts["volume"] = known_volume(ticks, real)
    facts["spread"] = float(bar["spread"])
    facts["minute"] = bar["minute"]
    facts["week_minute"] = minute_of_week(bar["ts"], bar["minute"])
    span = facts["high"] - facts["low"]
    if index > 0:
        span = max(span, abs(facts["high"] - before), abs(facts["low"] - before))
    facts["atr_before"] = state["atr"]
    facts["atr"] = average_range(state, index, span)
    ret = 0.0
    if index > 0 and close > 0.0 and before > 0.0:
        ret = math.log(close / before)
    state["rets"][index % LONG] = ret
    facts["ret"] = ret
    facts["rv_short"] = root_mean_square(state["rets"], index, SHORT) if index >= SHORT else 0.0
    facts["rv_long"] = root_mean_square(state["rets"], index, LONG) if index >= LONG else 0.0
    state["close"] = close
    state["bars"] = index + 1


@kernel
def run(states: Any, facts: Any, bars: Any, ticks: Any, real: Any) -> None:
    """Describe closed bars in ``facts``, as long as the columns."""
    for i in range(len(bars)):
        step(states[0], facts[i], bars[i], ticks[i], real[i])
