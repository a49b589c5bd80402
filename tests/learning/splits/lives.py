"""Random labels for splitters, and what must hold of every split of them."""

import numpy as np
from hypothesis import strategies as st

from ictcli.learning.splits.split import Int64, Split


@st.composite
def lives(draw: st.DrawFn, least: int = 24, most: int = 90) -> tuple[Int64, Int64]:
    """Ascending starts, some of them equal, and ends at random distances, some of them far."""
    n, seed = draw(st.integers(least, most)), draw(st.integers(0, 2**32 - 1))
    return random_lives(np.random.default_rng(seed), n, draw(st.integers(2, 8)), draw(st.integers(2, 25)))


def random_lives(rng: np.random.Generator, n: int, pause: int, longest: int) -> tuple[Int64, Int64]:
    """Starts less than ``pause`` bars apart, and ends less than ``longest`` bars later."""
    start = np.cumsum(rng.integers(0, pause, n)).astype(np.int64)
    return start, start + rng.integers(1, longest, n)


def overlaps(start: Int64, end: Int64, split: Split) -> int:
    """Pairs of a learned and a tested label that share a bar, each from its start to its end, both included.

    Every pair is looked at: this is the definition, and shares nothing with the splitters.
    """
    learned, tested = split.train[:, None], split.test[None, :]
    return int(np.count_nonzero((start[learned] <= end[tested]) & (start[tested] <= end[learned])))


def under_embargo(start: Int64, end: Int64, tested: Int64, train: Int64, embargo: int) -> int:
    """Learned events that start within ``embargo`` bars after the last end of a tested group."""
    last = int(end[tested].max())
    return int(np.count_nonzero((start[train] > last) & (start[train] <= last + embargo)))
