"""Shorter bars behind those that a ledger recorded, which tell what happened within one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ictcli.market.bars import Bars
from ictcli.reconcile.same_core import Core
from ictcli.research.series import Series, load_finer
from ictcli.store.store import Store


def finer_of(core: Core, bars: Sequence[Bars]) -> list[Bars | None]:
    """What a backtest of recorded bars would resolve them by; None where nothing stored makes them up.

    A ledger does not tell the source of its bars: it is the one whose shorter bars give exactly these.

    Args:
        core: of the ledger's trader.
        bars: recorded, of each of its series.
    """
    if not core.shop.config.backtest.resolve:
        return [None] * len(bars)
    return [_finer(one, own, core.shop.store) for one, own in zip(core.floor.series, bars, strict=True)]


def _finer(series: Series, bars: Bars, store: Store) -> Bars | None:
    key = series.key
    stored = store.keys()
    sources = {
        one.source for one in stored if one.symbol == key.symbol and one.timeframe.ns < key.timeframe.ns
    }
    start, end = int(bars.ts[0]), int(bars.ts_close[-1])
    for source in sorted(sources):
        own = replace(series, key=replace(key, source=source))
        found, _ = load_finer(store, own, start, end)
        if found is not None and _makes_up(bars, found):
            return found
    return None


def _makes_up(bars: Bars, fine: Bars) -> bool:
    """Whether the pieces of every bar that has any give its four prices."""
    first, last = np.searchsorted(fine.ts, bars.ts), np.searchsorted(fine.ts, bars.ts_close)
    pieced = first < last
    if not pieced.any():
        return False
    first, last = first[pieced], last[pieced]
    edges = np.column_stack((first, last)).ravel()
    edges = edges[:-1] if edges[-1] == len(fine) else edges  # the last piece is the end of all
    same = (
        (fine.open[first] == bars.open[pieced])
        & (fine.close[last - 1] == bars.close[pieced])
        & (np.maximum.reduceat(fine.high, edges)[::2] == bars.high[pieced])
        & (np.minimum.reduceat(fine.low, edges)[::2] == bars.low[pieced])
    )
    return bool(same.all())
