"""Nested tuning: candidates are drawn first, every fold chooses among them on its own training events.

The candidates come from optuna's seeded random sampler and are the same for all folds. A search that
goes where earlier trials were good would let the events of one fold shape what another fold may choose, and
the columns of the overfitting statistics would not be one strategy each; so the candidates do not depend
on results. Results are kept on disk as they come, so that an interrupted search goes on where it stopped.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import ConfigError
from ictcli.learning.events import Events
from ictcli.learning.folds import FoldScores, Recipe, require_classes, samples_of
from ictcli.learning.preparing import fit_preparation
from ictcli.learning.samples import Estimator, Samples
from ictcli.learning.splits.kfold import purged_kfold
from ictcli.learning.splits.split import Split
from ictcli.models.preparation import Preparer
from ictcli.store.atomic import write_file
from ictcli.telemetry import Progress

Floats = NDArray[np.float64]
Params = Mapping[str, Any]

INNER_FOLDS = 3
_LEAST = 1e-6
"""Probabilities are kept this far from 0 and 1 when they are scored."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate in one fold.

    Attributes:
        inner: weighed log-loss on inner folds of the training events.
        outer: probabilities of the fold's test events.
    """

    inner: float
    outer: list[float]


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a search over one estimator gave.

    Attributes:
        candidates: parameters, the defaults first.
        inner: log-loss by candidate and fold.
        outer: probabilities of the test events by fold, shape (candidates, test events) each.
    """

    candidates: tuple[Params, ...]
    inner: Floats
    outer: tuple[Floats, ...]

    def chosen(self, fold: int) -> int:
        """The candidate that a fold chose, knowing its training events only."""
        return int(np.argmin(self.inner[:, fold]))

    @property
    def final(self) -> Params:
        """The candidate for the model that is kept: the best on the inner folds of all folds."""
        return self.candidates[int(np.argmin(self.inner.mean(axis=1)))]


def draw_candidates(estimator: Estimator, count: int, seed: int) -> tuple[Params, ...]:
    """Parameters to try, the defaults first.

    Raises:
        ConfigError: optuna is not installed.
    """
    try:
        import optuna  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("tuning needs optuna", hint='Run `pip install "ictcli[tune]"`.') from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {name: _distribution(optuna.distributions, ends) for name, ends in estimator.space().items()}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed % 2**32))
    drawn = [dict(study.ask(space).params) for _ in range(count - 1)]
    return ({}, *drawn)


def _distribution(kinds: Any, ends: Any) -> Any:
    if isinstance(ends, list):
        return kinds.CategoricalDistribution(ends)
    low, high, *rest = ends
    if isinstance(low, int) and isinstance(high, int):
        return kinds.IntDistribution(low, high, log="log" in rest)
    return kinds.FloatDistribution(low, high, log="log" in rest)


@dataclass(frozen=True, slots=True)
class Search:
    """A search over one estimator.

    Attributes:
        estimator: what is tuned.
        candidates: parameters to try.
        kept: folder of results; None keeps none.
        embargo: bars after a test part that nothing learns from.
    """

    estimator: Estimator
    candidates: tuple[Params, ...]
    kept: Path | None
    embargo: int


def tune(
    matrix: Floats,
    names: Sequence[str],
    events: Events,
    splits: Sequence[Split],
    recipe: Recipe,
    search: Search,
    progress: Progress,
) -> Tuned:
    """Try every candidate in every fold.

    Args:
        matrix: features of every bar.
        names: of the columns.
        events: all of them.
        splits: the outer folds.
        recipe: seed, selection and threads; its parameters lie under every candidate.
        search: what is tried.
        progress: told after every trial.
    """
    total = len(splits) * len(search.candidates)
    inner = np.empty((len(search.candidates), len(splits)))
    outer = []
    progress(f"tuning {search.estimator.name}", 0, total)
    for k, split in enumerate(splits):
        fold = _prepared(matrix, names, events, split, recipe, search.embargo)
        found = np.empty((len(search.candidates), len(split.test)))
        for n, params in enumerate(search.candidates):
            trial = _kept_trial(fold, recipe, search, params)
            inner[n, k], found[n] = trial.inner, trial.outer
            progress(f"tuning {search.estimator.name}", k * len(search.candidates) + n + 1, total)
        outer.append(found)
    return Tuned(search.candidates, inner, tuple(outer))


def chosen_fold(split: Split, base: float, tuned: Sequence[Tuned], fold: int) -> FoldScores:
    """The scores of a fold with the candidates that it chose, one column per estimator."""
    columns = [one.outer[fold][one.chosen(fold)] for one in tuned]
    return FoldScores(split, base, np.column_stack(columns))


Parts = tuple[Samples, Samples]
"""What is learned from and what is scored."""


@dataclass(frozen=True, slots=True)
class _Fold:
    outer: Parts
    inner: tuple[Parts, ...]
    text: str


def _prepared(
    matrix: Floats,
    names: Sequence[str],
    events: Events,
    split: Split,
    recipe: Recipe,
    embargo: int,
) -> _Fold:
    train = events.take(split.train)
    inner = purged_kfold(train.start, train.end, INNER_FOLDS, embargo)
    outer = _parts(matrix, names, events, split, recipe)
    digest = hashlib.sha256(f"{recipe.seed}|{embargo}".encode())
    for part in outer:
        for values in (part.table, part.rows, part.labels, part.weights):
            digest.update(np.ascontiguousarray(values).tobytes())
    parts = tuple(_parts(matrix, names, train, one, recipe) for one in inner)
    return _Fold(outer, parts, digest.hexdigest())


def _parts(matrix: Floats, names: Sequence[str], events: Events, split: Split, recipe: Recipe) -> Parts:
    train = events.take(split.train)
    require_classes(train.label)
    table = Preparer(fit_preparation(matrix[train.start], train.label, names, recipe.select)).table(matrix)
    return samples_of(table, train), samples_of(table, events.take(split.test))


def _kept_trial(fold: _Fold, recipe: Recipe, search: Search, params: Params) -> Trial:
    """A trial from disk, or made and kept; a damaged file is made again."""
    full = {**recipe.params.get(search.estimator.name, {}), **params}
    if search.kept is None:
        return _trial(fold, recipe, search, full)
    facts = [fold.text, search.estimator.name, sorted(full.items())]
    name = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:32]
    path = search.kept / f"{name}.trial"
    if path.is_file():
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=Trial)
        except msgspec.DecodeError:
            path.unlink()
    trial = _trial(fold, recipe, search, full)
    write_file(path, msgspec.msgpack.encode(trial))
    return trial


def _trial(fold: _Fold, recipe: Recipe, search: Search, params: Params) -> Trial:
    def score(parts: Parts) -> Floats:
        return search.estimator.fit(parts[0], params, recipe.seed, recipe.jobs).probabilities(parts[1])

    losses, weights = 0.0, 0.0
    for parts in fold.inner:
        found = np.clip(score(parts), _LEAST, 1 - _LEAST)
        known = np.isfinite(found)
        own = np.where(parts[1].labels == 1, -np.log(found), -np.log1p(-found))
        losses += float((own * parts[1].weights)[known].sum())
        weights += float(parts[1].weights[known].sum())
    return Trial(inner=losses / weights if weights else float("inf"), outer=score(fold.outer).tolist())
