"""SMT divergence: one of two related symbols makes a new extreme, the other does not (ICT.md §10.1, C46).

The bars are compared with those of a second symbol, on the bars that both have. Swings of ``left`` and
``right`` joined bars of the two symbols are paired when they lie at most ``tolerance`` joined bars apart.

Swing form: of two consecutive pairs of swing lows exactly one symbol made a lower low; an equal low is
none. Bullish, known at the close that settles the second pair: as soon as both swings are known, or with a
tolerance of two bars and more that many bars after the own one.
Sweep form, earlier: one symbol trades beyond its low of the latest pair and the other has not traded
beyond its own by the close of the ``sweep_window``-th joined bar after that. A pair gives one at most, and
none once the next pair is settled.
Bearish is bullish on negated bars. The label names the leader, the symbol that made the new extreme: A is
the own, B the second symbol. With ``inverse`` the second symbol is negated first (against the dollar index).
Both forms require the correlation of the close-to-close changes of the last ``correlation_length`` joined
bars to be at least ``min_correlation``, so they are silent before; -1 asks for none.

``formed_at`` is the own second swing, or the bar of the sweep; ``level`` the own price of the second swing,
or of the swept pair; ``leg_origin`` the own first swing, or that of the swept pair. ``own_change`` and
``other_change`` tell how far each symbol went beyond its earlier extreme, negative when it did not, each in
its own points. A divergence is "void" at the first later joined bar on which either symbol trades beyond
the furthest of these prices, and "superseded" by the next one of its direction.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import (
    EVENT,
    MOST_PER_BAR,
    NO_BAR,
    SPANS_GAP,
    SUPERSEDED,
    VOID,
    number,
    place,
    relate,
    stamp,
)
from ictcli.detectors.base.pivots import RING, init_pivots, low_at
from ictcli.detectors.detector import Detector, Extra
from ictcli.detectors.liquidity.joined import (
    CHANGES,
    JOINED,
    MOST_LENGTH,
    MOST_TOLERANCE,
    NOBODY,
    correlation,
    next_pair,
    push_changes,
    push_joined,
)
from ictcli.kernels import hot_kernel, kernel

SWING_A, SWING_B, SWEEP_A, SWEEP_B = 1, 2, 3, 4
"""Labels: form and leader."""

UNSEEN = 2**62
"""A signed price above all."""

PAIR = np.dtype(
    [
        ("there", np.int64),
        ("armed", np.int64),  # 1 while the pair can still give a sweep
        ("formed", np.int64),  # own swing
        ("formed_ts", np.int64),
        ("other_ts", np.int64),
        ("price", np.int64, 2),  # signed, own and other
        ("lowest", np.int64, 2),  # signed lows since, own and other
        ("taken", np.int64, 2),  # joined bar of the first price beyond, NOBODY before
        ("taken_bar", np.int64),  # the first of both: its number in the series
        ("taken_ts", np.int64),
    ]
)

STATE = np.dtype(
    [
        ("joined", JOINED),
        ("changes", CHANGES),
        ("inverse", np.int64),
        ("window", np.int64),
        ("least", np.float64),
        ("serial", np.int64),
        ("pair", PAIR, 2),
        ("live", np.int64, 2),
        ("stop", np.int64, (2, 2)),  # by side: signed prices, own and other, beyond which it is void
        ("held", EVENT, 2),
    ]
)


class SmtParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        left: joined bars before a swing that it must strictly exceed.
        right: joined bars after a swing that may not exceed it.
        tolerance: joined bars between swings that belong together.
        sweep_window: joined bars in which the other symbol may still follow a sweep.
        min_correlation: least correlation of the two symbols; -1 for none.
        correlation_length: changes of the correlation.
        inverse: whether the symbols move against each other.
    """

    left: Annotated[int, Meta(ge=1, le=500)] = 5
    right: Annotated[int, Meta(ge=1, le=500)] = 5
    tolerance: Annotated[int, Meta(ge=0, le=MOST_TOLERANCE)] = 1
    sweep_window: Annotated[int, Meta(ge=0)] = 3
    min_correlation: Annotated[float, Meta(ge=-1, le=1)] = 0.5
    correlation_length: Annotated[int, Meta(ge=2, le=MOST_LENGTH)] = 200
    inverse: bool = False


def init_state(params: SmtParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    own = state[0]
    for name in ("own", "other"):
        init_pivots(own["joined"][name], params.left, params.right)
        own["joined"][f"{name}_swing"] = NOBODY
    own["joined"]["tolerance"] = params.tolerance
    own["changes"]["length"] = params.correlation_length
    own["inverse"] = params.inverse
    own["window"] = params.sweep_window
    own["least"] = params.min_correlation
    return state


@kernel
def related(state: Any) -> bool:
    """Whether the symbols move closely enough."""
    return bool(state["least"] <= -1.0 or correlation(state["changes"]) >= state["least"])


@kernel
def confirm(
    state: Any, events: Any, count: int, bar: Any, side: int, label: int, price: int, own: int, other: int
) -> int:
    """Append a divergence from the pair held, with the own price and the changes of both symbols.

    The caller sets what differs between the forms; the new object takes the place of the last of its side.
    """
    if state["live"][side] == 1:
        count = relate(events, count, state["held"][side], bar, SUPERSEDED)
    pair = state["pair"][side]
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, pair["formed"]) else 0
    count = stamp(events, count, bar, 1 - 2 * side, state["serial"], marks)
    event["label"] = label
    event["origin"] = pair["formed"]
    event["origin_ts"] = pair["formed_ts"]
    event["origin_level"] = (1 - 2 * side) * pair["price"][0]
    event["extra"][0] = own
    event["extra"][1] = other
    event["extra"][2] = pair["other_ts"]
    event["extra"][3] = NO_BAR
    event["ratio"][0] = correlation(state["changes"])
    place(event, 1 - 2 * side, price, price)
    state["serial"] += 1
    state["live"][side] = 1
    state["stop"][side, 0] = pair["price"][0] - max(own, 0)
    state["stop"][side, 1] = pair["price"][1] - max(other, 0)
    return count


