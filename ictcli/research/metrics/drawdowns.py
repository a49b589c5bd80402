"""Metrics of the account's path: how deep and how long it falls, and what it makes of that."""

import math
from dataclasses import dataclass

import numpy as np

from ictcli.research.metrics.account_path import account_steps, trade_steps
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
from ictcli.research.metrics.values import Metric, Resampling, Sample, defined, floats, resampled
from ictcli.stats.sequences import Floats

_SHALLOW = "no drawdown"
_IDLE = "no trades"
_SHORT = "less than a year, or nothing left"


@dataclass(frozen=True, slots=True)
class Walks:
    """What a walk over a path finds, and what walks over its resamples find."""

    found: Floats
    draws: Floats


def trade_walks(sample: Sample, how: Resampling) -> Walks:
    """Walks over the trades in order of closing, whatever marks there are."""
    return _walks(trade_steps(sample).path, sample, how)


def drawdown_metrics(sample: Sample, own: Walks, how: Resampling) -> dict[str, Metric]:
    """The metrics that the account's path decides, in no order.

    Args:
        sample: to measure.
        own: walks over its trades (``trade_walks``).
        how: resampling behind the intervals.
    """
    marked = own if sample.equity is None else _walks(account_steps(sample).path, sample, how)
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
    some = min(n, days)
    daily = daily_results(sample.days, floats(sample.trades, "net"), sample.all_days)
    by_day = _walks(Path(daily, daily, sample.opening), sample, how)
    share, shares = (drawn[STEPS_BELOW] / max(days, 1) for drawn in (by_day.found, by_day.draws))
    return {
        "drawdown_trades": resampled(walks.found[LONGEST_BELOW], walks.draws[LONGEST_BELOW], n, how, ""),
        "drawdown_days": defined(
            by_day.found[LONGEST_BELOW], how.interval(by_day.draws[LONGEST_BELOW], some), days, _IDLE
        ),
        "time_under_water": defined(share, how.interval(shares, some), days, _IDLE),
    }


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
