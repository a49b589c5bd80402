"""The order of the log: time, phase, bull before bear, anchor, id, record (C3)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.lives import Told
from ictcli.kernels import kernel
from ictcli.market.bars import Int64

_LATER = 1
"""Phase of the records of objects that are known already."""
_ANCHORS = 1 << 48
"""More than there are bars."""


@kernel
def bounds_of(events: Any, owner: Any, bounds: Any) -> None:
    """The first bar of the wanted records, the one after the last, and how many there are."""
    for at in range(len(events)):
        if owner[at] >= 0:
            bar = events[at]["at"]
            if bounds[2] == 0:
                bounds[0] = bar
                bounds[1] = bar + 1
            bounds[0] = min(bounds[0], bar)
            bounds[1] = max(bounds[1], bar + 1)
            bounds[2] += 1


@kernel
def by_bar(events: Any, owner: Any, phases: Any, first: int, ends: Any, keys: Any, order: Any) -> None:
    """Rows of wanted records by bar, those of one bar as they stand.

    Args:
        events: the records.
        owner: node of each.
        phases: of the nodes.
        first: bar of the earliest.
        ends: zeros, one per bar and one more; set to where the records of bar ``first + k`` begin.
        keys: set to what orders the records of one bar first of all: phase, direction, anchor.
        order: set to the rows.
    """
    for at in range(len(events)):
        if owner[at] >= 0:
            ends[events[at]["at"] - first + 1] += 1
    for bar in range(1, len(ends)):
        ends[bar] += ends[bar - 1]
    for at in range(len(events)):
        if owner[at] >= 0:
            event = events[at]
            phase = int(phases[owner[at]]) if event["record"] == CONFIRMED else _LATER
            keys[at] = (4 * phase + 1 - int(event["direction"])) * _ANCHORS + event["formed"]
            bar = event["at"] - first
            order[ends[bar]] = at
            ends[bar] += 1
    for bar in range(len(ends) - 1, 0, -1):
        ends[bar] = ends[bar - 1]
    ends[0] = 0


@kernel
def follows(events: Any, keys: Any, ids: Any, one: int, other: int) -> bool:
    """Whether a record belongs behind another one of its bar."""
    if keys[one] != keys[other]:
        return bool(keys[one] > keys[other])
    if ids[one] != ids[other]:
        return bool(ids[one] > ids[other])
    return bool(events[one]["record"] > events[other]["record"])


@kernel
def settle(events: Any, keys: Any, ids: Any, ends: Any, order: Any) -> None:
    """Sort the rows of each bar, of which there are few: by insertion."""
    for bar in range(len(ends) - 1):
        first = ends[bar]
        for place in range(first + 1, ends[bar + 1]):
            row = order[place]
            at = place
            while at > first and follows(events, keys, ids, order[at - 1], row):
                order[at] = order[at - 1]
                at -= 1
            order[at] = row


def log_order(told: Told, phases: NDArray[np.int64]) -> Int64:
    """The rows of the wanted records in the order of the log.

    Args:
        told: the records.
        phases: of the nodes.
    """
    bounds = np.zeros(3, np.int64)
    bounds_of(told.events, told.owner, bounds)
    first, end, count = bounds.tolist()
    ends = np.zeros(end - first + 1, np.int64)
    keys, order = np.empty(len(told.events), np.int64), np.empty(count, np.int64)
    by_bar(told.events, told.owner, phases, first, ends, keys, order)
    settle(told.events, keys, told.ids, ends, order)
    return order
