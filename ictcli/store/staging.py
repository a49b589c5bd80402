"""Rows on their way in: buffered by period, merged into draft parts that no reader sees.

Drafts stand in the series' own ``.staging`` folder, so publishing one is a rename on the same disk.
"""

import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from ictcli.market.bars import Bars, Int64
from ictcli.store.atomic import replace, sha256_of, sync_file, sync_folder
from ictcli.store.columns import Rows, empty_bars, empty_ticks, to_bars, to_ticks
from ictcli.store.merge import coalesce, finer, merge
from ictcli.store.parts import draft_name, encode_part, period_of, read_rows, read_table
from ictcli.store.records import FileRecord, Kind, Manifest, Part

STAGING = ".staging"
BUFFERED_ROWS = 500_000
"""Rows held in memory before periods that are probably complete are written out as drafts."""


@dataclass(slots=True)
class Counts:
    """What became of the incoming rows so far."""

    added: int = 0
    revised: int = 0
    unchanged: int = 0
    revised_first: int = 0
    revised_last: int = 0

    def revise(self, ts: Int64) -> None:
        """Count rows that replaced others."""
        if len(ts):
            first, last = int(ts[0]), int(ts[-1])
            self.revised_first = min(self.revised_first, first) if self.revised else first
            self.revised_last = max(self.revised_last, last) if self.revised else last
            self.revised += len(ts)


@dataclass(slots=True)
class Staging:
    """The incoming rows of one writer.

    Attributes:
        folder: of the series.
        stored: manifest that the rows are merged into.
        digits: finest price digits seen so far.
    """

    folder: Path
    kind: Kind
    stored: Manifest | None
    digits: int
    counts: Counts = field(default_factory=Counts)
    _buffers: dict[str, list[Rows]] = field(default_factory=dict)
    _buffered: int = 0
    _drafts: dict[str, Part] = field(default_factory=dict)
    _draft_digits: dict[str, int] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """Take rows in; periods other than the newest one are written out when memory fills."""
        self.digits = max(self.digits, rows.digits)
        unit = "M" if self.kind == "bars" else "D"
        periods = rows.ts.astype("M8[ns]").astype(f"M8[{unit}]")
        cuts = [0, *(np.flatnonzero(periods[1:] != periods[:-1]) + 1).tolist(), len(rows)]
        period = ""
        for start, stop in pairwise(cuts):
            period = period_of(int(rows.ts[start]), self.kind)
            self._buffers.setdefault(period, []).append(rows.slice(start, stop))
        self._buffered += len(rows)
        if self._buffered > BUFFERED_ROWS:
            for other in [name for name in self._buffers if name != period]:
                self._flush(other)

    def finish(self) -> tuple[Part, ...]:
        """Merge what is left and return all parts of the new generation, oldest first."""
        for period in list(self._buffers):
            self._flush(period)
        parts = {part.period: part for part in self.stored.parts} if self.stored else {}
        for period, part in list(parts.items()):
            if self.stored and self.stored.digits < self.digits and period not in self._drafts:
                self._draft(period, finer(self._stored_rows(part), self.digits))
        for period, digits in list(self._draft_digits.items()):
            if digits < self.digits:
                self._draft(period, finer(self._draft_rows(period), self.digits))
        return tuple(part for _, part in sorted((parts | self._drafts).items()))

    def times(self, part: Part) -> tuple[Int64, Int64]:
        """``ts`` and ``ts_close`` of a part of the new generation (equal for ticks)."""
        names = ["ts", "ts_close"] if self.kind == "bars" else ["ts"]
        record, folder = self._located(part)
        table = read_table(folder, record, columns=names)
        columns = [table[name].cast("int64").to_numpy() for name in names]
        return columns[0], columns[-1]

    def write(self, record: FileRecord, data: bytes) -> None:
        """Put a finished file among the drafts."""
        path = self.folder / STAGING / draft_name(record.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def publish(self, records: tuple[FileRecord, ...]) -> None:
        """Move drafts of ``records`` to their final names and wait until they are on the disk."""
        folders = set()
        for record in records:
            draft, final = self.folder / STAGING / draft_name(record.file), self.folder / record.file
            if not draft.exists():
                continue
            if final.exists() and sha256_of(final) == record.sha256:
                continue
            final.parent.mkdir(parents=True, exist_ok=True)
            sync_file(draft)
            replace(draft, final)
            folders.add(final.parent)
        for folder in sorted(folders):
            sync_folder(folder)
        sync_folder(self.folder)

    def discard(self) -> None:
        """Forget everything that was not published."""
        self._buffers.clear()
        self._drafts.clear()
        clear_staging(self.folder)

    def _flush(self, period: str) -> None:
        chunks = [finer(rows, self.digits) for rows in self._buffers.pop(period)]
        self._buffered -= sum(len(rows) for rows in chunks)
        rows = finer(self._present_rows(period), self.digits)
        before = len(rows)
        changed = False
        for chunk in coalesce(chunks):
            merged = merge(rows, chunk)
            rows = merged.rows
            self.counts.added += merged.added
            self.counts.unchanged += merged.unchanged
            self.counts.revise(merged.revised_ts)
            changed = changed or len(merged.revised_ts) > 0
        if changed or len(rows) != before:
            self._draft(period, rows)

    def _draft(self, period: str, rows: Rows) -> None:
        part, data = encode_part(rows, period)
        replaced = self._drafts.get(period)
        self.write(part, data)
        if replaced is not None and replaced.file != part.file:
            (self.folder / STAGING / draft_name(replaced.file)).unlink(missing_ok=True)
        self._drafts[period] = part
        self._draft_digits[period] = rows.digits

    def _present_rows(self, period: str) -> Rows:
        if period in self._drafts:
            return self._draft_rows(period)
        for part in self.stored.parts if self.stored else ():
            if part.period == period:
                return self._stored_rows(part)
        return empty_bars(self.digits) if self.kind == "bars" else empty_ticks(self.digits)

    def _stored_rows(self, part: Part) -> Rows:
        assert self.stored is not None
        return read_rows(self.folder, part, self.kind, self.stored.digits)

    def _draft_rows(self, period: str) -> Rows:
        record, folder = self._located(self._drafts[period])
        table = read_table(folder, record)
        digits = self._draft_digits[period]
        rows: Rows = to_bars(table, digits) if self.kind == "bars" else to_ticks(table, digits)
        return rows

    def _located(self, part: Part) -> tuple[FileRecord, Path]:
        """The record under which a part of the new generation can be read before it is published."""
        if self._drafts.get(part.period) != part:
            return part, self.folder
        name = draft_name(part.file)
        record = FileRecord(file=name, rows=part.rows, bytes=part.bytes, sha256=part.sha256)
        return record, self.folder / STAGING


def clear_staging(folder: Path) -> None:
    """Remove what a writer left behind; the caller holds the series' lock."""
    shutil.rmtree(folder / STAGING, ignore_errors=True)


def check_sorted(rows: Rows) -> None:
    """Make sure rows are in order.

    Raises:
        ValueError: bars do not strictly increase in time, or ticks decrease.
    """
    steps = np.diff(rows.ts)
    if (steps <= 0).any() if isinstance(rows, Bars) else (steps < 0).any():
        raise ValueError("rows are not in time order")
