"""Spread estimated from highs and lows (ML.md M24, 23; Corwin, Schultz 2012).

Of two bars, b is the sum of their squared ``ln(H / L)`` and g the squared ``ln(H / L)`` of both as one.
With ``k = 3 - 2√2`` and ``a = (√(2b) - √b) / k - √(g / k)`` the spread is ``2(e^a - 1) / (1 + e^a)``, a
share of the price; a negative one counts as 0. ``cs`` is the mean of the last 20 two-bar spreads, without a
correction for jumps between bars. 0 before bar 20; a pair with a price not above 0 counts as 0.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.core.window import RING, get, put
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

LENGTH = 20
DIVISOR = 3.0 - 2.0 * math.sqrt(2.0)

STATE = np.dtype([("spreads", np.float64, RING), ("high", np.float64), ("low", np.float64)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@hot_kernel
def two_bar_spread(high: float, low: float, high_before: float, low_before: float) -> float:
    """The spread that two bars show, 0.0 at least."""
    if low <= 0.0 or low_before <= 0.0:
        return 0.0
    one, other = math.log(high / low), math.log(high_before / low_before)
    both = math.log(max(high, high_before) / min(low, low_before))
    single = one * one + other * other
    alpha = (math.sqrt(2.0 * single) - math.sqrt(single)) / DIVISOR - both / math.sqrt(DIVISOR)
    if alpha <= 0.0:
        return 0.0
    return 2.0 * (math.exp(alpha) - 1.0) / (1.0 + math.exp(alpha))


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the mean spread of one closed bar."""
    index = facts["bar"]
    high, low = facts["high"], facts["low"]
    row[at] = 0.0
    if index > 0:
        put(state["spreads"], index, two_bar_spread(high, low, state["high"], state["low"]))
    state["high"] = high
    state["low"] = low
    if index < LENGTH:
        return
    total = 0.0
    for bar in range(index - LENGTH + 1, index + 1):
        total += get(state["spreads"], bar)
    row[at] = total / LENGTH


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="corwin_schultz",
    version=1,
    summary="spread estimated from highs and lows, mean of 20 bars",
    columns=(
        Column(
            "cs", "mean of the last 20 two-bar Corwin-Schultz spreads, negative ones as 0", "0 before bar 20"
        ),
    ),
    warmup=LENGTH,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
