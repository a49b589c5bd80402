"""The first raid of a range's two edges, and whether a close comes back in time (ICT.md §7.3, §9).

Prices are signed by side: side 0 watches the low of the range as support, side 1 its high on negated bars.
Each edge is consumed by the first bar j with a price strictly beyond it. The raid is reclaimed at the
first r of j..j + reclaim - 1 that closes at or within the edge; otherwise it was a run.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.book import FAR
from ictcli.kernels import kernel

EDGES = np.dtype(
    [
        ("reclaim", np.int64),
        ("trigger", np.int64, 2),  # the edge until the first price beyond it, then FAR
        ("edge", np.int64, 2),  # signed
        ("pending", np.int64, 2),  # 1 while a raid waits for its verdict
        ("since", np.int64, 2),  # bar of the first price beyond
        ("since_ts", np.int64, 2),
        ("extreme", np.int64, 2),  # lowest signed price since
    ]
)


@kernel
def arm(edges: Any, bottom: int, top: int) -> None:
    """Watch a new range from the current bar on; raids of the one before are forgotten."""
    edges["edge"][0] = bottom
    edges["edge"][1] = -top
    for side in range(2):
        edges["trigger"][side] = edges["edge"][side]
        edges["pending"][side] = 0


@kernel
def disarm(edges: Any) -> None:
    """Watch nothing more; raids under way still get their verdict."""
    edges["trigger"][0] = FAR
    edges["trigger"][1] = FAR


@kernel
def stirs(edges: Any, bar: Any) -> bool:
    """Whether the current bar begins a raid, or one waits for its verdict."""
    if edges["pending"][0] == 1 or edges["pending"][1] == 1:
        return True
    return bool(bar["low"] < edges["trigger"][0] or -bar["high"] < edges["trigger"][1])


@kernel
def begin_raid(edges: Any, bar: Any, side: int, low: int) -> bool:
    """Whether the current bar, with this signed low, is the first beyond the edge of a side."""
    if low >= edges["trigger"][side]:
        return False
    edges["trigger"][side] = FAR
    edges["pending"][side] = 1
    edges["since"][side] = bar["bar"]
    edges["since_ts"][side] = bar["ts"]
    edges["extreme"][side] = low
    return True


@kernel
def reclaims(edges: Any, bar: Any, side: int, low: int, close: int) -> bool:
    """Whether the current bar, with these signed prices, reclaims a raided edge."""
    if edges["pending"][side] == 0:
        return False
    edges["extreme"][side] = min(edges["extreme"][side], low)
    back = close >= edges["edge"][side]
    if back or bar["bar"] - edges["since"][side] + 1 >= edges["reclaim"]:
        edges["pending"][side] = 0
    return bool(back)
