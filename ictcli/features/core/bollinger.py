"""Place in and width of the Bollinger band of 20 closes (ML.md M24, 8 and 9; Bollinger 2001).

m and s are the mean and the standard deviation (divided by 20) of the closes of the last 20 bars. ``pctb``
is ``(C - (m - 2s)) / (4s)``: 0 at the lower edge, 1 at the upper; ``bw`` is ``4s / m``. Before bar 19 and
where s or m is 0 they are 0.5 and 0. Closes are taken as distances from the oldest, so that equal ones have
no deviation however large they are.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20

STATE = np.dtype([("closes", np.float64, RING)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def mean_above(closes: Any, index: int, base: float) -> float:
    """Mean distance of the window's closes from its oldest one."""
    total = 0.0
    for bar in range(index - LENGTH + 1, index + 1):
        total += get(closes, bar) - base
    return total / LENGTH


@hot_kernel
def deviation(closes: Any, index: int, base: float, mean: float) -> float:
    """Standard deviation of the window's closes."""
    total = 0.0
    for bar in range(index - LENGTH + 1, index + 1):
        distance = get(closes, bar) - base - mean
        total += distance * distance
    return math.sqrt(total / LENGTH)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write both columns of one closed bar."""
    index = facts["bar"]
    closes = state["closes"]
    put(closes, index, facts["close"])
    row[at] = 0.5
    row[at + 1] = 0.0
    if index < LENGTH - 1:
        return
    base = get(closes, index - LENGTH + 1)
    mean = mean_above(closes, index, base)
    spread = deviation(closes, index, base, mean)
    if spread > 0.0:
        row[at] = (facts["close"] - base - mean + 2.0 * spread) / (4.0 * spread)
    if base + mean != 0.0:
        row[at + 1] = 4.0 * spread / (base + mean)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="bollinger",
    version=1,
    summary="place in and width of the Bollinger band of 20 closes",
    columns=(
        Column("pctb", "(C_i - (m - 2s)) / (4s), m and s of 20 closes", "0.5 before bar 19 and where s = 0"),
        Column("bw", "4s / m", "0 before bar 19 and where m = 0"),
    ),
    warmup=LENGTH - 1,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
