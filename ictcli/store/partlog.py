"""A log computed from the bars of a series, kept in immutable stretches that grow with the series.

One manifest lists everything: stretches of bars with their rows, the rows that may still change, and
checkpoints from which the computation goes on. It is swapped in one step, so a reader, and whoever comes
after a crash, sees the log before an extension or after it.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from ictcli.clock import now_ns
from ictcli.errors import DataError
from ictcli.store.atomic import sweep_drafts, write_file
from ictcli.store.locks import exclusive
from ictcli.store.manifests import MANIFEST, check_inside, read_record, write_record
from ictcli.store.parts import HASH_LENGTH, check_hash, check_size, encode_rows
from ictcli.store.records import SCHEMA, FileRecord, Retired

KEPT_REVISIONS = 100
"""How many of the newest data revisions a log remembers."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """What bars ``first`` up to but without ``end`` brought.

    Attributes:
        events: records of these bars, in the order of the log.
        ended: objects that ended at these bars, by confirmation.
        bars: fingerprint of every bar, eight bytes each.
    """

    first: int
    end: int
    events: FileRecord
    ended: FileRecord
    bars: FileRecord

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """All its files."""
        return (self.events, self.ended, self.bars)


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The computation after ``bar`` bars."""

    bar: int
    file: FileRecord


class DataRevision(msgspec.Struct, frozen=True, kw_only=True):
    """Closed bars that were not what they had been when the log was written.

    Attributes:
        at: when it was noticed, nanoseconds UTC.
        first: index of the first bar that changed.
        first_ts: its open now (of the last bar where it is gone), nanoseconds UTC.
        before, after: bars in the series before and after.
        rows: records of the log before that bar, which stay.
        withdrawn: records from that bar on, which new ones replace.
        generation: of the log that follows the change.
    """

    at: int
    first: int
    first_ts: int
    before: int
    after: int
    rows: int
    withdrawn: int
    generation: int


class LogManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a log consists of.

    Attributes:
        identity: what the rows depend on besides the bars: detectors, parameters, series.
        inputs: hash of the stored series at the last extension.
        other: second series, ``source/symbol``; empty when there is none.
        stretches: in order, without holes.
        open: rows of the objects that may still change.
        checkpoints: in order; the last one is where the log ends.
        revisions: the newest ones.
        retired: files of older generations that are still on disk.
    """

    identity: str
    inputs: str
    other: str
    generation: int
    stretches: tuple[Stretch, ...]
    open: FileRecord
    checkpoints: tuple[Checkpoint, ...]
    revisions: tuple[DataRevision, ...] = ()
    retired: tuple[Retired, ...] = ()
    provenance: dict[str, Any] = {}
    schema: int = SCHEMA

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """Every file the manifest refers to."""
        parts = [file for stretch in self.stretches for file in stretch.files]
        return (*parts, self.open, *(saved.file for saved in self.checkpoints))

    @property
    def bars(self) -> int:
        """Bars the log has seen."""
        return self.stretches[-1].end if self.stretches else 0

    @property
    def rows(self) -> int:
        """Records in the log."""
        return sum(stretch.events.rows for stretch in self.stretches)


class PartLog:
    """The log of one series in one folder.

    Args:
        folder: of the log.
        lock: lock file of its writer.
        title: what it is, for messages.
        keep_replaced_ns: how long replaced files stay for readers that still use them.
        on_change: called after every extension.
    """

    def __init__(
        self, folder: Path, lock: Path, title: str, keep_replaced_ns: int, on_change: Callable[[], None]
    ) -> None:
        self.folder = folder
        self._lock = lock
        self._title = title
        self._keep_replaced_ns = keep_replaced_ns
        self._on_change = on_change

    def manifest(self) -> LogManifest | None:
        """What is stored; None when nothing was ever written.

        Raises:
            DataError: the manifest is damaged.
        """
        return load_log(self.folder)

    def whole(self, manifest: LogManifest) -> bool:
        """Whether every file is what the manifest says."""
        try:
            for record in manifest.files:
                check_hash(self.folder / record.file, record)
        except DataError:  # computing the log again is the remedy
            return False
        return True

    def present(self, manifest: LogManifest) -> bool:
        """Whether every file is there with the right size."""
        try:
            for record in manifest.files:
                check_size(self.folder / record.file, record)
        except DataError:  # computing the log again is the remedy
            return False
        return True

    @contextmanager
    def writer(self) -> Iterator["LogWriter"]:
        """The log's only writer, for the block; leaving without ``commit`` changes nothing.

        Raises:
            Busy: another process is writing the log.
        """
        with exclusive(self._lock, self._title, now=now_ns()):
            sweep_drafts(self.folder)
            writer = LogWriter(self.folder, self.manifest(), self._keep_replaced_ns)
            try:
                yield writer
            finally:
                writer.sweep(self.manifest())
        if writer.committed:
            self._on_change()


class LogWriter:
    """Writes files of a log and then, in one step, the manifest that lists them.

    Attributes:
        before: the manifest in place.
        committed: the new manifest is in place.
    """

    def __init__(self, folder: Path, before: LogManifest | None, keep_replaced_ns: int) -> None:
        self.before = before
        self.committed = False
        self._folder = folder
        self._keep_replaced_ns = keep_replaced_ns

    def distrust(self) -> None:
        """Go on as if the log in place, whose files are damaged, held nothing."""
        if self.before is not None:
            nothing = {"identity": "", "stretches": (), "checkpoints": ()}
            self.before = msgspec.structs.replace(self.before, **nothing)

    def put_table(self, name: str, table: pa.Table) -> FileRecord:
        """Write rows to a file whose name begins with ``name``."""
        return self._put(name, "parquet", encode_rows(table), table.num_rows)

    def put_bytes(self, name: str, data: bytes, rows: int) -> FileRecord:
        """Write bytes to a file whose name begins with ``name``."""
        return self._put(name, "bin", data, rows)

    def _put(self, name: str, suffix: str, data: bytes, rows: int) -> FileRecord:
        sha256 = hashlib.sha256(data).hexdigest()
        file = f"{name}-{sha256[:HASH_LENGTH]}.{suffix}"
        write_file(self._folder / file, data)
        return FileRecord(file=file, rows=rows, bytes=len(data), sha256=sha256)

    def commit(self, manifest: LogManifest, provenance: Mapping[str, Any]) -> LogManifest:
        """Put ``manifest`` in place as the next generation; files that it no longer lists retire."""
        now = now_ns()
        wanted = {record.file for record in manifest.files}
        retired = []
        if self.before is not None:
            old = {one.file: one.since for one in self.before.retired}
            old |= {record.file: now for record in self.before.files}
            retired = [
                Retired(file=file, since=since)
                for file, since in sorted(old.items())
                if file not in wanted and now - since <= self._keep_replaced_ns
            ]
        manifest = msgspec.structs.replace(
            manifest,
            generation=self.before.generation + 1 if self.before else 1,
            retired=tuple(retired),
            revisions=manifest.revisions[-KEPT_REVISIONS:],
            provenance=dict(provenance),
        )
        write_record(self._folder / MANIFEST, manifest)
        self.before = manifest
        self.committed = True
        return manifest

    def sweep(self, present: LogManifest | None) -> None:
        """Remove files that the manifest in place does not list, such as those of a writer that died."""
        wanted = {record.file for record in present.files} if present else set()
        wanted |= {one.file for one in present.retired} if present else set()
        for path in (*self._folder.glob("*.parquet"), *self._folder.glob("*.bin")):
            if path.name not in wanted:
                path.unlink(missing_ok=True)


def load_log(folder: Path) -> LogManifest | None:
    """The manifest of the log in a folder; None when nothing was ever written.

    Raises:
        DataError: the manifest is damaged.
    """
    path = folder / MANIFEST
    manifest = read_record(path, LogManifest)
    for record in manifest.files if manifest else ():
        check_inside(path, record.file)
    return manifest
