"""Bars are asked for when they are due, and seldom while a market is closed."""

from typing import Any, cast

import numpy as np

from ictcli.brokers.broker import Broker
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.bars import Bars, make_bars
from ictcli.trading.bar_feed import BarFeed

OPENING = 1_704_672_000_000_000_000


class Market:
    """Minute bars up to an instant."""

    def __init__(self) -> None:
        self.until = OPENING
        self.asked: list[int] = []

    def bars(self, _symbol: str, _timeframe: Any, start: int, end: int) -> Bars:
        """Closed bars that open between two instants."""
        self.asked.append(end)
        ts = np.arange(start, min(end, self.until), NS_PER_MINUTE, dtype=np.int64)
        price = np.full(len(ts), 100, np.int64)
        return make_bars(2, ts, ts + NS_PER_MINUTE, (price, price, price, price))


def feed(market: Market) -> BarFeed:
    """One series."""
    return BarFeed(cast("Broker", cast("Any", market)), ["BTCUSD"], ["M1"], [OPENING])


def test_every_closed_bar_comes_once_and_in_order() -> None:
    market = Market()
    series = feed(market)
    market.until = OPENING + 3 * NS_PER_MINUTE
    now = OPENING + 3 * NS_PER_MINUTE + NS_PER_SECOND
    taken = series.closed(now)
    assert [at for at, _ in taken] == [OPENING + n * NS_PER_MINUTE for n in (1, 2, 3)]
    for at, closed in taken:
        series.taken(at, closed)
    assert series.closed(now + 10 * NS_PER_SECOND) == []
    assert len(market.asked) == 1


def test_a_closed_market_is_asked_every_two_seconds_for_a_minute_and_then_every_fifteen() -> None:
    market = Market()
    series = feed(market)
    for turn in range(600 * 5):
        series.closed(OPENING + NS_PER_MINUTE + turn * NS_PER_SECOND // 5)
    gaps = np.diff(np.array(market.asked)) / NS_PER_SECOND
    assert set(gaps[:29]) == {2.0}
    assert set(gaps[31:]) == {15.0}


def test_a_bar_is_asked_for_again_at_once_when_a_clock_that_was_ahead_is_right_again() -> None:
    market = Market()
    series = feed(market)
    series.closed(OPENING + 60 * NS_PER_MINUTE)
    market.until = OPENING + NS_PER_MINUTE
    taken = series.closed(OPENING + NS_PER_MINUTE + NS_PER_SECOND)
    assert [at for at, _ in taken] == [OPENING + NS_PER_MINUTE]
