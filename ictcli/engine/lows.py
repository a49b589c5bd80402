"""The lowest that an account was worth on each trading day, open losses of all series counted together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.money import profit
from ictcli.engine.portfolio import Books, Desk
from ictcli.engine.records import EQUITY
from ictcli.engine.refusals import ExitReason
from ictcli.engine.world import FIRST_BAR, Market, World
from ictcli.kernels import hot_kernel, kernel
from ictcli.market.bars import Int64
from ictcli.strategies.decisions import NEVER

Records = NDArray[np.void]

_NEXT, _DEAL, _END = 0, 1, 3
"""Columns of ``places``: next row to look at, next deal, row after its last deal; 2 is the bar of row 0."""
_LONG_STEPS, _LONG_VALUE, _SHORT_STEPS, _SHORT_VALUE, _WORTH = 0, 1, 2, 3, 4
"""Columns of ``legs``: what is open by side, and what it would bring."""


def with_lows(desk: Desk, market: Market, spans: Int64, books: Books) -> Records:
    """The marks of a run with the lowest equity at a bar close of every trading day between them.

    Args:
        desk: the account after the run, started before the first bar.
        market: bars of all series, from the first.
        spans: rows of each series.
        books: of the whole run.
    """
    world, n = desk.world, len(spans)
    deals = books.deals[books.deals["reason"] != ExitReason.END]
    deals = deals[np.argsort(deals["series"], kind="stable")]
    ends = np.cumsum(np.bincount(deals["series"], minlength=n))
    places = np.zeros((n, 4), np.int64)
    places[:, _DEAL] = np.concatenate([[0], ends[:-1]])
    places[:, FIRST_BAR] = -spans[:, 0]
    places[:, _END] = ends
    found = np.zeros(len(world.rolls) + 1, EQUITY)
    count = find_lows(world, market, spans, deals, books.marks, places, np.zeros((n, 5), np.int64), found)
    together = np.concatenate([books.marks, found[:count]])
    return together[np.argsort(together["ts"], kind="stable")]


@hot_kernel
def book(legs: Any, deal: Any) -> None:
    """Take a deal into what is open by side."""
    opens = deal["entry"] == 1
    long = (deal["side"] > 0) == opens
    steps, value = (_LONG_STEPS, _LONG_VALUE) if long else (_SHORT_STEPS, _SHORT_VALUE)
    sign = 1 if opens else -1
    legs[steps] += sign * deal["steps"]
    legs[value] += sign * deal["cost"]


@hot_kernel
def worth(world: World, s: int, legs: Any, close: int, spread: int, rate: int) -> int:
    """What the open sides of a series would bring at a close."""
    own = world.series[s]
    total = 0
    if legs[_LONG_STEPS] > 0:
        total += profit(own, rate, 1, legs[_LONG_VALUE], close * legs[_LONG_STEPS], close)
    if legs[_SHORT_STEPS] > 0:
        ask = close + spread
        total += profit(own, rate, -1, legs[_SHORT_VALUE], ask * legs[_SHORT_STEPS], ask)
    return total


@hot_kernel
def rate_at(world: World, market: Market, spans: Any, s: int, now: int) -> int:
    """The close of the converting series that is known at an instant."""
    own = world.series[s]
    if own["conversion"] < 2:
        return 1
    other = own["conversion_series"]
    low, high = spans[other, 0], spans[other, 1]
    while low < high:
        middle = (low + high) // 2
        if market.ts_close[middle] <= now:
            low = middle + 1
        else:
            high = middle
    return int(market.close[max(low - 1, spans[other, 0])])


@hot_kernel
def next_place(places: Any, legs: Any, spans: Any, deals: Any, s: int, row: int) -> None:
    """Find the next row of a series that matters: while something is open any, else the next deal's."""
    if legs[s, _LONG_STEPS] + legs[s, _SHORT_STEPS] > 0:
        places[s, _NEXT] = row
    elif places[s, _DEAL] < places[s, _END]:
        places[s, _NEXT] = max(row, deals[places[s, _DEAL]]["bar"] - places[s, FIRST_BAR])
    else:
        places[s, _NEXT] = spans[s, 1]


@hot_kernel
def first_due(market: Market, spans: Any, places: Any) -> int:
    """The series whose next row that matters closes first, -1 when there is none."""
    now, found = NEVER, -1
    for s in range(len(spans)):
        row = places[s, _NEXT]
        if row < spans[s, 1] and market.ts_close[row] < now:
            now, found = market.ts_close[row], s
    return found


@hot_kernel
def take_deals(deals: Any, places: Any, legs: Any, s: int, balance: int) -> int:
    """Take the deals of a series up to its next row; the balance after them."""
    bar = places[s, _NEXT] + places[s, FIRST_BAR]
    while places[s, _DEAL] < places[s, _END] and deals[places[s, _DEAL]]["bar"] <= bar:
        deal = deals[places[s, _DEAL]]
        balance = deal["balance"]
        book(legs[s], deal)
        places[s, _DEAL] += 1
    return int(balance)


@hot_kernel
def value_series(world: World, market: Market, spans: Any, places: Any, legs: Any, s: int) -> None:
    """Note what the open sides of a series would bring at the close of its next row."""
    row = places[s, _NEXT]
    spread = int(market.spread[row])
    if spread < 0:
        spread = world.series[s]["typical_spread"]
    rate = rate_at(world, market, spans, s, market.ts_close[row])
    legs[s, _WORTH] = worth(world, s, legs[s], market.close[row], spread, rate)


@hot_kernel
def total_worth(legs: Any) -> int:
    """What the open sides of all series would bring."""
    total = 0
    for s in range(len(legs)):
        total += legs[s, _WORTH]
    return total


@hot_kernel
def is_open(legs: Any) -> bool:
    """Whether anything is open."""
    steps = 0
    for s in range(len(legs)):
        steps += legs[s, _LONG_STEPS] + legs[s, _SHORT_STEPS]
    return bool(steps > 0)


@kernel
def find_lows(
    world: World, market: Market, spans: Any, deals: Any, marks: Any, places: Any, legs: Any, found: Any
) -> int:
    """Write the lowest mark of every day with open positions; returns how many."""
    count, mark, roll = 0, 0, 0
    balance, lowest = world.rules[0]["opening"], NEVER
    for s in range(len(spans)):
        next_place(places, legs, spans, deals, s, spans[s, 0])
    s = first_due(market, spans, places)
    while s >= 0:
        row = places[s, _NEXT]
        now = market.ts_close[row]
        while roll < len(world.rolls) and world.rolls[roll, 0] <= market.ts[row]:
            roll += 1
            if lowest < NEVER:
                count, lowest = count + 1, NEVER
        while mark < len(marks) and marks[mark]["ts"] < now:
            balance = marks[mark]["balance"]
            mark += 1
        balance = take_deals(deals, places, legs, s, balance)
        value_series(world, market, spans, places, legs, s)
        next_place(places, legs, spans, deals, s, row + 1)
        s = first_due(market, spans, places)
        if s >= 0 and market.ts_close[places[s, _NEXT]] == now:
            continue
        total = balance + total_worth(legs)
        if total < lowest and is_open(legs):
            lowest = total
            low = found[count]
            low["ts"], low["balance"], low["equity"], low["margin"] = now, balance, total, 0
    return count + (1 if lowest < NEVER else 0)
