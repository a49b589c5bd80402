"""Metrics of the account's path: how deep and how long it falls, and what it makes of that."""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.research.metric_days import daily_results, growth_per_year, years
from ictcli.research.metric_resamples import quotient
from ictcli.research.metric_runs import (
    LONGEST_BELOW,
    STEPS_BELOW,
    deepest_fall,
    lengths,
    resampled_falls,
    resampled_lengths,
)
from ictcli.research.metric_values import Metric, Resampling, Sample, floats, paid, resampled
from ictcli.stats import bootstrap
from ictcli.stats.sequences import Floats, max_drawdown, total

_SHALLOW = "no drawdown"
_IDLE = "no trades"
_SHORT = "less than a year, or nothing left"


@dataclass(frozen=True, slots=True)
class Path:
    """Steps of an account.

    Attributes:
        gains: change of the closed balance at each step.
        worst: lowest result, closed and open, since the balance before the step; it counts as a trough.
    """

    gains: Floats
    worst: Floats


def account_path(sample: Sample) -> Path:
    """The steps of an account: its trades, or the marks of its equity where there are any.

    A trade's own worst moment counts either way: marks may lie before and after it. With marks, open losses
    of several series at once count together.
    """
    net = floats(sample.trades, "net")
    excursions = floats(sample.trades, "mae_r") * floats(sample.trades, "risk")
    own = -(np.nan_to_num(excursions, nan=0.0) + paid(sample.trades))
    if sample.equity is None:
        return Path(net, own)
    marks = sample.equity
    before = np.concatenate([[sample.opening], marks.balance[:-1]])
    worst = marks.equity - before
    closed = sample.trades.column("closed_at").cast("int64").to_numpy() * 1000
    at = np.searchsorted(marks.ts, closed)
    found = at < len(marks.ts)
    np.minimum.at(worst, at[found], own[found])
    return Path(marks.balance - before, worst)


def drawdown_metrics(sample: Sample, how: Resampling) -> dict[str, Metric]:
    """The metrics that the account's path decides, in no order."""
    n = len(sample.trades)
    net = floats(sample.trades, "net")
    daily = daily_results(sample.days, net, sample.all_days)
    return {
        **_depths(account_path(sample), sample, n, how),
        **_lengths(net, daily, n, how),
    }


def _depths(path: Path, sample: Sample, n: int, how: Resampling) -> dict[str, Metric]:
    gains, worst, opening = path.gains, path.worst, sample.opening
    share, fall = math.nan, math.nan
    if n:
        share, fall = max_drawdown(gains, worst, opening), deepest_fall(gains, worst)
    shares = bootstrap.bootstrap_drawdown(gains, worst, opening, how.resamples, how.seed)
    totals = bootstrap.bootstrap_total(gains, how.resamples, how.seed)
    falls = resampled_falls(gains, worst, how)
    span, profit = years(sample.all_days), total(gains)
    growth = growth_per_year(np.array([profit]), opening, span)[0]
    growths = growth_per_year(totals, opening, span)
    return {
        "max_drawdown": resampled(share, shares, n, how, ""),
        "max_drawdown_money": resampled(fall, falls, n, how, ""),
        "annual_growth": resampled(growth, growths, n, how, _SHORT),
        "recovery_factor": resampled(_over(profit, fall), quotient(totals, falls), n, how, _SHALLOW),
        "mar": resampled(_over(growth, share), quotient(growths, shares), n, how, _SHORT),
    }


def _lengths(net: Floats, daily: Floats, n: int, how: Resampling) -> dict[str, Metric]:
    days = len(daily)
    by_trade, by_day = lengths(net), lengths(daily)
    trade_draws, day_draws = resampled_lengths(net, how), resampled_lengths(daily, how)
    known = 1.0 if n else math.nan
    share, shares = by_day[STEPS_BELOW] / max(days, 1), day_draws[STEPS_BELOW] / max(days, 1)
    return {
        "drawdown_trades": resampled(known * by_trade[LONGEST_BELOW], trade_draws[LONGEST_BELOW], n, how, ""),
        "drawdown_days": resampled(known * by_day[LONGEST_BELOW], day_draws[LONGEST_BELOW], days, how, _IDLE),
        "time_under_water": resampled(known * share, shares, days, how, _IDLE),
    }


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
