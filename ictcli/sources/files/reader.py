"""An opened price file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ictcli.sources.files.containers import damaged
from ictcli.sources.files.records import FileFormat, RawChunk

_LINE_SAMPLE = 1 << 16


class RowSource(Protocol):
    """Anything that yields a file's rows in order."""

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """Consecutive chunks of at most ``rows`` rows."""


class Reader(Protocol):
    """What a delivery of rows is read from."""

    @property
    def name(self) -> str:
        """What reports and the quarantine call it."""

    @property
    def format(self) -> FileFormat:
        """Its layout."""

    @property
    def source(self) -> RowSource:
        """The rows."""

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """Consecutive chunks of at most ``rows`` rows, from the first."""

    def expected_rows(self) -> int | None:
        """About how many rows there are; None when nothing tells."""


@dataclass(frozen=True, slots=True)
class FileReader:
    """An opened price file.

    Attributes:
        path: the file.
        format: its format, with the clock filled in where the file fixes it.
        reason: why this format was chosen, one line.
        alternatives: names of other formats that fit the same text.
        symbol_hint: the symbol the file name (or, for TrueFX, the content) names, upper case.
        timeframe_hint: the MetaTrader timeframe the file name names.
        source: the rows.
    """

    path: Path
    format: FileFormat
    reason: str
    alternatives: tuple[str, ...]
    symbol_hint: str | None
    timeframe_hint: str | None
    source: RowSource

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def expected_rows(self) -> int | None:
        """Rows to expect from the length of the first lines; None for files that are not plain text."""
        with self.path.open("rb") as stream:
            start = stream.read(_LINE_SAMPLE)
        lines = start.count(b"\n")
        if lines < 2 or start[:2] in (b"PK", b"\x1f\x8b", b"PA") or b"\0" in start:
            return None
        return self.path.stat().st_size * lines // len(start)

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """The rows from the first, in chunks of at most ``rows`` rows; memory is bounded by a chunk.

        Raises:
            DataError: the file is truncated, unreadable, or expands beyond the limits.
        """
        return self.source.chunks(rows)

    def sha256(self) -> str:
        """Hash of the file's bytes as they lie on disk.

        Raises:
            DataError: the file cannot be read.
        """
        try:
            with self.path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise damaged(self.path, error) from error
