"""Small series for labels: written down, or random walks."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from ictcli.learning.events import Events
from ictcli.market.bars import Bars, make_bars

MINUTE = 60_000_000_000


def bars_of(rows: Sequence[Sequence[int]], digits: int = 2, spread: int | None = None) -> Bars:
    """Bars from rows of open, high, low, close in points, a minute each."""
    opens, highs, lows, closes = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    ts = np.arange(len(rows), dtype=np.int64) * MINUTE
    spreads = None if spread is None else np.full(len(rows), spread, np.int32)
    return make_bars(digits, ts, ts + MINUTE, (opens, highs, lows, closes), spread=spreads)


def closes_only(*closes: int) -> Bars:
    """Bars that open at the close before them and go nowhere else; the first stands still."""
    opens = [closes[0], *closes[:-1]]
    return bars_of([(a, max(a, b), min(a, b), b) for a, b in zip(opens, closes, strict=True)])


def walk(seed: int, n: int, spread: int = 3) -> Bars:
    """A random walk with gaps, in points around 100,000."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-60, 61, (n, 2)).cumsum(axis=1)
    base = 100_000 + np.concatenate([[0], steps[:-1, 1].cumsum()]) + rng.integers(-15, 16, n).cumsum()
    opens, closes = base, base + steps[:, 1]
    highs = np.maximum(opens, closes) + rng.integers(0, 60, n)
    lows = np.minimum(opens, closes) - rng.integers(0, 60, n)
    return bars_of(np.stack([opens, highs, lows, closes], axis=1).tolist(), digits=3, spread=spread)


@st.composite
def walks(draw: st.DrawFn, least: int = 30, most: int = 90) -> Bars:
    return walk(draw(st.integers(0, 2**32 - 1)), draw(st.integers(least, most)))


def same_but_weight(left: Events, right: Events) -> None:
    """Equal in everything that does not depend on other events."""
    for name in Events.__slots__:
        if name != "weight":
            assert getattr(left, name).tolist() == getattr(right, name).tolist(), name
