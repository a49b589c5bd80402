"""The account through a run, with its falls, thinned for a picture without losing a single extreme."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ictcli.market.bars import Int64
from ictcli.research.metrics.account_path import account_steps
from ictcli.research.metrics.values import Equity, Sample
from ictcli.stats.sequences import Floats

BUCKETS = 600
"""Stretches of time of which first, last, lowest and highest mark are kept."""
_SOME = 1e-9
"""A fall that is one, and not the rest of a subtraction."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Marks of an account, oldest first; the first is the opening balance.

    Attributes:
        ts: instants, nanoseconds UTC.
        balance: what was booked: closed results, and all costs so far.
        equity: closed and open results; the balance where open results are not known.
        fall: of the balance from its highest so far, as a share of that.
        drawdown: the deepest such fall since the mark before, open losses included.
        lowest_at: when that was; nanoseconds UTC, not after the mark.
        marks: how many there were before thinning.
        open_known: whether open results are in equity and drawdown.
    """

    ts: Int64
    balance: Floats
    equity: Floats
    fall: Floats
    drawdown: Floats
    lowest_at: Int64
    marks: int
    open_known: bool = True

    def __len__(self) -> int:
        return len(self.ts)


def curve_of(
    trades: pa.Table,
    marks: Equity | None,
    opening: float,
    begun: int | None = None,
    *,
    open_known: bool = True,
) -> Curve:
    """The whole curve.

    Args:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        marks: of the account; None where only its trades are known.
        opening: balance before the first of them.
        begun: instant of the opening, nanoseconds UTC; None takes that of the first mark.
        open_known: whether marks tell open results, too.
    """
    none = np.zeros(0, np.int64)
    steps = account_steps(Sample(trades, none, none, 0, opening, marks))
    ts, path = steps.ts, steps.path
    if not len(ts):
        nothing = np.zeros(0)
        return Curve(ts, nothing, nothing, nothing, nothing, ts, 0)
    balance = opening + np.cumsum(path.gains) if marks is None else marks.balance
    before = np.concatenate([[opening], balance[:-1]])
    peak = np.maximum.accumulate(before)
    start = min(int(ts[0]), int(ts[0]) if begun is None else begun)
    return Curve(
        np.concatenate([[start], ts]),
        np.concatenate([[opening], balance]),
        np.concatenate([[opening], balance if marks is None else marks.equity]),
        np.concatenate([[0.0], _fall(np.maximum(peak, balance), balance)]),
        np.concatenate([[0.0], _fall(peak, np.minimum(before + path.worst, balance))]),
        np.concatenate([[start], steps.lowest_at]),
        len(ts) + 1,
        marks is not None and open_known,
    )


def _fall(peak: Floats, low: Floats) -> Floats:
    """How far a low lies below a peak, as a share of it; none below a peak of nothing."""
    share = np.where(peak > 0, (peak - low) / np.where(peak > 0, peak, 1.0), 0.0)
    return np.maximum(share, 0.0)


def needles(curve: Curve) -> tuple[Int64, Floats, Floats]:
    """Instants at which open losses took the account below its balance, its fall without and with them.

    Both falls are shares of the highest balance so far.
    """
    held = curve.fall[np.maximum(np.searchsorted(curve.ts, curve.lowest_at, side="right") - 1, 0)]
    deep = np.flatnonzero(curve.drawdown > held + _SOME)
    return curve.lowest_at[deep], held[deep], curve.drawdown[deep]


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
        curve.ts[at], curve.balance[at], curve.equity[at], curve.fall[at], curve.drawdown[at],
        curve.lowest_at[at], curve.marks, curve.open_known,
    )  # fmt: skip
