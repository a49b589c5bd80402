"""A strategy that asks for everything: groups, partial exits, trailing stops, withdrawals, closes."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel
from ictcli.strategies.baselines.random_entry import coin
from ictcli.strategies.decisions import LIMIT, MOST_DECISIONS_PER_BAR, STOP, cancel, close, enter, rest
from ictcli.strategies.protocol import Strategy

STATE = np.dtype([("setups", np.int64)])


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None."""

    waits: int = 4


def init_state(_params: Params, _bar_ns: int) -> NDArray[np.void]:
    """Nothing yet."""
    return np.zeros(1, STATE)


@kernel
def step(state: Any, decisions: Any, count: int, bar: Any) -> int:
    """Ask for something at about every second bar."""
    if not bar["atr"] > 0.0:
        return count
    what, far = coin(1, bar["ts"], 0), int(bar["atr"]) + 3
    side = 1 if coin(1, bar["ts"], 1) < 0.5 else -1
    here, now = bar["close"], bar["bar"]
    if what < 0.2:
        own = decisions[count]
        count = enter(
            decisions, count, now, state["setups"], side, here - side * 2 * far, here + side * 3 * far
        )
        own["max_bars"] = 12
        own["even_at"] = far
        own["trail"] = 2 * far
        own["partial_at"][0] = here + side * far
        own["partial_share"][0] = 400_000
        own["partial_at"][1] = here + side * 2 * far
        own["partial_share"][1] = 300_000
        state["setups"] += 1
    elif what < 0.4:
        for order in (LIMIT, STOP):
            own = decisions[count]
            price = here - side * far // 2 if order == LIMIT else here + side * far // 2
            count = enter(
                decisions, count, now, state["setups"], side, price - side * 2 * far, price + side * 2 * far
            )
            rest(decisions, count - 1, order, price, 4)
            own["group"] = state["setups"] + 1
            own["void_at"] = here + side * 2 * far
            own["max_bars"] = 20
        state["setups"] += 1
    elif what < 0.45 and state["setups"] > 0:
        count = cancel(decisions, count, now, state["setups"] - 1, 1)
    elif what < 0.5 and state["setups"] > 1:
        count = close(decisions, count, now, state["setups"] - 2, 1)
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars."""
    count = 0
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        count = step(states[0], decisions, count, bars[i])
    return len(bars), count


STRATEGY = Strategy(
    name="busy",
    version=1,
    summary="ask for everything at random",
    params=Params,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    reasons=("", "the coin fell so"),
)
