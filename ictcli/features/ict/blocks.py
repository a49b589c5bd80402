"""Order blocks around the price (ICT.md §16, 16 and 17).

Of each direction the live internal order block nearest to the close: the distance from the close to its
near edge in average true ranges (0 inside, at most 10), ln(1 + bars) since it was confirmed (500 at most) and
ln(1 + touches) (20 at most; a touch is a bar that reaches the zone after one that did not, C10). Of equally
near blocks the newest counts. Without a block: distance 10, the oldest age, 0.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import FAR, OLD, OLDEST, age, in_ranges
from ictcli.features.ict.zone_book import ZONE_BOOK, away, follow, hear
from ictcli.kernels import hot_kernel, kernel

MOST_TOUCHES = 20

STATE = np.dtype([("book", ZONE_BOOK)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def tell(book: Any, side: int, row: Any, at: int, facts: Any) -> None:
    """Write distance, age and touches of the nearest block of a side."""
    count = book["count"][side]
    if count == 0:
        row[at] = FAR
        row[at + 1] = OLDEST
        row[at + 2] = 0.0
        return
    zone = book["zone"][side][count - 1]
    row[at] = in_ranges(away(book, side, count - 1, facts["close"]), facts["atr"], FAR)
    row[at + 1] = age(facts["bar"], zone["born"])
    row[at + 2] = math.log1p(float(min(zone["touches"], MOST_TOUCHES)))


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any, blocks: Any, first: int, last: int) -> None:
    """Write what is known of order blocks after one closed bar."""
    book = state["book"]
    follow(book, facts)
    if first < last:
        hear(book, blocks, first, last)
    tell(book, 0, row, at, facts)
    tell(book, 1, row, at + 3, facts)


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, blocks: Any) -> None:
    """Step over bars."""
    first = 0
    for i in range(len(facts)):
        last = records_until(blocks, first, facts[i]["bar"])
        step(states[0], rows[i], at, facts[i], blocks, first, last)
        first = last


def _side(name: str, edge: str) -> tuple[Column, ...]:
    return (
        Column(
            f"ob_{name}_dist", f"max({edge}, 0) / ATR of the nearest live block, 10 at most", "10 without"
        ),
        Column(f"ob_{name}_age", "ln(1 + bars since it was confirmed), 500 at most", "ln 501 without"),
        Column(f"ob_{name}_touches", "ln(1 + its touches), 20 at most", "0 without"),
    )


FEATURE = Feature(
    name="ict_blocks",
    version=1,
    summary="distance, age and touches of the order blocks around the price",
    columns=(*_side("bull", "C - top"), *_side("bear", "bottom - C")),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("order_block", "internal"),),
)
