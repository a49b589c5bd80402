"""The order in which bars of several series happen, for whoever plays them again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ictcli.market.bars import Bars


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant at which bars close.

    Attributes:
        now: ns UTC.
        due: (series, row) of each bar that closes now, by series.
    """

    now: int
    due: tuple[tuple[int, int], ...]


def instants(bars: Sequence[Bars], after: int = 0) -> Iterator[Instant]:
    """Every instant at which bars close, in order; those of one instant by series, as the engine takes them.

    Args:
        bars: of every series.
        after: only instants behind this one, ns UTC.
    """
    closes = np.concatenate([one.ts_close for one in bars]) if bars else np.zeros(0, np.int64)
    series = np.concatenate([np.full(len(one), s, np.int64) for s, one in enumerate(bars)])
    rows = np.concatenate([np.arange(len(one), dtype=np.int64) for one in bars])
    order = np.lexsort((series, closes))
    order = order[closes[order] > after]
    starts = np.flatnonzero(np.diff(closes[order], prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(order)], strict=True):
        part = order[first:last]
        due = tuple((int(series[at]), int(rows[at])) for at in part)
        yield Instant(int(closes[part[0]]), due)
