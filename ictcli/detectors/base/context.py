"""The bar as steps see it: prices, position, gaps, average true ranges and the New York clock.

Every detector needs the same facts about a bar, so they are computed once, by one more causal step, and
handed to all detectors as one ``BAR`` record.

A bar has a gap before it when it opens more than one and a half bar lengths after the previous one
opened (ICT.md §1); a pattern drawn on bars a..b spans a gap when any of a+1..b has one (C5).
The average true range of n bars is the mean of the first n true ranges, then
``(previous * (n - 1) + range) / n``, in float64 from left to right (C7); a bar carries the value through
the bar before it, so that a large bar does not raise its own hurdle. Undefined and exactly zero (C6) are
both 0.0.
The trading day rolls at 17:00 New York; where markets keep a week, bars between Friday 17:00 and Sunday
17:00 belong to the Friday just ended (C44).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.kernels import hot_kernel, kernel
from ictcli.market.zones import NEW_YORK, transitions

LONG = 200
"""Bars of the long average true range."""

_MOST_SPELLS = 512
_FIRST_YEAR, _LAST_YEAR = "1901-01-01", "2099-12-31"
_TO_MIDNIGHT = 7 * NS_PER_HOUR
_FRIDAY = 4

BAR = np.dtype(
    [
        ("bar", np.int64),  # index of the bar in its series, from 0
        ("open", np.int64),  # prices in points
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64),
        ("atr", np.float64),  # points, through the bar before this one, 0.0 undefined
        ("gap", np.int64),  # last bar up to this one with a gap before it, -1 for none
        ("minute", np.int32),  # New York minute of the day of the open
        ("closed", np.int32),  # 1 when the bar opens while a market with a week is shut
        ("ts", np.int64),  # its open, ns UTC
        ("ts_close", np.int64),  # the first instant after it, ns UTC
        ("day", np.int64),  # trading day: days since 1970-01-01 of the date the 17:00 roll leads into
        ("week", np.int32),  # trading week: weeks since the one of 1970-01-01, Monday to Sunday
        ("month", np.int32),  # trading month: 12 * year + month - 1
        ("bar_ns", np.int64),  # nominal bar length
        ("atr_long", np.float64),  # as atr, over 200 bars
        ("spread", np.int32),  # points, -1 unknown
        ("paired", np.int32),  # 1 when the second symbol has a bar of the same open
        ("other_high", np.int64),  # its prices in its own points
        ("other_low", np.int64),
        ("other_close", np.int64),
    ]
)

AVERAGE = np.dtype([("length", np.int64), ("total", np.float64), ("value", np.float64)])

CONTEXT = np.dtype(
    [
        ("bar", np.int64),
        ("bar_ns", np.int64),
        ("ts", np.int64),
        ("gap", np.int64),
        ("close", np.int64),
        ("always_open", np.int64),
        ("short", AVERAGE),
        ("long", AVERAGE),
        ("spell", np.int64),
        ("spells", np.int64),
        ("starts", np.int64, _MOST_SPELLS),  # UTC instants from which New York keeps each offset
        ("offsets", np.int64, _MOST_SPELLS),
    ]
)


def init_context(bar_ns: int, atr_length: int, *, always_open: bool = False) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Args:
        bar_ns: nominal bar length.
        atr_length: bars of the average true range.
        always_open: whether the market trades around the clock and has no week.
    """
    state = np.zeros(1, CONTEXT)
    own = state[0]
    own["bar"] = own["gap"] = -1
    own["bar_ns"] = bar_ns
    own["always_open"] = always_open
    own["short"]["length"] = atr_length
    own["long"]["length"] = LONG
    first, last = (int(np.datetime64(year, "ns").astype(np.int64)) for year in (_FIRST_YEAR, _LAST_YEAR))
    starts, offsets = transitions(NEW_YORK, first, last)
    own["spells"] = len(starts)
    own["starts"][: len(starts)] = starts
    own["offsets"][: len(offsets)] = offsets
    return state


