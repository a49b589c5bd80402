"""A walk-forward: every fold's parameters are chosen before its test span, and only test spans are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.clock import iso
from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Backtest, Found, Request, Workshop, keep, sample_of, seed_of
from ictcli.research.choices import Choice
from ictcli.research.metrics.days import daily_returns
from ictcli.research.metrics.measure import measure
from ictcli.research.metrics.values import Equity, Resampling, Sample, Trials
from ictcli.research.playing import Line, Played, decide_all, settle, strategy_names
from ictcli.research.search.spans import (
    Span,
    count_bars,
    cut,
    floor_days,
    joined_lines,
    narrowed,
    span_days,
)
from ictcli.research.search.sweep import benchmark_returns, best_of
from ictcli.research.search.sweep_run import Outcomes, Prepared, Search, days_table, play_trials, prepare
from ictcli.research.search.trials import Trial, trial_days, trial_table
from ictcli.research.search.walk_forward import Fold, WalkForward, make_folds, traded_span
from ictcli.research.studies.request import Studies, study
from ictcli.telemetry import Progress

_TOLD = ("trades", "net_expectancy_r", "profit_factor", "net_profit", "sharpe_daily")


def walk_forward(
    request: Request,
    shop: Workshop,
    how: Search,
    plan: WalkForward,
    studies: Studies,
    *,
    now: int,
    provenance: Mapping[str, Any],
    progress: Progress,
) -> Backtest:
    """Choose parameters on each training span, trade each test span with them, and keep that as the run.

    The test spans are traded on one account: its balance, limits and open positions go on from fold to fold,
    as they would have. Trades, metrics and gate know the test spans only.

    Raises:
        UsageError: the search varies the account, or its names or values do not fit.
        ConfigError: the gate file does not fit.
        DataError: the bars are too short for one fold, or no trial of a fold has the metric.
    """
    for axis in how.axes:
        if axis.section:
            raise UsageError(
                f"--walk-forward cannot choose {axis.name}: all folds trade one account",
                hint="Search parameters of the strategy, or leave out --walk-forward.",
            )
    ready = prepare(request, shop, how, progress)
    folds = make_folds(ready.floor, plan)
    spans = tuple(fold.train for fold in folds)
    outcomes, kept = play_trials(ready, request, shop, spans, studies, progress)
    progress("joining folds", 0, None)
    chosen = [_chosen(ready.trials, outcomes, number, how.metric) for number in range(len(folds))]
    floor, played, choices = play_folds(ready, shop, folds, chosen)
    sample = _tested(floor, played, shop, folds)
    samples = _fold_samples(floor, played, sample, folds, choices)
    rows = [
        _fold(number, fold, chosen[number], outcomes, how.metric, samples[number], shop)
        for number, fold in enumerate(folds)
    ]
    seed = seed_of(request, shop.config)
    result = Found(
        floor, ready.resolved, choices, shop.config, played, sample,
        asked={**how.asked(), "walk_forward": str(plan), **studies.asked()},
        sections={"walk_forward": _document(plan, folds, rows, how, chosen, ready)},
        tables=_tables(ready, outcomes, spans, how),
    )  # fmt: skip
    result = study(result, replace(studies, span=traded_span(folds)), seed, ready.site, progress)
    run = keep(result, request, shop, now=now, provenance=provenance)
    kept.clear()
    return run


def play_folds(
    ready: Prepared, shop: Workshop, folds: Sequence[Fold], chosen: Sequence[Trial]
) -> tuple[Floor, Played, list[Choice]]:
    """The test spans on one account, each traded with what its training span chose."""
    floor = cut(ready.floor, folds[-1].test[1])
    made: dict[str, list[Line]] = {}
    for trial in chosen:
        if trial.key not in made:
            made[trial.key] = decide_all(floor, trial.choices, shop.config, notes=True)
    parts = [(fold.test, made[trial.key]) for fold, trial in zip(folds, chosen, strict=True)]
    choices = [choice for trial in chosen for choice in trial.choices]
    lines = joined_lines(floor, parts, len(chosen[0].choices))
    return floor, settle(floor, choices, shop.config, lines), choices


def _chosen(trials: Sequence[Trial], outcomes: Outcomes, number: int, metric: str) -> Trial:
    return trials[best_of([outcomes[one.key, number] for one in trials], metric)]


def _tested(floor: Floor, played: Played, shop: Workshop, folds: Sequence[Fold]) -> Sample:
    """The joined run as metrics see it: the days and bars of the test spans."""
    span = traded_span(folds)
    sample = sample_of(floor, played, shop.config)
    marks = sample.equity
    if marks is not None:
        own = marks.ts >= span[0]
        marks = Equity(marks.ts[own], marks.balance[own], marks.equity[own])
    return replace(
        sample,
        all_days=span_days(floor, span),
        bars=count_bars(floor, [span]),
        equity=marks,
        trials=Trials(1.0, 0.0),
    )


def _fold_samples(
    floor: Floor, played: Played, sample: Sample, folds: Sequence[Fold], choices: Sequence[Choice]
) -> list[Sample]:
    """The trades of each fold's strategies, on the balance that the fold began with."""
    own = len(choices) // len(folds)
    names = strategy_names(choices)
    strategies, closed = (played.trades.column(name) for name in ("strategy", "closed_at"))
    found = []
    for number, fold in enumerate(folds):
        mine = pc.is_in(strategies, pa.array(names[number * own : (number + 1) * own], pa.string()))
        before = pc.less(closed.cast(pa.int64()), fold.test[0] // 1000)
        earlier = pc.sum(played.trades.filter(before).column("net")).as_py() or 0
        part = narrowed(sample, floor, fold.test, np.asarray(mine, bool))
        found.append(replace(part, opening=max(float(earlier) + sample.opening, 0.01), trials=None))
    return found


def _fold(
    number: int, fold: Fold, trial: Trial, outcomes: Outcomes, metric: str, sample: Sample, shop: Workshop
) -> dict[str, Any]:
    """What a table says of one fold."""
    how = Resampling(0, 0, shop.config.backtest.confidence)
    found = measure(sample, how)
    inside = outcomes[trial.key, number]
    names = dict.fromkeys([metric, *_TOLD])
    return {
        "fold": number + 1,
        "train": [iso(instant) for instant in fold.train],
        "test": [iso(instant) for instant in fold.test],
        "trial": trial.number,
        "values": dict(trial.values),
        "in_sample": {name: inside.metrics[name] for name in names},
        "out_of_sample": {name: found[name].value for name in names},
        "test_return": float(daily_returns(sample).sum()),
    }


def _document(
    plan: WalkForward, folds: Sequence[Fold], rows: list[dict[str, Any]], how: Search,
    chosen: Sequence[Trial], ready: Prepared,
) -> dict[str, Any]:  # fmt: skip
    span = traded_span(folds)
    days, last = floor_days(ready.floor), span_days(ready.floor, span)[-1]
    expectancy = [(row["in_sample"]["net_expectancy_r"], row["out_of_sample"]["net_expectancy_r"],
                   row["out_of_sample"]["trades"] or 0) for row in rows]  # fmt: skip
    inside = [one for one, _, _ in expectancy if one is not None]
    outside = [(one, n) for _, one, n in expectancy if one is not None]
    traded = sum(n for _, n in outside)
    return {
        "plan": str(plan),
        "metric": how.metric,
        "trials": len(ready.trials),
        "span": [iso(span[0]), iso(span[1])],
        "days_left_over": int((days > last).sum()),
        "folds": rows,
        "in_sample_expectancy_r": float(np.mean(inside)) if inside else None,
        "out_of_sample_expectancy_r": sum(one * n for one, n in outside) / traded if traded else None,
        "folds_with_gain": sum((row["out_of_sample"]["net_profit"] or 0) > 0 for row in rows),
        "chosen": {
            axis.name: {value: sum(one.values[axis.name] == value for one in chosen) for value in axis.values}
            for axis in how.axes
        },
    }


def _tables(ready: Prepared, outcomes: Outcomes, spans: tuple[Span, ...], how: Search) -> dict[str, pa.Table]:
    days: list[Int64] = [span_days(ready.floor, span) for span in spans]
    whole = floor_days(ready.floor)
    return {
        "trials": trial_table(ready.space, ready.trials, outcomes, len(spans)),
        "trial_days": trial_days(ready.trials, outcomes, days),
        "search_days": days_table(whole, benchmark_returns(ready.floor, whole, how.benchmark)),
    }
