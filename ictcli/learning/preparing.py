"""Fitting the preparation of rows, on the rows of a training fold and on nothing else."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.preparation import Preparation

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

LOW, HIGH = 0.001, 0.999
"""Quantiles beyond which values are clipped."""
_QUARTERS = (0.25, 0.5, 0.75)
_FEWEST = 30
"""Rows below which quantiles mean nothing."""
_STRETCHES = 5
"""Parts of the training rows in which a stable column points the same way."""

Selection = Literal["all", "stable"]


def fit_preparation(rows: Floats, labels: Int64, names: Sequence[str], select: Selection) -> Preparation:
    """Learn limits, centre and scale of every column, and which columns models may see.

    Args:
        rows: features of the training events, shape (events, columns), in the order of time.
        labels: their labels, for the selection only.
        names: of the columns.
        select: "all" keeps every column that varies; "stable" keeps those that rank the labels the same way
            in at least four of five stretches of the rows.

    Raises:
        DataError: too few rows, or no column is left.
    """
    if len(rows) < _FEWEST:
        raise DataError(
            f"a fold has {len(rows)} training rows, {_FEWEST} are needed",
            hint="Take fewer folds, a shorter horizon or a longer span.",
        )
    limits = np.empty((rows.shape[1], 5))
    for at in range(rows.shape[1]):
        limits[at] = _limits(rows[:, at])
    spread = limits[:, 3] - limits[:, 1]
    kept = limits[:, 0] < limits[:, 4]
    if select == "stable":
        kept &= stable_columns(rows, labels)
    if not kept.any():
        raise DataError("no feature is left to learn from", hint="Train with select all, or other features.")
    return Preparation(
        names=tuple(names),
        low=tuple(limits[:, 0].tolist()),
        high=tuple(limits[:, 4].tolist()),
        centre=tuple(limits[:, 2].tolist()),
        scale=tuple(np.where(spread > 0, spread, 1.0).tolist()),
        kept=tuple(bool(one) for one in kept),
    )


def _limits(column: Floats) -> Floats:
    """Low limit, quartiles and high limit of one column; infinities are left out, NaN too."""
    known = column[np.isfinite(column)]
    if not len(known):
        return np.zeros(5)
    return np.asarray(np.quantile(known, (LOW, *_QUARTERS, HIGH), method="linear"))


def stable_columns(rows: Floats, labels: Int64) -> NDArray[np.bool_]:
    """Columns whose rank correlation with the labels keeps its sign in four of five stretches."""
    signs = np.zeros((_STRETCHES, rows.shape[1]))
    for at, part in enumerate(np.array_split(np.arange(len(rows)), _STRETCHES)):
        centred = labels[part] - labels[part].mean()
        ranks = rows[part].argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        signs[at] = np.sign(centred @ (ranks - ranks.mean(axis=0)))
    agreed: NDArray[np.bool_] = np.abs(signs.sum(axis=0)) >= _STRETCHES - 2
    return agreed
