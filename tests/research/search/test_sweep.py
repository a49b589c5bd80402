"""The best of many trials: which one it is, and what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.config.records import Config
from ictcli.errors import DataError, UsageError
from ictcli.research.choices import choose_strategies
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.search.ranges import Axis, make_space
from ictcli.research.search.sweep import best_of, judge_search, neighbours, ranked, require_metric
from ictcli.research.search.trials import Outcome, Trial
from ictcli.stats.sharpe import track_record
from ictcli.stats.sharpe_2026 import dsr_2026


def outcome(number: int, returns: Any = (), **metrics: float | None) -> Outcome:
    values: dict[str, float | None] = dict.fromkeys(METRICS)
    return Outcome(str(number), 0, values | metrics, np.asarray(returns, np.float64))


def test_the_best_is_the_most_or_where_less_is_better_the_least() -> None:
    outcomes = [outcome(0, max_drawdown=0.3, net_profit=5.0), outcome(1, max_drawdown=0.1, net_profit=4.0)]
    assert best_of(outcomes, "net_profit") == 0
    assert best_of(outcomes, "max_drawdown") == 1


def test_undefined_is_never_best_and_equals_go_to_the_first() -> None:
    outcomes = [outcome(0), outcome(1, net_profit=-3.0), outcome(2, net_profit=-3.0)]
    assert best_of(outcomes, "net_profit") == 1


@pytest.mark.parametrize(("trades", "words"), [(0.0, "none of them traded"), (4.0, "undefined in every one")])
def test_without_the_metric_there_is_no_best(trades: float, words: str) -> None:
    with pytest.raises(DataError, match=words):
        best_of([outcome(0, trades=trades), outcome(1, trades=0.0)], "profit_factor")


@pytest.mark.parametrize("name", ["sharp_daily", "dsr", ""])
def test_a_metric_to_choose_by_exists_for_trials(name: str) -> None:
    with pytest.raises(UsageError, match="no metric"):
        require_metric(name)


def searched(values: list[float], returns: Any) -> tuple[Any, list[Trial], list[Outcome]]:
    space = make_space([Axis("max_bars", tuple(str(i + 1) for i in range(len(values))))], None, 1)
    choices = choose_strategies(["fvg_retest"], {}, {})
    trials = [
        Trial(i, space.values(point), choices, Config(), str(i)) for i, point in enumerate(space.points)
    ]
    outcomes = [outcome(i, returns[:, i], sharpe_daily=value, trades=30.0) for i, value in enumerate(values)]
    return space, trials, outcomes


def test_the_judgement_is_that_of_the_statistics_it_names() -> None:
    returns = np.random.default_rng(5).normal(0.001, 0.01, (240, 6))
    values = (returns.mean(axis=0) / returns.std(axis=0, ddof=1)).tolist()
    space, trials, outcomes = searched(values, returns)
    judged = judge_search(
        space, trials, outcomes, np.zeros(240), metric="sharpe_daily", resamples=200, seed=1
    )
    best = int(np.argmax(values))
    assert judged.best == best
    counted = judged.trials
    record = track_record(np.ascontiguousarray(returns[:, best]))
    assert judged.document["dsr"] == dsr_2026(record, counted.effective_trials, counted.sharpe_variance)
    assert 5 < judged.document["effective_trials"] <= 6
    few = [replace(one, metrics={**one.metrics, "trades": 29.0}) for one in outcomes]
    told = judge_search(space, trials, few, np.zeros(240), metric="sharpe_daily", resamples=200, seed=1)
    assert told.document["dsr"] is None
    assert 0 <= judged.document["pbo"] <= 1
    assert 0 <= judged.document["spa_p"] <= 1
    assert judged.document["pbo_blocks"] == 16


def test_a_planted_edge_is_superior_and_not_overfit_and_noise_is_not() -> None:
    noise = np.random.default_rng(6).normal(0.0, 0.01, (480, 8))
    edge = noise.copy()
    edge[:, 3] += 0.003
    found = []
    for returns in (edge, noise):
        values = (returns.mean(axis=0) / returns.std(axis=0, ddof=1)).tolist()
        space, trials, outcomes = searched(values, returns)
        found.append(
            judge_search(space, trials, outcomes, np.zeros(480), metric="sharpe_daily", resamples=500, seed=1)
        )
    assert found[0].best == 3
    assert found[0].document["spa_p"] < 0.01
    assert found[0].document["pbo"] < 0.05
    assert found[1].document["spa_p"] > 0.05


def test_the_table_is_in_order_and_neighbours_are_next_to_the_best() -> None:
    returns = np.random.default_rng(7).normal(0.0, 0.01, (40, 5))
    space, trials, outcomes = searched([0.1, 0.5, 0.9, 0.3, 0.2], returns)
    assert [row["trial"] for row in ranked(trials, outcomes, "sharpe_daily")] == [2, 1, 3, 4, 0]
    near = neighbours(space, trials, outcomes, 2, "sharpe_daily")
    assert [(one["value"], one["sharpe_daily"]) for one in near] == [("2", 0.5), ("4", 0.3)]
    edge = neighbours(space, trials, outcomes, 0, "sharpe_daily")
    assert [one["value"] for one in edge] == ["2"]
