"""Two symbols side by side: swings that belong together, and how closely closes move (ICT.md §10.1, C46).

Only joined bars count, those that both symbols have at the same open; they are numbered apart from the
bars of the series. A swing p of the first symbol is paired with the unused swing of the same kind of the
second that lies nearest, at most ``tolerance`` joined bars away, the earlier on ties. With a tolerance of
at most one bar that is settled as soon as both are known; with a larger one it is settled ``tolerance`` bars
after p is known, so that a nearer swing cannot come later.
The correlation is that of the changes from close to close, in points, over the last ``length`` changes.
"""

import math
from typing import Any

import numpy as np

from ictcli.detectors.base.pivots import PIVOTS, RING, is_pivot, push_bar
from ictcli.kernels import kernel

NOBODY = -1
MOST_TOLERANCE = 20
MOST_LENGTH = 1000

CHANGES = np.dtype(
    [
        ("length", np.int64),
        ("seen", np.int64),  # closes so far
        ("close", np.int64, 2),  # the last ones
        ("change", np.int64, (2, MOST_LENGTH)),
        ("total", np.int64, 2),
        ("squares", np.int64, 2),
        ("products", np.int64),
    ]
)

JOINED = np.dtype(
    [
        ("bar", np.int64),  # joined bars so far
        ("tolerance", np.int64),
        ("own", PIVOTS),
        ("other", PIVOTS),
        ("bars", np.int64, RING),  # number in the series of every joined bar
        ("own_swing", np.int64, (2, RING)),  # the joined bar itself where it is an unpaired swing of the side
        ("other_swing", np.int64, (2, RING)),
    ]
)


@kernel
def push_changes(changes: Any, own: int, other: int) -> None:
    """Take the closes of a joined bar."""
    if changes["seen"] > 0:
        slot = (changes["seen"] - 1) % changes["length"]
        row = changes["change"]
        for which in range(2):
            change = (own if which == 0 else other) - changes["close"][which]
            old = row[which, slot]
            changes["total"][which] += change - old
            changes["squares"][which] += change * change - old * old
        first = own - changes["close"][0]
        second = other - changes["close"][1]
        changes["products"] += first * second - row[0, slot] * row[1, slot]
        row[0, slot] = first
        row[1, slot] = second
    changes["close"][0] = own
    changes["close"][1] = other
    changes["seen"] += 1


@kernel
def correlation(changes: Any) -> float:
    """Correlation of the last changes; NaN while there are too few or one symbol does not move."""
    length = changes["length"]
    if changes["seen"] <= length:
        return math.nan
    first, second = float(changes["total"][0]), float(changes["total"][1])
    own = float(changes["squares"][0]) - first * first / length
    other = float(changes["squares"][1]) - second * second / length
    if own <= 0.0 or other <= 0.0:
        return math.nan
    return float((changes["products"] - first * second / length) / math.sqrt(own * other))


@kernel
def push_joined(joined: Any, bar: Any, high: int, low: int) -> None:
    """Take a joined bar, with the prices of the second symbol, and note the swings that it confirms."""
    index = joined["bar"]
    slot = index & (RING - 1)
    push_bar(joined["own"], index, bar["ts"], bar["high"], bar["low"])
    push_bar(joined["other"], index, bar["ts"], high, low)
    joined["bars"][slot] = bar["bar"]
    swing = index - joined["own"]["right"]
    for side in range(2):
        joined["own_swing"][side, slot] = NOBODY
        joined["other_swing"][side, slot] = NOBODY
        if is_pivot(joined["own"], side, index):
            joined["own_swing"][side, swing & (RING - 1)] = swing
        if is_pivot(joined["other"], side, index):
            joined["other_swing"][side, swing & (RING - 1)] = swing
    joined["bar"] = index + 1


@kernel
def nearest_other(joined: Any, side: int, swing: int) -> int:
    """The known unused swing of the second symbol nearest to one of the first, ``NOBODY`` without one."""
    others = joined["other_swing"]
    for distance in range(joined["tolerance"] + 1):
        before = swing - distance
        if before >= 0 and others[side, before & (RING - 1)] == before:
            return int(before)
        after = swing + distance
        if others[side, after & (RING - 1)] == after:
            return int(after)
    return NOBODY


@kernel
def settled(joined: Any, side: int, age: int) -> tuple[int, int]:
    """Take out the pair whose own swing became known ``age`` joined bars ago; ``NOBODY`` twice for none."""
    swing = joined["bar"] - 1 - joined["own"]["right"] - age
    if swing < 0 or joined["own_swing"][side, swing & (RING - 1)] != swing:
        return NOBODY, NOBODY
    other = nearest_other(joined, side, swing)
    if other == NOBODY:
        return NOBODY, NOBODY
    joined["own_swing"][side, swing & (RING - 1)] = NOBODY
    joined["other_swing"][side, other & (RING - 1)] = NOBODY
    return int(swing), other


@kernel
def next_pair(joined: Any, side: int) -> tuple[int, int]:
    """The pair of swings of a side that the newest joined bar settles; ``NOBODY`` twice for none."""
    tolerance = joined["tolerance"]
    own, other = settled(joined, side, tolerance)
    if tolerance == 1 and own == NOBODY:
        return settled(joined, side, 0)
    return own, other
