"""Whether a column has left the place where it was in training, beyond what chance and memory explain.

The population stability index of a column that follows itself slowly is large even where nothing has
changed: a week of prices is one draw of a trend, not a thousand. So it is compared with what it would be
for as many independent values as both spans are worth, at a level that all columns share.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictcli.stats.intervals import normal_quantile
from ictcli.stats.stability import SHIFTED, column_stability, fit_bins

Floats = NDArray[np.float64]
State = Literal["ok", "warn", "bad"]

WORTH_A_LOOK = 0.1
_LEVEL = 0.05
"""Chance that any of the columns is called shifted where none is."""
_LONGEST = 2**16
"""Newest values from which the memory of a column is measured."""
_BINS, _A_BIN = 10, 10
"""Bins at most, and new values that each should get: an empty one counts more than it tells."""
_LEAST = 2 * _A_BIN
_WINDOW = 5.0
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Shift:
    """One column.

    Attributes:
        name: of it.
        psi: population stability index against training; NaN where there is too little to compare.
        chance: what it may reach without any shift.
        state: ``bad`` when it is beyond that by more than 0.25, ``warn`` by more than 0.1.
    """

    name: str
    psi: float
    chance: float
    state: State


def shift_of(name: str, before: Floats, now: Floats, columns: int) -> Shift:
    """Compare a column with what it was.

    Args:
        name: of the column.
        before: its values in training, in order of time.
        now: its new values, in order of time.
        columns: that are compared together and share the level.
    """
    if len(now) < _LEAST:
        return Shift(name, math.nan, math.nan, "ok")
    bins = fit_bins(before, min(_BINS, len(now) // _A_BIN))
    psi = column_stability(bins, now)
    if psi is None:
        return Shift(name, math.nan, math.nan, "ok")
    memory = memory_of(before)
    worth = [max(len(values) / memory, 1.0) for values in (before, now)]
    chance = reach(len(bins.shares) - 1, columns) * sum(1 / one for one in worth)
    beyond = psi - chance
    state: State = "bad" if beyond > SHIFTED else "warn" if beyond > WORTH_A_LOOK else "ok"
    return Shift(name, psi, chance, state)


def reach(freedom: int, columns: int) -> float:
    """Quantile of chi-squared that all columns stay below together in 95 of 100 cases (Wilson-Hilferty)."""
    if freedom < 1:
        return 0.0
    spread = 2 / (9 * freedom)
    z = normal_quantile(1 - _LEVEL / columns, two_sided=False)
    return freedom * (1 - spread + z * math.sqrt(spread)) ** 3


def memory_of(values: Floats) -> float:
    """How many values of a column are worth one independent one, at least 1.

    Its integrated autocorrelation time, 1 + 2·sum of autocorrelations of its ranks up to the first lag that
    is five times as long as the sum so far (Sokal 1997).
    """
    different, ranks = np.unique(values[-_LONGEST:], return_inverse=True)
    n = len(ranks)
    if n < _FEWEST or len(different) < 2:
        return 1.0
    centred = ranks - ranks.mean()
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    correlations = np.fft.irfft(power)[:n]
    times = 2 * np.cumsum(correlations / correlations[0]) - 1
    enough = np.flatnonzero(np.arange(n) >= _WINDOW * times)
    return float(max(1.0, times[enough[0]] if len(enough) else n))
