"""What metrics are computed from, and what they come out as."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.market.bars import Int64
from ictcli.stats.intervals import FEWEST, NOWHERE, Interval, percentile_interval
from ictcli.stats.sequences import Floats


@dataclass(frozen=True, slots=True)
class Metric:
    """A number with its interval and its observations; None where it is undefined, and then why."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Equity:
    """The account through a run: a mark at the end of every trading day, at every close, and at any more.

    Attributes:
        ts: instants, nanoseconds UTC, never descending.
        balance: closed results.
        equity: closed and open results of all series together.
    """

    ts: Int64
    balance: Floats
    equity: Floats


@dataclass(frozen=True, slots=True)
class Trials:
    """All attempts that a run was chosen from.

    Attributes:
        count: effective number of trials, 1 or more.
        variance: variance of their Sharpe ratios per day, not annualised.
    """

    count: float
    variance: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What metrics are computed from.

    Attributes:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        days: trading day of each trade's close.
        all_days: every trading day of the data, ascending.
        bars: number of bars of all series together.
        opening: opening balance.
        equity: the account through the run; None takes each trade's own worst moment for open losses.
        trials: what the run was chosen from; None where nobody counted.
        compound: whether sizes follow the balance; then results count as fractions of it, day by day and in
            resampled paths, for a late trade is larger than an early one for no merit of its own.
    """

    trades: pa.Table
    days: Int64
    all_days: Int64
    bars: int
    opening: float
    equity: Equity | None = None
    trials: Trials | None = None
    compound: bool = False


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: resamples per interval, seed, two-sided confidence."""

    resamples: int
    seed: int
    confidence: float

    def interval(self, draws: Floats, n: int) -> Interval:
        """Percentile interval of statistics resampled from ``n`` observations; of too few there is none."""
        return percentile_interval(draws, self.confidence) if n >= FEWEST else NOWHERE


def defined(value: float, interval: Interval, n: int, why: str) -> Metric:
    """A metric; a value that is NaN or infinite is None, without an interval of its own.

    Args:
        value: the statistic.
        interval: of it.
        n: observations.
        why: what is missing where it is undefined.
    """
    if not math.isfinite(value):
        return Metric(None, None, None, n, why if n else "no trades")
    return Metric(float(value), interval.low, interval.high, n)


def resampled(value: float, draws: Floats, n: int, how: Resampling, why: str) -> Metric:
    """A metric with the percentile interval of its resamples; too few observations have none."""
    return defined(value, how.interval(draws, n), n, why)


def floats(table: pa.Table, column: str) -> Floats:
    """A column as floats, nulls as NaN; zeros where the table lacks it."""
    if column not in table.column_names:
        return np.zeros(len(table))
    values = pc.cast(table.column(column), pa.float64()).combine_chunks()
    return np.ascontiguousarray(values.to_numpy(zero_copy_only=False), np.float64)


def paid(table: pa.Table) -> Floats:
    """What each trade paid besides its fills: commission, fees, and swap, which is negative when paid."""
    commission, fees, swap = (np.nan_to_num(floats(table, name)) for name in ("commission", "fees", "swap"))
    return commission + fees - swap


def charged(table: pa.Table) -> Floats:
    """All costs of each trade: what it paid, and spread and slippage in its fills."""
    return floats(table, "costs") - np.nan_to_num(floats(table, "swap"))
