"""The market's regime: calm or wild, range or trend (ML.md §2, regimes: the causal rule).

Volatility at bar i is the root mean square of its last 20 one-bar log returns (``rv_short``). Its rank is the
share of the 500 volatilities before it that are smaller, a tie counting one half; the market is wild when
the rank is at least one half, else calm. While fewer than 500 are known those that are known are taken,
and with fewer than 100 the market is called calm. A volatility is known from bar 20 on.
The efficiency ratio is the distance between the last close and the one 20 bars before, over the sum of the
20 one-bar distances on the way, 0 where that sum is 0; the market trends when the ratio is at least 0.3,
which a Gaussian random walk does on 29 of 100 bars. Before bar 20 it ranges.

0 calm range, 1 calm trend, 2 wild range, 3 wild trend. The number weighs the members of an ensemble; it is no
input of any model. From bar 520 on it does not depend on where the series starts.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.features.facts import SHORT
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel

REGIME_NAMES = ("calm range", "calm trend", "wild range", "wild trend")
"""By number."""

WINDOW = 500
"""Volatilities that a new one is ranked among."""
LEAST = 100
"""Fewer of them rank nothing."""
LENGTH = 20
"""Bars of the efficiency ratio."""
TREND = 0.3
"""Efficiency ratio from which on the market trends."""

STATE = np.dtype(
    [
        ("volatility", np.float64, WINDOW),  # by number of the volatility modulo the window
        ("known", np.int64),  # volatilities so far
        ("closes", np.float64, LENGTH + 1),  # by bar modulo their number
    ]
)


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def is_wild(state: Any, volatility: float) -> bool:
    """Whether a volatility ranks in the upper half of those before it."""
    known = min(state["known"], WINDOW)
    if known < LEAST:
        return False
    twice = 0
    past = state["volatility"]
    for at in range(known):
        if past[at] < volatility:
            twice += 2
        elif past[at] == volatility:
            twice += 1
    return bool(twice >= known)


@kernel
def trends(closes: Any, bar: int) -> bool:
    """Whether the last closes went far for the way they made."""
    if bar < LENGTH:
        return False
    way = 0.0
    for back in range(LENGTH, 0, -1):
        way += abs(closes[(bar - back + 1) % (LENGTH + 1)] - closes[(bar - back) % (LENGTH + 1)])
    net = abs(closes[bar % (LENGTH + 1)] - closes[(bar - LENGTH) % (LENGTH + 1)])
    return bool(way > 0.0 and net >= TREND * way)


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the regime of one closed bar."""
    bar = facts["bar"]
    state["closes"][bar % (LENGTH + 1)] = facts["close"]
    regime = 1 if trends(state["closes"], bar) else 0
    if bar >= SHORT:
        volatility = facts["rv_short"]
        if is_wild(state, volatility):
            regime += 2
        state["volatility"][state["known"] % WINDOW] = volatility
        state["known"] += 1
    row[at] = float(regime)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="regime",
    version=1,
    summary="calm or wild, range or trend; weighs the members of an ensemble, no input of any model",
    columns=(
        Column(
            "regime",
            "2 · [rank of rv20 among the 500 before >= 0.5] + [efficiency ratio 20 >= 0.3]",
            "calm before 100 ranks, range before bar 20",
        ),
    ),
    warmup=WINDOW + SHORT,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
