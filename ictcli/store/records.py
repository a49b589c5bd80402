"""What the store writes down about a series: parts, gaps, quarantine, inputs, generations."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TICK, parse_timeframe

SCHEMA = 1
"""Version of the manifest; raised when a field changes its meaning."""

KEPT_REVISIONS = 100
"""How many of the newest revisions a manifest remembers."""

Kind = Literal["bars", "ticks"]


@dataclass(frozen=True, slots=True, order=True)
class QuarantinedRow:
    """An input row that was not stored.

    Attributes:
        file: name of the input.
        line: 1-based physical line (row number in Parquet).
        rule: the validation rule it broke.
        raw: the row as it was written, as far as it can be shown.
    """

    file: str
    line: int
    rule: str
    raw: str


class InputRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One input that a series was built from.

    Attributes:
        name: file name, or what the source calls the request.
        sha256: hash of its content; the same hash is the same input.
        rows: rows it delivered, without the quarantined ones.
        quarantined: rows it delivered that were not stored.
        clock: name of the clock rule its stamps were read with.
        format: name of the importer.
        ts_min, ts_max: first and last bar open (nanoseconds UTC); None when it had no good row.
    """

    name: str
    sha256: str
    rows: int
    quarantined: int
    clock: str
    format: str
    ts_min: int | None
    ts_max: int | None


class FileRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable file: its path relative to the manifest's folder, and what must be found in it."""

    file: str
    rows: int
    bytes: int
    sha256: str


class Part(FileRecord, frozen=True, kw_only=True):
    """The rows of one period (a month of bars, a day of ticks).

    Attributes:
        period: ``2024-03`` or ``2024-03-15``.
        first, last: first and last ``ts``.
        last_close: ``ts_close`` of the last row (its ``ts`` for ticks).
    """

    period: str
    first: int
    last: int
    last_close: int


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """Stored rows that a later input changed: in which generation, how many, and the span they lie in."""

    generation: int
    rows: int
    first: int
    last: int


class Retired(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an older generation, kept for readers that still use it, and when it was replaced."""

    file: str
    since: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a series consists of at one generation.

    Attributes:
        digits: decimal digits of all prices in all parts.
        parts: by period.
        gaps, quarantine: their tables; None when there are none.
        gap_kinds: number of gaps by kind.
        inputs: what the series was built from, in order of arrival.
        revised: rows ever changed by a later input; ``revisions`` has the newest entries.
        retired: files of older generations that are still on disk.
        provenance: command line, versions and times of the last commit; not part of the content.
    """

    source: str
    symbol: str
    timeframe: str
    kind: Kind
    digits: int
    generation: int
    parts: tuple[Part, ...] = ()
    gaps: FileRecord | None = None
    quarantine: FileRecord | None = None
    gap_kinds: dict[str, int] = {}
    inputs: tuple[InputRecord, ...] = ()
    revised: int = 0
    revisions: tuple[Revision, ...] = ()
    retired: tuple[Retired, ...] = ()
    provenance: dict[str, Any] = {}
    schema: int = SCHEMA

    @property
    def key(self) -> SeriesKey:
        """The series this describes."""
        timeframe = TICK if self.kind == "ticks" else parse_timeframe(self.timeframe)
        return SeriesKey(self.source, self.symbol, timeframe)

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """Every file the manifest refers to."""
        tables = [table for table in (self.gaps, self.quarantine) if table is not None]
        return (*self.parts, *tables)

    def content_hash(self) -> str:
        """Hash of the data alone: how and when it arrived makes no difference.

        Covers series, digits, parts, gaps and quarantine; leaves out generation, inputs,
        revisions, retired files and provenance.
        """
        facts = [self.source, self.symbol, self.timeframe, self.kind, str(self.digits)]
        facts += [f"{file.file}:{file.rows}:{file.sha256}" for file in self.files]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What a commit changed.

    Attributes:
        generation: of the manifest now in place.
        added, revised, unchanged: incoming rows by what became of them.
        gaps: number of gaps of the whole series by kind.
        changed: False when the store already held all of it (no new generation was made).
    """

    generation: int
    added: int
    revised: int
    unchanged: int
    gaps: Mapping[str, int]
    changed: bool


def kind_of(key: SeriesKey) -> Kind:
    """Whether a series holds bars or ticks."""
    return "ticks" if key.timeframe == TICK else "bars"
