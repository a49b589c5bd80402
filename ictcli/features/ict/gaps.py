"""Fair value gaps around the price (ICT.md §16, 10 to 14).

Of each direction the live gap nearest to the close, bull ones below it, bear ones above: the distance from
the close to its near edge in average true ranges (0 inside, at most 10), its height in average true ranges
when it was born (at most 10), and how far it is filled, 0 to 1. Of equally near gaps the newest counts.
``fvg_bull_near`` and ``fvg_bear_near`` count the live gaps whose near edge is at most 3 average true ranges
away, 10 at most; ``fvg_balance`` is the first less the second. Without a gap: distance 10, the rest 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import FAR, OLD, bounded, in_ranges
from ictcli.features.ict.zone_book import ZONE_BOOK, away, follow, hear
from ictcli.kernels import hot_kernel, kernel

NEAR = 3.0
"""Average true ranges within which a gap is counted."""
MOST = 10
"""Bound of the counts."""

STATE = np.dtype([("book", ZONE_BOOK)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def near(book: Any, side: int, facts: Any) -> int:
    """How many gaps of a side are near, 10 at most."""
    found = 0
    reach = NEAR * facts["atr"]
    at = book["count"][side] - 1
    while at >= 0 and found < MOST and away(book, side, at, facts["close"]) <= reach:
        found += 1
        at -= 1
    return found


@kernel
def tell(book: Any, side: int, row: Any, at: int, facts: Any) -> None:
    """Write distance, size and fill of the nearest gap of a side, and the number of near ones."""
    count = book["count"][side]
    if count == 0:
        row[at] = FAR
        row[at + 1] = 0.0
        row[at + 2] = 0.0
        row[at + 3] = 0.0
        return
    zone = book["zone"][side][count - 1]
    row[at] = in_ranges(away(book, side, count - 1, facts["close"]), facts["atr"], FAR)
    row[at + 1] = bounded(zone["size_atr"], 0.0, FAR)
    row[at + 2] = zone["depth"] / (zone["top"] - zone["bottom"])
    row[at + 3] = float(near(book, side, facts))


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any, gaps: Any, first: int, last: int) -> None:
    """Write what is known of gaps after one closed bar."""
    book = state["book"]
    follow(book, facts)
    if first < last:
        hear(book, gaps, first, last)
    tell(book, 0, row, at, facts)
    tell(book, 1, row, at + 4, facts)
    row[at + 8] = row[at + 3] - row[at + 7]


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, gaps: Any) -> None:
    """Step over bars."""
    first = 0
    for i in range(len(facts)):
        last = records_until(gaps, first, facts[i]["bar"])
        step(states[0], rows[i], at, facts[i], gaps, first, last)
        first = last


def _side(name: str, edge: str) -> tuple[Column, ...]:
    return (
        Column(f"fvg_{name}_dist", f"max({edge}, 0) / ATR of the nearest live gap, 10 at most", "10 without"),
        Column(f"fvg_{name}_size", "its height / ATR when it was born, 10 at most", "0 without"),
        Column(f"fvg_{name}_fill", "deepest penetration of it / its height", "0 without"),
        Column(f"fvg_{name}_near", "live gaps within 3 ATR, 10 at most", "0 without"),
    )


FEATURE = Feature(
    name="ict_gaps",
    version=1,
    summary="distance, size, fill and number of the fair value gaps around the price",
    columns=(
        *_side("bull", "C - top"),
        *_side("bear", "bottom - C"),
        Column("fvg_balance", "fvg_bull_near - fvg_bear_near", "0 without"),
    ),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=(Feed("fvg"),),
)
