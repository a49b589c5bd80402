"""Compiled loops that spread the fields of records over columns.

A column is a stretch of memory in Arrow's layout: values one after the other, and one bit per row that says
whether there is a value. Columns of one layout are the rows of one array; what stands where nothing is
present means nothing.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import KNOWN_ON_OPEN, RECORD_NAMES
from ictcli.detectors.detector import COMMON_MARKS
from ictcli.detectors.ledger import MOST_PARENTS, latest_of
from ictcli.detectors.schemas import COMMON, TIMES
from ictcli.kernels import hot_kernel, kernel

NODE = np.dtype(
    [
        ("kind", np.int32),  # number of its word
        ("layer", np.int32),  # number of its word, 0 for none
        ("fills", np.uint8, len(COMMON)),  # 1 for the common columns it fills
        ("is_point", np.int32),  # 1 for objects that end with their confirmation
        ("mitigation", np.int64),  # record that ``mitigated_at`` repeats, -1 for none
        ("extras", np.int64, 2),  # where its own columns begin and end among all ``EXTRA``
    ]
)
"""What the loops must know of a node."""

EXTRA = np.dtype(
    [
        ("layout", np.int64),  # one of the layouts below
        ("column", np.int64),  # among the columns of its layout
        ("known", np.int64),  # among the rows of bits
        ("slot", np.int64),  # as in ``detector.Extra``
        ("scale", np.int64),
        ("none", np.int64),  # number that means "nothing"
        ("has_none", np.int64),
    ]
)
"""How one node fills one column of its own."""

DECIMAL, WHOLE, RATIO, FLAG, ID = range(5)
"""Layouts: 128 bits, 64 bits, floats, bits, ids."""

KIND, DIRECTION, LABEL, LAYER, WORD = range(5)
"""Columns of words; the last one holds the record or the state."""

BOTTOM, TOP, ORIGIN = range(3)
"""Columns of prices; the level is the bottom again."""

FORMED, CONFIRMED_AT, ORIGIN_AT, TOUCHES, AT, BAR = range(6)
"""Columns of 64 bits."""

SIZE, FILL = range(2)
"""Columns of floats."""

MARKS = tuple(COMMON_MARKS.values())
ON_OPEN = len(MARKS)
"""Columns of bits: the common marks, then this one."""

PAIRS = np.frombuffer(bytes(range(256)).hex().encode(), "<u2").astype(np.uint16)
"""The two hexadecimal digits of every byte, as they stand in memory."""

LAYER_KNOWN = len(COMMON)
"""Row of bits of the layer, behind those of the common columns."""

_HAS_BOTTOM, _HAS_TOP = COMMON.index("bottom"), COMMON.index("top")
_HAS_LEVEL, _HAS_ORIGIN = COMMON.index("level"), COMMON.index("leg_origin")
_HAS_ORIGIN_AT, _HAS_LABEL = COMMON.index("leg_origin_at"), COMMON.index("label")
_HAS_MARKS, _HAS_SIZE = COMMON.index("spans_gap"), COMMON.index("size_atr")
_HAS_FILL, _HAS_TOUCHES = COMMON.index("fill"), COMMON.index("touch_count")
_TIMED = tuple(TIMES.values())
_FIRST_TIMED = min(_TIMED)
MITIGATED_AT = len(_TIMED)
"""Column of instants behind those of the records."""


@hot_kernel
def set_bit(bits: Any, column: int, at: int) -> None:
    """Mark a row of a column of bits."""
    bits[column, at >> 3] |= 1 << (at & 7)


@hot_kernel
def put_price(prices: Any, column: int, at: int, points: int) -> None:
    """Write a decimal of 128 bits."""
    prices[column, at, 0] = points
    prices[column, at, 1] = points >> 63


@hot_kernel
def put_geometry(event: Any, own: Any, at: int, prices: Any, whole: Any, numbers: Any, known: Any) -> None:
    """Write where an object lies and how far it was entered."""
    bottom, top = event["bottom"], event["top"]
    put_price(prices, BOTTOM, at, bottom)
    put_price(prices, TOP, at, top)
    put_price(prices, ORIGIN, at, event["origin_level"])
    whole[FORMED, at] = event["formed_ts"]
    whole[CONFIRMED_AT, at] = event["confirmed_ts"]
    whole[ORIGIN_AT, at] = event["origin_ts"]
    whole[TOUCHES, at] = event["touches"]
    numbers[SIZE, at] = event["size_atr"]
    numbers[FILL, at] = float(event["fill"]) / float(max(top - bottom, 1))
    has = own["fills"]
    if has[_HAS_BOTTOM] == 1:
        set_bit(known, _HAS_BOTTOM, at)
    if has[_HAS_TOP] == 1:
        set_bit(known, _HAS_TOP, at)
    if has[_HAS_LEVEL] == 1:
        set_bit(known, _HAS_LEVEL, at)
    if has[_HAS_ORIGIN] == 1 and event["origin"] >= 0:
        set_bit(known, _HAS_ORIGIN, at)
    if has[_HAS_ORIGIN_AT] == 1 and event["origin"] >= 0 and event["origin_ts"] != -1:
        set_bit(known, _HAS_ORIGIN_AT, at)
    if has[_HAS_SIZE] == 1 and event["size_atr"] != 0.0:
        set_bit(known, _HAS_SIZE, at)
    if has[_HAS_FILL] == 1:
        set_bit(known, _HAS_FILL, at)
    if has[_HAS_TOUCHES] == 1:
        set_bit(known, _HAS_TOUCHES, at)


@hot_kernel
def put_words(event: Any, own: Any, labels: Any, at: int, words: Any, flags: Any, known: Any) -> None:
    """Write what an object is called and marked; ``labels`` are its node's, by direction + 1 and label."""
    label = labels[event["direction"] + 1, event["label"]]
    words[KIND, at] = own["kind"]
    words[DIRECTION, at] = event["direction"] + 1
    words[LABEL, at] = max(label, 0)
    words[LAYER, at] = own["layer"]
    if label >= 0:
        set_bit(known, _HAS_LABEL, at)
    if own["layer"] > 0:
        set_bit(known, LAYER_KNOWN, at)
    for mark in range(len(MARKS)):
        if own["fills"][_HAS_MARKS + mark] == 1:
            set_bit(known, _HAS_MARKS + mark, at)
        if event["marks"] & MARKS[mark] != 0:
            set_bit(flags, mark, at)
    if event["marks"] & KNOWN_ON_OPEN != 0:
        set_bit(flags, ON_OPEN, at)


