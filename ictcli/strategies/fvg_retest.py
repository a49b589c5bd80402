"""FVG retest: join the trend when price comes back to the gap its last leg left behind.

Long side; the short side is the long side on negated bars. At the close of a bar:

1. the last break of structure (BOS or CHoCH) was bullish;
2. a live bullish fair value gap, confirmed at or after the origin of the leg that made this break, is
   touched for the first time;
3. the gap is at least ``min_size_atr`` high and, with ``exclude_spans_gap``, has no missing bars inside;
4. the close holds: above the gap's bottom, its midpoint or its top (``hold``);
5. the bar opens inside one of the New York windows (``windows``).

The signal is given at that close. Stop: the gap's bottom minus the larger of the bar's spread (at least one
point) and ``buffer_atr`` average true ranges, rounded away from the entry. Target: the close plus
``reward_risk`` times the distance from the close to the stop. After ``max_bars`` bars the trade is closed.
Stop or target may
lie where no price can be; the engine refuses such a signal (``invalid_signal``). Every gap gives at most one
signal. Thresholds use the average true range through the previous bar.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.context import init_context
from ictcli.detectors.base.events import CONFIRMED, EVENT, MOST_PER_BAR, SPANS_GAP, TAPPED
from ictcli.detectors.drive import describe, require_sound
from ictcli.detectors.imbalance import fvg
from ictcli.detectors.structure import structure, swing
from ictcli.kernels import kernel
from ictcli.market.bars import Bars, Int64
from ictcli.market.windows import DAY_MINUTES, open_minutes
from ictcli.market.zones import NEW_YORK, to_local
from ictcli.strategies.signals import Signals

Hold = Literal["bottom", "middle", "top"]

_HOLDS: tuple[Hold, ...] = ("bottom", "middle", "top")
_UNREACHABLE = 2**60
"""Points to a stop or target that no price reaches; the engine refuses a signal that asks for it."""

SIGNAL = np.dtype(
    [
        ("bar", np.int64),
        ("side", np.int64),
        ("stop", np.int64),
        ("target", np.int64),
        ("zone", np.int64),
    ]
)

STATE = np.dtype(
    [
        ("swing", swing.STATE),
        ("structure", structure.STATE),
        ("fvg", fvg.STATE),
        ("min_size_atr", np.float64),
        ("buffer_atr", np.float64),
        ("reward_risk", np.float64),
        ("hold", np.int64),  # halves of the gap the close must stay above
        ("exclude_spans_gap", np.int64),
        ("trend", np.int64),  # direction of the last break
        ("origin", np.int64),  # bar of the leg origin of that break
    ]
)


class FvgRetestParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        left: bars before a structure swing that it must strictly exceed.
        right: bars after a structure swing that may not exceed it.
        atr_length: bars of the average true range.
        max_active: live gaps kept per direction.
        min_size_atr: least height of a gap, in average true ranges.
        hold: where the close of the touching bar must stay above (long): the gap's bottom, middle or top.
        buffer_atr: distance of the stop beyond the gap, in average true ranges; at least the spread.
        reward_risk: distance of the target as a multiple of the distance of the stop.
        max_bars: bars until the trade is closed at the market, 0 for no limit.
        windows: New York times of bar opens that may give signals, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
        exclude_spans_gap: leave out gaps with missing bars inside.
    """

    left: Annotated[int, Meta(ge=1, le=500)] = 5
    right: Annotated[int, Meta(ge=1, le=500)] = 5
    atr_length: Annotated[int, Meta(ge=2, le=500)] = 14
    max_active: Annotated[int, Meta(ge=1, le=128)] = 128
    min_size_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.25
    hold: Hold = "bottom"
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    reward_risk: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    max_bars: Annotated[int, Meta(ge=0, le=1_000_000)] = 48
    windows: str = "02:00-05:00,07:00-11:00"
    exclude_spans_gap: bool = True


def run(bars: Bars, params: FvgRetestParams) -> Signals:
    """All signals of closed bars; a longer run starts with the same signals.

    The bar length is taken as the shortest distance between two bars.

    Raises:
        DataError: a bar is not sound.
        ConfigError: ``windows`` cannot be read.
    """
    require_sound(bars)
    allowed = open_minutes(params.windows)[new_york_minutes(bars.ts)].astype(np.int64)
    length = bar_length(bars)
    state = init_state(params, length)
    described = describe(init_context(length, params.atr_length), bars)
    signals = np.empty(len(bars), SIGNAL)
    scratch = np.zeros(2 * MOST_PER_BAR, EVENT)
    count = run_bars(state[0], scratch, signals, described, allowed)
    chosen = signals[:count]
    return Signals(
        bar=chosen["bar"].copy(),
        side=chosen["side"].astype(np.int8),
        stop=chosen["stop"].copy(),
        target=chosen["target"].copy(),
        max_bars=np.full(count, params.max_bars, np.int64),
        zone=chosen["zone"].copy(),
    )


