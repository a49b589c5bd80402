"""The order in which stored bars reach a server: by their closes, then by series, in pieces where known."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ictcli.engine.world import Quote
from ictcli.market.bars import Bars


class Turn(NamedTuple):
    """A bar or a piece of one: its quote, and the first instant after it, ns UTC."""

    quote: Quote
    ends: int


def instants(bars: Sequence[Bars]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Every instant at which bars close, with the series and row of each, in the order of the series."""
    closes = np.concatenate([one.ts_close for one in bars])
    series = np.concatenate([np.full(len(one), s, np.int64) for s, one in enumerate(bars)])
    rows = np.concatenate([np.arange(len(one), dtype=np.int64) for one in bars])
    order = np.lexsort((series, closes))
    now, due = 0, list[tuple[int, int]]()
    for close, s, row in zip(
        closes[order].tolist(), series[order].tolist(), rows[order].tolist(), strict=True
    ):
        if due and close != now:
            yield now, due
            due = []
        now = close
        due.append((s, row))
    if due:
        yield now, due


def turn_of(bars: Bars, row: int, bar: int, typical: int) -> Turn:
    """A bar as the engine sees it.

    Args:
        bars: of a series.
        row: its place in them.
        bar: its number in the series.
        typical: spread in points where the bar's is not known.
    """
    spread = int(bars.spread[row])
    quote = Quote(
        bar,
        int(bars.ts[row]),
        int(bars.open[row]),
        int(bars.high[row]),
        int(bars.low[row]),
        int(bars.close[row]),
        spread if spread >= 0 else typical,
        int(bars.tick_volume[row]),
    )
    return Turn(quote, int(bars.ts_close[row]))


def turns_of(bars: Bars, fine: Bars | None, row: int, bar: int, typical: int) -> list[Turn]:
    """The pieces of a bar where finer data make it up, else the bar itself; arguments as for ``turn_of``."""
    whole = turn_of(bars, row, bar, typical)
    if fine is None:
        return [whole]
    first, after = np.searchsorted(fine.ts, [whole.quote.ts, whole.ends])
    if first == after:
        return [whole]
    made = (
        int(fine.open[first]),
        int(fine.high[first:after].max()),
        int(fine.low[first:after].min()),
        int(fine.close[after - 1]),
    )
    if made != whole.quote[2:6]:
        return [whole]
    return [turn_of(fine, at, bar, typical) for at in range(int(first), int(after))]
