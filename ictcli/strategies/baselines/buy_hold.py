"""Buy and hold: buy at the first bar and stay.

At the close of the first bar: buy at the market, at the next open. With ``stop_percent`` above 0 a
protective stop lies that share of the close below it, rounded down; sizes that follow from the risk need
one. With ``steps`` above 0 that many volume steps are bought, whatever the sizing says. There is no target
and no time limit: the position is open until the stop or the end of the bars.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.baselines.percent import points_of, to_millionths
from ictcli.strategies.decisions import MOST_DECISIONS_PER_BAR, NO_PRICE, enter
from ictcli.strategies.prices import Prices
from ictcli.strategies.protocol import Strategy

R_FIRST_BAR = 1
STATE = np.dtype([("bar", np.int64), ("stop", np.int64), ("steps", np.int64)])


class BuyHoldParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        stop_percent: distance of the stop, percent of the close; 0 for none.
        steps: volume to buy, in volume steps of the symbol; 0 leaves it to the account's sizing.
    """

    stop_percent: Annotated[float, Meta(ge=0, le=99)] = 10.0
    steps: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0


def init_state(params: BuyHoldParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["stop"] = to_millionths(params.stop_percent)
    state[0]["steps"] = params.steps
    return state


@hot_kernel
def step(state: Any, decisions: Any, count: int, bar: Prices) -> int:
    """Take one closed bar; append the entry at the first one; the new number of decisions."""
    state["bar"] = bar.bar + 1
    if bar.bar > 0:
        return count
    stop = NO_PRICE
    if state["stop"] > 0:
        stop = bar.close - points_of(bar.close, state["stop"])
    own = decisions[count]
    count = enter(decisions, count, bar.bar, 0, 1, stop, NO_PRICE)
    own["reason"] = R_FIRST_BAR
    own["steps"] = state["steps"]
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over the columns of bars from ``first`` until they end or the buffer is nearly full."""
    ts, ts_close, opens, highs, lows, closes, spreads = bars
    state = states[0]
    count = 0
    for i in range(first, len(ts)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        bar = Prices(
            state["bar"], ts[i], ts_close[i], opens[i], highs[i], lows[i], closes[i], int(spreads[i])
        )
        count = step(state, decisions, count, bar)
    return len(ts), count


STRATEGY = Strategy(
    name="buy_hold",
    version=1,
    summary="buy at the first bar and stay",
    params=BuyHoldParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    sees="prices",
    reasons=("", "first bar"),
)
