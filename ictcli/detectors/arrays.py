"""Columns in memory as Arrow arrays, without copies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.columns import spell
from ictcli.store.columns import INSTANT

Bits = NDArray[np.uint8]
"""One bit per row, lowest first."""


def no_bits(columns: int, rows: int) -> Bits:
    """Columns of bits of which none is set."""
    return np.zeros((columns, (rows + 7) // 8), np.uint8)


def instants(values: NDArray[np.int64], known: Bits | None = None) -> pa.Array:
    """Nanoseconds UTC as instants."""
    return _array(INSTANT, values, known)


def whole(values: NDArray[np.int64], known: Bits) -> pa.Array:
    """Whole numbers."""
    return _array(pa.int64(), values, known)


def floats(values: NDArray[np.float64], known: Bits) -> pa.Array:
    """Numbers."""
    return _array(pa.float64(), values, known)


def decimals(values: NDArray[np.int64], kind: pa.DataType, known: Bits) -> pa.Array:
    """Decimals of 128 bits, given as two words each, the low one first."""
    return pa.Array.from_buffers(kind, len(values), [pa.py_buffer(known), pa.py_buffer(values)])


def truths(bits: Bits, rows: int, known: Bits | None = None) -> pa.Array:
    """Bits as truth values."""
    valid = None if known is None else pa.py_buffer(known)
    return pa.Array.from_buffers(pa.bool_(), rows, [valid, pa.py_buffer(bits)])


def words(numbers: NDArray[np.int32], meant: Sequence[str], known: Bits | None = None) -> pa.Array:
    """Words by their numbers."""
    return pa.DictionaryArray.from_arrays(_array(pa.int32(), numbers, known), pa.array(meant, pa.string()))


def texts(ids: NDArray[np.uint64], known: Bits | None = None) -> pa.Array:
    """Ids as 16 hexadecimal digits each."""
    digits = np.empty(8 * len(ids), np.uint16)
    ends = np.zeros(len(ids) + 1, np.int32)
    spell(ids.view(np.int64), ends, digits)
    valid = None if known is None else pa.py_buffer(known)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(digits), valid)


def lists(ends: NDArray[np.int32], ids: NDArray[np.uint64]) -> pa.Array:
    """Lists of ids; ``ends`` holds where each begins, and the end of the last."""
    return pa.ListArray.from_arrays(pa.array(ends), texts(ids))


def _array(kind: pa.DataType, values: NDArray[Any], known: Bits | None) -> pa.Array:
    valid = None if known is None else pa.py_buffer(known)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])