@kernel
def compare(
    state: Any, events: Any, start: int, count: int, bar: Any, side: int, own: int, other: int
) -> int:
    """Append the divergence that a new pair of a side makes with the last one, then hold the new pair."""
    joined = state["joined"]
    pair = state["pair"][side]
    slot = own & (RING - 1)
    price = low_at(joined["own"], side, own)
    second = low_at(joined["other"], side, other)
    other_ts = joined["other"]["ts"][other & (RING - 1)]
    first_gain = pair["price"][0] - price
    second_gain = pair["price"][1] - second
    if pair["there"] == 1 and (first_gain > 0) != (second_gain > 0) and related(state):
        label = SWING_A if first_gain > 0 else SWING_B
        count = confirm(state, events, count, bar, side, label, price, first_gain, second_gain)
        event = events[count - 1]
        event["formed"] = joined["bars"][slot]
        event["formed_ts"] = joined["own"]["ts"][slot]
        event["extra"][3] = other_ts
        number(events, start, count)
        state["held"][side] = event
    pair["there"] = 1
    pair["armed"] = 1
    pair["formed"] = joined["bars"][slot]
    pair["formed_ts"] = joined["own"]["ts"][slot]
    pair["other_ts"] = other_ts
    pair["price"][0] = price
    pair["price"][1] = second
    for which in range(2):
        pair["lowest"][which] = UNSEEN
        pair["taken"][which] = NOBODY
    return count


@kernel
def follow_pair(state: Any, bar: Any, side: int, low: int, other_low: int) -> None:
    """Note what a joined bar with these signed lows takes of the pair of a side."""
    pair = state["pair"][side]
    index = state["joined"]["bar"] - 1
    for which in range(2):
        reached = low if which == 0 else other_low
        pair["lowest"][which] = min(pair["lowest"][which], reached)
        if reached < pair["price"][which] and pair["taken"][which] == NOBODY:
            if pair["taken"][1 - which] == NOBODY:
                pair["taken_bar"] = bar["bar"]
                pair["taken_ts"] = bar["ts"]
            pair["taken"][which] = index


@kernel
def judge_sweep(state: Any, events: Any, start: int, count: int, bar: Any, side: int) -> int:
    """Append the divergence when only one symbol has swept its part of the pair, and its time is over."""
    pair = state["pair"][side]
    own, other = pair["taken"][0], pair["taken"][1]
    if max(own, other) == NOBODY:
        return count
    if min(own, other) != NOBODY:
        pair["armed"] = 0
        return count
    if state["joined"]["bar"] - 1 - max(own, other) < state["window"]:
        return count
    pair["armed"] = 0
    if not related(state):
        return count
    label = SWEEP_A if own != NOBODY else SWEEP_B
    price = pair["price"][0]
    gains = price - pair["lowest"][0], pair["price"][1] - pair["lowest"][1]
    count = confirm(state, events, count, bar, side, label, price, gains[0], gains[1])
    event = events[count - 1]
    event["formed"] = pair["taken_bar"]
    event["formed_ts"] = pair["taken_ts"]
    number(events, start, count)
    state["held"][side] = event
    return count


@kernel
def take_side(state: Any, events: Any, count: int, bar: Any, side: int, low: int, other_low: int) -> int:
    """Take a joined bar, with these signed lows, for one side."""
    start = count
    if state["live"][side] == 1 and (low < state["stop"][side, 0] or other_low < state["stop"][side, 1]):
        count = relate(events, count, state["held"][side], bar, VOID)
        state["live"][side] = 0
    if state["pair"][side]["armed"] == 1:
        follow_pair(state, bar, side, low, other_low)
        count = judge_sweep(state, events, start, count, bar, side)
    own, other = next_pair(state["joined"], side)
    if own != NOBODY:
        count = compare(state, events, start, count, bar, side, own, other)
    return count


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    if bar["paired"] == 0:
        return count
    high, low, close = bar["other_high"], bar["other_low"], bar["other_close"]
    if state["inverse"] == 1:
        high, low, close = -low, -high, -close
    push_joined(state["joined"], bar, high, low)
    push_changes(state["changes"], bar["close"], close)
    count = take_side(state, events, count, bar, 0, bar["low"], low)
    return take_side(state, events, count, bar, 1, -bar["high"], -high)


@kernel
def run(states: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        count = step(states[0], events, count, bars[i])
    return len(bars), count


DETECTOR = Detector(
    name="smt",
    version=1,
    summary="divergences from a second symbol at swings and sweeps",
    phase=8,
    params=SmtParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "label", "leg_origin", "leg_origin_at", "spans_gap"),
    ends=("void", "superseded"),
    extras=(
        Extra("own_change", "points", 0),
        Extra("other_change", "points", 1),
        Extra("other_origin_at", "instant", 2),
        Extra("other_at", "instant", 3),
        Extra("correlation", "ratio", 0),
    ),
    labels={
        (direction, label): text
        for direction in (1, -1)
        for label, text in ((SWING_A, "A"), (SWING_B, "B"), (SWEEP_A, "A sweep"), (SWEEP_B, "B sweep"))
    },
    layers={"internal": {"left": 5, "right": 5}, "swing": {"left": 50, "right": 50}},
    pair=True,
    uses_atr=False,
)
