"""Unicorn: buy where a breaker block and a fair value gap overlap (ICT.md §11).

Long side; the short side is the long side on negated bars. The rules are those of the detector ``unicorn``
on the internal layer:

1. a bullish breaker becomes known: lows were taken, then a change of character broke upward;
2. a bullish fair value gap is confirmed at most ``separation`` bars before or after it, and the two zones
   overlap by a positive height of at least ``min_overlap`` of the gap's; with ``exclude_spans_gap`` no
   bars are missing inside the pattern. The first such gap counts, of several known at once the oldest;
3. the bar at which both are known opens inside one of the New York ``windows``.

Entry: a limit order at the top of the overlap (``entry_at`` "edge") or in its middle ("ce"), for ``max_wait``
bars. Stop: below the extreme of the leg that took the lows (``stop`` "sweep") or below the breaker
("breaker"), by the largest of the spread, ``buffer`` points and ``buffer_atr`` average true ranges. Target:
``target_r`` times the risk. Half points are rounded against the trade: the entry to the worse price, the
target away. The order is void once the market trades at the target and withdrawn at a close below the
overlap.

A set-up is a breaker and has its serial number. It goes IDLE, SHIFTED, ARMED; noted are a breaker without a
gap in time and further gaps of the same breaker. While the detector sees 16 set-ups of a direction alive,
it passes over further ones.
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, NO_BAR
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.base.zones import bottom_of
from ictcli.detectors.detector import Feed
from ictcli.detectors.setups.orders import ENTRY, MOST_LIVE, STOP, TARGET
from ictcli.detectors.setups.unicorn import RECENT
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import IDLE, LIMIT, MOST_DECISIONS_PER_BAR, SHIFTED, enter, note, rest
from ictcli.strategies.ict.hours import HOURS, in_hours, init_hours
from ictcli.strategies.ict.pending import PENDING, remember, watch
from ictcli.strategies.ict.prices import asked, halved_up
from ictcli.strategies.protocol import Overrides, Strategy

MOST_WAITING = 4 * RECENT
"""Breakers that may wait for their gap: at most two become known at a bar."""

REASONS = (
    "",
    "breaker block known",
    "breaker block and gap overlap",
    "no gap overlapped the breaker in time",
    "outside hours",
    "a further gap of the same breaker",
    "closed through the overlap",
    "more orders than can be kept",
)
R_BREAKER, R_TAKEN, R_NO_GAP, R_HOURS, R_FURTHER, R_BROKEN, R_CROWDED = range(1, len(REASONS))

WAITING = np.dtype(
    [
        ("serial", np.int64),
        ("direction", np.int64),
        ("confirmed", np.int64),
        ("formed", np.int64),
        ("decided", np.int64),  # 1 once a gap was found
    ]
)

STATE = np.dtype(
    [
        ("hours", HOURS),
        ("pending", PENDING),
        ("separation", np.int64),
        ("max_wait", np.int64),
        ("count", np.int64),
        ("waiting", WAITING, MOST_WAITING),  # breakers young enough to find a gap, the oldest first
    ]
)


class UnicornParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        separation: most bars between the two confirmations.
        min_overlap: least overlap as a fraction of the gap's height.
        entry_at: limit order at the near ``edge`` of the overlap or in its middle (``ce``).
        stop: beyond the extreme of the ``sweep`` or beyond the ``breaker``.
        buffer: least distance of the stop from that price, points.
        buffer_atr: least distance of the stop from that price, average true ranges.
        target_r: distance of the target, in units of the risk.
        max_wait: bars an order rests.
        windows: New York times of bar opens that may give orders, ``HH:MM-HH:MM`` joined by commas, end
            exclusive; empty: all day.
        exclude_spans_gap: leave out patterns with missing bars inside, on bars shorter than a day.
    """

    separation: Annotated[int, Meta(ge=0, lt=RECENT)] = 3
    min_overlap: Annotated[float, Meta(ge=0, le=1)] = 0.0
    entry_at: Literal["edge", "ce"] = "edge"
    stop: Literal["sweep", "breaker"] = "sweep"
    buffer: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    buffer_atr: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    target_r: Annotated[float, Meta(ge=0.001, le=1000)] = 2.0
    max_wait: Annotated[int, Meta(ge=1, le=100_000)] = 20
    windows: str = ""
    exclude_spans_gap: bool = True


def detectors(params: UnicornParams) -> Overrides:
    """The parameters of the detectors that follow."""
    own = msgspec.structs.asdict(params)
    del own["windows"]
    return {"unicorn.internal": {**own, "most_live": MOST_LIVE}}