@kernel
def new_york_offset(state: Any, ts: int) -> int:
    """Nanoseconds to add to a UTC instant to read the New York clock."""
    spell = state["spell"]
    starts = state["starts"]
    while spell > 0 and ts < starts[spell]:
        spell -= 1
    while spell + 1 < state["spells"] and ts >= starts[spell + 1]:
        spell += 1
    state["spell"] = spell
    return int(state["offsets"][spell])


@kernel
def month_of(day: int) -> int:
    """12 * year + month - 1 of days since 1970-01-01, in the proleptic Gregorian calendar."""
    shifted = day + 719468
    era = shifted // 146097
    of_era = shifted - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march_based = (5 * of_year + 2) // 153
    return int(12 * (year + era * 400) + march_based + 2)


@kernel
def tell_time(state: Any, bar: Any, ts: int) -> None:
    """Fill in what the New York clock says of a bar's open."""
    local = ts + new_york_offset(state, ts)
    day = (local + _TO_MIDNIGHT) // NS_PER_DAY
    closed = 0
    if state["always_open"] == 0:
        late = (day + 3) % 7 - _FRIDAY
        if late > 0:
            day -= late
            closed = 1
    bar["minute"] = local // NS_PER_MINUTE % 1440
    bar["day"] = day
    bar["week"] = (day + 3) // 7
    bar["month"] = month_of(day)
    bar["closed"] = closed


@kernel
def average(own: Any, bar: int, true_range: int) -> None:
    """Take the true range of a bar into an average."""
    length = own["length"]
    if bar < length:
        own["total"] += float(true_range)
        if bar == length - 1:
            own["value"] = own["total"] / length
    else:
        own["value"] = (own["value"] * (length - 1) + true_range) / length


@hot_kernel
def step(
    state: Any,
    bar: Any,
    ts: int,
    ts_close: int,
    open_: int,
    high: int,
    low: int,
    close: int,
    spread: int,
) -> None:
    """Describe the next closed bar in ``bar``, a ``BAR`` record."""
    index = state["bar"] + 1
    if index > 0 and 2 * (ts - state["ts"]) > 3 * state["bar_ns"]:
        state["gap"] = index
    bar["bar"] = index
    bar["ts"] = ts
    bar["ts_close"] = ts_close
    bar["bar_ns"] = state["bar_ns"]
    bar["open"] = open_
    bar["high"] = high
    bar["low"] = low
    bar["close"] = close
    bar["spread"] = spread
    bar["gap"] = state["gap"]
    bar["paired"] = 0
    bar["other_high"] = 0
    bar["other_low"] = 0
    bar["other_close"] = 0
    bar["atr"] = state["short"]["value"]
    bar["atr_long"] = state["long"]["value"]
    tell_time(state, bar, ts)
    true_range = high - low
    if index > 0:
        previous = state["close"]
        true_range = max(true_range, abs(high - previous), abs(low - previous))
    average(state["short"], index, true_range)
    average(state["long"], index, true_range)
    state["bar"] = index
    state["ts"] = ts
    state["close"] = close


@kernel
def run(
    states: Any,
    bars: Any,
    ts: Any,
    ts_close: Any,
    opens: Any,
    highs: Any,
    lows: Any,
    closes: Any,
    spreads: Any,
) -> None:
    """Describe closed bars in ``bars``, a ``BAR`` array as long as the columns."""
    for i in range(len(ts)):
        step(states[0], bars[i], ts[i], ts_close[i], opens[i], highs[i], lows[i], closes[i], spreads[i])


@kernel
def spans_gap(bar: Any, first: int) -> bool:
    """Whether a pattern drawn on bars ``first`` up to the current one has a gap inside."""
    return bool(bar["gap"] > first)


@kernel
def in_atr(points: int, bar: Any) -> float:
    """A distance in average true ranges, 0.0 while the average is undefined."""
    if bar["atr"] > 0.0:
        return float(points / bar["atr"])
    return 0.0
