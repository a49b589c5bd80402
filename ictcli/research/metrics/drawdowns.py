"""Metrics of the account's path: how deep and how long it falls, and what it makes of that."""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.research.metrics.days import daily_results, growth_per_year, years
from ictcli.research.metrics.resamples import quotient
from ictcli.research.metrics.runs import (
    FALL,
    FALL_SHARE,
    GAIN,
    LONGEST_BELOW,
    STEPS_BELOW,
    Path,
    resampled_walks,
    walked,
)
from ictcli.research.metrics.values import Metric, Resampling, Sample, floats, paid, resampled
from ictcli.stats.sequences import Floats

_SHALLOW = "no drawdown"
_IDLE = "no trades"
_SHORT = "less than a year, or nothing left"


@dataclass(frozen=True, slots=True)
class Walks:
    """What a walk over a path finds, and what walks over its resamples find."""

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
    return Path(marks.balance - before, worst, sample.opening)


def _own_path(sample: Sample) -> Path:
    """The trades in order of closing; where an excursion is unknown the result alone counts."""
    excursions = floats(sample.trades, "mae_r") * floats(sample.trades, "risk")
    worst = -(np.nan_to_num(excursions, nan=0.0) + paid(sample.trades))
    return Path(floats(sample.trades, "net"), worst, sample.opening)


def trade_walks(sample: Sample, how: Resampling) -> Walks:
    """Walks over the trades in order of closing, whatever marks there are."""
    return _walks(_own_path(sample), sample, how)


def drawdown_metrics(sample: Sample, own: Walks, how: Resampling) -> dict[str, Metric]:
    """The metrics that the account's path decides, in no order.

    Args:
        sample: to measure.
        own: walks over its trades (``trade_walks``).
        how: resampling behind the intervals.
    """
    marked = own if sample.equity is None else _walks(account_path(sample), sample, how)
    return {**_depths(marked, sample, how), **_lengths(own, sample, how)}


def _walks(path: Path, sample: Sample, how: Resampling) -> Walks:
    known = 1.0 if len(sample.trades) else math.nan
    return Walks(known * walked(path), resampled_walks(path, how, compound=sample.compound))


def _depths(walks: Walks, sample: Sample, how: Resampling) -> dict[str, Metric]:
    n = len(sample.trades)
    share, fall, profit = (float(walks.found[what]) for what in (FALL_SHARE, FALL, GAIN))
    shares, falls, profits = (walks.draws[what] for what in (FALL_SHARE, FALL, GAIN))
    span = years(sample.all_days)
    growth = float(growth_per_year(np.array([profit]), sample.opening, span)[0])
    growths = growth_per_year(profits, sample.opening, span)
    return {
        "max_drawdown": resampled(share, shares, n, how, ""),
        "max_drawdown_money": resampled(fall, falls, n, how, ""),
        "annual_growth": resampled(growth, growths, n, how, _SHORT),
        "recovery_factor": resampled(_over(profit, fall), quotient(profits, falls), n, how, _SHALLOW),
        "mar": resampled(_over(growth, share), quotient(growths, shares), n, how, _SHORT),
    }


def _lengths(walks: Walks, sample: Sample, how: Resampling) -> dict[str, Metric]:
    n, days = len(sample.trades), len(sample.all_days)
    daily = daily_results(sample.days, floats(sample.trades, "net"), sample.all_days)
    by_day = _walks(Path(daily, daily, sample.opening), sample, how)
    share, shares = (drawn[STEPS_BELOW] / max(days, 1) for drawn in (by_day.found, by_day.draws))
    return {
        "drawdown_trades": resampled(walks.found[LONGEST_BELOW], walks.draws[LONGEST_BELOW], n, how, ""),
        "drawdown_days": resampled(
            by_day.found[LONGEST_BELOW], by_day.draws[LONGEST_BELOW], days, how, _IDLE
        ),
        "time_under_water": resampled(share, shares, days, how, _IDLE),
    }


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
