"""What the engine's kernels pass around: the account's records, the market's columns, the outputs."""

from typing import Any, NamedTuple

FAR = 2**60
"""Points that no price reaches."""


class World(NamedTuple):
    """Everything that decides what happens next.

    Attributes:
        rules: ``RULES`` array of one.
        account: ``ACCOUNT`` array of one.
        series: ``SERIES`` array of n.
        states: ``SERIES_STATE`` array of n.
        orders: ``ORDER`` array, n by ``MOST_ORDERS``.
        positions: ``POSITION`` array, n by ``MOST_POSITIONS``.
        rolls: instants and nights of the trading-day rolls, int64, m by 2.
        blackouts: news blackouts, int64, k by 3: start, end (exclusive), bits of the series meant.
    """

    rules: Any
    account: Any
    series: Any
    states: Any
    orders: Any
    positions: Any
    rolls: Any
    blackouts: Any


class Market(NamedTuple):
    """Bars of all series, one series after the other, as columns; ``volume`` is in ticks, -1 unknown."""

    ts: Any
    ts_close: Any
    open: Any
    high: Any
    low: Any
    close: Any
    spread: Any
    volume: Any


class Tape(NamedTuple):
    """A stretch of bars and what the strategies decided on them.

    Attributes:
        market: bars of all series.
        spans: rows of each series in ``market``: first, and after the last; int64, n by 2.
        fine: shorter bars or ticks that resolve what happens within a bar.
        pieces: rows of each series in ``fine``.
        decisions: ``DECISION`` records, for each series in the order of their bars.
        owners: number of the strategy behind each decision.
        asked: rows of each series in ``decisions``.
        work: int64, n by ``WORK``: next row to look at, row after the last one known, bar of row 0, next
            decision.
    """

    market: Market
    spans: Any
    fine: Market
    pieces: Any
    decisions: Any
    owners: Any
    asked: Any
    work: Any


class Output(NamedTuple):
    """Where records are written; ``counts`` says how many of trades, deals, events and marks there are."""

    trades: Any
    deals: Any
    events: Any
    marks: Any
    counts: Any


class Quote(NamedTuple):
    """One bar, or one piece of a bar, as fills see it: bid prices in points, the spread always known."""

    bar: int
    ts: int
    open: int
    high: int
    low: int
    close: int
    spread: int
    volume: int


TRADES, DEALS, EVENTS, MARKS, RESERVED = 0, 1, 2, 3, 4
"""Places in ``Output.counts``; the last one says how many records one instant may need."""

NEXT, KNOWN, FIRST_BAR, CURSOR = 0, 1, 2, 3
"""Columns of ``Tape.work``."""
WORK = 4
