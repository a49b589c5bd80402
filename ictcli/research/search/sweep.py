"""What a search found: the best of all trials, how much of it is luck, and how its neighbours did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Int64
from ictcli.research.accounts import Floor
from ictcli.research.backtest import closing_days
from ictcli.research.gates import suggest
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.search.ranges import Space
from ictcli.research.search.trials import Outcome, Trial
from ictcli.stats.intervals import FEWEST
from ictcli.stats.overfitting import pbo_cscv_sharpe
from ictcli.stats.sequences import Floats
from ictcli.stats.sharpe import track_record
from ictcli.stats.sharpe_2026 import dsr_2026
from ictcli.stats.superiority import Superiority, spa_hansen_2005
from ictcli.stats.trials import TrialSet, trial_set

_LESS_IS_BETTER = frozenset(
    {
        *("gross_loss", "total_costs", "average_loss", "longest_losing_streak", "mean_mae_r"),
        *("max_drawdown", "max_drawdown_money", "drawdown_trades", "drawdown_days", "time_under_water"),
        "min_trl",
    }
)
_NOT_TO_CHOOSE_BY = frozenset({"dsr"})
_BLOCKS = (16, 8, 4, 2)
_LEAST_ROWS = 2
"""Rows in a block of the cross-validation: fewer say nothing of a Sharpe ratio."""
SHOWN = 10
"""Trials in the table of the best."""
_TOLD = ("trades", "net_expectancy_r", "profit_factor", "net_profit", "max_drawdown", "sharpe_daily")
"""Metrics told of every trial in a document; the table of trials has all of them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A search in numbers.

    Attributes:
        best: number of the chosen trial.
        trials: count, effective count and scatter, as the deflated Sharpe ratio takes them.
        document: of all of it, plain values.
    """

    best: int
    trials: TrialSet
    document: dict[str, Any]


def require_metric(metric: str) -> None:
    """Refuse a metric that trials cannot be chosen by.

    Raises:
        UsageError: names the nearest.
    """
    known = [name for name in METRICS if name not in _NOT_TO_CHOOSE_BY]
    if metric not in known:
        raise UsageError(f"--best-by: trials have no metric {metric!r}", hint=suggest(metric, known))


def best_of(outcomes: Sequence[Outcome], metric: str) -> int:
    """Position of the best outcome; the lowest of equals.

    Raises:
        DataError: the metric is undefined in all of them.
    """
    values = np.array([_number(one.metrics[metric]) for one in outcomes])
    if np.isnan(values).all():
        traded = max((one.metrics["trades"] or 0 for one in outcomes), default=0)
        why = "none of them traded" if not traded else f"{metric} is undefined in every one"
        raise DataError(
            f"no best of {len(outcomes):,} trials: {why}",
            hint="Take a longer span or other ranges, or choose by another metric with --best-by.",
        )
    return int(np.nanargmin(values) if metric in _LESS_IS_BETTER else np.nanargmax(values))


def judge_search(
    space: Space,
    trials: Sequence[Trial],
    outcomes: Sequence[Outcome],
    benchmark: Floats,
    *,
    metric: str,
    resamples: int,
    seed: int,
) -> Judgement:
    """Choose a trial by ``metric`` and ask how likely a search without skill would show one as good.

    Args:
        space: what was searched.
        trials: all of it.
        outcomes: of each.
        benchmark: return by trading day without the search.
        metric: to choose by.
        resamples: of the superiority test.
        seed: of it.

    Raises:
        DataError: there is no best trial.
    """
    best = best_of(outcomes, metric)
    returns = np.stack([one.returns for one in outcomes], axis=1)
    counted = trial_set(returns)
    record = track_record(np.ascontiguousarray(returns[:, best]))
    few = min(outcomes[best].metrics["trades"] or 0, record.periods) < FEWEST
    blocks = next((one for one in _BLOCKS if len(returns) // one >= _LEAST_ROWS), 2)
    split = pbo_cscv_sharpe(returns, blocks)
    superior = spa_hansen_2005(returns, benchmark, resamples, seed)
    document = {
        "trials": len(trials),
        "effective_trials": counted.effective_trials,
        "average_correlation": _finite(counted.average_correlation),
        "metric": metric,
        "best": {"trial": trials[best].number, "values": dict(trials[best].values), **_shown(outcomes[best])},
        "dsr": None if few else dsr_2026(record, counted.effective_trials, counted.sharpe_variance),
        "pbo": None if split is None else split.pbo,
        "pbo_blocks": None if split is None else split.blocks,
        "loss_probability": None if split is None else split.loss_probability,
        "spa_p": _superior_p(superior),
        "top": ranked(trials, outcomes, metric),
        "neighbours": neighbours(space, trials, outcomes, best, metric),
    }
    return Judgement(best, counted, document)


def _superior_p(found: Superiority | None) -> float | None:
    """The p-value to report: 1 where no trial did better than the benchmark at all."""
    if found is None:
        return None
    return found.p_consistent if found.statistic > 0 else 1.0


def ranked(trials: Sequence[Trial], outcomes: Sequence[Outcome], metric: str) -> list[dict[str, Any]]:
    """The best trials, best first; those without the metric are left out."""
    sign = 1 if metric in _LESS_IS_BETTER else -1
    values = [_number(one.metrics[metric]) for one in outcomes]
    order = sorted((at for at, value in enumerate(values) if not math.isnan(value)),
                   key=lambda at: (sign * values[at], at))  # fmt: skip
    return [
        {
            "trial": trials[at].number,
            "values": dict(trials[at].values),
            metric: values[at],
            **_shown(outcomes[at]),
        }
        for at in order[:SHOWN]
    ]


def neighbours(
    space: Space, trials: Sequence[Trial], outcomes: Sequence[Outcome], best: int, metric: str
) -> list[dict[str, Any]]:
    """The trials one step from the best on one axis: a lonely peak is luck more often than a plateau."""
    known = {point: at for at, point in enumerate(space.points)}
    centre = space.points[best]
    found = []
    for position, axis in enumerate(space.axes):
        for step in (-1, 1):
            point = (*centre[:position], centre[position] + step, *centre[position + 1 :])
            at = known.get(point)
            if at is not None:
                found.append(
                    {
                        "name": axis.name,
                        "value": axis.values[point[position]],
                        "trial": trials[at].number,
                        metric: outcomes[at].metrics[metric],
                        **_shown(outcomes[at]),
                    }
                )
    return found


def benchmark_returns(floor: Floor, days: Int64, kind: str) -> Floats:
    """Return by trading day of doing something without skill.

    ``zero`` does nothing. ``buy_hold`` holds every traded symbol in equal parts without leverage or costs:
    mean of the changes of their closes from day to day.
    """
    if kind == "zero":
        return np.zeros(len(days))
    total = np.zeros(len(days))
    for one in floor.series[: floor.traded]:
        own, first = np.unique(closing_days(one, one.bars.ts_close), return_index=True)
        closes = one.bars.close[np.append(first[1:], len(one.bars)) - 1].astype(np.float64)
        before = np.concatenate([[float(one.bars.open[0])], closes[:-1]])
        total[np.searchsorted(days, own)] += closes / before - 1
    return total / floor.traded


def _shown(outcome: Outcome) -> dict[str, Any]:
    """What a table says of every trial."""
    return {name: outcome.metrics[name] for name in _TOLD}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
