"""Golden rows: inputs stored with the probabilities they gave, asked again whenever a version is loaded."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.arrays import pack, unpack

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

GOLDEN_FILE = "golden.npz"
TOLERANCE = 1e-6
"""Largest difference to the stored probabilities; on the machine that trained it is 0."""
_DTYPES = {"matrix": np.float64, "rows": np.int64, "extra": np.float64, "expected": np.float64}


class Predictor(Protocol):
    """Whatever turns features into probabilities."""

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """P(label = 1) of the events at ``rows`` of ``matrix``, with their own inputs in ``extra``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Golden:
    """Rows to be replayed.

    Attributes:
        matrix: features of bars, shape (bars, columns).
        rows: bar of each event, n.
        extra: inputs of the events themselves, shape (n, 0 or more).
        expected: their probabilities, n.
    """

    matrix: Floats
    rows: Int64
    extra: Floats
    expected: Floats


def golden_rows(
    predictor: Predictor, matrix: Floats, rows: Int64, extra: Floats, *, most: int = 64, history: int = 20
) -> Golden:
    """Events spread evenly over all, each with the bars before it, and what the predictor says of them.

    Args:
        predictor: of the version to be stored.
        matrix: features of every bar, as the predictor takes them.
        rows: bar of each event, ascending.
        extra: inputs of the events themselves.
        most: events to keep.
        history: bars that a decision looks at, its own among them.

    Raises:
        DataError: no event has that many bars.
    """
    able = np.flatnonzero(rows >= history - 1)
    if not len(able):
        raise DataError(f"no event has {history} bars before it", hint="Take a longer span.")
    chosen = able[np.unique(np.linspace(0, len(able) - 1, most).round().astype(np.int64))]
    windows = rows[chosen][:, None] + np.arange(1 - history, 1)
    kept = np.ascontiguousarray(matrix[windows.ravel()])
    places = np.arange(1, len(chosen) + 1, dtype=np.int64) * history - 1
    own = np.ascontiguousarray(extra[chosen])
    return Golden(kept, places, own, predictor.probabilities(kept, places, own))


def encode_golden(golden: Golden) -> bytes:
    """The rows as an ``.npz``; equal rows give equal bytes."""
    return pack({name: getattr(golden, name) for name in _DTYPES})


def decode_golden(data: bytes, origin: str) -> Golden:
    """The rows in ``data``.

    Raises:
        DataError: they are not golden rows.
    """
    arrays = unpack(data, origin)
    if set(arrays) != set(_DTYPES) or any(arrays[name].dtype != kind for name, kind in _DTYPES.items()):
        raise DataError(f"{origin} does not hold golden rows", hint="Train the model again.")
    golden = Golden(**arrays)
    n = len(golden.rows) if golden.rows.ndim == 1 else 0
    fits = golden.matrix.ndim == 2 and golden.extra.ndim == 2 and golden.expected.ndim == 1
    if not n or not fits or len(golden.extra) != n or len(golden.expected) != n:
        raise DataError(f"{origin} holds golden rows that do not fit together", hint="Train the model again.")
    if golden.rows.min() < 0 or golden.rows.max() >= len(golden.matrix):
        raise DataError(f"{origin} names rows that it does not hold", hint="Train the model again.")
    return golden


def replay(golden: Golden, predictor: Predictor) -> float:
    """The worst difference between what the predictor says now and what it said when it was trained.

    Infinite where one of the two is NaN and the other is not, or where the numbers do not match in count.
    """
    given = np.asarray(predictor.probabilities(golden.matrix, golden.rows, golden.extra), np.float64)
    if given.shape != golden.expected.shape:
        return float("inf")
    unknown = np.isnan(given)
    if not np.array_equal(unknown, np.isnan(golden.expected)):
        return float("inf")
    apart = np.abs(given - golden.expected)[~unknown]
    return float(apart.max()) if len(apart) else 0.0
