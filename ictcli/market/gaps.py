"""Holes in a series, and whether the market's hours explain them."""

from dataclasses import dataclass
from typing import Literal

GapKind = Literal["weekend", "holiday", "daily_break", "rollover", "missing"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Bars that a series does not have.

    Attributes:
        start: where the first absent bar would open (nanoseconds UTC).
        end: open of the next bar that exists.
        kind: what explains the gap; ``missing`` when nothing does.
        bars: how many bars of the series' timeframe would fit.
    """

    start: int
    end: int
    kind: GapKind
    bars: int
