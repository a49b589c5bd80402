"""The steps that an account took: its results, how low it stood on the way, and when."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ictcli.market.bars import Int64
from ictcli.research.metrics.runs import Path
from ictcli.research.metrics.values import Equity, Sample, floats
from ictcli.stats.sequences import Floats


@dataclass(frozen=True, slots=True)
class Steps:
    """A path in time.

    Attributes:
        path: results of the steps.
        ts: end of each, nanoseconds UTC.
        lowest_at: when each stood lowest; the end of the step before where it never fell.
    """

    path: Path
    ts: Int64
    lowest_at: Int64


@dataclass(frozen=True, slots=True)
class _Worst:
    """The worst moments of trades, as far as they are known.

    Attributes:
        closed: when each trade was closed, nanoseconds UTC.
        opened: when it was opened.
        at: when it stood worst; where nobody noted that, when it was closed.
        lost: its open loss then, 0 where that is not known.
        entry: what its entry had cost.
    """

    closed: Int64
    opened: Int64
    at: Int64
    lost: Floats
    entry: Floats


def account_steps(sample: Sample) -> Steps:
    """The steps of an account: its trades, or the marks of its equity where there are any.

    A trade's own worst moment counts either way, in the step in which it fell: marks may lie before and after
    it. With marks, open losses of several series at once count together.
    """
    if sample.equity is None:
        return trade_steps(sample)
    marks, worst = sample.equity, _worst(sample.trades)
    before = np.concatenate([[sample.opening], marks.balance[:-1]])
    step = np.searchsorted(marks.ts, worst.at)
    known = (worst.lost > 0) & (step < len(marks.ts))
    step, low = step[known], _lows_in_steps(worst, marks)[known]
    lowest = marks.equity - before
    np.minimum.at(lowest, step, low)
    lowest_at, here = marks.ts.copy(), (low == lowest[step]) & (low < (marks.equity - before)[step])
    lowest_at[step[here]] = worst.at[known][here]
    return _steps(Path(marks.balance - before, lowest, sample.opening), marks.ts, lowest_at)


def trade_steps(sample: Sample) -> Steps:
    """The trades in order of closing; where an excursion is unknown the result alone counts."""
    worst = _worst(sample.trades)
    lowest = np.where(worst.lost > 0, -worst.lost - worst.entry, 0.0)
    path = Path(floats(sample.trades, "net"), lowest, sample.opening)
    return _steps(path, worst.closed, worst.at)


def _steps(path: Path, ts: Int64, lowest_at: Int64) -> Steps:
    """Steps that stand lowest at their end where their result is below all that came before it."""
    moments = np.where(path.gains <= path.worst, ts, lowest_at)
    begun = np.concatenate([ts[:1], ts[:-1]])
    return Steps(path, ts, np.where((path.gains >= 0) & (path.worst >= 0), begun, moments))


def _lows_in_steps(worst: _Worst, marks: Equity) -> Floats:
    """How far a trade's worst moment lay below the balance at the mark before it.

    What the entry cost is part of that balance where the trade was opened before that mark.
    """
    step = np.searchsorted(marks.ts, worst.at)
    told = np.concatenate([[np.iinfo(np.int64).min], marks.ts])[step]
    lows: Floats = -worst.lost - np.where(worst.opened >= told, worst.entry, 0.0)
    return lows


def _worst(trades: pa.Table) -> _Worst:
    """Worst moments of trades.

    Of what a trade paid half is counted as the cost of its entry. Of one that was left in parts, how much was
    open at its worst is not known, so neither is its loss then.
    """
    closed = _instants(trades, "closed_at", np.zeros(len(trades), np.int64))
    lost = np.nan_to_num(floats(trades, "mae_r") * floats(trades, "risk"), nan=0.0)
    lost[floats(trades, "exits") > 1] = 0.0
    at = _instants(trades, "mae_at", closed)
    charged = np.nan_to_num(floats(trades, "commission")) + np.nan_to_num(floats(trades, "fees"))
    return _Worst(closed, _instants(trades, "opened_at", closed), at, lost, charged / 2)


def _instants(trades: pa.Table, name: str, instead: Int64) -> Int64:
    """Nanoseconds UTC; ``instead`` where the column is missing or null."""
    if name not in trades.column_names:
        return instead
    column = trades.column(name).cast(pa.int64())
    return np.where(column.is_valid().to_numpy(), column.fill_null(0).to_numpy() * 1000, instead)