def init_state(params: FvgRetestParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    gaps = fvg.FvgParams(max_active=params.max_active)
    pivots = swing.SwingParams(left=params.left, right=params.right, max_active=params.max_active)
    leg = structure.StructureParams(max_active=params.max_active)
    own["swing"] = swing.init_state(pivots, bar_ns)[0]
    own["structure"] = structure.init_state(leg, bar_ns)[0]
    own["fvg"] = fvg.init_state(gaps, bar_ns)[0]
    own["min_size_atr"] = params.min_size_atr
    own["buffer_atr"] = params.buffer_atr
    own["reward_risk"] = params.reward_risk
    own["hold"] = _HOLDS.index(params.hold)
    own["exclude_spans_gap"] = params.exclude_spans_gap
    return state


def bar_length(bars: Bars) -> int:
    """The nominal bar length in nanoseconds: the shortest distance between two opens."""
    return int(np.diff(bars.ts).min()) if len(bars) > 1 else NS_PER_MINUTE


def new_york_minutes(ts: Int64) -> Int64:
    """The New York minute of the day of every instant."""
    return to_local(NEW_YORK, ts) // NS_PER_MINUTE % DAY_MINUTES


@kernel
def follow_structure(state: Any, scratch: Any, first: int, last: int) -> None:
    """Take over trend and leg origin from the breaks of the current bar."""
    for at in range(first, last):
        event = scratch[at]
        if event["record"] == CONFIRMED:
            state["trend"] = event["direction"]
            state["origin"] = event["origin"]


@kernel
def qualifies(state: Any, event: Any, close: int) -> bool:
    """Whether a record of the gap detector is a first touch that may be traded."""
    direction = state["trend"]
    if event["record"] != TAPPED or event["direction"] != direction or direction == 0:
        return False
    if event["confirmed"] < state["origin"] or event["size_atr"] < state["min_size_atr"]:
        return False
    if state["exclude_spans_gap"] == 1 and event["marks"] & SPANS_GAP:
        return False
    height = event["top"] - event["bottom"]
    bottom = event["bottom"] if direction > 0 else -event["top"]
    return bool(2 * (direction * close - bottom) > state["hold"] * height)


@kernel
def write_signal(state: Any, event: Any, signals: Any, count: int, bar: Any) -> int:
    """Append the signal of a qualifying touch."""
    direction = state["trend"]
    wanted = state["buffer_atr"] * bar["atr"]
    buffer = max(bar["spread"], 1, math.ceil(wanted)) if wanted < _UNREACHABLE else _UNREACHABLE
    bottom = event["bottom"] if direction > 0 else -event["top"]
    stop = bottom - buffer
    signed_close = direction * bar["close"]
    wanted = state["reward_risk"] * (signed_close - stop) + 0.5
    reward = max(math.floor(wanted), 1) if wanted < _UNREACHABLE else _UNREACHABLE
    target = signed_close + reward
    if target == 0:  # the engine reads 0 as "no target"
        target += 1
    signal = signals[count]
    signal["bar"] = bar["bar"]
    signal["side"] = direction
    signal["stop"] = direction * stop
    signal["target"] = direction * target
    signal["zone"] = event["serial"]
    return count + 1


@kernel
def step(state: Any, scratch: Any, signals: Any, count: int, bar: Any, allowed: int) -> int:
    """Take one closed bar; append the signal it gives, at most one; return the new number of signals.

    ``scratch`` holds ``2 * MOST_PER_BAR`` records and is overwritten; ``allowed`` is 1 where signals may
    arise. Of several gaps first touched on one bar the one nearest to the price counts.
    """
    swings = swing.step(state["swing"], scratch, 0, bar)
    found = structure.step(state["structure"], scratch, swings, bar, scratch, 0, swings)
    follow_structure(state, scratch, swings, found)
    found = fvg.step(state["fvg"], scratch, 0, bar)
    if allowed == 0:
        return count
    for at in range(found):
        if qualifies(state, scratch[at], bar["close"]):
            return write_signal(state, scratch[at], signals, count, bar)
    return count


@kernel
def run_bars(state: Any, scratch: Any, signals: Any, bars: Any, allowed: Any) -> int:
    """Step over all bars; ``signals`` has room for one signal per bar."""
    count = 0
    for i in range(len(bars)):
        count = step(state, scratch, signals, count, bars[i], allowed[i])
    return count
