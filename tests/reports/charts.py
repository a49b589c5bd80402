"""Bars and charts for chart tests."""

from collections.abc import Sequence

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.detectors.scan import Detections, plan_for, scan
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.reports.detection_chart import Chart, build_chart

KEY = SeriesKey("sim", "XAUUSD", TIMEFRAMES["M15"])
LENGTH = 15 * NS_PER_MINUTE
MONDAY = 1_704_672_000 * 10**9  # 2024-01-08 00:00 UTC
STORY = (
    (100, 102, 99, 101),
    (101, 110, 101, 109),
    (109, 112, 106, 111),  # low above the high of bar 0: a bullish gap from 102 to 106
    (111, 113, 108, 112),
    (112, 112, 105, 108),  # touches it
    (108, 109, 104, 107),  # half of it
    (107, 108, 102, 106),  # all of it
    (106, 107, 99, 100),  # closes below it
    (100, 103, 99, 100),
)


def bars_of(rows: Sequence[Sequence[int]]) -> Bars:
    """M15 bars in points of a hundredth from a Monday on."""
    prices = np.array(rows, np.int64)
    ts = MONDAY + np.arange(len(prices), dtype=np.int64) * LENGTH
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    return make_bars(2, ts, ts + LENGTH, (columns[0], columns[1], columns[2], columns[3]))


def walk(size: int, *, seed: int = 5) -> Bars:
    """A random walk in two halves with two days without trading between them."""
    rng = np.random.default_rng(seed)
    closes = 200_000 + np.cumsum(rng.integers(-300, 301, size))
    opens = np.concatenate(([200_000], closes[:-1]))
    highs = np.maximum(opens, closes) + rng.integers(0, 150, size)
    lows = np.minimum(opens, closes) - rng.integers(0, 150, size)
    pause = np.where(np.arange(size) < size // 2, 0, 2 * NS_PER_DAY)
    ts = MONDAY + np.arange(size, dtype=np.int64) * LENGTH + pause
    return make_bars(2, ts, ts + LENGTH, (opens, highs, lows, closes))


def found_on(bars: Bars, *names: str) -> Detections:
    """All that detectors find, all detectors when none is named."""
    return scan(bars, KEY, plan_for(names, Settings(LENGTH)))


def story(*names: str) -> Chart:
    """The chart of one bullish gap and its whole life."""
    bars = bars_of(STORY)
    return build_chart(KEY, bars, found_on(bars, *(names or ("fvg",))))
