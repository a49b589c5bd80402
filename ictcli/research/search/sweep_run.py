"""Playing all trials of a search: in parallel, kept as they finish, found again after an interruption."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow as pa

from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Backtest, Found, Request, Workshop, keep, load_floor, sample_of, seed_of
from ictcli.research.choices import load_strategy, parameter_names
from ictcli.research.gates import load_gate
from ictcli.research.metrics.values import Trials
from ictcli.research.playing import play
from ictcli.research.search.backends import each, runs_here
from ictcli.research.search.kept import KeptTrials
from ictcli.research.search.ranges import Axis, Space, check_names, make_space
from ictcli.research.search.spans import Span, floor_days
from ictcli.research.search.sweep import benchmark_returns, judge_search, require_metric
from ictcli.research.search.tasks import Site, make_site
from ictcli.research.search.trials import (
    Outcome,
    Trial,
    batches,
    make_trials,
    play_batch,
    search_key,
    trial_days,
    trial_table,
)
from ictcli.research.studies.request import Studies, study
from ictcli.stats.sequences import Floats
from ictcli.telemetry import Progress

_LARGEST_BATCH = 64
_BATCHES_PER_JOB = 16
Outcomes = dict[tuple[str, int], Outcome]


@dataclass(frozen=True, slots=True)
class Search:
    """What to search and how.

    Attributes:
        axes: parameters and their values.
        random: number of random points of the grid; None takes all.
        metric: what the best trial is chosen by.
        benchmark: what the superiority test compares with.
    """

    axes: tuple[Axis, ...]
    random: int | None
    metric: str
    benchmark: str

    def asked(self) -> dict[str, Any]:
        """The search as plain values."""
        return {
            "sweep": {axis.name: list(axis.values) for axis in self.axes},
            "random": self.random,
            "best_by": self.metric,
            "benchmark": self.benchmark,
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """A search whose every value was checked, on bars that are loaded."""

    floor: Floor
    resolved: list[str]
    site: Site
    sources: tuple[str, ...]
    space: Space
    trials: list[Trial]


def prepare(request: Request, shop: Workshop, how: Search, progress: Progress) -> Prepared:
    """Check what can be checked before anything is played, and load the bars.

    Raises:
        UsageError: a name or value of the search does not fit, or it has too many trials.
        ConfigError: the gate file does not fit.
        DataError: bars are missing.
    """
    require_metric(how.metric)
    loaded = [load_strategy(name) for name in request.strategies]
    names = list(dict.fromkeys(name for strategy, _ in loaded for name in parameter_names(strategy)))
    check_names(how.axes, names, [strategy.name for strategy, _ in loaded])
    taken = [axis.name for axis in how.axes if axis.name in request.params]
    if taken:
        raise UsageError(f"{taken[0]} is both fixed by --param and searched", hint="Leave one of them out.")
    if request.gate:
        load_gate(request.gate)
    space = make_space(how.axes, how.random, seed_of(request, shop.config))
    floor, resolved = load_floor(request, shop, progress)
    site = make_site(floor, request, shop)
    sources = tuple(source for _, source in loaded)
    trials = make_trials(space, site, shop.config, request.params, sources)
    return Prepared(floor, resolved, site, sources, space, trials)


def play_trials(
    ready: Prepared,
    request: Request,
    shop: Workshop,
    spans: tuple[Span, ...],
    studies: Studies,
    progress: Progress,
) -> tuple[Outcomes, KeptTrials]:
    """The outcomes of all trials on every span, without repeating what an earlier, killed search did."""
    kept = KeptTrials(ready.site.state_dir, search_key(ready.site, ready.trials, spans))
    wanted = max(1, len(spans))
    outcomes = kept.load()
    left = [one for one in ready.trials if any((one.key, span) not in outcomes for span in range(wanted))]
    distinct = list({one.key: one for one in left}.values())
    size = max(1, min(_LARGEST_BATCH, -(-len(distinct) // (studies.jobs * _BATCHES_PER_JOB))))
    todo = batches(distinct, size, ready.site, ready.space, shop.config, request.params, ready.sources, spans)
    here = runs_here(len(todo), studies.jobs, studies.backend)
    work = partial(play_batch, floor=ready.floor) if here else play_batch
    done, total = len(ready.trials) - len(left), len(ready.trials)
    progress("trials", done, total)
    for part in each(work, todo, studies.jobs, studies.backend):
        kept.add(part)
        for one in part:
            outcomes[one.key, one.span] = one
        done += len(part) // wanted
        progress("trials", min(done, total), total)
    return outcomes, kept


def sweep(
    request: Request,
    shop: Workshop,
    how: Search,
    studies: Studies,
    *,
    now: int,
    provenance: Mapping[str, Any],
    progress: Progress,
) -> Backtest:
    """Play every trial, choose the best, and keep it as a run with all trials beside it.

    The run's metrics are in sample: the best of many. Its deflated Sharpe ratio knows of how many.

    Raises:
        UsageError, ConfigError, DataError: see ``prepare``; and where no trial has the metric.
    """
    ready = prepare(request, shop, how, progress)
    outcomes, kept = play_trials(ready, request, shop, (), studies, progress)
    progress("judging", 0, None)
    found = [outcomes[one.key, 0] for one in ready.trials]
    days = floor_days(ready.floor)
    benchmark = benchmark_returns(ready.floor, days, how.benchmark)
    seed = seed_of(request, shop.config)
    judged = judge_search(
        ready.space, ready.trials, found, benchmark,
        metric=how.metric, resamples=shop.config.backtest.resamples, seed=seed,
    )  # fmt: skip
    best = ready.trials[judged.best]
    played = play(ready.floor, best.choices, best.config, notes=True)
    counted = judged.trials
    sample = replace(
        sample_of(ready.floor, played, best.config),
        trials=Trials(max(1.0, counted.effective_trials), counted.sharpe_variance),
    )
    result = Found(
        ready.floor, ready.resolved, best.choices, best.config, played, sample,
        asked=how.asked() | studies.asked(),
        sections={"search": {**judged.document, "benchmark": how.benchmark}},
        tables={
            "trials": trial_table(ready.space, ready.trials, outcomes, 1),
            "trial_days": trial_days(ready.trials, outcomes, [days]),
            "search_days": days_table(days, benchmark),
        },
    )  # fmt: skip
    run = keep(
        study(result, studies, seed, ready.site, progress), request, shop, now=now, provenance=provenance
    )
    kept.clear()
    return run


def days_table(days: Int64, benchmark: Floats) -> pa.Table:
    """The trading days of a search and what the benchmark made on each."""
    return pa.table({"day": pa.array(days.astype("datetime64[D]")), "benchmark": benchmark})
