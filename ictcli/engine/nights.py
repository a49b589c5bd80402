"""The trading-day roll at 17:00 New York: swap, daily returns, the day's counters, peak and protection."""

import math
from typing import Any

import numpy as np

from ictcli.clock import NS_PER_DAY
from ictcli.engine.margin import equity
from ictcli.engine.money import rate_of, swap
from ictcli.engine.records import DAYS, MOST_POSITIONS
from ictcli.engine.risk import is_spent
from ictcli.kernels import hot_kernel
from ictcli.market.bars import Int64
from ictcli.market.trading_day import FRIDAY, roll_day, roll_start, weekday


def rolls(first_ts: int, last_ts: int, *, weekends: bool = True) -> Int64:
    """The trading-day rolls after ``first_ts`` up to and including ``last_ts``.

    Args:
        first_ts: ns UTC; a roll at this very instant is already past.
        last_ts: ns UTC.
        weekends: also the rolls that end a Saturday or a Sunday; needed once a series trades then. Without
            them a number of rolls is a number of trading days.

    Returns:
        m by 2: instant (ns UTC), and the weekday that ends there, 0 for Monday to 6 for Sunday.
    """
    ends = np.array([first_ts - NS_PER_DAY, last_ts + NS_PER_DAY], np.int64)
    first, last = (int(day) for day in roll_day(ends))
    days = np.arange(first, last + 1, dtype=np.int64)
    at, ended = roll_start(days), weekday(days - 1)
    wanted = (at > first_ts) & (at <= last_ts)
    if not weekends:
        wanted &= ended <= FRIDAY
    return np.stack([at[wanted], ended[wanted]], axis=1)


@hot_kernel
def pass_roll(rules: Any, account: Any, series: Any, states: Any, positions: Any, rolls: Any) -> int:
    """Pass the next of ``rolls``; returns the equity after it.

    Swap is booked to each open position and to the balance, each position rounded on its own, at the last
    close; where a broker keeps the books it tells the swap itself. Then the day's results are kept, its
    counters start anew, the peak follows the equity, and the drawdown protection starts or, after
    ``reentry_days``, ends with the peak at the equity of that roll.

    Args:
        rules: ``RULES`` record.
        account: ``ACCOUNT`` record; its ``roll`` is the number of the roll to pass.
        series: ``SERIES`` array of n.
        states: ``SERIES_STATE`` array of n; no bar that opens at or after the roll has been taken.
        positions: ``POSITION`` array, n by ``MOST_POSITIONS``.
        rolls: see the function ``rolls``.
    """
    number = account["roll"]
    day = rolls[number, 1]
    for s in range(len(series)):
        if states[s]["positions"] > 0 and rules["external"] == 0:
            book_swap(account, series, states, positions, s, day)
        if rules["needs_days"] != 0:
            keep_return(series[s], states[s], number, day)
    worth = equity(account, series, states, positions)
    account["equity"] = worth
    account["day_opening"] = worth
    account["orders_today"] = 0
    account["roll"] = number + 1
    account["peak"] = max(account["peak"], worth)
    protect(rules, account, number, worth)
    return worth


@hot_kernel
def book_swap(account: Any, series: Any, states: Any, positions: Any, s: int, day: int) -> None:
    """Charge or pay the night's swap of all positions of a series."""
    own, state = series[s], states[s]
    nights = own["nights"][day]
    if nights == 0 or (own["swap_long"] == 0 and own["swap_short"] == 0):
        return
    rate = rate_of(series, states, s)
    for slot in range(MOST_POSITIONS):
        position = positions[s, slot]
        if position["live"] == 1:
            amount = swap(own, rate, position["side"], position["steps"], nights, state["close"])
            position["swap"] += amount
            account["balance"] += amount


@hot_kernel
def keep_return(own: Any, state: Any, number: int, day: int) -> None:
    """Write the day's return into the ring; NaN for a day without trading or without an earlier close."""
    result = math.nan
    if state["bar"] > 0 and own["nights"][day] > 0:
        if state["day_close"] > 0:
            result = state["close"] / state["day_close"] - 1.0
        state["day_close"] = state["close"]
    state["returns"][number % DAYS] = result
    state["days"] += 1


@hot_kernel
def protect(rules: Any, account: Any, number: int, worth: int) -> None:
    """Start or end the drawdown protection at roll ``number``."""
    if worth <= 0 and account["open_positions"] == 0:
        account["ruined"] = 1
    if account["stopped_at"] == 0:
        if is_spent(rules, account, worth):
            account["stopped_at"] = number + 1
    elif rules["reentry_days"] != 0 and number + 1 - account["stopped_at"] >= rules["reentry_days"]:
        account["stopped_at"] = 0
        account["peak"] = worth
