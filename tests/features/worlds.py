"""Series that try features: random walks with and without volume, flat ones, huge and negative prices."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.market.bars import UNKNOWN, Bars, make_bars

QUARTER = 15 * NS_PER_MINUTE
PRICES = ("open", "high", "low", "close")


def stamps(size: int) -> NDArray[np.int64]:
    """Opens of quarters of an hour over trading weeks that cross a change of New York's clocks."""
    opening = np.datetime64("2025-02-23T22:00", "ns").astype(np.int64)
    ts = opening + np.arange(2 * size, dtype=np.int64) * QUARTER
    return ts[(ts - opening) % (7 * NS_PER_DAY) < 5 * NS_PER_DAY - NS_PER_HOUR][:size]


def bars_from(prices: NDArray[np.int64], ticks: NDArray[np.int64] | None = None) -> Bars:
    """Bars from rows of open, high, low, close."""
    ts = stamps(len(prices))
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    ohlc = (columns[0], columns[1], columns[2], columns[3])
    return make_bars(2, ts, ts + QUARTER, ohlc, tick_volume=ticks)


def wandering(size: int, seed: int, start: int = 1_000_000, width: float = 30.0) -> Bars:
    """A random walk with wicks, equal closes, jumps between bars and lively volume."""
    draw = np.random.default_rng(seed)
    body = np.rint(draw.normal(0, width, size) * np.exp(draw.normal(0, 0.5, size))).astype(np.int64)
    jump = np.where(draw.random(size) < 0.2, np.rint(draw.normal(0, width, size)), 0).astype(np.int64)
    closes = start + np.cumsum(body + jump)
    opens = closes - body
    above, below = (np.rint(draw.exponential(width / 3, size)).astype(np.int64) for _ in range(2))
    rows = (opens, np.maximum(opens, closes) + above, np.minimum(opens, closes) - below, closes)
    return bars_from(np.column_stack(rows), np.rint(np.exp(draw.normal(4, 1, size))).astype(np.int64))


def flat_from(bars: Bars, first: int, last: int) -> Bars:
    """The bars with the close of bar ``first`` as every price up to bar ``last``, and no volume there."""
    columns = {name: getattr(bars, name).copy() for name in (*PRICES, "tick_volume")}
    for name in PRICES:
        columns[name][first:last] = bars.close[first]
    columns["tick_volume"][first:last] = 0
    return replace(bars, **columns)


def scaled(bars: Bars, factor: int) -> Bars:
    """The bars with prices of so many times the size."""
    return replace(bars, **{name: getattr(bars, name) * factor for name in PRICES})


def without_volume(bars: Bars) -> Bars:
    """The bars as a source without volumes gives them."""
    return replace(bars, tick_volume=np.full(len(bars), UNKNOWN, np.int64))


def read_bars(path: Path, digits: int, minutes: int) -> Bars:
    """Bars of a market data file, with whatever volume it has."""
    table = pq.read_table(path)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    opens, highs, lows, closes = (
        np.rint(table[name].to_numpy() * 10.0**digits).astype(np.int64) for name in PRICES
    )
    volumes = {
        field: np.rint(table[name].to_numpy() * scale).astype(np.int64)
        for name, field, scale in (("tick_volume", "tick_volume", 1.0), ("volume", "real_volume", 1e8))
        if name in table.column_names
    }
    bars = make_bars(digits, ts, ts + minutes * NS_PER_MINUTE, (opens, highs, lows, closes))
    return replace(bars, **volumes)


@st.composite
def worlds(draw: st.DrawFn, size: int = 420) -> Bars:
    """Series in which one thing or another is unusual."""
    seed = draw(st.integers(0, 2**32 - 1))
    start, width = draw(st.sampled_from([(1_000_000, 30.0), (2**60, 2.0**54), (40, 3.0), (500, 0.4)]))
    bars = wandering(size, seed, start, width)
    if draw(st.booleans()):
        first = draw(st.integers(0, size - 1))
        bars = flat_from(bars, first, first + draw(st.integers(1, size)))
    return without_volume(bars) if draw(st.booleans()) else bars
