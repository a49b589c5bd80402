"""How lively, how dear and how newsy each minute of the New York day is in the simulated market.

Every table is indexed by the minute of the New York day, so the pattern follows New York's clock through
both clock changes. The half-hourly volatility shapes are rounded from the real profiles that
``benchmarks/sim_statistics.py`` compares them with.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Rhythm = Literal["europe", "asia", "metal", "index", "crypto"]

_PERCENT: dict[Rhythm, str] = {
    "europe": """
        56 54 70 76 102 106 128 120 114 102 95 90 94 90 95 100
        112 138 126 136 158 142 128 114 100 93 91 88 92 94 87 80
        66 58 52 48 62 60 72 70 86 78 74 70 66 60 57 54
    """,
    "asia": """
        70 74 86 88 102 100 108 98 104 92 82 78 80 78 88 88
        100 128 112 130 148 130 118 104 92 88 92 82 86 90 84 76
        64 62 66 62 80 72 92 92 112 100 100 100 90 80 78 72
    """,
    "metal": """
        64 74 78 88 88 84 92 88 94 84 77 75 75 74 82 86
        112 124 124 150 145 128 116 98 94 84 84 79 80 84 82 76
        62 48 40 40 88 80 82 82 116 100 110 104 86 80 68 60
    """,
    "index": """
        50 46 54 57 62 60 84 72 80 67 64 62 65 65 79 78
        80 102 88 210 180 154 145 130 118 115 118 114 116 115 110 136
        94 58 40 40 68 60 64 58 78 66 58 58 52 46 46 40
    """,
    "crypto": """
        78 77 75 76 76 75 78 76 78 72 70 72 70 68 78 80
        86 96 102 160 150 140 130 120 116 109 107 105 100 94 97 92
        90 88 100 92 98 82 94 88 102 94 90 82 82 79 80 76
    """,
}
"""Volatility of each half hour from midnight New York, as a percentage of the mean."""

_SPREAD_PERCENT = (
    "125 120 105 100 100 100 100 100 100 100 100 100 105 105 110 115 140 220 160 140 130 130 125 125"
)
"""Spread of each hour from midnight New York, as a percentage of the typical one."""
_ROLL = 17 * 60
_ROLL_PEAK = 5.0
_ROLL_WIDTH = 20

NEWS_SLOTS: tuple[tuple[int, int, float, float], ...] = (
    # minute of the New York day, chance in 1000 per weekday, jump variance, after-shock variance
    (2 * 60, 180, 5.0, 1.5),  # British figures
    (4 * 60 + 30, 220, 5.0, 1.5),  # euro-area figures
    (8 * 60 + 30, 450, 16.0, 4.0),  # American figures
    (10 * 60, 350, 8.0, 2.5),  # American surveys
    (14 * 60, 45, 35.0, 10.0),  # rate decisions
    (19 * 60 + 50, 150, 4.0, 1.0),  # Japanese figures
)
"""The news calendar. Every fourth Friday the 08:30 figures are certain and three times as strong."""


def volatility_by_minute(rhythm: Rhythm) -> NDArray[np.float64]:
    """Relative volatility at each of the 1440 minutes, joined by straight lines, mean square 1."""
    shape = [int(percent) / 100 for percent in _PERCENT[rhythm].split()]
    values = [_between_middles(shape, minute) for minute in range(1440)]
    if rhythm == "index":
        values[9 * 60 : 10 * 60] = [shape[18]] * 30 + [shape[19]] * 30
    mean_square = math.fsum(value * value for value in values) / 1440
    return np.array(values) / math.sqrt(mean_square)


def _between_middles(shape: list[float], minute: int) -> float:
    """The half-hourly shape read at a minute, on straight lines between the middles of the half hours."""
    half, beyond = divmod(minute - 15, 30)
    before, after = shape[half % 48], shape[(half + 1) % 48]
    return before + (after - before) * (beyond / 30)


def spread_by_minute() -> NDArray[np.float64]:
    """Spread as a multiple of the typical one at each of the 1440 minutes; peaks at the 17:00 roll."""
    hours: NDArray[np.float64] = np.repeat([int(percent) / 100 for percent in _SPREAD_PERCENT.split()], 60)
    distance = np.abs(np.arange(1440) - _ROLL)
    near = np.maximum(_ROLL_WIDTH - distance, 0) / _ROLL_WIDTH
    peak: NDArray[np.float64] = (_ROLL_PEAK - 1.0) * near
    return hours + peak


def news_by_minute() -> NDArray[np.int64]:
    """The row of ``NEWS_SLOTS`` due at each of the 1440 minutes, -1 for none."""
    slots = np.full(1440, -1, np.int64)
    for row, (minute, *_) in enumerate(NEWS_SLOTS):
        slots[minute] = row
    return slots