def init_state(params: UnicornParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record.

    Raises:
        ConfigError: ``windows`` cannot be read.
    """
    state = np.zeros(1, STATE)
    own = state[0]
    init_hours(own["hours"], params.windows)
    own["separation"] = params.separation
    own["max_wait"] = params.max_wait
    return state


@kernel
def tell(decisions: Any, count: int, bar: Any, own: Any, stage: int, reason: int) -> int:
    """Append a note on a breaker."""
    written = decisions[count]
    count = note(decisions, count, bar["bar"], own["serial"], own["direction"], stage, reason)
    written["formed"] = own["formed"]
    return count


@kernel
def hear(state: Any, decisions: Any, count: int, bar: Any, breakers: Any, first: int, last: int) -> int:
    """Append the breakers of the current bar, which wait for their gap from now on."""
    for at in range(first, last):
        breaker = breakers[at]
        if breaker["record"] == CONFIRMED:
            own = state["waiting"][state["count"]]
            own["serial"] = breaker["serial"]
            own["direction"] = breaker["direction"]
            own["confirmed"] = breaker["confirmed"]
            own["formed"] = breaker["formed"]
            own["decided"] = 0
            state["count"] += 1
            count = tell(decisions, count, bar, own, SHIFTED, R_BREAKER)
    return count


@kernel
def place_of(state: Any, serial: int) -> int:
    """Where a breaker waits, ``NO_BAR`` when it does not."""
    for at in range(state["count"]):
        if state["waiting"][at]["serial"] == serial:
            return at
    return NO_BAR


@kernel
def arm(state: Any, decisions: Any, count: int, bar: Any, unicorn: Any, serial: int) -> int:
    """Append the order of a unicorn."""
    direction = unicorn["direction"]
    extra = unicorn["extra"]
    target = asked(halved_up(direction * extra[TARGET]), direction)
    stop = asked(direction * extra[STOP], direction)
    own = decisions[count]
    count = enter(decisions, count, bar["bar"], serial, direction, stop, target)
    rest(decisions, count - 1, LIMIT, direction * halved_up(direction * extra[ENTRY]), state["max_wait"])
    own["reason"] = R_TAKEN
    own["void_at"] = target
    own["zone"] = unicorn["serial"]
    own["formed"] = unicorn["formed"]
    bottom = bottom_of(unicorn, (1 - direction) // 2)
    return remember(state["pending"], decisions, count, own, bottom, R_CROWDED)


@kernel
def decide_on(state: Any, decisions: Any, count: int, bar: Any, unicorn: Any) -> int:
    """Append what becomes of an overlap that the current bar makes known."""
    at = place_of(state, unicorn["parent"][0]["serial"])
    if at == NO_BAR:
        return count
    own = state["waiting"][at]
    if own["decided"] == 1:
        return tell(decisions, count, bar, own, IDLE, R_FURTHER)
    own["decided"] = 1
    if not in_hours(state["hours"], bar):
        return tell(decisions, count, bar, own, IDLE, R_HOURS)
    return arm(state, decisions, count, bar, unicorn, own["serial"])


@kernel
def give_up(state: Any, decisions: Any, count: int, bar: Any) -> int:
    """Forget the breakers that no later gap can belong to."""
    kept = 0
    for at in range(state["count"]):
        own = state["waiting"][at]
        if bar["bar"] - own["confirmed"] < state["separation"]:
            if kept < at:
                state["waiting"][kept] = own
            kept += 1
        elif own["decided"] == 0:
            count = tell(decisions, count, bar, own, IDLE, R_NO_GAP)
    state["count"] = kept
    return count


@hot_kernel
def step(
    state: Any, decisions: Any, count: int, bar: Any,
    unicorns: Any, u0: int, u1: int, breakers: Any, b0: int, b1: int,
) -> int:  # fmt: skip
    """Take one closed bar with its unicorns and breakers; append what is decided; the new count."""
    count = watch(state["pending"], decisions, count, bar, R_BROKEN)
    if b0 < b1:
        count = hear(state, decisions, count, bar, breakers, b0, b1)
    for at in range(u0, u1):
        if unicorns[at]["record"] == CONFIRMED:
            count = decide_on(state, decisions, count, bar, unicorns[at])
    if state["count"] > 0:
        count = give_up(state, decisions, count, bar)
    return count


@kernel
def run(states: Any, decisions: Any, bars: Any, first: int, unicorns: Any, breakers: Any) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    u0, b0 = first_record(unicorns, bars, first), first_record(breakers, bars, first)
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        bar = bars[i]
        u1, b1 = records_until(unicorns, u0, bar["bar"]), records_until(breakers, b0, bar["bar"])
        count = step(states[0], decisions, count, bar, unicorns, u0, u1, breakers, b0, b1)
        u0, b0 = u1, b1
    return len(bars), count


STRATEGY = Strategy(
    name="unicorn",
    version=1,
    summary="buy where a breaker block and a fair value gap overlap, and the reverse",
    params=UnicornParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("unicorn", "internal"), Feed("breaker", "internal")),
    detectors=detectors,
    reasons=REASONS,
)
