"""The trials of a search: what each is, how it is played, and the tables that keep all of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec
import numpy as np
import pyarrow as pa

from ictcli.config.records import Config
from ictcli.market.bars import Int64
from ictcli.research.accounts import Floor
from ictcli.research.backtest import sample_of
from ictcli.research.choices import Choice, choose
from ictcli.research.metrics.days import daily_returns
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.metrics.measure import measure
from ictcli.research.metrics.values import Resampling, Sample
from ictcli.research.playing import decide_all, settle
from ictcli.research.search.identity import identity
from ictcli.research.search.ranges import Axis, Space, configured, parameters_of
from ictcli.research.search.spans import Span, play_span
from ictcli.research.search.tasks import Site, open_floor, open_strategies
from ictcli.stats.sequences import Floats

_NO_INTERVALS = 0
"""Resamples for trials: thousands of intervals that nobody reads would take most of the time."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One point of a search.

    Attributes:
        number: position in the search, from 0.
        values: name = text.
        choices: strategies with its parameters.
        config: account and costs.
        key: hash of everything that decides its outcome on given bars.
    """

    number: int
    values: Mapping[str, str]
    choices: Sequence[Choice]
    config: Config
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial made of one span.

    Attributes:
        key: of the trial.
        span: number of the span.
        metrics: name = value, None where it is undefined; without intervals.
        returns: by trading day of the span.
    """

    key: str
    span: int
    metrics: Mapping[str, float | None]
    returns: Floats


@dataclass(frozen=True, slots=True)
class Batch:
    """Trials that one process plays one after the other, of one search.

    Attributes:
        site: what is traded.
        sources: hashes of the strategies' files.
        config: before the search changes it.
        params: of all trials, which their own are laid over.
        axes: of the search.
        keys: of the trials.
        values: of the trials.
        spans: where each trades; none for all bars at once.
    """

    site: Site
    sources: tuple[str, ...]
    config: Config
    params: Mapping[str, str]
    axes: tuple[Axis, ...]
    keys: tuple[str, ...]
    values: tuple[Mapping[str, str], ...]
    spans: tuple[Span, ...]


def make_trials(
    space: Space, site: Site, config: Config, params: Mapping[str, str], sources: tuple[str, ...]
) -> list[Trial]:
    """All trials of a search, every value checked.

    Raises:
        UsageError: a parameter does not exist, or a value does not fit.
    """
    loaded = open_strategies(site.request.strategies, sources)
    trials = []
    for number, point in enumerate(space.points):
        values = space.values(point)
        choices = choose(loaded, config.strategies, {**params, **parameters_of(space.axes, values)})
        own = configured(config, space.axes, values)
        trials.append(Trial(number, values, choices, own, identity(choices, own)))
    return trials


def batches(
    trials: Sequence[Trial], size: int, site: Site, space: Space, config: Config,
    params: Mapping[str, str], sources: tuple[str, ...], spans: tuple[Span, ...],
) -> list[Batch]:  # fmt: skip
    """The trials in batches of at most ``size``; those that differ only in the account come together.

    The account plays no part in decisions, so such trials share them.
    """
    order = sorted(trials, key=lambda one: (_decided_by(space.axes, one.values), one.number))
    return [
        Batch(
            site, sources, config, dict(params), space.axes, tuple(one.key for one in part),
            tuple(one.values for one in part), spans,
        )
        for part in (order[at : at + size] for at in range(0, len(order), size))
    ]  # fmt: skip


def play_batch(batch: Batch, floor: Floor | None = None) -> list[Outcome]:
    """Play the trials of a batch.

    Args:
        batch: to play.
        floor: what is traded, where this process has it; None loads it.
    """
    known = open_floor(batch.site) if floor is None else floor
    loaded = open_strategies(batch.site.request.strategies, batch.sources)
    rows = zip(batch.keys, batch.values, strict=True)
    found: list[Outcome] = []
    for _, alike in groupby(rows, lambda row: _decided_by(batch.axes, row[1])):
        lines = None
        for key, values in alike:
            own = parameters_of(batch.axes, values)
            choices = choose(loaded, batch.config.strategies, {**batch.params, **own})
            config = configured(batch.config, batch.axes, values)
            if lines is None:
                lines = decide_all(known, choices, config)
            samples = (
                [play_span(known, choices, config, lines, span) for span in batch.spans]
                if batch.spans
                else [sample_of(known, settle(known, choices, config, lines), config)]
            )
            found += [_outcome(key, number, sample, config) for number, sample in enumerate(samples)]
    return found


def _outcome(key: str, span: int, sample: Sample, config: Config) -> Outcome:
    how = Resampling(_NO_INTERVALS, 0, config.backtest.confidence)
    values = {name: metric.value for name, metric in measure(sample, how).items()}
    return Outcome(key, span, values, daily_returns(sample))


def _decided_by(axes: Sequence[Axis], values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(parameters_of(axes, values).values())


def search_key(site: Site, trials: Sequence[Trial], spans: Sequence[Span]) -> str:
    """Name under which finished trials of searches like this one are found again."""
    names = sorted({one.strategy.name + one.source for trial in trials[:1] for one in trial.choices})
    facts = msgspec.json.encode([site.key, names, list(spans)])
    return hashlib.sha256(facts).hexdigest()[:24]


def trial_table(
    space: Space, trials: Sequence[Trial], outcomes: Mapping[tuple[str, int], Outcome], spans: int
) -> pa.Table:
    """One row per trial and span: number, span (from 1), parameters as texts, every metric."""
    rows = [(trial, span) for trial in trials for span in range(spans)]
    found = [outcomes[trial.key, span] for trial, span in rows]
    columns: dict[str, pa.Array] = {
        "trial": pa.array([trial.number for trial, _ in rows], pa.int32()),
        "fold": pa.array([span + 1 for _, span in rows], pa.int32()),
        "key": pa.array([trial.key for trial, _ in rows], pa.string()),
    }
    for axis in space.axes:
        columns[f"param.{axis.name}"] = pa.array([trial.values[axis.name] for trial, _ in rows], pa.string())
    for name in METRICS:
        columns[name] = pa.array([one.metrics[name] for one in found], pa.float64())
    return pa.table(columns)


def trial_days(
    trials: Sequence[Trial], outcomes: Mapping[tuple[str, int], Outcome], days: Sequence[Int64]
) -> pa.Table:
    """Return of each trial on each day that moved it; on all other days of ``search_days`` it is 0."""
    numbers, folds, stamps, returns = [], [], [], []
    for trial in trials:
        for span, own in enumerate(days):
            moved = np.flatnonzero(outcomes[trial.key, span].returns)
            numbers.append(np.full(len(moved), trial.number, np.int32))
            folds.append(np.full(len(moved), span + 1, np.int32))
            stamps.append(own[moved])
            returns.append(outcomes[trial.key, span].returns[moved])
    return pa.table(
        {
            "trial": np.concatenate(numbers),
            "fold": np.concatenate(folds),
            "day": pa.array(np.concatenate(stamps).astype("datetime64[D]")),
            "return": np.concatenate(returns),
        }
    )
