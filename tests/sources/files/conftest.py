"""Shared by the tests of file importers: a whole file in one record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import from_datetime
from ictcli.sources.files.opening import open_file
from ictcli.sources.files.reader import FileReader
from ictcli.sources.files.records import RawChunk, RejectedRow


@dataclass(frozen=True)
class Whole:
    """All chunks of one file put together."""

    reader: FileReader
    chunks: tuple[RawChunk, ...]

    @property
    def line(self) -> list[int]:
        return [line for chunk in self.chunks for line in chunk.line.tolist()]

    @property
    def wall(self) -> list[int]:
        return [stamp for chunk in self.chunks for stamp in chunk.wall.tolist()]

    @property
    def rejected(self) -> list[RejectedRow]:
        return [row for chunk in self.chunks for row in chunk.rejected]

    @property
    def rules(self) -> list[tuple[int, str]]:
        return [(row.line, row.rule) for row in self.rejected]

    def values(self, name: str) -> list[float]:
        """One column, from the prices or from the volumes."""
        parts = [
            chunk.prices[name] if name in chunk.prices else getattr(chunk, name) for chunk in self.chunks
        ]
        joined: list[float] = np.concatenate(parts).tolist()
        return joined


Read = Callable[..., Whole]


@pytest.fixture(scope="session")
def read() -> Read:
    """Read a whole file: ``read(path, rows=3, format=…, columns=…, member=…)``."""

    def whole(path: Path, rows: int = 1000, **options: Any) -> Whole:
        reader = open_file(path, **options)
        return Whole(reader, tuple(reader.chunks(rows)))

    return whole


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    """Nanoseconds of an ISO time, read as UTC."""

    def nanoseconds(text: str) -> int:
        moment = datetime.fromisoformat(text)
        return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    return nanoseconds
