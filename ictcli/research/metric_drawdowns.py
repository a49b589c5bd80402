"""Metrics of the account's path: how deep and how long it falls, and what it makes of that."""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.research.metric_days import daily_results, growth_per_year, years
from ictcli.research.metric_resamples import quotient, resampled_sums
from ictcli.research.metric_runs import FALL, FALL_SHARE, LONGEST_BELOW, STEPS_BELOW, resampled_walks, walked
from ictcli.research.metric_values import Metric, Resampling, Sample, floats, paid, resampled
from ictcli.stats.sequences import Floats, total

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


@dataclass(frozen=True, slots=True)
class _Walks:
    """A path, what a walk over it finds, and what walks over its resamples find."""

    path: Path
    found: Floats
    draws: Floats


def account_path(sample: Sample) -> Path:
    """The steps of an account: its trades, or the marks of its equity where there are any.

    A trade's own worst moment counts either way: marks may lie before and after it. With marks, open losses
    of several series at once count together.
    """
    own = _own_path(sample)
    if sample.equity is None:
        return own
    marks = sample.equity
    before = np.concatenate([[sample.opening], marks.balance[:-1]])
    worst = marks.equity - before
    closed = sample.trades.column("closed_at").cast("int64").to_numpy() * 1000
    at = np.searchsorted(marks.ts, closed)
    found = at < len(marks.ts)
    np.minimum.at(worst, at[found], own.worst[found])
    return Path(marks.balance - before, worst)


def _own_path(sample: Sample) -> Path:
    """The trades in order of closing; where an excursion is unknown the result alone counts."""
    excursions = floats(sample.trades, "mae_r") * floats(sample.trades, "risk")
    worst = -(np.nan_to_num(excursions, nan=0.0) + paid(sample.trades))
    return Path(floats(sample.trades, "net"), worst)


def drawdown_metrics(sample: Sample, how: Resampling) -> dict[str, Metric]:
    """The metrics that the account's path decides, in no order."""
    own = _own_path(sample)
    draws = resampled_walks(own.gains, own.worst, sample.opening, how)
    found = _Walks(own, walked(own.gains, own.worst, sample.opening), draws)
    marked = found
    if sample.equity is not None:
        path = account_path(sample)
        draws = resampled_walks(path.gains, path.worst, sample.opening, how)
        marked = _Walks(path, walked(path.gains, path.worst, sample.opening), draws)
    return {**_depths(marked, sample, how), **_lengths(found, sample, how)}


def _depths(walks: _Walks, sample: Sample, how: Resampling) -> dict[str, Metric]:
    n, opening, gains = len(sample.trades), sample.opening, walks.path.gains
    known = 1.0 if n else math.nan
    share, fall = known * walks.found[FALL_SHARE], known * walks.found[FALL]
    shares, falls = walks.draws[FALL_SHARE], walks.draws[FALL]
    (totals,) = resampled_sums([gains], how)
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


def _lengths(walks: _Walks, sample: Sample, how: Resampling) -> dict[str, Metric]:
    n, days = len(sample.trades), len(sample.all_days)
    daily = daily_results(sample.days, floats(sample.trades, "net"), sample.all_days)
    known = 1.0 if n else math.nan
    by_day = known * walked(daily, daily, sample.opening)
    draws = resampled_walks(daily, daily, sample.opening, how)
    share, shares = by_day[STEPS_BELOW] / max(days, 1), draws[STEPS_BELOW] / max(days, 1)
    by_trade = walks.found[LONGEST_BELOW]
    return {
        "drawdown_trades": resampled(by_trade, walks.draws[LONGEST_BELOW], n, how, ""),
        "drawdown_days": resampled(by_day[LONGEST_BELOW], draws[LONGEST_BELOW], days, how, _IDLE),
        "time_under_water": resampled(share, shares, days, how, _IDLE),
    }


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
