"""Decisions before they are labelled: whether they fit the bars, and which of them give no event."""

from collections.abc import Mapping

import numpy as np

from ictcli.learning.events import Flags, Floats, Int64
from ictcli.market.bars import Bars


def require_order(
    starts: Int64, bars: Bars, scale: Floats | None, costs: Floats, side: Int64 | None = None
) -> None:
    """Refuse arrays that do not belong together.

    Raises:
        ValueError: lengths differ, starts are not ascending bars of the series, or a side is not +1 or -1.
    """
    if len(costs) != len(bars):
        raise ValueError(f"{len(costs)} costs for {len(bars)} bars")
    for what, column in (("scales", scale), ("sides", side)):
        if column is not None and len(column) != len(starts):
            raise ValueError(f"{len(column)} {what} for {len(starts)} starts")
    if np.any(starts[1:] < starts[:-1]) or np.any(starts < 0) or np.any(starts >= len(bars)):
        raise ValueError("starts are not ascending bars of the series")
    if side is not None and np.any(np.abs(side) != 1):
        raise ValueError("a side is neither +1 nor -1")


def kept_by(reasons: Mapping[str, Flags], n: int) -> tuple[Flags, dict[str, int]]:
    """Which of n candidates no reason speaks against, and how many each reason took, first reason first."""
    kept = np.ones(n, np.bool_)
    dropped = {}
    for why, applies in reasons.items():
        dropped[why] = int(np.count_nonzero(kept & applies))
        kept &= ~applies
    return kept, dropped
