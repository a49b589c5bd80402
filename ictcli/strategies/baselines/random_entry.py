"""Random entries: what a set-up must beat when it trades at the same hours with the same stops.

At the close of every bar that opens inside ``windows`` a coin falls: with ``probability`` a trade is
entered at the market, at the next open; a second coin chooses the side among those that ``sides`` allows.
The stop lies ``stop_atr`` average true ranges (through the previous bar) from the close, at least the
spread and one point, the target ``target_atr`` of them (0: none), both rounded up; no trade while the
average is undefined. After ``max_bars`` bars the trade is closed.

A coin is a hash of ``seed``, the bar's open and the number of the coin. So a trade does not depend on the
bars before it or on how the run was started, and another seed gives other trades.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import MOST_DECISIONS_PER_BAR, NO_PRICE, enter
from ictcli.strategies.ict.hours import HOURS, in_hours, init_hours
from ictcli.strategies.ict.prices import asked, stop_buffer
from ictcli.strategies.protocol import Strategy

WORD = 2**32 - 1
_FIRST, _SECOND = 0x2F0B4C47, 0x5851F42D
_COINS = 2.0**32
SIDES = ("both", "long", "short")
WHETHER, WHICH = 0, 1
"""Numbers of the coins."""
R_COIN = 1

STATE = np.dtype(
    [
        ("hours", HOURS),
        ("seed", np.int64),
        ("probability", np.float64),
        ("sides", np.int64),
        ("stop_atr", np.float64),
        ("target_atr", np.float64),
        ("max_bars", np.int64),
    ]
)


class RandomEntryParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        seed: another one gives other trades.
        probability: of an entry, per bar inside the windows.
        sides: sides that may be taken.
        stop_atr: distance of the stop, average true ranges.
        target_atr: distance of the target, average true ranges; 0 for none.
        max_bars: bars until the trade is closed at the market, 0 for no limit.
        windows: New York times of bar opens that may give entries, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
    """

    seed: Annotated[int, Meta(ge=0, le=2**62)] = 0
    probability: Annotated[float, Meta(gt=0, le=1)] = 0.01
    sides: Literal["both", "long", "short"] = "both"
    stop_atr: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    target_atr: Annotated[float, Meta(ge=0, le=1000)] = 4.0
    max_bars: Annotated[int, Meta(ge=0, le=1_000_000)] = 48
    windows: str = "02:00-05:00,07:00-11:00"


def init_state(params: RandomEntryParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    state = np.zeros(1, STATE)
    own = state[0]
    init_hours(own["hours"], params.windows)
    for name in ("seed", "probability", "stop_atr", "target_atr", "max_bars"):
        own[name] = getattr(params, name)
    own["sides"] = SIDES.index(params.sides)
    return state


@kernel
def stir(word: int) -> int:
    """A one-to-one scramble of 32 bits; all products stay below 2**63."""
    word = ((word ^ (word >> 16)) * _FIRST) & WORD
    word = ((word ^ (word >> 15)) * _SECOND) & WORD
    return int(word ^ (word >> 16))


@kernel
def coin(seed: int, ts: int, number: int) -> float:
    """A number in 0 <= x < 1 that follows from its arguments."""
    word = stir(number + 1)
    for part in (seed & WORD, (seed >> 32) & WORD, ts & WORD, (ts >> 32) & WORD):
        word = stir((word + stir(part ^ _SECOND)) & WORD)
    return float(word / _COINS)


@kernel
def bet(state: Any, decisions: Any, count: int, bar: Any) -> int:
    """Append an entry."""
    side = 1
    if state["sides"] == 2 or (state["sides"] == 0 and coin(state["seed"], bar["ts"], WHICH) < 0.5):
        side = -1
    close = side * bar["close"]
    target = NO_PRICE
    if state["target_atr"] > 0.0:
        target = asked(close + stop_buffer(bar, 1, state["target_atr"]), side)
    stop = asked(close - stop_buffer(bar, 1, state["stop_atr"]), side)
    own = decisions[count]
    count = enter(decisions, count, bar["bar"], bar["bar"], side, stop, target)
    own["reason"] = R_COIN
    own["max_bars"] = state["max_bars"]
    return count


@hot_kernel
def step(state: Any, decisions: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append the entry that its coin gives; the new number of decisions."""
    open_now = bar["atr"] > 0.0 and in_hours(state["hours"], bar)
    if open_now and coin(state["seed"], bar["ts"], WHETHER) < state["probability"]:
        count = bet(state, decisions, count, bar)
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        count = step(states[0], decisions, count, bars[i])
    return len(bars), count


STRATEGY = Strategy(
    name="random_entry",
    version=1,
    summary="enter at random at the hours of a set-up",
    params=RandomEntryParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    reasons=("", "the coin fell so"),
)
