"""All folds of one series, tuned or not: what models say about events outside their training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.config.records import TrainConfig
from ictcli.features.registry import find_set
from ictcli.learning.events import Events
from ictcli.learning.folds import FoldScores, OutOfFold, Recipe, gather, run_fold
from ictcli.learning.splits.combinatorial import combinatorial_purged
from ictcli.learning.splits.kfold import purged_kfold
from ictcli.learning.splits.split import Split
from ictcli.learning.splits.walk_forward import walk_forward
from ictcli.learning.tuning import Search, Tuned, chosen_fold, draw_candidates, tune
from ictcli.telemetry import Progress

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Validated:
    """What cross-validation gave.

    Attributes:
        scores: what was said about every tested event.
        tried: as ``scores``, one for every candidate of every model; one column each.
        recipe: with the parameters for the models that are kept.
    """

    scores: OutOfFold
    tried: Mapping[str, OutOfFold]
    recipe: Recipe


def embargo_of(plan: TrainConfig, bars: int) -> int:
    """Bars after a test part that nothing learns from: a share of them, or as many as features look back.

    The longer of both (ML.md §1.3); what the features look back is what they need to warm up. None where the
    share is 0.
    """
    return max(int(plan.embargo * bars), find_set(plan.features).warmup) if plan.embargo else 0


def splits_of(plan: TrainConfig, events: Events, bars: int) -> tuple[Split, ...]:
    """Training and test events of every fold.

    Raises:
        DataError: a fold has no events to learn from or to test.
        UsageError: there are too many folds.
    """
    start, end, embargo = events.start, events.end, embargo_of(plan, bars)
    if plan.cv == "purged":
        return purged_kfold(start, end, plan.folds, embargo)
    if plan.cv == "combinatorial":
        return combinatorial_purged(start, end, plan.folds, plan.test_folds, embargo)
    window = int(plan.window * bars) if plan.cv == "rolling" else None
    return walk_forward(start, end, plan.folds, embargo, window)


def validate(
    matrix: Floats,
    names: Sequence[str],
    events: Events,
    plan: TrainConfig,
    recipe: Recipe,
    *,
    tune_count: int,
    kept: Path | None,
    progress: Progress,
) -> Validated:
    """Learn and test in every fold.

    Args:
        matrix: features of every bar.
        names: of the columns.
        events: all that may be used.
        plan: how folds are made.
        recipe: what is fitted.
        tune_count: candidates per model; 1 for no tuning.
        kept: folder for results of tuning; None keeps none.
        progress: told after every fold or trial.
    """
    splits = splits_of(plan, events, len(matrix))
    if tune_count > 1:
        return _tuned(matrix, names, events, splits, plan, recipe, tune_count, kept, progress)
    folds = []
    progress("folds", 0, len(splits))
    for at, split in enumerate(splits):
        folds.append(run_fold(matrix, names, events, split, recipe))
        progress("folds", at + 1, len(splits))
    scores = gather(len(events), folds)
    tried = {
        estimator.name: replace(scores, probabilities=scores.probabilities[:, [at]])
        for at, estimator in enumerate(recipe.estimators)
    }
    return Validated(scores, tried, recipe)


def _tuned(
    matrix: Floats,
    names: Sequence[str],
    events: Events,
    splits: Sequence[Split],
    plan: TrainConfig,
    recipe: Recipe,
    count: int,
    kept: Path | None,
    progress: Progress,
) -> Validated:
    embargo = embargo_of(plan, len(matrix))
    found: list[Tuned] = []
    tried: dict[str, OutOfFold] = {}
    bases = [_base(events, split) for split in splits]
    for estimator in recipe.estimators:
        candidates = draw_candidates(estimator, count, recipe.seed)
        search = Search(estimator, candidates, kept, embargo)
        tuned = tune(matrix, names, events, splits, recipe, search, progress)
        found.append(tuned)
        for n in range(count):
            folds = [
                FoldScores(split, bases[k], tuned.outer[k][n][:, None]) for k, split in enumerate(splits)
            ]
            tried[f"{estimator.name}#{n}"] = gather(len(events), folds)
    chosen = [chosen_fold(split, bases[k], found, k) for k, split in enumerate(splits)]
    return Validated(gather(len(events), chosen), tried, replace(recipe, params=_final(recipe, found)))


def _base(events: Events, split: Split) -> float:
    return float(np.average(events.label[split.train], weights=events.weight[split.train]))


def _final(recipe: Recipe, found: Sequence[Tuned]) -> dict[str, Mapping[str, Any]]:
    return {
        estimator.name: {**recipe.params.get(estimator.name, {}), **tuned.final}
        for estimator, tuned in zip(recipe.estimators, found, strict=True)
    }
