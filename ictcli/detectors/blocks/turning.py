"""The swing that a change of character breaks, and what price did to the swing before it.

Written for a bullish change of character at bar i: it breaks the swing high q. A is the latest swing low
before q (a swing on the bar of q itself is not before it, C35); m is the origin of the leg that broke q.
When m is below A the leg began with a stop-run: breaker block. When it is not, A held and the last push
failed: mitigation block. Without A there is neither.
Swings of one layer are confirmed in the order of their bars, so A is final when q is confirmed.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.book import add, evict
from ictcli.detectors.base.context import in_atr, spans_gap
from ictcli.detectors.base.events import (
    CONFIRMED,
    EVENT,
    NO_BAR,
    SPANS_GAP,
    descend,
    place,
    stamp,
)
from ictcli.detectors.base.pivots import RING
from ictcli.detectors.base.zones import ZONES
from ictcli.detectors.blocks.legs import CANDLE, earliest, high_of, low_of, opposing_candle
from ictcli.detectors.detector import Extra
from ictcli.detectors.structure.structure import CHOCH
from ictcli.kernels import kernel

BROKEN_LEVEL, PRIOR_LEVEL, LEG_EXTREME, SWEPT_DEPTH = 0, 1, 2, 3

TURNS = np.dtype(
    [
        ("zones", ZONES),
        ("past", CANDLE, RING),
        ("serial", np.int64),
        ("failed_swing", np.int64),  # 1: a mitigation block takes the candle of the failed swing
        ("last", EVENT, 2),  # newest swing by side: 0 lows, 1 highs
        ("before", EVENT, 2),  # the swing of the same side before it
        ("known", np.int64, 2),  # swings of the side so far, at most 2
        ("prior", EVENT, 2),  # by side of the break: the opposite swing before the reference
        ("reference", np.int64, 2),  # bar of the reference that ``prior`` belongs to, NO_BAR without prior
    ]
)

EXTRAS = (
    Extra("swing_q", "price", BROKEN_LEVEL),
    Extra("swing_a", "price", PRIOR_LEVEL),
    Extra("leg_extreme", "price", LEG_EXTREME),
    Extra("swept_depth", "points", SWEPT_DEPTH),
    Extra("break_id", "id", 0),
    Extra("swing_id", "id", 1),
)
"""Columns of both blocks: the broken level, the swing before it, the leg's extreme and how far it went
beyond that swing; the break and that swing themselves."""


@kernel
def hear_swings(turns: Any, swings: Any, first: int, last: int) -> None:
    """Take in the swings that the current bar confirms; sort out what lies before each."""
    for at in range(first, last):
        swing = swings[at]
        if swing["record"] == CONFIRMED:
            side = (1 - swing["direction"]) // 2
            turns["before"][side] = turns["last"][side]
            turns["last"][side] = swing
            turns["known"][side] = min(turns["known"][side] + 1, 2)
    for at in range(first, last):
        if swings[at]["record"] == CONFIRMED:
            note_prior(turns, swings[at])


@kernel
def note_prior(turns: Any, swing: Any) -> None:
    """Remember the latest opposite swing before a swing that structure may break."""
    own = (1 - swing["direction"]) // 2
    opposite = 1 - own
    broken_by = opposite
    known = turns["known"][opposite]
    turns["reference"][broken_by] = NO_BAR
    if known > 0 and turns["last"][opposite]["formed"] < swing["formed"]:
        turns["prior"][broken_by] = turns["last"][opposite]
        turns["reference"][broken_by] = swing["formed"]
    elif known > 1:
        turns["prior"][broken_by] = turns["before"][opposite]
        turns["reference"][broken_by] = swing["formed"]


@kernel
def is_turn(turns: Any, source: Any, side: int) -> bool:
    """Whether a record of structure is a change of character with a swing before the broken one."""
    if source["record"] != CONFIRMED or source["label"] != CHOCH:
        return False
    return bool(turns["reference"][side] == source["formed"])


@kernel
def swept_depth(turns: Any, source: Any, side: int) -> int:
    """How far below the prior swing the leg began; zero or less when the swing held."""
    direction = source["direction"]
    return int(direction * (turns["prior"][side]["bottom"] - source["origin_level"]))


@kernel
def last_push(turns: Any, bar: Any, side: int, source: Any) -> int:
    """The last candle up to the broken swing that closed with the break, else the swing's own bar."""
    first = max(turns["prior"][side]["formed"], earliest(bar))
    found = opposing_candle(turns["past"], 1 - side, source["formed"], first)
    return int(source["formed"]) if found == NO_BAR else found


@kernel
def turn_block(turns: Any, events: Any, count: int, bar: Any, source: Any, candle: int) -> int:
    """Append the block whose zone is the range of a candle; none when it has no height or is forgotten."""
    book = turns["zones"]["book"]
    past = turns["past"]
    direction = source["direction"]
    side = (1 - direction) // 2
    if candle < earliest(bar):
        return count
    bottom = low_of(past, side, candle)
    top = high_of(past, side, candle)
    if top <= bottom:
        return count
    count = evict(book, bar, events, count, side)
    event = events[count]
    marks = SPANS_GAP if spans_gap(bar, candle) else 0
    count = stamp(events, count, bar, direction, turns["serial"], marks)
    event["formed"] = candle
    event["formed_ts"] = past[candle & (RING - 1)]["ts"]
    event["size_atr"] = in_atr(top - bottom, bar)
    event["extra"][BROKEN_LEVEL] = source["bottom"]
    event["extra"][PRIOR_LEVEL] = turns["prior"][side]["bottom"]
    event["extra"][LEG_EXTREME] = source["origin_level"]
    event["extra"][SWEPT_DEPTH] = swept_depth(turns, source, side)
    place(event, direction, bottom, top)
    descend(event, 0, source, 0)
    descend(event, 1, turns["prior"][side], 1)
    add(book, side, top, event)
    turns["serial"] += 1
    return count
