"""Crossing of two simple moving averages: the yardstick for speed and for comparison with other programs.

The averages are the means of the last ``fast`` and ``slow`` closes, known from the bar on at which there
are that many; they are compared exactly, as sums of points. When the fast average lies above the slow one
and was below it the last time they differed: buy at the market, at the next open. When it lies below and
was above: close. Stop and target lie ``stop_percent`` and ``target_percent`` of the close away, rounded up
to points; 0 asks for none. Short positions are never taken.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.baselines.percent import points_of, to_millionths
from ictcli.strategies.decisions import MOST_DECISIONS_PER_BAR, NO_PRICE, close, enter
from ictcli.strategies.prices import Prices
from ictcli.strategies.protocol import Strategy

LONGEST = 1024
"""Largest ``slow``."""
R_UP, R_DOWN = 1, 2

STATE = np.dtype(
    [
        ("bar", np.int64),
        ("fast", np.int64),
        ("slow", np.int64),
        ("stop", np.int64),  # millionths of the close
        ("target", np.int64),
        ("fast_sum", np.int64),
        ("slow_sum", np.int64),
        ("above", np.int64),  # sign of fast less slow when they last differed, 0 before
        ("setup", np.int64),
        ("closes", np.int64, LONGEST),
    ]
)


class SmaCrossParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        fast: bars of the fast average.
        slow: bars of the slow average.
        stop_percent: distance of the stop, percent of the close; 0 for none.
        target_percent: distance of the target, percent of the close; 0 for none.
    """

    fast: Annotated[int, Meta(ge=1, le=LONGEST)] = 20
    slow: Annotated[int, Meta(ge=2, le=LONGEST)] = 50
    stop_percent: Annotated[float, Meta(ge=0, le=99)] = 1.0
    target_percent: Annotated[float, Meta(ge=0, le=1000)] = 2.0


def init_state(params: SmaCrossParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    own["fast"] = params.fast
    own["slow"] = params.slow
    own["stop"] = to_millionths(params.stop_percent)
    own["target"] = to_millionths(params.target_percent)
    return state


def refuses(params: SmaCrossParams, _bar_ns: int) -> str:
    """Why these averages cannot cross; empty when they can."""
    return "" if params.fast < params.slow else "needs fast below slow"


@kernel
def cross_up(state: Any, decisions: Any, count: int, bar: int, price: int) -> int:
    """Append the entry of a cross upward."""
    stop, target = NO_PRICE, NO_PRICE
    if state["stop"] > 0:
        stop = price - points_of(price, state["stop"])
    if state["target"] > 0:
        target = price + points_of(price, state["target"])
    state["setup"] += 1
    own = decisions[count]
    count = enter(decisions, count, bar, state["setup"], 1, stop, target)
    own["reason"] = R_UP
    return count


@hot_kernel
def step(state: Any, decisions: Any, count: int, bar: Prices) -> int:
    """Take one closed bar; append what is decided; the new number of decisions."""
    index, price = bar.bar, bar.close
    fast, slow = state["fast"], state["slow"]
    closes = state["closes"]
    fast_sum = state["fast_sum"] + price
    slow_sum = state["slow_sum"] + price
    if index >= fast:
        fast_sum -= closes[(index - fast) & (LONGEST - 1)]
    if index >= slow:
        slow_sum -= closes[(index - slow) & (LONGEST - 1)]
    closes[index & (LONGEST - 1)] = price
    state["fast_sum"] = fast_sum
    state["slow_sum"] = slow_sum
    state["bar"] = index + 1
    lead = fast_sum * slow - slow_sum * fast
    if index + 1 < slow or not turns(lead, state["above"]):
        return count
    return turn(state, decisions, count, index, price, lead)


@hot_kernel
def turns(lead: int, above: int) -> bool:
    """Whether the averages lie otherwise than when they last differed."""
    return (lead > 0 and above <= 0) or (lead < 0 and above >= 0)


@hot_kernel
def turn(state: Any, decisions: Any, count: int, index: int, price: int, lead: int) -> int:
    """Take note of the side on which the fast average lies now; append what follows from it."""
    above = state["above"]
    state["above"] = 1 if lead > 0 else -1
    if lead > 0 and above < 0:
        return cross_up(state, decisions, count, index, price)
    if lead < 0 and above > 0 and state["setup"] > 0:
        return close(decisions, count, index, state["setup"], R_DOWN)
    return count


@kernel
def remember(state: Any, closes: Any, first: int, last: int, start: int) -> None:
    """Keep the closes of rows ``first`` to ``last`` (exclusive), bar ``start`` being row 0."""
    for i in range(max(first, last - LONGEST), last):
        state["closes"][(start + i) & (LONGEST - 1)] = closes[i]
    state["bar"] = start + last


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over the columns of bars from ``first`` until they end or the buffer is nearly full.

    The same as ``step`` bar by bar, with the sums in registers and old closes read from the columns.
    """
    closes = bars[5]
    state = states[0]
    fast, slow, kept = state["fast"], state["slow"], state["closes"]
    fast_sum, slow_sum, above = state["fast_sum"], state["slow_sum"], state["above"]
    start = state["bar"] - first
    count, i = 0, first
    while i < len(closes) and len(decisions) - count >= MOST_DECISIONS_PER_BAR:
        index, price = start + i, closes[i]
        fast_sum += price
        slow_sum += price
        if i >= slow:
            fast_sum -= closes[i - fast]
            slow_sum -= closes[i - slow]
        else:
            if index >= fast:
                fast_sum -= closes[i - fast] if i >= fast else kept[(index - fast) & (LONGEST - 1)]
            if index >= slow:
                slow_sum -= kept[(index - slow) & (LONGEST - 1)]
        lead = fast_sum * slow - slow_sum * fast
        if turns(lead, above) and index + 1 >= slow:
            count = turn(state, decisions, count, index, price, lead)
            above = state["above"]
        i += 1
    state["fast_sum"] = fast_sum
    state["slow_sum"] = slow_sum
    remember(state, closes, first, i, start)
    return i, count


STRATEGY = Strategy(
    name="sma_cross",
    version=1,
    summary="buy when a fast average of closes crosses a slow one upward, close when it crosses back",
    params=SmaCrossParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    sees="prices",
    reasons=("", "fast average crossed above the slow one", "fast average crossed below the slow one"),
    refuses=refuses,
)
