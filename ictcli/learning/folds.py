"""Cross-validation: every fold fits everything it uses on its own training events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.events import Events
from ictcli.learning.preparing import Selection, fit_preparation
from ictcli.learning.samples import Estimator, Fitted, Samples
from ictcli.learning.splits.split import Split, blocks
from ictcli.models.preparation import Preparation, Preparer

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is fitted in every fold.

    Attributes:
        estimators: kinds of model.
        params: their parameters by name.
        select: which columns models see.
        seed: of everything random.
        jobs: threads.
    """

    estimators: tuple[Estimator, ...]
    params: Mapping[str, Mapping[str, Any]]
    select: Selection
    seed: int
    jobs: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one set of training events gave.

    Attributes:
        preparation: of the rows.
        models: one per estimator.
    """

    preparation: Preparation
    models: tuple[Fitted, ...]


@dataclass(frozen=True, slots=True)
class FoldScores:
    """One fold and what its models said about events that they have not seen.

    Attributes:
        split: positions of its events.
        base: share of label 1 among its training events, weighed.
        probabilities: shape (test events, estimators), NaN where a model had no say.
    """

    split: Split
    base: float
    probabilities: Floats


def learn(matrix: Floats, names: Sequence[str], events: Events, recipe: Recipe) -> Learnt:
    """Fit the preparation and every model on events, all of them.

    Args:
        matrix: features of every bar.
        names: of the columns.
        events: to learn from.
        recipe: what to fit.

    Raises:
        DataError: only one label occurs, or too few events.
    """
    preparation, table = _prepared(matrix, names, events, recipe)
    return Learnt(preparation, _fitted(table, events, recipe))


def _prepared(
    matrix: Floats, names: Sequence[str], events: Events, recipe: Recipe
) -> tuple[Preparation, Floats]:
    """Preparation learned from events, and the rows of all bars as it makes them."""
    require_classes(events.label)
    preparation = fit_preparation(matrix[events.start], events.label, names, recipe.select)
    return preparation, Preparer(preparation).table(matrix)


def _fitted(table: Floats, events: Events, recipe: Recipe) -> tuple[Fitted, ...]:
    samples = samples_of(table, events)
    return tuple(
        one.fit(samples, recipe.params.get(one.name, {}), recipe.seed, recipe.jobs)
        for one in recipe.estimators
    )


def run_fold(
    matrix: Floats, names: Sequence[str], events: Events, split: Split, recipe: Recipe
) -> FoldScores:
    """Learn on the training events of a split, and score its test events.

    Raises:
        DataError: only one label occurs among the training events, or there are too few of them.
    """
    train = events.take(split.train)
    _, table = _prepared(matrix, names, train, recipe)
    models = _fitted(table, train, recipe)
    test = samples_of(table, events.take(split.test))
    found = np.column_stack([one.probabilities(test) for one in models])
    return FoldScores(split, float(np.average(train.label, weights=train.weight)), found)


def samples_of(prepared: Floats, events: Events) -> Samples:
    """Events as estimators take them."""
    return Samples(prepared, events.start, events.extra, events.label, events.weight)


def require_classes(labels: Int64) -> None:
    """Refuse labels that hold one answer only.

    Raises:
        DataError: a class is empty.
    """
    ones = int(labels.sum())
    if ones in (0, len(labels)):
        raise DataError(
            f"the class {int(ones == 0)} is empty: all {len(labels):,} training events have the other label",
            hint="Take a longer span, another label or wider barriers.",
        )


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What models said about events outside their training, all folds together.

    Attributes:
        which: positions of the events that every model scored, ascending.
        probabilities: shape (events of ``which``, estimators), the mean where an event was tested repeatedly.
        fold: number of the fold, or of the contiguous group where splits test several, of each.
        base: share of label 1 known to the fold before it, of each; the mean where it was tested repeatedly.
        folds: one per split.
        testers: for each number in ``fold``, positions of the splits that tested it, ascending.
    """

    which: Int64
    probabilities: Floats
    fold: Int64
    base: Floats
    folds: tuple[FoldScores, ...]
    testers: tuple[tuple[int, ...], ...]

    def tested_by(self, fold: int) -> tuple[FoldScores, ...]:
        """The splits that tested a fold or group, the first one first."""
        return tuple(self.folds[at] for at in self.testers[fold])


def gather(count: int, folds: Sequence[FoldScores]) -> OutOfFold:
    """Put the folds together.

    Args:
        count: events in all.
        folds: with at least one.

    Raises:
        DataError: no event was scored by every model.
    """
    width = folds[0].probabilities.shape[1]
    total, base = np.zeros((count, width)), np.zeros(count)
    times = np.zeros(count)
    for one in folds:
        total[one.split.test] += one.probabilities
        base[one.split.test] += one.base
        times[one.split.test] += 1
    with np.errstate(invalid="ignore"):
        mean = total / times[:, None]
    which = np.flatnonzero((times > 0) & np.isfinite(mean).all(axis=1))
    if not len(which):
        raise DataError("no event was tested", hint="Take fewer folds or a longer span.")
    number, testers = _numbered(count, folds)
    return OutOfFold(which, mean[which], number[which], base[which] / times[which], tuple(folds), testers)


def _numbered(count: int, folds: Sequence[FoldScores]) -> tuple[Int64, tuple[tuple[int, ...], ...]]:
    """Number of the fold of each event, and the splits that tested each fold.

    A fold is what a split tests; where splits test several groups, it is a group.
    """
    number = np.full(count, -1, np.int64)
    if all(len(one.split.groups) == 1 for one in folds):
        for at, one in enumerate(folds):
            number[one.split.test] = np.where(number[one.split.test] < 0, at, number[one.split.test])
        return number, tuple((at,) for at in range(len(folds)))
    parts = blocks(count, 1 + max(max(one.split.groups) for one in folds))
    for group, part in enumerate(parts):
        number[part] = group
    return number, tuple(
        tuple(at for at, one in enumerate(folds) if group in one.split.groups) for group in range(len(parts))
    )
