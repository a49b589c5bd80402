"""Loading the models of a version for serving, from the bytes of its files and without any library."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.forest import storing
from ictcli.models.forest.kernel import score_row, score_rows
from ictcli.models.forest.layout import Forest
from ictcli.models.linear import Linear, linear_row, linear_rows
from ictcli.models.member import Member

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]

TREES = ("lightgbm", "xgboost", "forest")
"""Kinds of models that are served from ``KIND.npz``."""


def load_member(kind: str, files: Mapping[str, bytes], width: int) -> Member:
    """A model, loaded for serving.

    Args:
        kind: ``lightgbm``, ``xgboost``, ``forest``, ``logistic`` or ``lstm``.
        files: of the model, name = bytes.
        width: inputs of an event: columns of the prepared row and what belongs to the event.

    Raises:
        DataError: the kind is unknown, a file is missing or damaged, or is made for another width.
    """
    if kind == "lstm":
        from ictcli.models.sequence import load_sequence  # noqa: PLC0415 - needs onnxruntime, an extra

        sequence = load_sequence(files)
        if sequence.width != width:
            raise DataError(f"lstm was made for {sequence.width} inputs, there are {width}")
        return sequence
    if kind not in (*TREES, "logistic"):
        raise DataError(f"a version holds a model of the unknown kind {kind!r}", hint="Update ictcli.")
    name = f"{kind}.npz" if kind in TREES else f"{kind}.json"
    if name not in files:
        raise DataError(f"{name} is missing", hint="Take another version, or train again.")
    scorer: Scorer
    if kind in TREES:
        scorer = ForestScorer(storing.decode(files[name], name))
    else:
        scorer = LinearScorer(Linear.decode(files[name]))
    if scorer.width != width:
        raise DataError(f"{name} was made for {scorer.width} inputs, there are {width}")
    return RowMember(kind, scorer)


class Scorer(Protocol):
    """What turns rows of inputs into probabilities."""

    @property
    def width(self) -> int:
        """Inputs of an event."""
        ...

    def one(self, values: Floats, extra: Floats) -> float:
        """P(label = 1) of one row with ``extra`` behind it; together they are as wide as ``width``."""
        ...

    def many(self, matrix: Floats, rows: Int64, extra: Floats, out: Floats) -> None:
        """The same of ``matrix[rows]``, into ``out``; all arrays fit and lie in C order."""
        ...


class RowMember:
    """A model that looks at one row.

    Args:
        name: kind of model.
        scorer: the model itself.
    """

    def __init__(self, name: str, scorer: Scorer) -> None:
        self._name = name
        self._width = scorer.width
        self._many = scorer.many
        self._one = scorer.one
        self._values: Floats | None = None

    @property
    def name(self) -> str:
        """The kind of model."""
        return self._name

    @property
    def width(self) -> int:
        """Inputs of an event."""
        return self._width

    def push(self, row: Floats) -> None:
        """Take the prepared features of the next closed bar; the row may be written over afterwards."""
        if self._values is None:
            self._values = np.array(row, np.float64)
        else:
            self._values[:] = row

    def probability(self, extra: Floats) -> float:
        """P(label = 1) of an event at the bar taken last; NaN before the first bar.

        Raises:
            DataError: the row and ``extra`` together do not have the width of the model.
        """
        values = self._values
        if values is None:
            return math.nan
        if len(values) + len(extra) != self._width:
            raise self._misfit(len(values), len(extra))
        return self._one(values, extra)

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """P(label = 1) of events at ``rows`` of the matrix.

        Raises:
            DataError: rows are outside the matrix, or do not have the width of the model.
        """
        if matrix.shape[1] + extra.shape[1] != self._width:
            raise self._misfit(matrix.shape[1], extra.shape[1])
        out = np.empty(len(rows))
        if not len(rows):
            return out
        if rows.min() < 0 or rows.max() >= len(matrix) or len(extra) != len(rows):
            raise DataError(f"events lie outside the {len(matrix)} rows of features")
        table = np.ascontiguousarray(matrix, np.float64)
        self._many(table, rows.astype(np.int64), np.ascontiguousarray(extra, np.float64), out)
        return out

    def settle(self) -> None:
        """Nothing to do: a row is all it looks at."""

    def _misfit(self, columns: int, extra: int) -> DataError:
        return DataError(f"{self._name} takes {self._width} inputs, not {columns} features and {extra} more")


class ForestScorer:
    """Trees of LightGBM, XGBoost or a Random Forest.

    Args:
        forest: the trees.
    """

    def __init__(self, forest: Forest) -> None:
        self._nodes = forest.nodes
        self._settings = forest.settings
        self._row = np.zeros(forest.columns)
        self._work = np.zeros(2 * forest.trees, np.int64)

    @property
    def width(self) -> int:
        """Inputs of an event."""
        return len(self._row)

    def one(self, values: Floats, extra: Floats) -> float:
        """P(label = 1) of one row."""
        return score_row(self._nodes, self._settings, values, extra, self._row, self._work)

    def many(self, matrix: Floats, rows: Int64, extra: Floats, out: Floats) -> None:
        """P(label = 1) of many rows."""
        score_rows(self._nodes, self._settings, matrix, rows, extra, self._row, self._work, out)


class LinearScorer:
    """A logistic regression.

    Args:
        linear: its numbers.
    """

    def __init__(self, linear: Linear) -> None:
        self._weights = np.array([linear.intercept, *linear.coefficients])

    @property
    def width(self) -> int:
        """Inputs of an event."""
        return len(self._weights) - 1

    def one(self, values: Floats, extra: Floats) -> float:
        """P(label = 1) of one row."""
        return linear_row(self._weights, values, extra)

    def many(self, matrix: Floats, rows: Int64, extra: Floats, out: Floats) -> None:
        """P(label = 1) of many rows."""
        linear_rows(self._weights, matrix, rows, extra, out)
