"""Time columns of Arrow tables as nanoseconds."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.sources.files.scan import BAD_TIME, calendar_column, number_stamp_column
from ictcli.sources.files.stamp_text import EPOCH, YMD, read_clock

MISSING = np.iinfo(np.int64).min
"""Marks a cell that holds no time between the years 1900 and 2200."""

_UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_FIRST = -2_208_988_800 * 1_000_000_000
_LAST = 7_289_654_400 * 1_000_000_000


def stamps_of(column: Any) -> NDArray[np.int64] | None:
    """Nanoseconds of times, dates, times of day, unix times or ISO texts; None for any other type."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_date(kind):
        return _scaled(column, kind)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(column, pa.float64(), safe=False) if pa.types.is_decimal(kind) else column
        if pa.types.is_floating(numbers.type):
            return _from_floats(np.asarray(pc.fill_null(numbers, float("nan")), dtype=np.float64))
        return _from_texts(pc.cast(numbers, pa.string()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _from_texts(column)
    return None


def _scaled(column: Any, kind: Any) -> NDArray[np.int64]:
    if pa.types.is_date(kind):
        unit = NS_PER_DAY if pa.types.is_date32(kind) else 1_000_000
        plain = pc.cast(column, pa.int32() if pa.types.is_date32(kind) else pa.int64())
    else:
        unit = _UNIT_NS[kind.unit]
        plain = pc.cast(column, pa.int32() if pa.types.is_time32(kind) else pa.int64())
    counts = np.asarray(pc.fill_null(pc.cast(plain, pa.int64()), MISSING), dtype=np.int64)
    known = (counts >= _FIRST // unit) & (counts < _LAST // unit)
    return np.where(known, np.where(known, counts, 0) * unit, MISSING)


def _from_floats(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    known = np.isfinite(numbers) & (np.abs(numbers) < 9e18)
    texts = [f"{number:.6f}" if good else "" for number, good in zip(numbers, known, strict=True)]
    return _from_texts(pa.array(texts, pa.string()))


def _from_texts(column: Any) -> NDArray[np.int64]:
    texts = [(text or "").encode("utf-8", "replace")[:64] for text in column.to_pylist()]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    begins = ends - [len(text) for text in texts]
    buffer = np.frombuffer(b"".join(texts) + b"\n", dtype=np.uint8)
    best = np.full(len(texts), MISSING)
    left, right = begins.astype(np.int32), ends.astype(np.int32)
    for style in ("naive", "offset", "epoch", "clock"):
        wall = np.zeros(len(texts), dtype=np.int64)
        status = np.zeros(len(texts), dtype=np.int8)
        if style == "epoch":
            number_stamp_column(buffer, left, right, EPOCH, 0, wall, status)
        elif style == "clock":
            for row in np.flatnonzero(best == MISSING):
                end, wall[row] = read_clock(buffer, int(left[row]), int(right[row]))
                status[row] = 0 if end == right[row] else BAD_TIME
        else:
            calendar_column(buffer, left, right, YMD, int(style == "offset"), wall, status)
        best = np.where((best == MISSING) & (status == 0), wall, best)
    return best
