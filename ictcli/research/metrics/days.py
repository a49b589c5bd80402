"""Metrics of an account per trading day: growth, Sharpe's family, activity."""

import math

import numpy as np

from ictcli.market.bars import Int64
from ictcli.research.metrics.resamples import quotient, resampled_sums
from ictcli.research.metrics.values import Metric, Resampling, Sample, defined, floats, resampled
from ictcli.stats import bootstrap
from ictcli.stats.intervals import FEWEST, NOWHERE
from ictcli.stats.sequences import Floats, sharpe_annualised_252
from ictcli.stats.sharpe import TrackRecord, track_record
from ictcli.stats.sharpe_2026 import dsr_2026, min_trl_2026, psr_2026

DAYS_PER_YEAR = 365.25
_FLAT = "the daily results do not vary"
_ALIKE = "the ratios of the trials do not differ"


def daily_results(days: Int64, net: Floats, all_days: Int64) -> Floats:
    """Sum of ``net`` by trading day, 0 on days without a closed trade."""
    position = np.searchsorted(all_days, days)
    return np.bincount(position, weights=net, minlength=len(all_days)).astype(np.float64)


def years(all_days: Int64) -> float:
    """Calendar years from the first trading day to the last, both counted."""
    return float(all_days[-1] - all_days[0] + 1) / DAYS_PER_YEAR if len(all_days) else 0.0


def growth_per_year(gain: Floats, opening: float, span: float) -> Floats:
    """Compound growth per year; NaN where nothing is left, or for less than a year (365 days)."""
    if span * DAYS_PER_YEAR < 365:
        return np.full(len(gain), math.nan)
    left = 1 + gain / opening
    return np.where(left > 0, np.maximum(left, 0.0) ** (1 / span) - 1, math.nan)


def daily_returns(sample: Sample) -> Floats:
    """Results by trading day over the opening balance, or over the balance before the day if sizes follow it.

    0 on days without a closed trade, and once nothing is left.
    """
    daily = daily_results(sample.days, floats(sample.trades, "net"), sample.all_days)
    if not sample.compound:
        return daily / sample.opening
    before = sample.opening + np.cumsum(daily) - daily
    return daily / np.where(before > 0, before, math.inf)


def day_metrics(sample: Sample, how: Resampling) -> dict[str, Metric]:
    """The metrics that trading days decide, in no order."""
    returns, some = daily_returns(sample), min(len(sample.trades), len(sample.all_days))
    draws = bootstrap.bootstrap_sharpe_annualised_252(returns, how.resamples, how.seed)
    return {
        "sharpe_daily": defined(
            sharpe_annualised_252(returns), how.interval(draws, some), len(returns), _FLAT
        ),
        "sortino_daily": _sortino(returns, some, how),
        **_proofs(track_record(returns), sample, how),
        "exposure": _exposure(sample),
        "trades_per_day": _trades_per_day(sample, how),
    }


def _sortino(returns: Floats, some: int, how: Resampling) -> Metric:
    n = len(returns)
    columns = [returns, np.minimum(returns, 0.0) ** 2, (returns < 0).astype(np.float64)]
    total, squares, _ = (float(column.sum()) for column in columns)
    value = total / math.sqrt(n * squares) * math.sqrt(252.0) if squares > 0 else math.nan
    sums, deviations, losing = resampled_sums(columns, how)
    deviations = np.where(losing > 0.5, np.maximum(deviations, 0.0), 0.0)
    draws = quotient(sums, np.sqrt(n * deviations)) * math.sqrt(252.0)
    return defined(value, how.interval(draws, some), n, "no losing day")


def _proofs(record: TrackRecord, sample: Sample, how: Resampling) -> dict[str, Metric]:
    if min(len(sample.trades), record.periods) < FEWEST:
        few = f"too few trades or days, {FEWEST} of each at least"
        return {name: _sure(None, record.periods, few) for name in ("psr", "dsr", "min_trl")}
    dsr, why = None, "trials not known: see PSR"
    if sample.trials is not None:
        dsr = dsr_2026(record, sample.trials.count, sample.trials.variance)
        why = _ALIKE if record.defined else _FLAT
    needed = min_trl_2026(record, confidence=how.confidence)
    never = "the Sharpe ratio is not above 0" if needed == math.inf else _FLAT
    return {
        "psr": _sure(psr_2026(record), record.periods, _FLAT),
        "dsr": _sure(dsr, record.periods, why),
        "min_trl": _sure(needed, record.periods, never),
    }


def _sure(value: float | None, n: int, why: str) -> Metric:
    return defined(math.nan if value is None else value, NOWHERE, n, why)


def _exposure(sample: Sample) -> Metric:
    held = float(floats(sample.trades, "bars_held").sum())
    return defined(held / sample.bars if sample.bars else math.nan, NOWHERE, sample.bars, "")


def _trades_per_day(sample: Sample, how: Resampling) -> Metric:
    counts = daily_results(sample.days, np.ones(len(sample.trades)), sample.all_days)
    n = len(counts)
    (sums,) = resampled_sums([counts], how)
    return resampled(float(counts.sum()) / n if n else math.nan, sums / max(n, 1), n, how, "")
