"""The account through a run, with its falls, thinned for a picture without losing a single extreme."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ictcli.market.bars import Int64
from ictcli.research.metrics.drawdowns import account_path
from ictcli.research.metrics.values import Equity, Sample, floats
from ictcli.stats.sequences import Floats

BUCKETS = 600
"""Stretches of time of which first, last, lowest and highest mark are kept."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Marks of an account, oldest first; the first is the opening balance.

    Attributes:
        ts: instants, nanoseconds UTC.
        balance: closed results.
        equity: closed and open results; the balance where open results are not known.
        drawdown: fall from the highest balance so far, as a share of it; open losses included.
        marks: how many there were before thinning.
        open_known: whether open results are in equity and drawdown.
    """

    ts: Int64
    balance: Floats
    equity: Floats
    drawdown: Floats
    marks: int
    open_known: bool = True

    def __len__(self) -> int:
        return len(self.ts)


def curve_of(trades: pa.Table, marks: Equity | None, opening: float, begun: int | None = None) -> Curve:
    """The whole curve.

    Args:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        marks: of the account; None where only its trades are known.
        opening: balance before the first of them.
        begun: instant of the opening, nanoseconds UTC; None takes that of the first mark.
    """
    none = np.zeros(0, np.int64)
    path = account_path(Sample(trades, none, none, 0, opening, marks))
    closed = trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000
    ts = closed if marks is None else marks.ts
    if not len(ts):
        return Curve(ts, np.zeros(0), np.zeros(0), np.zeros(0), 0)
    balance = opening + np.cumsum(floats(trades, "net")) if marks is None else marks.balance
    before = np.concatenate([[opening], balance[:-1]])
    peak = np.maximum.accumulate(before)
    lowest = np.minimum(before + path.worst, balance)
    fall = np.where(peak > 0, (peak - lowest) / np.where(peak > 0, peak, 1.0), 0.0)
    start = min(int(ts[0]), int(ts[0]) if begun is None else begun)
    return Curve(
        np.concatenate([[start], ts]),
        np.concatenate([[opening], balance]),
        np.concatenate([[opening], balance if marks is None else marks.equity]),
        np.concatenate([[0.0], np.maximum(fall, 0.0)]),
        len(ts) + 1,
        marks is not None,
    )


def thinned(curve: Curve, buckets: int = BUCKETS) -> Curve:
    """Of each stretch of marks the first and last, and the extremes of balance, equity and drawdown."""
    size = len(curve)
    if size <= 4 * buckets:
        return curve
    edges = np.linspace(0, size, buckets + 1).astype(np.int64)
    kept = [edges[:-1], edges[1:] - 1]
    for values in (curve.balance, curve.equity, curve.drawdown):
        parts = np.split(values, edges[1:-1])
        kept += [
            edges[:-1] + np.array([choose(part) for part in parts], np.int64)
            for choose in (np.argmin, np.argmax)
        ]
    at = np.unique(np.concatenate(kept))
    return Curve(
        curve.ts[at], curve.balance[at], curve.equity[at], curve.drawdown[at], curve.marks, curve.open_known
    )