@kernel
def put_events(
    events: Any,
    owner: Any,
    order: Any,
    nodes: Any,
    labels: Any,
    words: Any,
    prices: Any,
    whole: Any,
    numbers: Any,
    flags: Any,
    known: Any,
) -> None:
    """Spread records, in an order, over the columns of the log."""
    for at in range(len(order)):
        event = events[order[at]]
        node = owner[order[at]]
        own = nodes[node]
        put_geometry(event, own, at, prices, whole, numbers, known)
        put_words(event, own, labels[node], at, words, flags, known)
        words[WORD, at] = event["record"]
        whole[AT, at] = event["at_ts"]
        whole[BAR, at] = event["at"]


@kernel
def put_zones(
    lives: Any,
    last: Any,
    events: Any,
    carried: Any,
    order: Any,
    nodes: Any,
    labels: Any,
    words: Any,
    prices: Any,
    whole: Any,
    numbers: Any,
    flags: Any,
    known: Any,
) -> None:
    """Spread objects, in an order, over the columns that they share with the log, and their state."""
    for at in range(len(order)):
        life = lives[order[at]]
        event = latest_of(order[at], last, events, carried)
        own = nodes[life["node"]]
        put_geometry(event, own, at, prices, whole, numbers, known)
        put_words(event, own, labels[life["node"]], at, words, flags, known)
        words[WORD, at] = life["state"]
        if life["state"] == 0 and own["is_point"] == 1:
            words[WORD, at] = len(RECORD_NAMES)


@kernel
def put_times(lives: Any, order: Any, nodes: Any, times: Any, known: Any) -> None:
    """Spread over columns when each kind of record came, and when an object was mitigated."""
    for at in range(len(order)):
        life = lives[order[at]]
        own = life["times"]
        for column in range(MITIGATED_AT):
            instant = own[_FIRST_TIMED + column]
            if instant != -1:
                times[column, at] = instant
                set_bit(known, column, at)
        record = nodes[life["node"]]["mitigation"]
        if record >= 0 and own[record] != -1:
            times[MITIGATED_AT, at] = own[record]
            set_bit(known, MITIGATED_AT, at)


@kernel
def put_whole(extra: Any, value: int, at: int, decimals: Any, whole: Any, known: Any) -> None:
    """Write a whole number of a column of its own, unless it means nothing."""
    if extra["has_none"] == 0 or value != extra["none"]:
        set_bit(known, extra["known"], at)
        if extra["layout"] == DECIMAL:
            put_price(decimals, extra["column"], at, value * extra["scale"])
        else:
            whole[extra["column"], at] = value


@kernel
def put_extras(
    lives: Any,
    last: Any,
    events: Any,
    carried: Any,
    order: Any,
    nodes: Any,
    extras: Any,
    decimals: Any,
    whole: Any,
    ratios: Any,
    flags: Any,
    ids: Any,
    known: Any,
) -> None:
    """Spread what only some detectors tell over columns."""
    for at in range(len(order)):
        life = lives[order[at]]
        event = latest_of(order[at], last, events, carried)
        span = nodes[life["node"]]["extras"]
        for number in range(span[0], span[1]):
            extra = extras[number]
            layout, column, slot = extra["layout"], extra["column"], extra["slot"]
            if layout == RATIO:
                ratios[column, at] = event["ratio"][slot]
                if event["ratio"][slot] == event["ratio"][slot]:
                    set_bit(known, extra["known"], at)
            elif layout == FLAG:
                set_bit(known, extra["known"], at)
                if event["marks"] & slot != 0:
                    set_bit(flags, column, at)
            elif layout == ID:
                ids[column, at] = life["parents"][slot]
                if life["parents"][slot] != 0:
                    set_bit(known, extra["known"], at)
            else:
                put_whole(extra, event["extra"][slot], at, decimals, whole, known)


@kernel
def put_parents(lives: Any, order: Any, ends: Any, parents: Any) -> None:
    """Write the ids of all parents one after the other, and where each object's end."""
    count = 0
    for at in range(len(order)):
        own = lives[order[at]]["parents"]
        for slot in range(MOST_PARENTS):
            if own[slot] != 0:
                parents[count] = own[slot]
                count += 1
        ends[at + 1] = count


@kernel
def spell(ids: Any, ends: Any, digits: Any) -> None:
    """Write ids, as signed numbers of 64 bits, as 16 hexadecimal digits each, two at a time; zeros as none.

    Args:
        ids: to write.
        ends: set to where the digits of each begin, and the end of the last.
        digits: room for all, as pairs.
    """
    count = 0
    for at in range(len(ids)):
        number = ids[at]
        if number != 0:
            for place in range(8):
                digits[count + place] = PAIRS[(number >> (56 - 8 * place)) & 255]
            count += 8
        ends[at + 1] = 2 * count
