"""Market structure shift: a change of character with displacement, and its gates (ICT.md §4.3, C25, C26).

A CHoCH of the same layer that ``structure`` marks as MSS is one. It is known at the close of the breaking
bar i. Two facts are reported with it:

- ``leg_has_fvg``: a fair value gap of its direction has its middle bar in the leg, from the leg origin
  to bar i, and is known by then;
- ``prior_sweep``: a swing of the same layer on the side the leg started from (a low for a bullish shift)
  was swept, not run, with the verdict at one of the last ``sweep_lookback`` bars, bar i included;
  ``prior_sweep_id`` is the latest such sweep.

With ``require_fvg`` or ``require_sweep`` only shifts for which that holds are written. The gap whose middle
bar is bar i is complete at i+1: with ``require_fvg``, when there is no earlier gap, the shift is then
confirmed at i+1; the CHoCH itself is never edited. Bearish shifts are bullish ones on negated bars.
``formed_at`` is the broken swing's bar, ``size_atr`` the distance of the break. A point event.
"""

from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.detectors.base.context import spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    MOST_PER_BAR,
    MSS,
    NO_BAR,
    OWN_MARK,
    SPANS_GAP,
    descend,
    stamp,
)
from ictcli.detectors.base.feeds import first_record, records_until
from ictcli.detectors.detector import Detector, Extra, Feed
from ictcli.detectors.liquidity.penetration import SWEEP
from ictcli.kernels import hot_kernel, kernel

LEG_HAS_FVG = OWN_MARK
PRIOR_SWEEP = 2 * OWN_MARK

BREAKS, SWEEPS = 0, 2
"""Feeds that give parents."""

STATE = np.dtype(
    [
        ("require_fvg", np.int64),
        ("require_sweep", np.int64),
        ("sweep_lookback", np.int64),
        ("serial", np.int64),
        ("gap", np.int64, 2),  # middle bar of the latest gap by direction, NO_BAR for none
        ("swept", np.int64, 2),  # bar of the latest sweep by direction, NO_BAR for none
        ("sweep", EVENT, 2),  # that sweep
        ("waits", np.int64, 2),  # 1 for a shift of the bar before that still needs its gap
        ("waiting", EVENT, 2),  # its break
    ]
)


class MssParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        require_fvg: whether only shifts whose leg has a fair value gap count.
        require_sweep: whether only shifts after a sweep count.
        sweep_lookback: bars up to the breaking one searched for a sweep.
    """

    require_fvg: bool = False
    require_sweep: bool = False
    sweep_lookback: Annotated[int, Meta(ge=1)] = 20


def init_state(params: MssParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    state[0]["require_fvg"] = params.require_fvg
    state[0]["require_sweep"] = params.require_sweep
    state[0]["sweep_lookback"] = params.sweep_lookback
    state[0]["gap"] = NO_BAR
    state[0]["swept"] = NO_BAR
    return state


@kernel
def marks_of(state: Any, side: int, shift: Any) -> int:
    """The marks of a shift by what is known at the current bar."""
    marks = 0
    if state["gap"][side] >= shift["origin"]:
        marks |= LEG_HAS_FVG
    swept = state["swept"][side]
    if swept != NO_BAR and shift["confirmed"] - swept < state["sweep_lookback"]:
        marks |= PRIOR_SWEEP
    return marks


@kernel
def confirm(state: Any, events: Any, count: int, bar: Any, side: int, shift: Any, marks: int) -> int:
    """Append the shift that a break is."""
    event = events[count]
    if spans_gap(bar, shift["formed"]):
        marks |= SPANS_GAP
    count = stamp(events, count, bar, shift["direction"], state["serial"], marks)
    event["formed"] = shift["formed"]
    event["formed_ts"] = shift["formed_ts"]
    event["bottom"] = shift["bottom"]
    event["top"] = shift["top"]
    event["origin"] = shift["origin"]
    event["origin_ts"] = shift["origin_ts"]
    event["origin_level"] = shift["origin_level"]
    event["size_atr"] = shift["size_atr"]
    descend(event, 0, shift, BREAKS)
    if marks & PRIOR_SWEEP:
        descend(event, 1, state["sweep"][side], SWEEPS)
    state["serial"] += 1
    return count


@kernel
def take(state: Any, events: Any, count: int, bar: Any, shift: Any) -> int:
    """Append the shift that the current bar makes, or wait for its gap."""
    side = (1 - shift["direction"]) // 2
    marks = marks_of(state, side, shift)
    if state["require_sweep"] == 1 and not marks & PRIOR_SWEEP:
        return count
    if state["require_fvg"] == 1 and not marks & LEG_HAS_FVG:
        state["waits"][side] = 1
        state["waiting"][side] = shift
        return count
    return confirm(state, events, count, bar, side, shift, marks)


@kernel
def settle(state: Any, events: Any, count: int, bar: Any) -> int:
    """Append the shifts of the bar before that the current bar gives their gap; drop the others."""
    for side in range(2):
        if state["waits"][side] == 1:
            shift = state["waiting"][side]
            marks = marks_of(state, side, shift)
            if marks & LEG_HAS_FVG:
                count = confirm(state, events, count, bar, side, shift, marks)
            state["waits"][side] = 0
    return count


@kernel
def note_gaps(state: Any, gaps: Any, first: int, last: int) -> None:
    """Remember the fair value gaps that the current bar completes."""
    for at in range(first, last):
        if gaps[at]["record"] == CONFIRMED:
            state["gap"][(1 - gaps[at]["direction"]) // 2] = gaps[at]["formed"]


@kernel
def note_sweeps(state: Any, sweeps: Any, first: int, last: int) -> None:
    """Remember the sweeps that the current bar decides."""
    for at in range(first, last):
        if sweeps[at]["record"] == CONFIRMED and sweeps[at]["label"] == SWEEP:
            side = (1 - sweeps[at]["direction"]) // 2
            state["swept"][side] = sweeps[at]["confirmed"]
            state["sweep"][side] = sweeps[at]


@hot_kernel
def step(
    state: Any,
    events: Any,
    count: int,
    bar: Any,
    breaks: Any,
    first: int,
    last: int,
    gaps: Any,
    first_gap: int,
    last_gap: int,
    sweeps: Any,
    first_sweep: int,
    last_sweep: int,
) -> int:
    """Take one closed bar and the fed records of it; append what became known; the new count."""
    note_gaps(state, gaps, first_gap, last_gap)
    if state["waits"][0] == 1 or state["waits"][1] == 1:
        count = settle(state, events, count, bar)
    if first_sweep < last_sweep:
        note_sweeps(state, sweeps, first_sweep, last_sweep)
    for at in range(first, last):
        if breaks[at]["record"] == CONFIRMED and breaks[at]["marks"] & MSS:
            count = take(state, events, count, bar, breaks[at])
    return count


@kernel
def run(
    states: Any, events: Any, bars: Any, first: int, breaks: Any, gaps: Any, sweeps: Any
) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    at = first_record(breaks, bars, first)
    gap = first_record(gaps, bars, first)
    sweep = first_record(sweeps, bars, first)
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        index = bars[i]["bar"]
        at_end = records_until(breaks, at, index)
        gap_end = records_until(gaps, gap, index)
        sweep_end = records_until(sweeps, sweep, index)
        count = step(
            states[0],
            events,
            count,
            bars[i],
            breaks,
            at,
            at_end,
            gaps,
            gap,
            gap_end,
            sweeps,
            sweep,
            sweep_end,
        )
        at, gap, sweep = at_end, gap_end, sweep_end
    return len(bars), count


DETECTOR = Detector(
    name="mss",
    version=1,
    summary="market structure shifts with the gates of gap and sweep",
    phase=4,
    params=MssParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("level", "size_atr", "spans_gap", "leg_origin_at", "leg_origin"),
    feeds=(Feed("structure", None), Feed("fvg"), Feed("sweep", None)),
    extras=(
        Extra("leg_has_fvg", "flag", LEG_HAS_FVG),
        Extra("prior_sweep", "flag", PRIOR_SWEEP),
        Extra("prior_sweep_id", "id", 1),
    ),
    layers={"internal": {}, "swing": {}},
    uses_atr=False,
)
