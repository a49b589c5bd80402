"""Raw rows parked on disk between reading a file and judging it, grouped by time.

A file's clock is known only when all of it was read, and its rows may come in any order. So rows are
written to a nameless temporary file, in segments of one period each, and read back period by period. The
operating system removes the file when the process ends, however it ends.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.errors import DataError
from ictcli.market.bars import Int64

Column = NDArray[Any]

_MOST_PERIODS = 100_000
_ROWS_PER_PERIOD = 32_768
_LONGEST = 3660 * NS_PER_DAY


class Staging:
    """Columns of equal length, written in file order, read by period.

    Args:
        folder: where the temporary file lives; made if absent.
        columns: names and dtypes (8 bytes each) of the columns; ``wall`` is one of them.
        period_ns: length of a period in nanoseconds.
    """

    def __init__(self, folder: Path, columns: Mapping[str, str], period_ns: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._columns = dict(columns)
        self._period_ns = period_ns
        self._segments: dict[int, list[tuple[int, int]]] = {}
        self._end = 0
        self._file = tempfile.TemporaryFile(dir=folder, prefix="import-", buffering=0)  # noqa: SIM115 - closed by close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    @property
    def periods(self) -> list[int]:
        """The periods that have rows, oldest first."""
        return sorted(self._segments)

    def add(self, columns: Mapping[str, Column]) -> None:
        """Park the next rows of the file.

        Raises:
            DataError: the rows are scattered over more periods than any real file.
        """
        wall: Int64 = columns["wall"]
        if len(wall) == 0:
            return
        period = wall // self._period_ns
        order = None if np.all(period[1:] >= period[:-1]) else np.argsort(period, kind="stable")
        if order is not None:
            period = period[order]
        starts = np.flatnonzero(np.diff(period, prepend=period[0] - 1))
        if len(self._segments) + len(starts) > _MOST_PERIODS:
            raise DataError(
                "the time stamps are scattered over too long a span to be market data",
                hint="Check which column holds the time, and its unit.",
            )
        ready = [
            np.ascontiguousarray(columns[name] if order is None else columns[name][order], dtype)
            for name, dtype in self._columns.items()
        ]
        for start, stop in zip(starts, [*starts[1:], len(wall)], strict=True):
            self._segments.setdefault(int(period[start]), []).append((self._end, int(stop - start)))
            for values in ready:
                self._end += self._file.write(values[start:stop].data)

    def read(self, period: int, names: Sequence[str]) -> dict[str, Column]:
        """The named columns of a period, in file order."""
        parts: dict[str, list[Column]] = {name: [] for name in names}
        places = {name: number for number, name in enumerate(self._columns)}
        for offset, rows in self._segments[period]:
            for name in names:
                values = np.empty(rows, self._columns[name])
                self._file.seek(offset + 8 * rows * places[name])
                self._file.readinto(values.data.cast("B"))
                parts[name].append(values)
        return {name: part[0] if len(part) == 1 else np.concatenate(part) for name, part in parts.items()}

    def blocks(self, names: Sequence[str]) -> Iterator[dict[str, Column]]:
        """The named columns of every period, oldest first."""
        for period in self.periods:
            yield self.read(period, names)


def period_for(step: int | None) -> int:
    """A period that holds some ten thousand rows lying ``step`` nanoseconds apart, in whole days."""
    wished = (step or 0) * _ROWS_PER_PERIOD
    return max(min(wished, _LONGEST) // NS_PER_DAY, 1) * NS_PER_DAY
