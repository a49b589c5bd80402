"""Metrics that any selection of trades has: sums, means, quotients, shares and quantiles."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.research.metrics.quantiles import quantile, quantile_interval
from ictcli.research.metrics.resamples import quotient, resampled_sums
from ictcli.research.metrics.values import Metric, Resampling, charged, defined, floats, paid, resampled
from ictcli.stats.intervals import wilson
from ictcli.stats.sequences import Floats, longest_losing_streak, total

_LOSSES, _WINS, _STOPS = "no losing trade", "no winning trade", "no trade with a risk"
_SOME = 0.5
"""Counts are sums of resampled ones: above a half there is some."""
_QUANTILES = {"median_r": 0.5, "r_p5": 0.05, "r_p95": 0.95}


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums of columns over all trades, and over each resample."""

    value: dict[str, float]
    draws: dict[str, Floats]


def trade_metrics(trades: pa.Table, streaks: Floats, how: Resampling) -> dict[str, Metric]:
    """The metrics of scope ``trades``, in no order.

    Args:
        trades: ``engine.trades.TRADES`` rows in order of closing.
        streaks: longest losing streak of each resample, as walks over them find it.
        how: resampling behind the intervals.
    """
    net, n = floats(trades, "net"), len(trades)
    ambiguous = pc.fill_null(trades.column("ambiguous"), fill_value=False).to_numpy().astype(np.bool_)
    hits = int(ambiguous.sum())
    sums = _sums(trades, net, ambiguous, how)
    return {
        "trades": Metric(float(n), None, None, n),
        "win_rate": win_rate(net, how.confidence),
        "profit_factor": _factor(sums, n, how),
        **_money(sums, n, how),
        **_means_r(sums, how),
        **_quantiles(trades, how),
        "ambiguous_share": defined(hits / n if n else math.nan, wilson(hits, n, how.confidence), n, ""),
        "longest_losing_streak": resampled(
            float(longest_losing_streak(net)) if n else math.nan, streaks, n, how, ""
        ),
    }


def decisive_metrics(trades: pa.Table, how: Resampling) -> dict[str, Metric]:
    """Expectancy, win rate and profit factor alone, as ``trade_metrics`` gives them."""
    net = floats(trades, "net")
    multiples, known = _known(floats(trades, "r_multiple"))
    sums = _summed({"net": net, **_signs(net), "r": multiples, "r_known": known}, how)
    return {
        "net_expectancy_r": _mean(sums, "r", how),
        "win_rate": win_rate(net, how.confidence),
        "profit_factor": _factor(sums, len(net), how),
    }


def win_rate(net: Floats, confidence: float) -> Metric:
    """Share of results above zero, with Wilson's interval."""
    wins, n = int(np.count_nonzero(net > 0)), len(net)
    return defined(wins / n if n else math.nan, wilson(wins, n, confidence), n, "")


def _sums(trades: pa.Table, net: Floats, ambiguous: NDArray[np.bool_], how: Resampling) -> _Sums:
    costs = charged(trades)
    columns = {
        "net": net,
        **_signs(net),
        "costs": costs,
        "before": net + costs,
        "moved": np.abs(net + costs),
        "all": np.ones(len(net)),
    }
    for name, values in (
        ("r", floats(trades, "r_multiple")),
        ("mae", floats(trades, "mae_r")),
        ("mfe", floats(trades, "mfe_r")),
        ("gap", _missed(trades, ambiguous)),
    ):
        columns[name], columns[f"{name}_known"] = _known(values)
    return _summed(columns, how)


def _signs(net: Floats) -> dict[str, Floats]:
    """Gains, losses as positive amounts, and how many there are of each."""
    return {
        "gain": np.maximum(net, 0.0),
        "loss": np.maximum(-net, 0.0),
        "wins": (net > 0).astype(np.float64),
        "losses": (net < 0).astype(np.float64),
    }


def _known(values: Floats) -> tuple[Floats, Floats]:
    """The values with 0 for those that do not exist, and 1 for each that does."""
    missing = np.isnan(values)
    return np.where(missing, 0.0, values), (~missing).astype(np.float64)


def _summed(columns: dict[str, Floats], how: Resampling) -> _Sums:
    draws = resampled_sums(list(columns.values()), how)
    return _Sums(
        {name: total(column) for name, column in columns.items()},
        dict(zip(columns, draws, strict=True)),
    )


def _factor(sums: _Sums, n: int, how: Resampling) -> Metric:
    value, draws = sums.value, sums.draws
    factor = value["gain"] / value["loss"] if value["losses"] else math.nan
    lossless = np.where(draws["wins"] > _SOME, math.inf, math.nan)
    some = draws["losses"] > _SOME
    factors = np.where(some, draws["gain"] / np.where(some, draws["loss"], 1.0), lossless)
    return defined(factor, how.interval(factors, n), n, _LOSSES)


def _mean(sums: _Sums, name: str, how: Resampling) -> Metric:
    """Mean of the values that exist; their number is the number of observations."""
    n = round(sums.value[f"{name}_known"])
    draws = quotient(sums.draws[name], np.rint(sums.draws[f"{name}_known"]))
    return resampled(sums.value[name] / n if n else math.nan, draws, n, how, _STOPS)


def _means_r(sums: _Sums, how: Resampling) -> dict[str, Metric]:
    names = {"net_expectancy_r": "r", "mean_mae_r": "mae", "mean_mfe_r": "mfe", "ambiguity_gap_r": "gap"}
    return {metric: _mean(sums, name, how) for metric, name in names.items()}


def _money(sums: _Sums, n: int, how: Resampling) -> dict[str, Metric]:
    value = sums.value
    draws = sums.draws | {name: np.rint(sums.draws[name]) for name in ("wins", "losses", "all")}

    def plain(name: str) -> Metric:
        return resampled(value[name], draws[name], n, how, "")

    def over(top: str, bottom: str, why: str) -> Metric:
        ratio = value[top] / value[bottom] if value[bottom] else math.nan
        return resampled(ratio, quotient(draws[top], draws[bottom]), n, how, why)

    payoff = math.nan
    if value["wins"] and value["losses"]:
        payoff = value["gain"] / value["wins"] / (value["loss"] / value["losses"])
    losses = np.where(draws["losses"] > 0, draws["loss"], 0.0)
    paid_off = quotient(quotient(draws["gain"], draws["wins"]), quotient(losses, draws["losses"]))
    return {
        "net_profit": plain("net"),
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


def _quantiles(trades: pa.Table, how: Resampling) -> dict[str, Metric]:
    multiples = floats(trades, "r_multiple")
    known = np.sort(multiples[~np.isnan(multiples)])
    return {
        name: defined(
            quantile(known, share), quantile_interval(known, share, how.confidence), len(known), _STOPS
        )
        for name, share in _QUANTILES.items()
    }


def _missed(trades: pa.Table, ambiguous: NDArray[np.bool_]) -> Floats:
    """What each trade's multiple lacks of the one at its target: 0 where it is not ambiguous."""
    entry, stop, target, risk = (floats(trades, name) for name in ("entry", "stop", "target", "risk"))
    multiple = floats(trades, "r_multiple")
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.abs(target - entry) / np.abs(entry - stop) - paid(trades) / risk
    return np.where(ambiguous, reached - multiple, np.where(np.isnan(multiple), np.nan, 0.0))
