"""Long markets of one minute bars: changes of real or simulated bars, in blocks drawn at random.

Every bar keeps its shape and its neighbours within a block; the drift is taken out so that the price stays
where it began. Bars follow each other minute by minute, five days a week, without a spread: the three other
programs have none.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.market.tiled import simulated
from benchmarks.peer.market_files import read_market_file
from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import Bars, Int64, make_bars

BLOCK = 500
REAL = "EURUSD_M15_brokerB.parquet"
WEEK = 5 * 24 * 60
START = 1_262_556_000_000_000_000
"""2010-01-03T22:00Z, a Sunday evening."""


def source() -> tuple[Bars, str]:
    """The bars whose changes are drawn, and what to call them."""
    folder = os.environ.get("ICTCLI_REAL_DATA")
    path = Path(folder) / "bars" / REAL if folder else None
    if path is not None and path.is_file():
        return read_market_file(path), "EURUSD M15, block bootstrap"
    return simulated(), "simulated EURUSD M1, block bootstrap"


def bootstrapped(bars: Bars, count: int, seed: int) -> Bars:
    """A market of ``count`` bars from blocks of another one."""
    draws = np.random.default_rng(seed).integers(1, len(bars) - BLOCK, -(-count // BLOCK))
    rows = (draws[:, None] + np.arange(BLOCK)).ravel()[:count]
    before = np.log(bars.close[rows - 1])
    opened, high, low, close = (np.log(column[rows]) - before for column in prices(bars))
    change = close - close.mean()
    start = np.log(bars.close[0]) + np.concatenate([[0.0], np.cumsum(change)[:-1]])
    points = [np.rint(np.exp(start + column)).astype(np.int64) for column in (opened, high, low, change)]
    top, bottom = np.maximum.reduce(points), np.minimum.reduce(points)
    ts = minutes(count)
    made = make_bars(bars.digits, ts, ts + NS_PER_MINUTE, (points[0], top, bottom, points[3]))
    return replace(made, spread=np.zeros(count, np.int32))


def minutes(count: int) -> Int64:
    """Opens of one minute bars, five days a week."""
    at = np.arange(count, dtype=np.int64)
    return START + (at // WEEK * 7 * 24 * 60 + at % WEEK) * NS_PER_MINUTE


def prices(bars: Bars) -> tuple[Int64, Int64, Int64, Int64]:
    """Open, high, low, close."""
    return bars.open, bars.high, bars.low, bars.close
