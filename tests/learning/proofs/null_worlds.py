"""Markets whose direction no one can know, and labels that belong to other bars."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictcli.features.matrix import Matrix
from ictcli.market.bars import Bars, make_bars
from tests.features.worlds import QUARTER, read_bars, stamps

Floats = NDArray[np.float64]

DIGITS, PRICE = 5, 1.1
MOVES = 12
"""Price moves within a bar; they make its high and low."""
BAR_SIGMA = 8e-4
REAL_FILE = "bars/EURUSD_M15_brokerB2023.parquet"


def bars_of_moves(moves: Floats, ticks: NDArray[np.int64]) -> Bars:
    """M15 bars, each from its row of price moves (log returns), the first of them before it opens."""
    path = PRICE * np.exp(np.cumsum(moves.ravel())).reshape(moves.shape)
    columns = (path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1])
    opened, high, low, close = (np.rint(one * 10**DIGITS).astype(np.int64) for one in columns)
    ts = stamps(len(moves))
    spread = np.ones(len(moves), np.int32)
    return make_bars(DIGITS, ts, ts + QUARTER, (opened, high, low, close), tick_volume=ticks, spread=spread)


def walk(seed: int, count: int) -> Bars:
    """A random walk of normal moves."""
    draw = np.random.default_rng([seed, 1])
    moves = draw.normal(0, BAR_SIGMA / np.sqrt(MOVES), (count, MOVES))
    return bars_of_moves(moves, draw.integers(50, 500, count))


def garch(seed: int, count: int) -> Bars:
    """GARCH(1,1) with Student moves of 5 degrees of freedom: storms and fat tails, no direction."""
    draw = np.random.default_rng([seed, 2])
    shocks = draw.standard_t(5, (count, MOVES)) * np.sqrt(3 / 5 / MOVES)
    moves = np.empty_like(shocks)
    variance = BAR_SIGMA**2
    for at in range(count):
        moves[at] = np.sqrt(variance) * shocks[at]
        seen = float(moves[at].sum())
        variance = 0.03 * BAR_SIGMA**2 + 0.09 * seen * seen + 0.88 * variance
    return bars_of_moves(moves, draw.integers(50, 500, count))


def real(folder: Path, seed: int, count: int) -> Bars:
    """A stretch of real bars that begins at a place of the seed's choosing."""
    every = read_bars(folder / REAL_FILE, DIGITS, 15)
    first = int(np.random.default_rng([seed, 3]).integers(0, len(every) - count))
    return every.slice(first, first + count)


def flipped(folder: Path, seed: int, count: int) -> Bars:
    """Real bars, each mirrored about the close before it or not, by a fair coin.

    Sizes, gaps, wicks, storms and hours stay; the direction of every bar is lost.
    """
    bars = real(folder, seed, count)
    draw = np.random.default_rng([seed, 4])
    prices = np.log(np.column_stack([bars.open, bars.high, bars.low, bars.close]).astype(np.float64))
    before = np.concatenate([prices[:1, 0], prices[:-1, 3]])
    steps = prices - before[:, None]
    mirrored = -steps[:, [0, 2, 1, 3]]
    steps = np.where(draw.random(count)[:, None] < 0.5, mirrored, steps)
    closes = prices[0, 0] + np.cumsum(steps[:, 3])
    anchors = np.concatenate([prices[:1, 0], closes[:-1]])
    rows = np.rint(np.exp(anchors[:, None] + steps)).astype(np.int64)
    opened, high, low, close = (np.ascontiguousarray(rows[:, at]) for at in range(4))
    ohlc, spread = (opened, high, low, close), np.ones(count, np.int32)
    return make_bars(DIGITS, bars.ts, bars.ts_close, ohlc, tick_volume=bars.tick_volume, spread=spread)


def rolled(matrix: Matrix, by: int) -> Floats:
    """Features that belong to other bars: labels circularly shifted against them, the warm-up aside."""
    values = matrix.values.copy()
    values[matrix.warmup :] = np.roll(values[matrix.warmup :], by, axis=0)
    return values
