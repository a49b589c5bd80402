"""Metrics that any selection of trades has: sums, means, quotients, shares and quantiles."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.research.metric_quantiles import quantile, quantile_interval
from ictcli.research.metric_resamples import quotient, resampled_sums
from ictcli.research.metric_runs import LOSING_STREAK, lengths, resampled_lengths
from ictcli.research.metric_values import Metric, Resampling, defined, floats, paid, resampled
from ictcli.stats import bootstrap
from ictcli.stats.intervals import wilson
from ictcli.stats.sequences import Floats, mean, profit_factor, total

_LOSSES, _WINS, _STOPS = "no losing trade", "no winning trade", "no trade with a risk"
_QUANTILES = {"median_r": 0.5, "r_p5": 0.05, "r_p95": 0.95}


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums of columns over all trades, and over each resample."""

    value: dict[str, float]
    draws: dict[str, Floats]


def trade_metrics(trades: pa.Table, how: Resampling) -> dict[str, Metric]:
    """The metrics of scope ``trades``, in no order.

    Args:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        how: resampling behind the intervals.
    """
    net, n = floats(trades, "net"), len(trades)
    return {
        "trades": Metric(float(n), None, None, n),
        **_decisive(trades, net, how),
        **_money(_sums(trades, net, how), n, how),
        **_multiples(trades, how),
        **_ambiguity(trades, how),
        "longest_losing_streak": _streak(net, how),
    }


def win_rate(net: Floats, confidence: float) -> Metric:
    """Share of results above zero, with Wilson's interval."""
    wins, n = int(np.count_nonzero(net > 0)), len(net)
    return defined(wins / n if n else math.nan, wilson(wins, n, confidence), n, "")


def expectancy_r(multiples: Floats, how: Resampling) -> Metric:
    """Mean of the multiples that exist."""
    known = multiples[~np.isnan(multiples)]
    draws = bootstrap.bootstrap_mean(known, how.resamples, how.seed)
    return resampled(mean(known), draws, len(known), how, _STOPS)


def factor(net: Floats, how: Resampling) -> Metric:
    """Profit factor."""
    draws = bootstrap.bootstrap_profit_factor(net, how.resamples, how.seed)
    return defined(profit_factor(net), how.interval(draws), len(net), _LOSSES)


def _decisive(trades: pa.Table, net: Floats, how: Resampling) -> dict[str, Metric]:
    profit = bootstrap.bootstrap_total(net, how.resamples, how.seed)
    return {
        "net_profit": resampled(total(net), profit, len(net), how, ""),
        "net_expectancy_r": expectancy_r(floats(trades, "r_multiple"), how),
        "win_rate": win_rate(net, how.confidence),
        "profit_factor": factor(net, how),
    }


def _streak(net: Floats, how: Resampling) -> Metric:
    n = len(net)
    longest = float(lengths(net)[LOSING_STREAK]) if n else math.nan
    return resampled(longest, resampled_lengths(net, how)[LOSING_STREAK], n, how, "")


def _sums(trades: pa.Table, net: Floats, how: Resampling) -> _Sums:
    costs = floats(trades, "costs")
    columns = {
        "net": net,
        "gain": np.maximum(net, 0.0),
        "loss": np.maximum(-net, 0.0),
        "wins": (net > 0).astype(np.float64),
        "losses": (net < 0).astype(np.float64),
        "costs": costs,
        "before": net + costs,
        "moved": np.abs(net + costs),
        "all": np.ones(len(net)),
    }
    draws = resampled_sums(list(columns.values()), how)
    return _Sums(
        {name: float(column.sum()) for name, column in columns.items()},
        dict(zip(columns, draws, strict=True)),
    )


def _money(sums: _Sums, n: int, how: Resampling) -> dict[str, Metric]:
    value, draws = sums.value, sums.draws

    def plain(name: str) -> Metric:
        return resampled(value[name], draws[name], n, how, "")

    def over(top: str, bottom: str, why: str) -> Metric:
        ratio = value[top] / value[bottom] if value[bottom] else math.nan
        return resampled(ratio, quotient(draws[top], draws[bottom]), n, how, why)

    payoff = math.nan
    if value["wins"] and value["losses"]:
        payoff = value["gain"] / value["wins"] / (value["loss"] / value["losses"])
    paid_off = quotient(quotient(draws["gain"], draws["wins"]), quotient(draws["loss"], draws["losses"]))
    return {
        "gross_profit": plain("gain"),
        "gross_loss": plain("loss"),
        "total_costs": plain("costs"),
        "result_before_costs": plain("before"),
        "net_expectancy": over("net", "all", ""),
        "average_win": over("gain", "wins", _WINS),
        "average_loss": over("loss", "losses", _LOSSES),
        "payoff_ratio": resampled(payoff, paid_off, n, how, _LOSSES if value["wins"] else _WINS),
        "cost_share": over("costs", "moved", "no result to compare costs with"),
    }


def _multiples(trades: pa.Table, how: Resampling) -> dict[str, Metric]:
    multiples = floats(trades, "r_multiple")
    known = multiples[~np.isnan(multiples)]
    found = {
        name: defined(
            quantile(known, share), quantile_interval(known, share, how.confidence), len(known), _STOPS
        )
        for name, share in _QUANTILES.items()
    }
    for name, column in (("mean_mae_r", "mae_r"), ("mean_mfe_r", "mfe_r")):
        excursions = floats(trades, column)
        excursions = excursions[~np.isnan(excursions)]
        draws = bootstrap.bootstrap_mean(excursions, how.resamples, how.seed)
        found[name] = resampled(mean(excursions), draws, len(excursions), how, _STOPS)
    return found


def _ambiguity(trades: pa.Table, how: Resampling) -> dict[str, Metric]:
    n = len(trades)
    ambiguous = pc.fill_null(trades.column("ambiguous"), fill_value=False).to_numpy().astype(np.bool_)
    hits = int(ambiguous.sum())
    gap = _missed(trades, ambiguous)
    gap = gap[~np.isnan(gap)]
    draws = bootstrap.bootstrap_mean(gap, how.resamples, how.seed)
    return {
        "ambiguous_share": defined(hits / n if n else math.nan, wilson(hits, n, how.confidence), n, ""),
        "ambiguity_gap_r": resampled(mean(gap), draws, len(gap), how, _STOPS),
    }


def _missed(trades: pa.Table, ambiguous: NDArray[np.bool_]) -> Floats:
    """What each trade's multiple lacks of the one at its target: 0 where it is not ambiguous."""
    entry, stop, target, risk = (floats(trades, name) for name in ("entry", "stop", "target", "risk"))
    multiple = floats(trades, "r_multiple")
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.abs(target - entry) / np.abs(entry - stop) - paid(trades) / risk
    return np.where(ambiguous, reached - multiple, np.where(np.isnan(multiple), np.nan, 0.0))
