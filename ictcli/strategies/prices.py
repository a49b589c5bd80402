"""The bar as strategies without detectors see it: seven integers, no record to fill."""

from typing import Any, NamedTuple

from ictcli.detectors.drive import FURTHEST
from ictcli.kernels import kernel
from ictcli.market.bars import Bars, Int32, Int64


class Prices(NamedTuple):
    """One closed bar.

    Attributes:
        bar: index within the series.
        ts: open, nanoseconds UTC.
        ts_close: first instant after it, nanoseconds UTC.
        open, high, low, close: bid prices in points.
        spread: points, negative where unknown.
    """

    bar: int
    ts: int
    ts_close: int
    open: int
    high: int
    low: int
    close: int
    spread: int


Columns = tuple[Int64, Int64, Int64, Int64, Int64, Int64, Int32]
"""``ts, ts_close, open, high, low, close, spread`` of bars, as strategies that see prices take them."""


def columns(bars: Bars) -> Columns:
    """The columns of bars, sharing memory."""
    return bars.ts, bars.ts_close, bars.open, bars.high, bars.low, bars.close, bars.spread


@kernel
def first_unsound(ts: Any, opens: Any, highs: Any, lows: Any, closes: Any) -> int:
    """The first row that ``detectors.drive.require_sound`` refuses, -1 when there is none."""
    for at in range(len(ts)):
        low, high = lows[at], highs[at]
        if low > min(opens[at], closes[at]) or high < max(opens[at], closes[at]):
            return at
        if low <= -FURTHEST or high >= FURTHEST or (at > 0 and ts[at] <= ts[at - 1]):
            return at
    return -1
